//! The way into an AWS SDK configuration.

use aws_config::ConfigLoader;
use aws_config::identity::IdentityCache;
use aws_smithy_runtime_api::client::identity::ResolveCachedIdentity;
use aws_types::sdk_ua_metadata::FrameworkMetadata;

use super::VaultCredentialsProvider;

/// Puts a provider into an AWS SDK configuration.
pub trait ConfigLoaderExt: Sized {
    /// Uses the provider for every client of this configuration, switches the SDK's own cache of identities
    /// off (it would hold a set until 10 s before its end and reload once per waiter), and names
    /// `lib/leasekey` in the user agent, so that CloudTrail shows who uses it.
    ///
    /// The cache is shared by all authentication schemes of the configuration; a program that also uses S3
    /// Express or bearer tokens passes its own with [`leasekey_with_cache`](Self::leasekey_with_cache).
    #[must_use]
    fn leasekey(self, provider: &VaultCredentialsProvider) -> Self {
        self.leasekey_with_cache(provider, IdentityCache::no_cache())
    }

    /// The same with an identity cache of the caller's.
    #[must_use]
    fn leasekey_with_cache(
        self,
        provider: &VaultCredentialsProvider,
        cache: impl ResolveCachedIdentity + 'static,
    ) -> Self;
}

impl ConfigLoaderExt for ConfigLoader {
    fn leasekey_with_cache(
        self,
        provider: &VaultCredentialsProvider,
        cache: impl ResolveCachedIdentity + 'static,
    ) -> Self {
        let loader = self.credentials_provider(provider.clone()).identity_cache(cache);
        match FrameworkMetadata::new("leasekey", Some(env!("CARGO_PKG_VERSION"))) {
            Ok(metadata) => loader.framework_metadata(metadata),
            // The name and version are constants that the SDK accepts; without them the user agent is shorter.
            Err(_) => loader,
        }
    }
}
