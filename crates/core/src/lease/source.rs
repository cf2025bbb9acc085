//! Where sets come from: one attempt is a token, a request to the AWS secrets engine, and the checks that
//! stand between a reply and its first use.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;

use super::issue::{Issuer, credentials};
use super::journal::Journal;
use super::leased::{Facts, Hold, Leased};
use super::period::Period;
use super::pin::Pin;
use super::{CredentialKind, LeaseSpec};
use crate::auth::{LiveToken, SessionToken, VaultSession};
use crate::context::Context;
use crate::error::ErrorKind;
use crate::refresh::{Allowance, Class, Fault, Grant, Note, Source};
use crate::time::BootInstant;
use crate::vault::{IssueFault, Issued, LeaseInfo, Refusal, lookup, refusal, renew, revoke};

const UNKNOWN_REFUSAL_SPACING: Duration = Duration::from_secs(60);
const TO_GIVE_BACK: u8 = 3;

pub(super) struct LeaseSource {
    context: Context,
    session: Arc<VaultSession>,
    issuer: Issuer,
    pin: Pin,
    period: Period,
    journal: Journal,
    refused_at: Mutex<Option<BootInstant>>,
}

impl LeaseSource {
    pub(super) fn new(
        context: Context,
        session: Arc<VaultSession>,
        spec: LeaseSpec,
        pin: Pin,
        journal: Journal,
    ) -> Self {
        let issuer = Issuer::new(session.client().clone(), spec);
        let (period, refused_at) = (Period::default(), Mutex::new(None));
        Self { context, session, issuer, pin, period, journal, refused_at }
    }

    /// Does `work` with the session's token; one that the server calls dead is replaced once.
    async fn with_token<T, F>(&self, work: impl Fn(Arc<LiveToken>) -> F) -> Result<T, Fault>
    where
        F: Future<Output = Result<T, Fault>>,
    {
        let SessionToken { live, generation } = self.session.token().await?;
        match work(live).await {
            Err(fault) if self.may_log_in_again(&fault) => {
                work(self.session.token_after(generation).await?.live).await
            }
            answer => answer,
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

    async fn ask(
        &self,
        token: Arc<LiveToken>,
        allowance: &Allowance,
    ) -> Result<(Arc<LiveToken>, Issued, CredentialKind), Fault> {
        let asking = Asking { source: self, token: &token, answered: false };
        let asked = self.issuer.issue(token.secret(), &self.pin, allowance).await;
        let lost = asked.as_ref().map_or_else(IssueFault::is_lost, |(issued, _)| issued.lost_reply);
        asking.over(lost);
        match asked {
            Ok((issued, kind)) => Ok((token, issued, kind)),
            Err(IssueFault { fault, revoke: None }) => Err(fault),
            Err(IssueFault { fault, revoke: Some(id) }) => {
                let became = if self.give_back(&token, &id).await {
                    "; its lease was given back"
                } else {
                    self.session.taint(&token);
                    "; its lease could not be given back"
                };
                Err(Fault { error: fault.error.and(became), ..fault })
            }
        }
    }

    // The set is not used, so its lease must not stay; the attempt's own requests may be used up.
    async fn give_back(&self, token: &LiveToken, id: &str) -> bool {
        let allowance = Allowance::new(TO_GIVE_BACK);
        let done = revoke(self.session.client(), token.secret(), id, &allowance).await;
        let gone = done.is_ok();
        self.journal.given_back(id, "the reply could not be used", done);
        gone
    }

    /// How long the set lives: an IAM user no longer than the token it was leased under.
    async fn grant(
        &self,
        token: &LiveToken,
        (issued, kind): (&Issued, CredentialKind),
        changed: bool,
        allowance: &Allowance,
    ) -> Result<Grant, Fault> {
        let spec = self.issuer.spec();
        let plan = spec.plan(kind);
        let (started, rtt, renewable) = (issued.started, issued.rtt, issued.renewable);
        let usual = Grant { started, rtt, renewable, changed, plan: Some(plan), ..Grant::default() };
        let lifetime = issued.lifetime.unwrap_or(plan.max_lifetime);
        match (kind, &issued.lease_id) {
            (CredentialKind::Static, _) => {
                let period = self.period.of(self.session.client(), token, spec, issued, allowance).await;
                Ok(Grant { lifetime: period.lifetime, poll_after: Some(period.poll_after), ..usual })
            }
            // The agent renews the lease and goes on repeating the reply that issued it.
            (CredentialKind::IamUser, Some(id)) if issued.cached || !changed => {
                let info = lookup(self.session.client(), token.secret(), id, allowance).await?;
                Ok(Grant { changed, plan: Some(plan), ..until(&info, token.ends()) })
            }
            (CredentialKind::IamUser, _) => {
                Ok(Grant { lifetime: lifetime.min(token.ends().since(started)), ..usual })
            }
            _ => Ok(Grant { lifetime, ..usual }),
        }
    }

    fn leased(
        &self,
        token: &Arc<LiveToken>,
        issued: Issued,
        kind: CredentialKind,
        ends: BootInstant,
    ) -> Leased {
        let credentials = credentials(&issued);
        let owned = kind.is_revocable() && !issued.cached;
        let hold = Hold { token: owned.then(|| token.clone()), ends };
        let facts = Facts {
            kind,
            arn: issued.arn.map(Into::into),
            lease_id: issued.lease_id.map(Into::into),
            request_id: issued.request_id.into(),
            entity_id: token.entity_id().map(Into::into),
            issued_at: self.context.time.wall(),
            hold: Mutex::new(hold),
        };
        Leased { credentials, facts: Arc::new(facts) }
    }
}

#[async_trait]
impl Source for LeaseSource {
    type Value = Leased;

    async fn issue(&self, held: Option<Leased>, allowance: &Allowance) -> Result<(Leased, Grant), Fault> {
        let (token, issued, kind) = self.with_token(|token| self.ask(token, allowance)).await?;
        let longest = self.issuer.spec().plan(kind).max_lifetime;
        self.journal.odd(&issued, self.issuer.spec().ttl, longest);
        let changed = held.is_none_or(|held| held.credentials.access_key_id() != issued.access_key);
        if !changed && kind != CredentialKind::Static {
            self.journal.not_rotated(&issued);
        }
        let grant = self.grant(&token, (&issued, kind), changed, allowance).await?;
        let leased = self.leased(&token, issued, kind, grant.started.plus(grant.lifetime));
        // A key that must spread first is checked when it is verified.
        if changed && self.pin.expects() && kind != CredentialKind::IamUser {
            // Vault has issued: a set that nobody gets counts against the budget of issues.
            self.pin.check(&leased.credentials, self.journal.subject()).await.map_err(Fault::acted)?;
        }
        self.session.revoke_tainted();
        Ok((leased, grant))
    }

    async fn renew(&self, leased: Leased, allowance: &Allowance) -> Result<Grant, Fault> {
        let client = self.session.client();
        let id = leased.facts.lease_id.as_deref().unwrap_or_default();
        let again = |token: Arc<LiveToken>| async move { renew(client, token.secret(), id, allowance).await };
        let info = self.with_token(again).await?;
        let token = leased.facts.hold().token.clone();
        let grant = until(&info, token.as_ref().map_or(BootInstant::NEVER, |token| token.ends()));
        leased.facts.hold().ends = grant.started.plus(grant.lifetime);
        // What hangs on a token that is to be revoked is replaced, not renewed.
        let replaced = token.is_some_and(|token| self.session.is_tainted(&token));
        Ok(Grant { renewable: grant.renewable && !replaced, ..grant })
    }

    async fn verify(&self, candidate: Leased, _: &Allowance) -> Result<(), Fault> {
        self.pin.check(&candidate.credentials, self.journal.subject()).await
    }

    // A revocation of a temporary set does nothing at AWS, and a lease from an agent's cache is others', too.
    async fn revoke(&self, leased: Leased) -> bool {
        let facts = &leased.facts;
        let Hold { token, ends } = facts.hold().clone();
        let (Some(id), Some(token)) = (facts.lease_id.as_deref(), token) else { return true };
        // The token that leased it: if that one is dead, so is the lease.
        let allowance = Allowance::new(TO_GIVE_BACK);
        let done = match revoke(self.session.client(), token.secret(), id, &allowance).await {
            Err(fault) if fault.error.kind() == ErrorKind::TokenRefused => Ok(()),
            done => done,
        };
        let over = self.context.time.boot() >= ends;
        let again = done.as_ref().is_err_and(|fault| fault.class != Class::Denied) && !over;
        self.journal.given_back(id, "it is used no more", done);
        if !again {
            facts.hold().token = None;
            drop(token);
            self.session.revoke_tainted();
        }
        !again
    }

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

/// A request for a set under way. Dropped before its end, because the attempt panicked or took too long, it may
/// have left a lease that nobody knows, as a lost reply does.
struct Asking<'a> {
    source: &'a LeaseSource,
    token: &'a Arc<LiveToken>,
    answered: bool,
}

impl Asking<'_> {
    fn over(mut self, lost: bool) {
        self.answered = !lost;
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        if !self.answered {
            self.source.session.taint(self.token);
            self.source.journal.reply_lost();
        }
    }
}

// What Vault says of a lease, but no longer than its token lives: Vault deletes the user with the token.
fn until(info: &LeaseInfo, token_ends: BootInstant) -> Grant {
    let lifetime = info.ttl.min(token_ends.since(info.started));
    Grant { started: info.started, rtt: info.rtt, lifetime, renewable: info.renewable, ..Grant::default() }
}
