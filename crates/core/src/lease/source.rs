//! Where sets come from: one attempt is a token, a request to the AWS secrets engine, and the checks that
//! stand between a reply and its first use.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;

use super::issue::{Issuer, credentials};
use super::journal::Journal;
use super::leased::{Facts, Leased};
use super::pin::Pin;
use super::{CredentialKind, LeaseSpec};
use crate::auth::{SessionToken, VaultSession};
use crate::context::Context;
use crate::error::{Error, ErrorKind};
use crate::refresh::{Allowance, Class, Fault, Grant, Note, Source};
use crate::time::BootInstant;
use crate::vault::{IssueFault, Issued, Refusal, refusal, revoke};

const UNKNOWN_REFUSAL_SPACING: Duration = Duration::from_secs(60);

pub(super) struct LeaseSource {
    context: Context,
    session: Arc<VaultSession>,
    issuer: Issuer,
    pin: Option<Pin>,
    journal: Journal,
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
        let issuer = Issuer::new(session.client().clone(), spec);
        Self { context, session, issuer, pin, journal, refused_at: Mutex::new(None) }
    }

    /// One issue; a token that the server calls dead is replaced once.
    async fn ask(&self, allowance: &Allowance) -> Result<(SessionToken, Issued, CredentialKind), Fault> {
        let token = self.session.token().await?;
        match self.ask_with(&token, allowance).await {
            Err(fault) if self.may_log_in_again(&fault) => {
                let token = self.session.token_after(token.generation).await?;
                let (issued, kind) = self.ask_with(&token, allowance).await?;
                Ok((token, issued, kind))
            }
            answer => answer.map(|(issued, kind)| (token, issued, kind)),
        }
    }

    async fn ask_with(
        &self,
        token: &SessionToken,
        allowance: &Allowance,
    ) -> Result<(Issued, CredentialKind), Fault> {
        match self.issuer.issue(&token.token, allowance).await {
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

    fn leased(&self, token: SessionToken, issued: Issued, kind: CredentialKind) -> Leased {
        let credentials = credentials(&issued);
        let facts = Facts {
            kind,
            arn: issued.arn.map(Into::into),
            lease_id: issued.lease_id.map(Into::into),
            request_id: issued.request_id.into(),
            entity_id: token.entity_id.map(Into::into),
            issued_at: self.context.time.wall(),
        };
        Leased { credentials, facts: Arc::new(facts) }
    }
}

#[async_trait]
impl Source for LeaseSource {
    type Value = Leased;

    async fn issue(&self, held: Option<Leased>, allowance: &Allowance) -> Result<(Leased, Grant), Fault> {
        let (token, issued, kind) = self.ask(allowance).await?;
        self.journal.odd(&issued, self.issuer.spec().ttl, kind.plan().max_lifetime);
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
