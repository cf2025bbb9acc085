//! From settings to a provider.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use super::heal::Doubts;
use super::lineage::{Lineage, Recipe};
use super::login;
use super::{Inner, VaultCredentialsProvider};
use crate::auth::AuthMethod;
use crate::aws::Sts;
use crate::config::{Config, ConfigKey, Overrides};
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::event::EventSink;
use crate::lease::{CredentialKind, Expected, Identity, LeaseSpec, Pin};
use crate::secret::SecretString;
use crate::vault::{ClusterOptions, MountPath, Namespace, RoleName, SessionName};

const WITHIN: Duration = Duration::from_secs(10);
const WITHIN_OF_IAM_USER: Duration = Duration::from_secs(30);

/// Builds a [`VaultCredentialsProvider`]. Setters never fail; [`build`](Self::build) and
/// [`start`](Self::start) say what is wrong, and where each wrong value came from.
///
/// ```no_run
/// # async fn example() -> leasekey::Result<()> {
/// use std::time::Duration;
/// use leasekey::{AppRoleAuth, CredentialKind, VaultCredentialsProvider};
///
/// let vault = VaultCredentialsProvider::builder()
///     .address("https://vault.example:8200")
///     .namespace("pay")
///     .auth(AppRoleAuth::file("3c1d...", "/run/secrets/secret-id"))
///     .role("orders")
///     .kind(CredentialKind::AssumedRole)
///     .ttl(Duration::from_secs(900))
///     .start()
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use]
pub struct Builder {
    context: Option<Context>,
    environment: bool,
    overrides: Overrides,
    auth: Option<Arc<dyn AuthMethod>>,
    sinks: Vec<Arc<dyn EventSink>>,
    within: Option<Duration>,
}

impl Builder {
    pub(super) fn new(environment: bool) -> Self {
        let overrides = Overrides::default();
        Self { context: None, environment, overrides, auth: None, sinks: Vec::new(), within: None }
    }

    /// Sets any setting by its key, as text. What is set here wins over the environment and the files.
    pub fn set(mut self, key: ConfigKey, text: impl Into<SecretString>) -> Self {
        self.overrides.set(key, text);
        self
    }

    /// Where Vault is: `https://vault:8200`; several nodes are separated by commas.
    pub fn address(self, address: &str) -> Self {
        self.set(ConfigKey::Address, address)
    }

    /// The namespace of every request: `pay/eu`.
    pub fn namespace(self, namespace: &str) -> Self {
        self.set(ConfigKey::Namespace, namespace)
    }

    /// The role of the AWS secrets engine. Required.
    pub fn role(self, role: &str) -> Self {
        self.set(ConfigKey::Role, role)
    }

    /// Where the AWS secrets engine is mounted; `aws` if unset.
    pub fn mount(self, mount: &str) -> Self {
        self.set(ConfigKey::Mount, mount)
    }

    /// Asserts the kind: a reply of another kind is given back and refused. Unset, it is learnt from the
    /// reply.
    pub fn kind(self, kind: CredentialKind) -> Self {
        self.set(ConfigKey::Kind, kind.name())
    }

    /// How long a set should live; unset, as the role says (one hour if it says nothing).
    pub fn ttl(self, ttl: Duration) -> Self {
        self.set(ConfigKey::Ttl, humantime::format_duration(ttl).to_string())
    }

    /// Which of the Vault role's ARNs to assume; needed if it has several.
    pub fn role_arn(self, arn: &str) -> Self {
        self.set(ConfigKey::RoleArn, arn)
    }

    /// The role session's name in CloudTrail. Leave it unset: Vault's own name carries who logged in, while
    /// a chosen one is only claimed.
    pub fn session_name(self, name: &str) -> Self {
        self.set(ConfigKey::SessionName, name)
    }

    /// The longest life that the key of an IAM user may have, 12 hours if unset; one that Vault leases for longer
    /// is given back and refused, because it would outlive a crash.
    pub fn max_lease(self, most: Duration) -> Self {
        self.set(ConfigKey::MaxLease, humantime::format_duration(most).to_string())
    }

    /// The age from which the key of an IAM user is replaced, not renewed; a day if unset.
    pub fn max_age(self, age: Duration) -> Self {
        self.set(ConfigKey::MaxAge, humantime::format_duration(age).to_string())
    }

    /// The AWS Region whose STS is asked whose a set is; `us-east-1` if unset.
    pub fn region(self, region: &str) -> Self {
        self.set(ConfigKey::Region, region)
    }

    /// Another endpoint of AWS STS than the Region's.
    pub fn sts_endpoint(self, endpoint: &str) -> Self {
        self.set(ConfigKey::StsEndpoint, endpoint)
    }

    /// The account that every set must belong to: AWS itself is asked before a set serves.
    pub fn expected_account(self, account: &str) -> Self {
        self.set(ConfigKey::ExpectedAccount, account)
    }

    /// The role that every set must be a session of, `arn:aws:iam::111122223333:role/orders`: AWS itself is
    /// asked before a set serves.
    pub fn expected_role_arn(self, arn: &str) -> Self {
        self.set(ConfigKey::ExpectedRoleArn, arn)
    }

    /// How to log in. Unset, the first of these that is configured: AppRole, the token variable, the token
    /// file; a refusal never falls through to the next.
    pub fn auth(mut self, method: impl AuthMethod + 'static) -> Self {
        self.auth = Some(Arc::new(method));
        self
    }

    /// Hands every event to `sink`, on a thread of its own.
    pub fn on_event(mut self, sink: impl EventSink + 'static) -> Self {
        self.sinks.push(Arc::new(sink));
        self
    }

    /// How long a caller waits for the first set, and for a refresh; unset, 10 s, and 30 s where the kind is
    /// asserted to be `iam_user`, whose keys must spread at AWS first.
    pub fn deadline(mut self, within: Duration) -> Self {
        self.within = Some(within);
        self
    }

    /// Another world than the real one: for tests.
    pub fn context(mut self, context: Context) -> Self {
        self.context = Some(context);
        self
    }

    /// A provider that asks for its first set when somebody first needs one.
    ///
    /// # Errors
    /// `LK-0101` without an address, `LK-0102` without a login, `LK-0108`, `LK-0115` and `LK-0116` for values
    /// that cannot be; nothing is sent.
    pub fn build(self) -> Result<VaultCredentialsProvider> {
        let context = self.context.unwrap_or_else(Context::system);
        let config = if self.environment {
            Config::load(&context, self.overrides)?
        } else {
            Config::of(self.overrides)?
        };
        let spec = lease_spec(&config)?;
        let options = cluster(&context, &config)?;
        let method = match self.auth {
            Some(method) => method,
            None => login::configured(&context, &config, self.environment)?,
        };
        method.check()?;
        let pin = pin(&context, &config)?;
        // The key of a new IAM user needs its time to spread before it may serve.
        let usual = if spec.kind == Some(CredentialKind::IamUser) { WITHIN_OF_IAM_USER } else { WITHIN };
        let within = self.within.unwrap_or(usual);
        let identity = identity(&options, method.as_ref());
        let (sinks, world) = (self.sinks, context.clone());
        let recipe = Recipe { context: world, options, identity, spec, pin, method, sinks };
        let lineage = Lineage::begin(recipe)?;
        let (closed, heal) = (AtomicBool::new(false), Doubts::default());
        Ok(VaultCredentialsProvider(Arc::new(Inner { lineage, context, closed, within, heal })))
    }

    /// A provider with its first set in hand.
    ///
    /// # Errors
    /// As [`build`](Self::build), and those of the first set: [`VaultCredentialsProvider::credentials`].
    pub async fn start(self) -> Result<VaultCredentialsProvider> {
        let provider = self.build()?;
        provider.credentials().await?;
        Ok(provider)
    }
}

pub(super) fn lease_spec(config: &Config) -> Result<LeaseSpec> {
    let Some(role) = config.text(ConfigKey::Role) else {
        let error = Error::new(ErrorKind::InvalidSetting, "no role of the AWS secrets engine is set");
        return Err(error.with_hint("Set LEASEKEY_ROLE, or pass role="));
    };
    let mount = config.text(ConfigKey::Mount).unwrap_or("aws");
    let kinds = CredentialKind::ALL.map(CredentialKind::name).join(", ");
    let spec = LeaseSpec {
        mount: mount.parse::<MountPath>()?,
        role: role.parse::<RoleName>()?,
        kind: config.parse(ConfigKey::Kind, &format!("one of {kinds}"), |text| text.parse().ok())?,
        ttl: config.duration(ConfigKey::Ttl)?,
        role_arn: role_arn(config, ConfigKey::RoleArn)?,
        session_name: config.text(ConfigKey::SessionName).map(str::parse::<SessionName>).transpose()?,
        max_lease: config
            .duration(ConfigKey::MaxLease)?
            .unwrap_or(CredentialKind::IamUser.plan().max_lifetime),
        max_age: config.duration(ConfigKey::MaxAge)?.unwrap_or(CredentialKind::IamUser.plan().max_age),
    };
    spec.checked()
}

fn role_arn(config: &Config, key: ConfigKey) -> Result<Option<String>> {
    let shaped = |text: &str| {
        text.starts_with("arn:") && text.contains(":role/") && text.bytes().all(|b| b.is_ascii_graphic())
    };
    let allowed = "the ARN of a role, arn:aws:iam::111122223333:role/orders";
    config.parse(key, allowed, |text| shaped(text).then(|| text.into()))
}

fn account(config: &Config, key: ConfigKey) -> Result<Option<String>> {
    let shaped = |text: &str| text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
    config.parse(key, "the 12 digits of an AWS account", |text| shaped(text).then(|| text.into()))
}

pub(super) fn cluster(context: &Context, config: &Config) -> Result<ClusterOptions> {
    if config.boolean(ConfigKey::SrvLookup)? {
        let error =
            Error::new(ErrorKind::InvalidSetting, "VAULT_SRV_LOOKUP is on, and SRV records are not read");
        return Err(error.with_hint("List the nodes in LEASEKEY_ADDRS, separated by commas"));
    }
    let retries = config.integer(ConfigKey::MaxRetries)?.unwrap_or(2);
    Ok(ClusterOptions {
        addresses: config.addresses()?,
        namespace: config.text(ConfigKey::Namespace).map(str::parse::<Namespace>).transpose()?,
        http: super::tls::http_options(context, config)?,
        server_name: config.text(ConfigKey::TlsServerName).map(Into::into),
        deadline: config.duration(ConfigKey::ClientTimeout)?.unwrap_or(WITHIN),
        max_retries: u8::try_from(retries).unwrap_or(u8::MAX),
        rate_limit: config.parse(ConfigKey::RateLimit, "rate or rate:burst, such as 10:20", rate_limit)?,
        follow_redirects: !config.boolean(ConfigKey::DisableRedirects)?,
        mfa: config.secret(ConfigKey::Mfa),
    })
}

// As Vault's own client reads it: `10.5` or `10.5:20`; the burst is the rate if it is not given.
fn rate_limit(text: &str) -> Option<(f64, u32)> {
    let (rate, burst) = text.split_once(':').unwrap_or((text, ""));
    let rate: f64 = rate.parse().ok().filter(|rate: &f64| rate.is_finite() && *rate > 0.0)?;
    let burst =
        if burst.is_empty() { rate.ceil().max(1.0) as u32 } else { burst.parse().ok().filter(|b| *b > 0)? };
    Some((rate, burst))
}

pub(super) fn pin(context: &Context, config: &Config) -> Result<Pin> {
    let expected = Expected {
        account: account(config, ConfigKey::ExpectedAccount)?,
        role_arn: role_arn(config, ConfigKey::ExpectedRoleArn)?,
    };
    let region = config.text(ConfigKey::Region).unwrap_or("us-east-1");
    Ok(Pin { expected, sts: Sts::new(context, region, config.sts_endpoint()?.as_ref())? })
}

/// All that a session depends on. A login that does not say what tells it from others is never shared.
fn identity(options: &ClusterOptions, method: &dyn AuthMethod) -> Identity {
    static UNSHARED: AtomicU64 = AtomicU64::new(0);
    let login = method.identity().unwrap_or_else(|| {
        SecretString::from(format!("unshared {}", UNSHARED.fetch_add(1, Ordering::Relaxed)))
    });
    let tls = &options.http.tls;
    // Only a digest of these texts leaves this function: a proxy's address may hold a password.
    let plain = format!(
        "{:?} {:?} {:?} {:?} {:?} {} {:?} {} {}",
        options.addresses,
        options.namespace,
        options.http.proxy,
        options.server_name,
        options.deadline,
        options.max_retries,
        options.rate_limit,
        options.follow_redirects,
        tls.skip_verify,
    );
    let mut parts = vec![plain.as_bytes(), login.expose().as_bytes()];
    parts.extend(options.mfa.iter().map(|mfa| mfa.expose().as_bytes()));
    let shown = tls.identity.iter().flat_map(|identity| [&identity.certificate, &identity.key]);
    parts.extend(tls.ca.iter().chain(shown).map(|pem| pem.text.expose()));
    Identity::of(parts)
}
