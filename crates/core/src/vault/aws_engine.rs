//! The AWS secrets engine: one request, one set of credentials, or a fault that names the lease to revoke.

mod reply;

use std::time::{Duration, SystemTime};

use rustify_derive::Endpoint;
use serde::{Deserialize, Serialize};

use super::client::VaultClient;
use super::endpoint::{Post, exposed};
use super::envelope::Envelope;
use super::fault::Operation;
use super::json::Seconds;
use super::name::{MountPath, RoleName, SessionName};
use crate::error::Error;
use crate::refresh::{Allowance, Fault};
use crate::secret::SecretString;
use crate::time::BootInstant;

/// Which of the engine's paths issues.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum IssuePath {
    Creds,
    /// The same for roles of today; legacy roles issue STS credentials only here.
    Sts,
    /// Static roles are read: Vault rotates their keys by itself, and keeps no lease.
    StaticCreds,
}

impl IssuePath {
    fn segment(self) -> &'static str {
        match self {
            Self::Creds => "creds",
            Self::Sts => "sts",
            Self::StaticCreds => "static-creds",
        }
    }
}

/// What is asked of the engine. Only what is set is sent, so that `allowed_parameters` can be strict.
#[derive(Clone, Debug)]
pub(crate) struct IssueRequest<'a> {
    pub(crate) mount: &'a MountPath,
    pub(crate) role: &'a RoleName,
    pub(crate) path: IssuePath,
    pub(crate) role_arn: Option<&'a str>,
    pub(crate) role_session_name: Option<&'a SessionName>,
    pub(crate) ttl: Option<Duration>,
    /// The second factor that AWS asks of Vault's own user.
    pub(crate) mfa_code: Option<&'a SecretString>,
}

impl IssueRequest<'_> {
    fn path(&self) -> String {
        format!("{}/{}/{}", self.mount, self.path.segment(), self.role)
    }
}

/// A set of credentials that Vault issued, judged.
#[derive(Debug)]
pub(crate) struct Issued {
    pub(crate) access_key: String,
    pub(crate) secret_key: SecretString,
    pub(crate) session_token: Option<SecretString>,
    pub(crate) arn: Option<String>,
    pub(crate) lease_id: Option<String>,
    /// Counted from `started`; none for a static key whose next rotation is not told.
    pub(crate) lifetime: Option<Duration>,
    pub(crate) renewable: bool,
    pub(crate) request_id: String,
    pub(crate) warnings: Vec<String>,
    pub(crate) started: BootInstant,
    pub(crate) rtt: Duration,
    /// A caching Vault Agent repeated an earlier reply.
    pub(crate) cached: bool,
    /// Vault's wall clock.
    pub(crate) date: Option<SystemTime>,
    /// An earlier node may have issued another set, and its reply was lost.
    pub(crate) lost_reply: bool,
}

/// A failed issue.
#[derive(Clone, Debug)]
pub(crate) struct IssueFault {
    pub(crate) fault: Fault,
    /// The lease of a reply that cannot be used: to be revoked.
    pub(crate) revoke: Option<String>,
}

impl IssueFault {
    /// Whether Vault may hold a lease that nobody knows.
    pub(crate) fn is_lost(&self) -> bool {
        self.fault.may_have_acted && self.revoke.is_none()
    }
}

impl From<Fault> for IssueFault {
    fn from(fault: Fault) -> Self {
        Self { fault, revoke: None }
    }
}

impl From<Error> for IssueFault {
    fn from(error: Error) -> Self {
        Fault::from(error).into()
    }
}

#[derive(Serialize)]
struct Parameters<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role_arn: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role_session_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mfa_code: Option<Code<'a>>,
}

#[derive(Serialize)]
struct Code<'a>(#[serde(serialize_with = "exposed")] &'a SecretString);

#[derive(Endpoint)]
#[endpoint(path = "{self.path}")]
struct Read {
    #[endpoint(skip)]
    path: String,
}

#[derive(Deserialize)]
struct StaticRole {
    #[serde(default)]
    rotation_period: Seconds,
}

/// Asks for one set of credentials.
///
/// # Errors
/// The fault, and the lease to revoke where a set was issued that cannot be used.
pub(crate) async fn issue(
    client: &VaultClient,
    token: &SecretString,
    request: &IssueRequest<'_>,
    allowance: &Allowance,
) -> Result<Issued, IssueFault> {
    let envelope = ask(client, token, request, allowance).await?;
    reply::read(envelope, request, client.context().time.wall())
}

async fn ask(
    client: &VaultClient,
    token: &SecretString,
    request: &IssueRequest<'_>,
    allowance: &Allowance,
) -> Result<Envelope, Fault> {
    let operation = Operation::Issue(request.mount, request.role);
    if request.path == IssuePath::StaticCreds {
        let read = Read { path: request.path() };
        return client.call(operation, &read, Some(token), allowance).await;
    }
    let parameters = Parameters {
        role_arn: request.role_arn,
        role_session_name: request.role_session_name.map(SessionName::as_str),
        ttl: request.ttl.map(|ttl| ttl.as_secs()),
        mfa_code: request.mfa_code.map(Code),
    };
    client.call(operation, &Post::new(request.path(), &parameters)?, Some(token), allowance).await
}

/// How often Vault rotates the key of a static role; none if it does not say.
pub(crate) async fn rotation_period(
    client: &VaultClient,
    token: &SecretString,
    mount: &MountPath,
    role: &RoleName,
    allowance: &Allowance,
) -> Result<Option<Duration>, Fault> {
    let read = Read { path: format!("{mount}/static-roles/{role}") };
    let envelope = client.call(Operation::Issue(mount, role), &read, Some(token), allowance).await?;
    Ok(envelope.data::<StaticRole>()?.rotation_period.span())
}
