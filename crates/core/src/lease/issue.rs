//! One set from Vault: the request, the other path of a legacy role, and the checks that stand between a
//! reply and its first use.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_credential_types::Credentials;

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
    // Legacy roles issue temporary sets at sts/ only; learnt from Vault's refusal.
    at_sts: AtomicBool,
    // Where none was named, the first reply decides: a later one of another kind is refused like any.
    learnt: OnceLock<CredentialKind>,
}

impl Issuer {
    pub(crate) fn new(client: VaultClient, spec: LeaseSpec) -> Self {
        Self { client, spec, at_sts: AtomicBool::new(false), learnt: OnceLock::new() }
    }

    pub(crate) fn spec(&self) -> &LeaseSpec {
        &self.spec
    }

    /// A set of the kind that was asked for, or of the kind of the first reply.
    ///
    /// # Errors
    /// The fault, and the lease to give back where a set was issued that must not be used.
    pub(crate) async fn issue(
        &self,
        token: &SecretString,
        allowance: &Allowance,
    ) -> Result<(Issued, CredentialKind), IssueFault> {
        let issued = match self.ask(token, allowance).await {
            Err(IssueFault { fault, .. })
                if refusal(&fault.error) == Some(Refusal::StsPathOnly) && !self.is_at_sts() =>
            {
                self.at_sts.store(true, Ordering::Relaxed);
                self.ask(token, allowance).await?
            }
            answer => answer?,
        };
        match self.kind_of(&issued) {
            Ok(kind) => Ok((issued, kind)),
            Err(fault) => Err(IssueFault { fault, revoke: issued.lease_id }),
        }
    }

    fn is_at_sts(&self) -> bool {
        self.at_sts.load(Ordering::Relaxed)
    }

    async fn ask(&self, token: &SecretString, allowance: &Allowance) -> Result<Issued, IssueFault> {
        let request = IssueRequest {
            mount: &self.spec.mount,
            role: &self.spec.role,
            path: if self.is_at_sts() { IssuePath::Sts } else { IssuePath::Creds },
            role_arn: self.spec.role_arn.as_deref(),
            role_session_name: self.spec.session_name.as_ref(),
            ttl: self.spec.ttl,
        };
        issue(&self.client, token, &request, allowance).await
    }

    // The kind that the reply shows; another than the one asked for is refused.
    fn kind_of(&self, issued: &Issued) -> Result<CredentialKind, Fault> {
        let temporary = issued.session_token.is_some();
        let arn = issued.arn.as_deref();
        let asked = match self.spec.kind.or(self.learnt.get().copied()) {
            Some(kind) if kind.is_temporary() == temporary && fits(kind, arn) => return Ok(kind),
            None if temporary => return Ok(*self.learnt.get_or_init(|| learnt(arn))),
            Some(kind) => format!("{kind} was asked for"),
            None => "no kind was named".into(),
        };
        let got = match arn {
            Some(arn) if temporary => format!("a session token of {arn}"),
            _ if temporary => "a session token".into(),
            _ => "a long-term key without a session token".to_owned(),
        };
        let what = format!("{asked}, but {} answered {got}; its lease was given back", self.spec.path());
        let hint = "Check credential_type of the Vault role, and LEASEKEY_KIND";
        let error = Error::new(ErrorKind::UnusableReply, what).with_hint(hint);
        Err(Fault::new(Class::Denied, error.with_vault_request_id(&issued.request_id)).acted())
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

// A reply without an ARN contradicts no kind: older servers give none.
fn fits(kind: CredentialKind, arn: Option<&str>) -> bool {
    let assumed = arn.map(|arn| arn.contains(":assumed-role/"));
    assumed.is_none_or(|assumed| assumed == (kind == CredentialKind::AssumedRole))
}

// Only AssumeRole puts a role into the ARN; the other temporary kinds give none or a federated user.
fn learnt(arn: Option<&str>) -> CredentialKind {
    match arn {
        Some(arn) if arn.contains(":assumed-role/") => CredentialKind::AssumedRole,
        Some(arn) if arn.contains(":federated-user/") => CredentialKind::FederationToken,
        _ => CredentialKind::SessionToken,
    }
}
