//! One set from Vault: the request, the other path of a legacy role, and the checks that stand between a
//! reply and its first use.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_credential_types::Credentials;

use super::pin::Pin;
use super::{CredentialKind, LeaseSpec, account_id};
use crate::error::{Error, ErrorKind};
use crate::refresh::{Allowance, Class, Fault};
use crate::secret::SecretString;
use crate::vault::{IssueFault, IssuePath, IssueRequest, Issued, Refusal, VaultClient, issue, refusal};

/// Asks for sets of one specification.
#[derive(Debug)]
pub(crate) struct Issuer {
    client: VaultClient,
    spec: LeaseSpec,
    mfa_code: Option<SecretString>,
    // Legacy roles issue temporary sets at sts/ only; learnt from Vault's refusal.
    at_sts: AtomicBool,
    // The kind of the first set. Where none was named it decides: a later one of another kind is refused.
    learnt: OnceLock<CredentialKind>,
}

impl Issuer {
    pub(crate) fn new(client: VaultClient, spec: LeaseSpec) -> Self {
        let (at_sts, learnt) = (AtomicBool::new(false), OnceLock::new());
        Self { client, spec, mfa_code: None, at_sts, learnt }
    }

    /// The second factor, for a role that has an `mfa_serial_number`. It works once.
    #[cfg(feature = "cli")]
    pub(crate) fn with_mfa_code(self, mfa_code: Option<SecretString>) -> Self {
        Self { mfa_code, ..self }
    }

    pub(crate) fn spec(&self) -> &LeaseSpec {
        &self.spec
    }

    /// A set of the kind that was asked for, or of the kind of the first reply. Where the first reply names no
    /// ARN, as those of older servers for the kinds without a role, AWS is asked which it is.
    ///
    /// # Errors
    /// The fault, and the lease to give back where a set was issued that must not be used.
    pub(crate) async fn issue(
        &self,
        token: &SecretString,
        pin: &Pin,
        allowance: &Allowance,
    ) -> Result<(Issued, CredentialKind), IssueFault> {
        let issued = match self.ask(token, allowance).await {
            Err(IssueFault { fault, .. })
                if refusal(&fault.error) == Some(Refusal::StsPathOnly) && self.may_go_to_sts() =>
            {
                self.at_sts.store(true, Ordering::Relaxed);
                self.ask(token, allowance).await?
            }
            answer => answer?,
        };
        let arn = match &issued.arn {
            None if issued.session_token.is_some() && self.learnt.get().is_none() => {
                pin.arn(&credentials(&issued)).await
            }
            arn => arn.clone(),
        };
        let kind = self.kind_of(&issued, arn.as_deref());
        match kind.and_then(|kind| self.allowed(kind, &issued).map(|()| kind)) {
            Ok(kind) => {
                let _known = self.learnt.set(kind);
                Ok((issued, kind))
            }
            Err(error) => {
                let error = error.with_vault_request_id(&issued.request_id);
                let fault = Fault::new(Class::Denied, error).acted();
                Err(IssueFault { fault, revoke: issued.lease_id })
            }
        }
    }

    // Whoever asserts an iam_user does not want what sts/ gives.
    fn may_go_to_sts(&self) -> bool {
        !self.is_at_sts() && self.spec.kind.is_none_or(CredentialKind::is_temporary)
    }

    fn is_at_sts(&self) -> bool {
        self.at_sts.load(Ordering::Relaxed)
    }

    fn path(&self) -> IssuePath {
        match self.spec.kind {
            Some(CredentialKind::Static) => IssuePath::StaticCreds,
            _ if self.is_at_sts() => IssuePath::Sts,
            _ => IssuePath::Creds,
        }
    }

    async fn ask(&self, token: &SecretString, allowance: &Allowance) -> Result<Issued, IssueFault> {
        let request = IssueRequest {
            mount: &self.spec.mount,
            role: &self.spec.role,
            path: self.path(),
            role_arn: self.spec.role_arn.as_deref(),
            role_session_name: self.spec.session_name.as_ref(),
            ttl: self.spec.ttl,
            mfa_code: self.mfa_code.as_ref(),
        };
        issue(&self.client, token, &request, allowance).await
    }

    // The kind that the reply shows; another than the one asked for is refused.
    fn kind_of(&self, issued: &Issued, arn: Option<&str>) -> Result<CredentialKind, Error> {
        let temporary = issued.session_token.is_some();
        let shown = shown(temporary, arn);
        let Some(kind) = self.spec.kind.or(self.learnt.get().copied()) else {
            return Ok(shown);
        };
        // A reply without an ARN contradicts no temporary kind.
        if kind.is_temporary() == temporary && (arn.is_none() || !temporary || kind == shown) {
            return Ok(kind);
        }
        let got = match arn {
            Some(arn) if temporary => format!("a session token of {arn}"),
            _ if temporary => "a session token".into(),
            _ => "a long-term key without a session token".to_owned(),
        };
        let what = format!("{kind} was asked for, but {} answered {got}", self.spec.path());
        let hint = "Check credential_type of the Vault role, and LEASEKEY_KIND";
        Err(Error::new(ErrorKind::UnusableReply, what).with_hint(hint))
    }

    // A key that lives on after a crash must not live for long, and one that takes no ttl must not seem to.
    fn allowed(&self, kind: CredentialKind, issued: &Issued) -> Result<(), Error> {
        let path = self.spec.path();
        let refused = |what, hint| Err(Error::new(ErrorKind::TtlOutOfRange, what).with_hint(hint));
        match (kind, self.spec.ttl, issued.lifetime) {
            (CredentialKind::IamUser, Some(ttl), _) => refused(
                format!("ttl {} was given, but {path} gives an iam_user, which takes none", span(ttl)),
                "Leave ttl out: the mount's config/lease says how long an IAM user's key lives".to_owned(),
            ),
            (CredentialKind::IamUser, _, Some(life)) if life > self.spec.max_lease => refused(
                format!(
                    "{path} leases an IAM user's key for {}, longer than {}",
                    span(life),
                    span(self.spec.max_lease)
                ),
                format!(
                    "Run: vault write {}/config/lease lease=15m lease_max=1h; or allow it by LEASEKEY_MAX_LEASE",
                    self.spec.mount
                ),
            ),
            _ => Ok(()),
        }
    }
}

/// The set as the SDK takes it.
pub(crate) fn credentials(issued: &Issued) -> Credentials {
    let mut credentials = Credentials::builder()
        .access_key_id(&issued.access_key)
        .secret_access_key(issued.secret_key.expose())
        .provider_name("leasekey");
    credentials.set_session_token(issued.session_token.as_ref().map(|token| token.expose().into()));
    if let Some(account) = issued.arn.as_deref().and_then(account_id) {
        credentials = credentials.account_id(account);
    }
    credentials.build()
}

// A month is no length that anybody configures.
fn span(span: Duration) -> String {
    let (hours, rest) = (span.as_secs() / 3600, span.as_secs() % 3600);
    if hours > 24 && rest == 0 { format!("{hours}h") } else { humantime::format_duration(span).to_string() }
}

// Only AssumeRole puts a role into the ARN; the other temporary kinds give none or a federated user. A static
// role is never shown: it is read at a path of its own.
fn shown(temporary: bool, arn: Option<&str>) -> CredentialKind {
    match arn {
        _ if !temporary => CredentialKind::IamUser,
        Some(arn) if arn.contains(":assumed-role/") => CredentialKind::AssumedRole,
        Some(arn) if arn.contains(":federated-user/") => CredentialKind::FederationToken,
        _ => CredentialKind::SessionToken,
    }
}
