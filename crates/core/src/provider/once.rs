//! One set on the caller's own thread: one login, one issue, and the login given back. Nothing is kept fresh.

use aws_credential_types::Credentials;

use super::{builder, login};
use crate::auth::{Login, LoginContext};
use crate::config::Config;
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::lease::{CredentialKind, Issuer, LeaseSpec, Pin, credentials};
use crate::refresh::{Allowance, Fault, PASSES, VERIFY_AT_MOST, VERIFY_SPACING};
use crate::secret::SecretString;
use crate::time::BootInstant;
use crate::vault::{IssueFault, Issued, VaultClient, lookup, revoke, revoke_self};

const REQUESTS: u8 = 8;
const TO_GIVE_BACK: u8 = 3;

/// A set that nobody looks after, and what is known of it.
#[derive(Debug)]
pub(crate) struct Once {
    /// They expire with what ends first: the set, or the token where its end deletes the IAM user. None where
    /// Vault does not say when it rotates a static key.
    pub(crate) credentials: Credentials,
    pub(crate) kind: CredentialKind,
    pub(crate) arn: Option<String>,
    pub(crate) lease_id: Option<String>,
    pub(crate) vault_request_id: String,
    /// Whether the end of the login's token comes before that of the lease.
    pub(crate) ends_with_token: bool,
    /// What Vault, or the way back, warned of.
    pub(crate) warnings: Vec<String>,
    /// The login that an IAM user lives by, and is given back with.
    pub(crate) visit: Option<Visit>,
}

impl Once {
    /// Gives back what AWS then deletes, and the login with it: nobody has got this set.
    pub(crate) async fn give_back(self) {
        if let Some(visit) = self.visit {
            visit.leave(self.lease_id).await;
        }
    }
}

/// The lease that a configuration asks for. Nothing is sent.
///
/// # Errors
/// `LK-0108`, `LK-0115` and `LK-0116` for values that cannot be.
pub(crate) fn spec_of(config: &Config) -> Result<LeaseSpec> {
    builder::lease_spec(config)
}

/// Leases one set. The login's own token is revoked, unless its end would delete the set. The key of an IAM user
/// is returned once AWS has known it twice, 2 s apart.
///
/// # Errors
/// As `Builder::start`, and `LK-0111` for a key that AWS does not know after 30 s. What was issued and is not
/// returned was given back.
pub(crate) async fn lease_once(
    context: &Context,
    config: &Config,
    spec: LeaseSpec,
    mfa_code: Option<SecretString>,
) -> Result<Once> {
    let options = builder::cluster(context, config)?;
    let method = login::configured(context, config, true)?;
    method.check()?;
    let pin = builder::pin(context, config)?;
    let client = VaultClient::open(context, options)?;
    let allowance = Allowance::new(REQUESTS);
    let login = method.login(&LoginContext::new(&client, &allowance)).await?;
    let with_code = mfa_code.is_some();
    let issuer = Issuer::new(client.clone(), spec).with_mfa_code(mfa_code);
    let visit = Visit { context: context.clone(), client, login };
    match visit.issue(&issuer, &pin, &allowance).await {
        Ok((issued, kind)) if with_code && kind != CredentialKind::SessionToken => {
            let error = needs_no_code(issuer.spec(), kind).with_vault_request_id(&issued.request_id);
            visit.leave(issued.lease_id).await;
            Err(error)
        }
        Ok((issued, kind)) => Ok(visit.leave_with(issued, kind).await),
        Err(IssueFault { fault, revoke }) => {
            visit.leave(revoke).await;
            Err(perhaps_static(fault.error, issuer.spec()))
        }
    }
}

// AWS takes a code for session tokens alone; a set of another kind shall not pass for one.
fn needs_no_code(spec: &LeaseSpec, kind: CredentialKind) -> Error {
    let what = format!(
        "--mfa-code needs a role of kind session_token, but {} gave a set of kind {kind}; its lease was given back",
        spec.path()
    );
    Error::new(ErrorKind::UnusableReply, what)
        .with_hint("Leave --mfa-code out, or name a role of kind session_token")
}

// A static role is read at a path of its own, which is not guessed: at creds/ there is nothing to find or to allow.
fn perhaps_static(error: Error, spec: &LeaseSpec) -> Error {
    match (error.kind(), spec.kind) {
        (ErrorKind::RoleNotFound | ErrorKind::PermissionDenied, None) => {
            let hint =
                format!("{}; if {} is a static role, pass --kind static", error.hint(), spec.role.as_str());
            error.with_hint(hint)
        }
        _ => error,
    }
}

/// A client and a login, for as long as a set is asked for.
#[derive(Debug)]
pub(crate) struct Visit {
    context: Context,
    client: VaultClient,
    login: Login,
}

impl Visit {
    async fn issue(
        &self,
        issuer: &Issuer,
        pin: &Pin,
        allowance: &Allowance,
    ) -> Result<(Issued, CredentialKind), IssueFault> {
        let (issued, kind) = issuer.issue(&self.login.token, pin, allowance).await?;
        let passes = match kind {
            CredentialKind::IamUser => PASSES,
            _ => pin.expects().into(),
        };
        match self.check(pin, &credentials(&issued), passes, &issuer.spec().path()).await {
            Ok(()) => Ok((issued, kind)),
            Err(fault) => Err(IssueFault { fault, revoke: issued.lease_id }),
        }
    }

    // The key of a new IAM user must spread at AWS before it is of use, and before AWS can say whose it is.
    async fn check(
        &self,
        pin: &Pin,
        credentials: &Credentials,
        passes: u8,
        subject: &str,
    ) -> Result<(), Fault> {
        let until = self.context.time.boot().plus(VERIFY_AT_MOST);
        let mut passed = 0;
        while passed < passes {
            match pin.check(credentials, subject).await {
                Ok(()) => passed += 1,
                Err(fault)
                    if fault.error.kind() == ErrorKind::KeyNotYetUsable
                        && self.context.time.boot() < until =>
                {
                    passed = 0;
                }
                Err(fault) => return Err(fault),
            }
            if passed < passes {
                self.context.sleep.sleep(VERIFY_SPACING).await;
            }
        }
        Ok(())
    }

    // The end of a token is the end of its leases, which for a temporary set means nothing at AWS.
    async fn leave_with(self, issued: Issued, kind: CredentialKind) -> Once {
        let mut warnings = [self.login.warnings.clone(), issued.warnings.clone()].concat();
        if !kind.is_revocable()
            && let Err(fault) = self.give_back_token().await
        {
            let why = fault.error.message().to_owned();
            warnings.push(format!("the login's token was not revoked and ends by its ttl: {why}"));
        }
        if kind.is_revocable() && issued.lost_reply {
            warnings.push("a reply was lost: a second IAM user may live until the login's token ends".into());
        }
        let (ends, ends_with_token) = self.ends(&issued, kind).await;
        let left = ends.map(|ends| ends.since(self.context.time.boot()));
        let mut credentials = credentials(&issued);
        *credentials.expiry_mut() = left.and_then(|left| self.context.time.wall().checked_add(left));
        Once {
            credentials,
            kind,
            arn: issued.arn,
            lease_id: issued.lease_id,
            vault_request_id: issued.request_id,
            ends_with_token,
            warnings,
            visit: kind.is_revocable().then_some(self),
        }
    }

    async fn leave(self, lease_id: Option<String>) {
        if let Some(lease_id) = lease_id {
            let allowance = Allowance::new(TO_GIVE_BACK);
            let _ends_by_its_ttl = revoke(&self.client, &self.login.token, &lease_id, &allowance).await;
        }
        let _ends_by_its_ttl = self.give_back_token().await;
    }

    // A token that the user gave is the user's.
    async fn give_back_token(&self) -> Result<(), Fault> {
        if !self.login.owned {
            return Ok(());
        }
        revoke_self(&self.client, &self.login.token, &Allowance::new(TO_GIVE_BACK)).await
    }

    /// When the set ends, and whether it does because the token does.
    async fn ends(&self, issued: &Issued, kind: CredentialKind) -> (Option<BootInstant>, bool) {
        let told = issued.lifetime.map(|lifetime| issued.started.plus(lifetime));
        if !kind.is_revocable() {
            return (told, false);
        }
        // The agent renews the lease and goes on repeating the reply that issued it.
        let set = match &issued.lease_id {
            Some(lease_id) if issued.cached => self.looked_up(lease_id).await.or(told),
            _ => told,
        };
        let token = self.login.started.zip(self.login.ttl).map(|(started, ttl)| started.plus(ttl));
        match (set, token) {
            (Some(set), Some(token)) if token < set => (Some(token), true),
            _ => (set, false),
        }
    }

    async fn looked_up(&self, lease_id: &str) -> Option<BootInstant> {
        let allowance = Allowance::new(TO_GIVE_BACK);
        let info = lookup(&self.client, &self.login.token, lease_id, &allowance).await.ok()?;
        Some(info.started.plus(info.ttl))
    }
}

#[cfg(test)]
mod tests;
