//! What is told of a lease: events and counts.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use super::leased::Leased;
use super::{CredentialKind, account_id, session_name};
use crate::context::Context;
use crate::error::ErrorKind;
use crate::event::{Event, EventHub, EventKind};
use crate::refresh::{Fault, Note, Phase};
use crate::vault::Issued;

const SHORT: Duration = Duration::from_secs(60);
// AWS refuses signatures that are further off.
const SKEW: Duration = Duration::from_secs(300);

/// What a keeper did, counted.
#[derive(Debug, Default)]
pub(crate) struct LeaseStats {
    pub(crate) issues: AtomicU64,
    pub(crate) renewals: AtomicU64,
    pub(crate) revocations: AtomicU64,
    pub(crate) failures: AtomicU64,
    pub(crate) heals: AtomicU64,
}

/// Writes down what happens to one lease.
#[derive(Debug)]
pub(super) struct Journal {
    context: Context,
    hub: EventHub,
    subject: Arc<str>,
    stats: Arc<LeaseStats>,
    phase: Mutex<Phase>,
}

impl Journal {
    pub(super) fn new(context: Context, hub: EventHub, subject: Arc<str>, stats: Arc<LeaseStats>) -> Self {
        Self { context, hub, subject, stats, phase: Mutex::new(Phase::Fresh) }
    }

    /// `aws/creds/orders`
    pub(super) fn subject(&self) -> &str {
        &self.subject
    }

    /// What the engine noticed.
    pub(super) fn note(&self, note: Note<'_, Leased>) {
        let (counter, event) = match note {
            Note::Published(leased, generation, why) => {
                let kind = if generation == 1 { EventKind::Issued } else { EventKind::Swapped };
                let event = self.of(kind, leased, generation);
                (&self.stats.issues, Event { reason: Some(why.into()), ..event })
            }
            // Another look at a static key has found nothing new.
            Note::Extended(leased, _) if leased.facts.kind == CredentialKind::Static => return,
            Note::Extended(leased, generation) => {
                (&self.stats.renewals, self.of(EventKind::Renewed, leased, generation))
            }
            Note::Doubted(leased, generation) => {
                (&self.stats.heals, self.of(EventKind::Healed, leased, generation))
            }
            Note::Failed(fault, leased) => (&self.stats.failures, self.failure(fault, leased)),
            Note::Phase(phase, leased) => return self.phase(phase, leased),
        };
        counter.fetch_add(1, Ordering::Relaxed);
        self.hub.emit(event);
    }

    /// A node was asked and its reply never came: it may have issued a set that nobody has.
    pub(super) fn reply_lost(&self) {
        self.hub.emit(self.event(EventKind::ReplyLost));
    }

    /// A lease was given back, or could not be.
    pub(super) fn given_back(&self, lease_id: &str, why: &str, done: Result<(), Fault>) {
        let (kind, reason) = match done {
            Ok(()) => {
                self.stats.revocations.fetch_add(1, Ordering::Relaxed);
                (EventKind::Revoked, why.into())
            }
            Err(fault) => {
                let why = fault.error.message();
                (EventKind::RefreshFailed, format!("the lease could not be given back: {why}"))
            }
        };
        let lease_id = Some(lease_id.into());
        self.hub.emit(Event { lease_id, reason: Some(reason), ..self.event(kind) });
    }

    /// A new set was asked for, and the one in hand came again.
    pub(super) fn not_rotated(&self, issued: &Issued) {
        let error = ErrorKind::NotRotated;
        let what = if issued.cached { "a caching Vault Agent" } else { "Vault" };
        let reason = format!("{what} answered with the set in hand. {}", error.hint());
        let vault_request_id = Some(issued.request_id.clone());
        let event = self.event(EventKind::Warned);
        self.hub.emit(Event { code: Some(error.code()), reason: Some(reason), vault_request_id, ..event });
    }

    /// What is odd about a reply that is used all the same.
    pub(super) fn odd(&self, issued: &Issued, asked: Option<Duration>, longest: Duration) {
        let tell = |kind, code, reason: String| {
            let vault_request_id = Some(issued.request_id.clone());
            self.hub.emit(Event { code, reason: Some(reason), vault_request_id, ..self.event(kind) });
        };
        for warning in &issued.warnings {
            tell(EventKind::Warned, None, warning.clone());
        }
        let lifetime = issued.lifetime.unwrap_or(longest);
        let stated = format!("Vault stated {} s", lifetime.as_secs());
        if lifetime > longest {
            tell(EventKind::LeaseTooLong, None, stated.clone());
        } else if lifetime < SHORT {
            tell(EventKind::LeaseTooShort, None, stated.clone());
        }
        if let Some(asked) = asked.filter(|asked| *asked > lifetime + SHORT) {
            let asked = asked.as_secs();
            let told = format!(
                "a ttl of {asked} s was asked for and {stated}: max_sts_ttl of the role, or AWS's limit"
            );
            tell(EventKind::Warned, Some(ErrorKind::TtlOutOfRange.code()), told);
        }
        if let Some(skew) = issued.date.and_then(|date| skew(date, self.context.time.wall())) {
            tell(EventKind::Warned, Some(ErrorKind::ClockSkew.code()), skew);
        }
    }

    fn phase(&self, phase: Phase, leased: Option<&Leased>) {
        let mut before = self.phase.lock().unwrap_or_else(PoisonError::into_inner);
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
        self.hub.emit(self.of_any(kind, leased));
    }

    fn failure(&self, fault: &Fault, leased: Option<&Leased>) -> Event {
        let error = &fault.error;
        let kind = match error.kind() {
            ErrorKind::IdentityPin | ErrorKind::RedirectRefused | ErrorKind::Tls | ErrorKind::Wrapping => {
                EventKind::Security
            }
            _ => EventKind::RefreshFailed,
        };
        let mut event = self.of_any(kind, leased);
        event.code = Some(error.code());
        event.reason = Some(error.message().into());
        // The failed request's, not that of the set in hand.
        event.vault_request_id = error.vault_request_id().map(Into::into);
        event
    }

    fn event(&self, kind: EventKind) -> Event {
        Event::new(kind, self.context.time.wall(), self.subject.clone())
    }

    fn of_any(&self, kind: EventKind, leased: Option<&Leased>) -> Event {
        leased.map_or_else(|| self.event(kind), |leased| self.about(kind, leased))
    }

    fn of(&self, kind: EventKind, leased: &Leased, generation: u64) -> Event {
        Event { generation: Some(generation), ..self.about(kind, leased) }
    }

    fn about(&self, kind: EventKind, leased: &Leased) -> Event {
        let text = |text: Option<&str>| text.map(ToOwned::to_owned);
        let (credentials, facts) = (&leased.credentials, &leased.facts);
        let arn = facts.arn.as_deref();
        let mut event = self.event(kind);
        event.access_key_id = Some(credentials.access_key_id().into());
        event.account_id = text(arn.and_then(account_id));
        event.role_arn = text(arn);
        event.session_name = text(arn.and_then(session_name));
        event.lease_id = text(facts.lease_id.as_deref());
        event.vault_request_id = Some(facts.request_id.as_ref().into());
        event.vault_entity_id = text(facts.entity_id.as_deref());
        event.expires_at = credentials.expiry();
        if facts.kind.plan().hand_out.is_some() {
            // The credentials tell the end of a hand-out only.
            let left = facts.hold().ends.since(self.context.time.boot());
            event.expires_at = self.context.time.wall().checked_add(left);
        }
        event
    }
}

fn skew(vault: SystemTime, host: SystemTime) -> Option<String> {
    let (off, way) = match host.duration_since(vault) {
        Ok(ahead) => (ahead, "ahead of"),
        Err(behind) => (behind.duration(), "behind"),
    };
    (off > SKEW).then(|| {
        let off = humantime::format_duration(Duration::from_secs(off.as_secs()));
        format!(
            "this host's clock is {off} {way} Vault's; AWS refuses signatures that are off by more than 5 m"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_off_by_more_than_5_minutes_is_told() {
        let vault = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        assert_eq!(skew(vault, vault + Duration::from_secs(300)), None);
        assert!(skew(vault, vault + Duration::from_secs(423)).unwrap().contains("7m 3s ahead of"));
        assert!(skew(vault, vault - Duration::from_secs(423)).unwrap().contains("7m 3s behind"));
    }
}
