//! Ways to log in to Vault.

mod app_role;
mod file;
mod journal;
mod live_token;
mod session;
mod tainted;
mod token;

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use serde::Serialize;

pub use self::app_role::AppRoleAuth;
pub(crate) use self::live_token::LiveToken;
pub(crate) use self::session::{SessionToken, VaultSession};
pub use self::token::TokenAuth;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::refresh::{Allowance, Fault};
use crate::secret::SecretString;
use crate::time::BootInstant;
use crate::vault::{LoginReply, Post, VaultClient};

/// A way to log in to Vault. Implement it for a method that Leasekey does not bring.
///
/// ```
/// use leasekey::{AuthMethod, Login, LoginContext, Result, SecretString};
///
/// #[derive(Debug)]
/// struct UserPass { user: String, password: SecretString }
///
/// #[async_trait::async_trait]
/// impl AuthMethod for UserPass {
///     async fn login(&self, vault: &LoginContext<'_>) -> Result<Login> {
///         let body = serde_json::json!({ "password": self.password.expose() });
///         vault.post(&format!("auth/userpass/login/{}", self.user), &body).await
///     }
/// }
/// ```
#[async_trait]
pub trait AuthMethod: fmt::Debug + Send + Sync {
    /// Logs in. Called by Leasekey's background thread only, one at a time per session, and again whenever
    /// the token nears its end or Vault refuses it. A few requests are enough for any login, and no more are
    /// granted.
    ///
    /// # Errors
    /// Any; what `vault` returned is best passed on as it is, because it paces the next attempt.
    async fn login(&self, vault: &LoginContext<'_>) -> Result<Login>;

    /// Judges the settings without asking anybody.
    ///
    /// # Errors
    /// What is wrong with them.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Where it logs in, as events name it: `auth/approle`.
    fn subject(&self) -> String {
        "auth".into()
    }

    /// What tells this login from another; logins of the same identity may share one token. It is hashed
    /// and never shown. None: never shared.
    fn identity(&self) -> Option<SecretString> {
        None
    }

    /// Whether the login material works once, such as a wrapped secret id: a forked child cannot use it.
    fn single_use(&self) -> bool {
        false
    }
}

/// The cluster, as an [`AuthMethod`] sees it while it logs in.
pub struct LoginContext<'a> {
    client: &'a VaultClient,
    allowance: &'a Allowance,
    fault: Mutex<Option<Fault>>,
}

impl<'a> LoginContext<'a> {
    /// A login at this cluster within this allowance of requests.
    pub(crate) fn new(client: &'a VaultClient, allowance: &'a Allowance) -> Self {
        Self { client, allowance, fault: Mutex::new(None) }
    }

    /// The outside world: read files and variables through it, so that tests can script them.
    pub fn context(&self) -> &Context {
        self.client.context()
    }

    /// Logs in by posting `body` as JSON to `path`, `auth/userpass/login/orders`. The token that comes back
    /// is Leasekey's own: it is renewed, and revoked on close.
    ///
    /// # Errors
    /// `LK-0122` when Vault rejects the login, `LK-0121` when it needs a second factor, `LK-0115` for a
    /// path with characters that are not allowed, and the errors of an unavailable Vault.
    pub async fn post<B: Serialize + Sync>(&self, path: &str, body: &B) -> Result<Login> {
        let post = Post::new(path, body)?;
        let reply = LoginReply::of(self.client, &post, self.allowance).await;
        reply.map(Login::from).map_err(|fault| self.keep(fault))
    }

    /// The error of a fault whose pace is kept for [`fault_of`](Self::fault_of).
    fn keep(&self, fault: Fault) -> Error {
        let error = fault.error.clone();
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
        error
    }

    /// The fault behind the error that a login ended with: the one that the cluster gave, if it is that.
    pub(crate) fn fault_of(self, error: Error) -> Fault {
        let kept = self.fault.into_inner().unwrap_or_else(PoisonError::into_inner);
        match kept {
            Some(fault) if fault.error.kind() == error.kind() => Fault { error, ..fault },
            Some(fault) if fault.may_have_acted => Fault::from(error).acted(),
            _ => Fault::from(error),
        }
    }
}

impl fmt::Debug for LoginContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginContext").field("client", &self.client).finish_non_exhaustive()
    }
}

/// A finished login.
#[derive(Clone, Debug)]
pub struct Login {
    pub(crate) token: SecretString,
    /// How long the token lasts, counted from `started`; none is for ever or unknown.
    pub(crate) ttl: Option<Duration>,
    pub(crate) renewable: bool,
    /// Whether the token is Leasekey's own, to be revoked on close.
    pub(crate) owned: bool,
    /// When the request was sent; none when no request made this token.
    pub(crate) started: Option<BootInstant>,
    pub(crate) rtt: Duration,
    pub(crate) entity_id: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) warnings: Vec<String>,
}

impl Login {
    /// A token that somebody else made: used until Vault refuses it, never renewed and never revoked.
    pub fn token(token: impl Into<SecretString>) -> Self {
        Self {
            token: token.into(),
            ttl: None,
            renewable: false,
            owned: false,
            started: None,
            rtt: Duration::ZERO,
            entity_id: None,
            request_id: None,
            warnings: Vec::new(),
        }
    }

    /// Says how long the token lasts from now, so that the next login comes before its end.
    #[must_use]
    pub fn lasting(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl);
        self
    }
}

impl From<LoginReply> for Login {
    fn from(reply: LoginReply) -> Self {
        Self {
            token: reply.token,
            ttl: reply.ttl,
            renewable: reply.renewable,
            // Vault refuses to revoke a batch token; its end is its ttl.
            owned: !reply.batch,
            started: Some(reply.started),
            rtt: reply.rtt,
            entity_id: reply.entity_id,
            request_id: Some(reply.request_id),
            warnings: reply.warnings,
        }
    }
}

/// An identity of these parts, in memory of the exact size.
fn identity_of(parts: &[&str]) -> SecretString {
    let size = parts.iter().map(|part| part.len() + 1).sum();
    let mut all = String::with_capacity(size);
    for part in parts {
        all.push_str(part);
        all.push('\0');
    }
    SecretString::from(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_shows_no_token() {
        assert!(!format!("{:?}", Login::token("hvs.s3cret")).contains("s3cret"));
    }
}
