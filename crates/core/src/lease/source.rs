//! Where sets come from: one attempt is a token, a request to the AWS secrets engine, and the checks that
//! stand between a reply and its first use.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use aws_credential_types::Credentials;

use super::journal::Journal;
use super::leased::{Facts, Leased};
use super::pin::Pin;
use super::{CredentialKind, LeaseSpec, account_id};
use crate::auth::{SessionToken, VaultSession};
use crate::context::Context;
use crate::error::{Error, ErrorKind};
use crate::refresh::{Allowance, Class, Fault, Grant, Note, Plan, Source};
use crate::time::BootInstant;
use crate::vault::{IssueFault, IssuePath, IssueRequest, Issued, Refusal, issue, refusal, revoke};

const UNKNOWN_REFUSAL_SPACING: Duration = Duration::from_secs(60);

pub(super) struct LeaseSource {
    context: Context,
    session: Arc<VaultSession>,
    spec: LeaseSpec,
    pin: Option<Pin>,
    journal: Journal,
    // Legacy roles issue temporary sets at sts/ only; learnt from Vault's refusal.
    at_sts: AtomicBool,
    refused_at: Mutex<Option<BootInstant>>,
}

impl LeaseSource {
    pub(super) fn new(
        context: Context,
        session: Arc<VaultSession>,
        spec: LeaseSpec,
        pin: Option<Pin>,
        journal: Journal,
    ) -> Self {
        let (at_sts, refused_at) = (AtomicBool::new(false), Mutex::new(None));
        Self { context, session, spec, pin, journal, at_sts, refused_at }
    }

    /// One issue; a token that the server calls dead is replaced once, the path of a legacy role likewise.
    async fn ask(&self, allowance: &Allowance) -> Result<(SessionToken, Issued), Fault> {
        let token = self.session.token().await?;
        match self.ask_with(&token, allowance).await {
            Err(fault) if refusal(&fault.error) == Some(Refusal::StsPathOnly) && !self.is_at_sts() => {
                self.at_sts.store(true, Ordering::Relaxed);
                let issued = self.ask_with(&token, allowance).await?;
                Ok((token, issued))
            }
            Err(fault) if self.may_log_in_again(&fault) => {
                let token = self.session.token_after(token.generation).await?;
                let issued = self.ask_with(&token, allowance).await?;
                Ok((token, issued))
            }
            answer => answer.map(|issued| (token, issued)),
        }
    }

    fn is_at_sts(&self) -> bool {
        self.at_sts.load(Ordering::Relaxed)
    }

    async fn ask_with(&self, token: &SessionToken, allowance: &Allowance) -> Result<Issued, Fault> {
        let request = IssueRequest {
            mount: &self.spec.mount,
            role: &self.spec.role,
            path: if self.is_at_sts() { IssuePath::Sts } else { IssuePath::Creds },
            role_arn: self.spec.role_arn.as_deref(),
            role_session_name: self.spec.session_name.as_ref(),
            ttl: self.spec.ttl,
        };
        match issue(self.session.client(), &token.token, &request, allowance).await {
            Ok(issued) => Ok(issued),
            Err(IssueFault { fault, revoke }) => {
                if let Some(lease_id) = revoke {
                    self.give_back(token, &lease_id, allowance).await;
                }
                Err(fault)
            }
        }
    }

    // A body that says plainly that the token is dead is believed at once; one that we do not know is
    // believed once a minute, so that a strange proxy cannot make us log in for ever.
    fn may_log_in_again(&self, fault: &Fault) -> bool {
        if fault.error.kind() != ErrorKind::TokenRefused {
            return false;
        }
        let now = self.context.time.boot();
        let mut refused_at = self.refused_at.lock().unwrap_or_else(PoisonError::into_inner);
        let rested = refused_at.is_none_or(|at| now.since(at) >= UNKNOWN_REFUSAL_SPACING);
        let may = rested || refusal(&fault.error) == Some(Refusal::DeadToken);
        if may {
            *refused_at = Some(now);
        }
        may
    }

    async fn give_back(&self, token: &SessionToken, lease_id: &str, allowance: &Allowance) {
        let done = revoke(self.session.client(), &token.token, lease_id, allowance).await;
        self.journal.given_back(lease_id, done);
    }

    /// The kind that the reply shows; another than the one asked for is given back and refused.
    async fn kind_of(
        &self,
        token: &SessionToken,
        issued: &Issued,
        allowance: &Allowance,
    ) -> Result<CredentialKind, Fault> {
        let temporary = issued.session_token.is_some();
        let arn = issued.arn.as_deref();
        let asked = match self.spec.kind {
            Some(kind) if kind.is_temporary() == temporary && fits(kind, arn) => return Ok(kind),
            None if temporary => return Ok(learnt(arn)),
            Some(kind) => format!("{kind} was asked for"),
            None => "no kind was named".into(),
        };
        if let Some(lease_id) = &issued.lease_id {
            self.give_back(token, lease_id, allowance).await;
        }
        let got = match arn {
            Some(arn) if temporary => format!("a session token of {arn}"),
            _ if temporary => "a session token".into(),
            _ => "a long-term key without a session token".to_owned(),
        };
        let what =
            format!("{asked}, but {} answered {got}; its lease was given back", self.journal.subject());
        let hint = "Check credential_type of the Vault role, and LEASEKEY_KIND";
        let error = Error::new(ErrorKind::UnusableReply, what).with_hint(hint);
        Err(Fault::new(Class::Denied, error.with_vault_request_id(&issued.request_id)).acted())
    }

    fn leased(&self, token: SessionToken, issued: Issued, kind: CredentialKind) -> Leased {
        let mut credentials = Credentials::builder()
            .access_key_id(issued.access_key)
            .secret_access_key(issued.secret_key.expose())
            .provider_name("leasekey");
        credentials.set_session_token(issued.session_token.map(|token| token.expose().into()));
        if let Some(account) = issued.arn.as_deref().and_then(account_id) {
            credentials = credentials.account_id(account);
        }
        let facts = Facts {
            kind,
            arn: issued.arn.map(Into::into),
            lease_id: issued.lease_id.map(Into::into),
            request_id: issued.request_id.into(),
            entity_id: token.entity_id.map(Into::into),
            issued_at: self.context.time.wall(),
        };
        Leased { credentials: credentials.build(), facts: Arc::new(facts) }
    }
}

#[async_trait]
impl Source for LeaseSource {
    type Value = Leased;

    async fn issue(&self, held: Option<Leased>, allowance: &Allowance) -> Result<(Leased, Grant), Fault> {
        let (token, issued) = self.ask(allowance).await?;
        let kind = self.kind_of(&token, &issued, allowance).await?;
        let longest = self.spec.kind.map_or(Plan::STS, CredentialKind::plan).max_lifetime;
        self.journal.odd(&issued, self.spec.ttl, longest);
        // A caching Vault Agent may answer with the set in hand: that is no rotation.
        let changed = held.is_none_or(|held| held.credentials.access_key_id() != issued.access_key);
        let Issued { started, rtt, lifetime, renewable, .. } = issued;
        let leased = self.leased(token, issued, kind);
        if let Some(pin) = self.pin.as_ref().filter(|_| changed) {
            // Vault has issued: a set that nobody gets counts against the budget of issues.
            pin.check(&leased.credentials, self.journal.subject()).await.map_err(Fault::acted)?;
        }
        Ok((leased, Grant { started, rtt, lifetime, renewable, changed, poll_after: None, requests: 0 }))
    }

    // Temporary sets are replaced, never renewed; their plan does not ask for it.
    async fn renew(&self, leased: Leased, _: &Allowance) -> Result<Grant, Fault> {
        let what = format!("{} is of a kind that is not renewed", leased.facts.kind);
        Err(Fault::new(Class::Lost, Error::new(ErrorKind::Bug, what)))
    }

    // Temporary sets work at once; their plan does not ask for it.
    async fn verify(&self, _: Leased, _: &Allowance) -> Result<(), Fault> {
        Ok(())
    }

    // A revocation of a temporary set does nothing at AWS, so none is asked for.
    async fn revoke(&self, _: Leased) {}

    async fn close(&self, _: Option<Leased>) {
        self.session.leave().await;
    }

    fn stamp(&self, leased: &Leased, expires: SystemTime) -> Leased {
        let mut leased = leased.clone();
        *leased.credentials.expiry_mut() = Some(expires);
        leased
    }

    fn note(&self, note: Note<'_, Leased>) {
        self.journal.note(note);
    }
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
