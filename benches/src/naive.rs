//! The peer that people write by hand: a provider that asks Vault whenever it is asked, behind the SDK's
//! own cache.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use aws_config::identity::IdentityCache;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use aws_smithy_runtime_api::client::identity::{
    ResolveCachedIdentity, SharedIdentityCache, SharedIdentityResolver,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use serde_json::{Value, json};

use crate::Outcome;
use crate::variable;

/// Logs in and asks for a set, every time.
#[derive(Clone, Debug)]
pub(crate) struct Naive {
    http: reqwest::Client,
    address: String,
    role: String,
    login: String,
    asked: Arc<AtomicU32>,
}

impl Naive {
    pub(crate) fn new(address: &str) -> Outcome<Self> {
        let login = json!({
            "role_id": variable("LEASEKEY_ROLE_ID")?, "secret_id": variable("LEASEKEY_SECRET_ID")?,
        });
        Ok(Self {
            http: reqwest::Client::builder().no_proxy().build()?,
            address: address.into(),
            role: variable("LEASEKEY_ROLE")?,
            login: login.to_string(),
            asked: Arc::default(),
        })
    }

    /// How often it has begun to ask.
    pub(crate) fn asked(&self) -> u32 {
        self.asked.load(Ordering::Relaxed)
    }

    /// A new token.
    pub(crate) async fn login(&self) -> Outcome<String> {
        let login = self.http.post(format!("{}/v1/auth/approle/login", self.address));
        text(&read(login.body(self.login.clone())).await?, "/auth/client_token")
    }

    /// The token's end.
    pub(crate) async fn log_out(&self, token: &str) -> Outcome {
        let revoke = self.http.post(format!("{}/v1/auth/token/revoke-self", self.address));
        revoke.header("X-Vault-Token", token).send().await?.error_for_status()?;
        Ok(())
    }

    /// One issue: the bare request over a connection that stays open, and its reply read.
    pub(crate) async fn issue(&self, token: &str, body: String) -> Outcome<Credentials> {
        let issue = self.http.post(format!("{}/v1/aws/creds/{}", self.address, self.role)).body(body);
        let set = read(issue.header("X-Vault-Token", token)).await?;
        let life = set.pointer("/lease_duration").and_then(Value::as_u64).ok_or("no lease_duration")?;
        Ok(Credentials::new(
            text(&set, "/data/access_key")?,
            text(&set, "/data/secret_key")?,
            Some(text(&set, "/data/security_token")?),
            SystemTime::now().checked_add(Duration::from_secs(life)),
            "naive",
        ))
    }

    async fn ask(&self) -> Outcome<Credentials> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.issue(&self.login().await?, "{}".into()).await
    }

    async fn provided(&self) -> provider::Result {
        self.ask().await.map_err(CredentialsError::provider_error)
    }
}

impl ProvideCredentials for Naive {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.provided())
    }
}

async fn read(request: reqwest::RequestBuilder) -> Outcome<Value> {
    let reply = request.send().await?.error_for_status()?;
    Ok(serde_json::from_slice(&reply.bytes().await?)?)
}

fn text(reply: &Value, pointer: &str) -> Outcome<String> {
    Ok(reply.pointer(pointer).and_then(Value::as_str).ok_or("the reply lacks a field")?.to_owned())
}

/// A provider behind a cache of the SDK's, with the runtime components of a real client.
#[derive(Clone, Debug)]
pub(crate) struct Cached {
    cache: SharedIdentityCache,
    resolver: SharedIdentityResolver,
    components: RuntimeComponents,
    bag: Arc<ConfigBag>,
}

impl Cached {
    /// Behind the cache that every client has unless told otherwise.
    pub(crate) fn lazy(provider: impl ProvideCredentials + 'static, components: &RuntimeComponents) -> Self {
        Self::with(IdentityCache::lazy().build(), provider, components)
    }

    /// Behind a cache of one's own.
    pub(crate) fn with(
        cache: SharedIdentityCache,
        provider: impl ProvideCredentials + 'static,
        components: &RuntimeComponents,
    ) -> Self {
        let resolver = SharedIdentityResolver::new(SharedCredentialsProvider::new(provider));
        Self { cache, resolver, components: components.clone(), bag: Arc::new(ConfigBag::base()) }
    }

    /// The identity that a request is signed with.
    pub(crate) fn resolve(&self) -> aws_smithy_runtime_api::client::identity::IdentityFuture<'_> {
        self.cache.resolve_cached_identity(self.resolver.clone(), &self.components, &self.bag)
    }
}
