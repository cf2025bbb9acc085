//! The runtime components that an identity is resolved with, taken from a real client.

use std::sync::{Arc, OnceLock};

use aws_config::BehaviorVersion;
use aws_credential_types::Credentials;
use aws_sdk_s3::Client;
use aws_smithy_runtime_api::client::identity::{
    IdentityFuture, ResolveCachedIdentity, ResolveIdentity, SharedIdentityResolver,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use crate::Outcome;

/// What a client of S3 hands to its identity cache.
pub(crate) async fn of_a_client() -> Outcome<RuntimeComponents> {
    let seen = Seen::default();
    let nobody = Credentials::new("nobody", "nothing", None, None, "nobody");
    let aws = aws_config::defaults(BehaviorVersion::latest())
        .credentials_provider(nobody)
        .identity_cache(seen.clone())
        .load()
        .await;
    // Refused, of course; what matters was seen before.
    let _ = Client::new(&aws).list_buckets().send().await;
    Ok(seen.0.get().ok_or("the client did not ask for an identity")?.clone())
}

#[derive(Clone, Debug, Default)]
struct Seen(Arc<OnceLock<RuntimeComponents>>);

impl ResolveCachedIdentity for Seen {
    fn resolve_cached_identity<'a>(
        &'a self,
        resolver: SharedIdentityResolver,
        components: &'a RuntimeComponents,
        bag: &'a ConfigBag,
    ) -> IdentityFuture<'a> {
        self.0.get_or_init(|| components.clone());
        IdentityFuture::new(async move { resolver.resolve_identity(components, bag).await })
    }
}
