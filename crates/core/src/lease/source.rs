//! Where sets come from: one attempt is a token, a request to the AWS secrets engine, and the checks that
//! stand between a reply and its first use.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use aws_credential_types::Credentials;

use super::pin::Pin;
use super::{CredentialKind, LeaseSpec, account_id, session_name};
use crate::auth::session::{Held, VaultSession};
use crate::context::Context;
use crate::error::{Error, ErrorKind};
use crate::event::{Event, EventKind};
use crate::refresh::{Allowance, Class, Fault, Grant, Note, Phase, Source};
use crate::time::BootInstant;
use crate::vault::{IssueFault, IssuePath, IssueRequest, Issued, Lifetime, Refusal, issue, refusal, revoke};

const UNKNOWN_REFUSAL_SPACING: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_secs(60);

/// What a keeper did, counted.
#[derive(Debug, Default)]
pub(crate) struct LeaseStats {
    pub(crate) issues: AtomicU64,
    pub(crate) renewals: AtomicU64,
    pub(crate) revocations: AtomicU64,
    pub(crate) failures: AtomicU64,
    pub(crate) heals: AtomicU64,
}

/// A set and what is known of it. The key material lives in `credentials` alone, which wipes it.
#[derive(Clone, Debug)]
pub(crate) struct Leased {
    pub(crate) credentials: Credentials,
    pub(crate) facts: Arc<Facts>,
}

/// What is known of a set, without its secrets.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) kind: CredentialKind,
    pub(crate) arn: Option<Box<str>>,
    pub(crate) lease_id: Option<Box<str>>,
    pub(crate) request_id: Box<str>,
    pub(crate) entity_id: Option<Box<str>>,
    pub(crate) issued_at: SystemTime,
}

pub(super) struct LeaseSource {
    pub(super) context: Context,
    pub(super) session: Arc<VaultSession>,
    pub(super) spec: LeaseSpec,
    pub(super) pin: Option<Pin>,
    pub(super) subject: Arc<str>,
    pub(super) stats: Arc<LeaseStats>,
    pub(super) refused_at: Mutex<Option<BootInstant>>,
    pub(super) troubled: Mutex<Phase>,
}

impl LeaseSource {
    /// One issue; a token that the server calls dead is replaced once.
    async fn ask(&self, allowance: &Allowance) -> Result<(Held, Issued), Fault> {
        let held = self.session.token().await?;
        match self.ask_with(&held, allowance).await {
            Ok(issued) => Ok((held, issued)),
            Err(fault) if self.may_log_in_again(&fault) => {
                let held = self.session.token_after(held.generation).await?;
                let issued = self.ask_with(&held, allowance).await?;
                Ok((held, issued))
            }
            Err(fault) => Err(fault),
        }
    }

    async fn ask_with(&self, held: &Held, allowance: &Allowance) -> Result<Issued, Fault> {
        let request = IssueRequest {
            mount: &self.spec.mount,
            role: &self.spec.role,
            path: IssuePath::Creds,
            role_arn: self.spec.role_arn.as_deref(),
            role_session_name: self.spec.session_name.as_ref(),
            ttl: self.spec.ttl,
            mfa_code: None,
        };
        match issue(self.session.client(), &held.token, &request, allowance).await {
            Ok(issued) => Ok(issued),
            Err(IssueFault { fault, revoke: lease_id }) => {
                if let Some(lease_id) = lease_id {
                    self.give_back(held, &lease_id).await;
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

    async fn give_back(&self, held: &Held, lease_id: &str) {
        let done = revoke(self.session.client(), &held.token, lease_id, false, &Allowance::new(1)).await;
        let mut event = self.event(if done.is_ok() { EventKind::Revoked } else { EventKind::RefreshFailed });
        event.lease_id = Some(lease_id.into());
        event.reason = Some(match done {
            Ok(()) => "the reply could not be used".into(),
            Err(fault) => format!("the lease could not be given back: {}", fault.error.message()),
        });
        if event.kind == EventKind::Revoked {
            self.stats.revocations.fetch_add(1, Ordering::Relaxed);
        }
        self.session.hub().emit(event);
    }

    /// The kind that the reply shows; another than the one asked for is given back and refused.
    async fn kind_of(&self, held: &Held, issued: &Issued) -> Result<CredentialKind, Fault> {
        let temporary = issued.session_token.is_some();
        let kind = match self.spec.kind {
            Some(kind) if kind.is_temporary() == temporary => return Ok(kind),
            None if temporary => return Ok(learnt(issued.arn.as_deref())),
            Some(kind) => format!("{kind} was asked for"),
            None => "no kind was named".into(),
        };
        if let Some(lease_id) = &issued.lease_id {
            self.give_back(held, lease_id).await;
        }
        let got = if temporary { "a session token" } else { "a long-term key without a session token" };
        let what = format!("{kind}, but {} of Vault answered {got}; its lease was given back", self.subject);
        let hint = "Check credential_type of the Vault role, and LEASEKEY_KIND";
        let error = Error::new(ErrorKind::UnusableReply, what).with_hint(hint);
        Err(Fault::new(Class::Denied, error.with_vault_request_id(&issued.request_id)).acted())
    }

    fn event(&self, kind: EventKind) -> Event {
        Event::new(kind, self.context.time.wall(), self.subject.clone())
    }

    fn event_of(&self, kind: EventKind, leased: &Leased) -> Event {
        let mut event = self.event(kind);
        let (credentials, facts) = (&leased.credentials, &leased.facts);
        event.access_key_id = Some(credentials.access_key_id().into());
        event.account_id = facts.arn.as_deref().and_then(account_id).map(Into::into);
        event.role_arn = facts.arn.as_deref().map(Into::into);
        event.session_name = facts.arn.as_deref().and_then(session_name).map(Into::into);
        event.lease_id = facts.lease_id.as_deref().map(Into::into);
        event.vault_request_id = Some(facts.request_id.as_ref().into());
        event.vault_entity_id = facts.entity_id.as_deref().map(Into::into);
        event.expires_at = credentials.expiry();
        event
    }

    fn warn(&self, issued: &Issued, lifetime: Duration) {
        for warning in &issued.warnings {
            let mut event = self.event(EventKind::Warned);
            event.vault_request_id = Some(issued.request_id.clone());
            event.reason = Some(warning.clone());
            self.session.hub().emit(event);
        }
        let most = self.spec.kind.unwrap_or(CredentialKind::AssumedRole).plan().max_lifetime;
        let kind = match lifetime {
            life if life > most => EventKind::LeaseTooLong,
            life if life < SHORT => EventKind::LeaseTooShort,
            _ => return,
        };
        let mut event = self.event(kind);
        event.vault_request_id = Some(issued.request_id.clone());
        event.reason = Some(format!("Vault stated {} s", lifetime.as_secs()));
        self.session.hub().emit(event);
    }

    fn leased(&self, held: Held, issued: Issued, kind: CredentialKind) -> Leased {
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
            entity_id: held.entity_id.map(Into::into),
            issued_at: self.context.time.wall(),
        };
        Leased { credentials: credentials.build(), facts: Arc::new(facts) }
    }

    fn note_phase(&self, phase: Phase, leased: Option<&Leased>) {
        let mut before = self.troubled.lock().unwrap_or_else(PoisonError::into_inner);
        let kind = match phase {
            Phase::Degraded => EventKind::Degraded,
            Phase::Denied => EventKind::Denied,
            Phase::Expired => EventKind::Expired,
            Phase::Urgent => EventKind::Urgent,
            Phase::Closed => EventKind::Closed,
            Phase::Fresh if *before != Phase::Fresh => EventKind::Recovered,
            _ => return,
        };
        *before = phase;
        drop(before);
        let event = leased.map_or_else(|| self.event(kind), |leased| self.event_of(kind, leased));
        self.session.hub().emit(event);
    }
}

#[async_trait]
impl Source for LeaseSource {
    type Value = Leased;

    async fn issue(&self, _: Option<Leased>, allowance: &Allowance) -> Result<(Leased, Grant), Fault> {
        let (held, issued) = self.ask(allowance).await?;
        let Lifetime::Lasts(lifetime) = issued.lifetime else {
            return Err(Fault::new(Class::Protocol, no_lifetime(&self.subject, &issued)).acted());
        };
        let kind = self.kind_of(&held, &issued).await?;
        self.warn(&issued, lifetime);
        let (started, rtt, renewable) = (issued.started, issued.rtt, issued.renewable);
        let leased = self.leased(held, issued, kind);
        if let Some(pin) = &self.pin {
            pin.check(&leased.credentials, &self.subject).await?;
        }
        let grant = Grant { started, rtt, lifetime, renewable, changed: true, poll_after: None, requests: 0 };
        Ok((leased, grant))
    }

    async fn renew(&self, leased: Leased, _: &Allowance) -> Result<Grant, Fault> {
        let what = format!("{} is of a kind that is not renewed", leased.facts.kind);
        Err(Fault::new(Class::Lost, Error::new(ErrorKind::Bug, what)))
    }

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
        let event = match note {
            Note::Published(leased, generation) => {
                self.stats.issues.fetch_add(1, Ordering::Relaxed);
                let kind = if generation == 1 { EventKind::Issued } else { EventKind::Swapped };
                Event { generation: Some(generation), ..self.event_of(kind, leased) }
            }
            Note::Extended(leased, generation) => {
                self.stats.renewals.fetch_add(1, Ordering::Relaxed);
                Event { generation: Some(generation), ..self.event_of(EventKind::Renewed, leased) }
            }
            Note::Failed(fault, leased) => {
                self.stats.failures.fetch_add(1, Ordering::Relaxed);
                self.failure_event(fault, leased)
            }
            Note::Doubted(leased, generation) => {
                self.stats.heals.fetch_add(1, Ordering::Relaxed);
                Event { generation: Some(generation), ..self.event_of(EventKind::Healed, leased) }
            }
            Note::Tainted => self.event(EventKind::ReplyLost),
            Note::Phase(phase, leased) => return self.note_phase(phase, leased),
        };
        self.session.hub().emit(event);
    }
}

impl LeaseSource {
    fn failure_event(&self, fault: &Fault, leased: Option<&Leased>) -> Event {
        let error = &fault.error;
        let kind = match error.kind() {
            ErrorKind::IdentityPin | ErrorKind::RedirectRefused | ErrorKind::Tls | ErrorKind::Wrapping => {
                EventKind::Security
            }
            _ => EventKind::RefreshFailed,
        };
        let mut event = leased.map_or_else(|| self.event(kind), |leased| self.event_of(kind, leased));
        event.code = Some(error.code());
        event.reason = Some(error.message().into());
        event.vault_request_id = error.vault_request_id().map(Into::into).or(event.vault_request_id);
        event
    }
}

// Only AssumeRole puts a role into the ARN; the other temporary kinds give none or a federated user.
fn learnt(arn: Option<&str>) -> CredentialKind {
    match arn {
        Some(arn) if arn.contains(":assumed-role/") => CredentialKind::AssumedRole,
        Some(arn) if arn.contains(":federated-user/") => CredentialKind::FederationToken,
        _ => CredentialKind::SessionToken,
    }
}

fn no_lifetime(subject: &str, issued: &Issued) -> Error {
    let what = format!("the reply of {subject} states no lifetime; the set in hand is kept");
    Error::new(ErrorKind::UnusableReply, what).with_vault_request_id(&issued.request_id)
}
