//! What readers see: one immutable snapshot, swapped whole, read without a lock.

use std::time::Duration;

use super::effect::Phase;
use super::state::Heritage;
use crate::error::{Error, ErrorKind};
use crate::time::BootInstant;

/// A value and what readers must know of it.
#[derive(Clone, Debug)]
pub struct Snapshot<T> {
    /// The value; none before the first.
    pub value: Option<T>,
    /// Counts the values of this machine, from 1.
    pub generation: u64,
    /// From then on the value is not served.
    pub expires: BootInstant,
    /// The phase when the snapshot was taken.
    pub phase: Phase,
    /// Why the last attempt failed; none after a success.
    pub error: Option<Error>,
    /// When the next attempt starts, if one is planned.
    pub next_attempt_at: Option<BootInstant>,
    /// Failures in a row.
    pub failures: u32,
    pub(super) waits_until: BootInstant,
    pub(super) refused_until: BootInstant,
    /// By then the driver has done something about the value, if there is a driver.
    pub(super) attended_until: BootInstant,
    /// What a forked child begins with.
    pub(super) heritage: Option<Heritage>,
}

/// What a reader does with a snapshot.
#[derive(Debug)]
pub enum Reading<'a, T> {
    /// Use the value.
    Ready(&'a T),
    /// Use the value, but look whether this process was forked: it should have been replaced by now.
    Unattended(&'a T),
    /// An attempt is due or under way: wait for it, within the own deadline.
    Wait,
    /// Give up.
    Refused(Error),
}

impl<T> Snapshot<T> {
    pub(super) fn empty() -> Self {
        Self {
            value: None,
            generation: 0,
            expires: BootInstant::default(),
            phase: Phase::Empty,
            error: None,
            next_attempt_at: None,
            failures: 0,
            waits_until: BootInstant::default(),
            refused_until: BootInstant::default(),
            attended_until: BootInstant::NEVER,
            heritage: None,
        }
    }

    /// What a forked child takes over of this.
    pub(super) fn inherited(&self) -> Self
    where
        T: Clone,
    {
        let Self { generation, expires, heritage, .. } = *self;
        match (&self.value, heritage) {
            (Some(value), Some(_)) => {
                let (value, phase) = (Some(value.clone()), Phase::Inherited);
                Self { value, generation, expires, phase, heritage, ..Self::empty() }
            }
            _ => Self::empty(),
        }
    }

    /// What a reader does now.
    #[inline]
    pub fn read(&self, now: BootInstant) -> Reading<'_, T> {
        match &self.value {
            Some(value) if now < self.expires && now >= self.waits_until => {
                if now < self.attended_until {
                    Reading::Ready(value)
                } else {
                    Reading::Unattended(value)
                }
            }
            _ => self.read_without_value(now),
        }
    }

    /// The value, if it is alive now, doubted or not.
    pub fn alive(&self, now: BootInstant) -> Option<&T> {
        self.value.as_ref().filter(|_| now < self.expires)
    }

    #[cold]
    fn read_without_value(&self, now: BootInstant) -> Reading<'_, T> {
        if self.phase == Phase::Closed {
            return Reading::Refused(closed());
        }
        match &self.error {
            Some(error) if self.value.is_some() && now >= self.expires => {
                Reading::Refused(self.expired(error, now))
            }
            Some(error) if self.value.is_none() && now < self.refused_until => {
                Reading::Refused(error.clone())
            }
            _ => Reading::Wait,
        }
    }

    fn expired(&self, last: &Error, now: BootInstant) -> Error {
        let since = seconds(now.since(self.expires));
        let next = self.next_attempt_at.map_or_else(|| "under way".into(), |at| in_seconds(at.since(now)));
        let what =
            format!("the last value expired {since} ago; since then: {}; next try {next}", last.message());
        let error = Error::new(ErrorKind::Expired, what).with_hint(last.hint()).with_source(last.clone());
        match last.vault_request_id() {
            Some(id) => error.with_vault_request_id(id),
            None => error,
        }
    }
}

pub(super) fn closed() -> Error {
    Error::new(ErrorKind::Closed, "this provider was closed by a call of close()")
}

/// What a caller is told whose own deadline passes while the first attempt goes on.
pub(super) fn not_ready(waited: Duration, last: Option<&Error>) -> Error {
    let waited = seconds(waited);
    let Some(last) = last else {
        return Error::new(
            ErrorKind::NotReady,
            format!("no new value within {waited}, the caller's deadline"),
        );
    };
    let what = format!("no new value within {waited}, the caller's deadline; last error: {}", last.message());
    Error::new(ErrorKind::NotReady, what).with_hint(last.hint()).with_source(last.clone())
}

fn in_seconds(span: Duration) -> String {
    if span.is_zero() { "now".into() } else { format!("in {}", seconds(span)) }
}

fn seconds(span: Duration) -> String {
    let whole = if span >= Duration::from_secs(10) { span.as_secs() as f64 } else { span.as_secs_f64() };
    format!("{} s", (whole * 10.0).round() / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> BootInstant {
        BootInstant::default().plus(Duration::from_secs(seconds))
    }

    fn held() -> Snapshot<u8> {
        Snapshot { value: Some(7), generation: 1, expires: at(100), ..Snapshot::empty() }
    }

    #[test]
    fn a_value_is_never_served_at_or_after_its_expiry() {
        assert!(matches!(held().read(at(99)), Reading::Ready(7)));
        assert!(matches!(held().read(at(100)), Reading::Wait));
        assert!(held().alive(at(100)).is_none());
    }

    #[test]
    fn a_value_that_nobody_replaced_in_time_is_served_with_a_hint() {
        let snapshot = Snapshot { attended_until: at(50), ..held() };
        assert!(matches!(snapshot.read(at(49)), Reading::Ready(7)));
        assert!(matches!(snapshot.read(at(50)), Reading::Unattended(7)));
        assert!(matches!(snapshot.read(at(100)), Reading::Wait));
    }

    #[test]
    fn an_expired_value_is_refused_with_since_when_why_and_the_next_try() {
        let error = Error::new(ErrorKind::VaultUnavailable, "Vault is sealed (503)");
        let snapshot = Snapshot { error: Some(error), next_attempt_at: Some(at(115)), ..held() };
        let Reading::Refused(refused) = snapshot.read(at(112)) else { panic!("served a dead value") };
        assert_eq!(refused.code(), "LK-0117");
        assert_eq!(
            refused.message(),
            "the last value expired 12 s ago; since then: Vault is sealed (503); next try in 3 s"
        );
    }

    #[test]
    fn a_doubted_value_makes_new_callers_wait_for_a_moment() {
        let snapshot = Snapshot { waits_until: at(12), ..held() };
        assert!(matches!(snapshot.read(at(11)), Reading::Wait));
        assert!(matches!(snapshot.read(at(12)), Reading::Ready(7)));
        assert!(snapshot.alive(at(11)).is_some());
    }

    #[test]
    fn a_first_error_is_shared_until_it_lapses() {
        let error = Some(Error::new(ErrorKind::VaultUnavailable, "down"));
        let snapshot = Snapshot::<u8> { error, refused_until: at(5), ..Snapshot::empty() };
        assert!(matches!(snapshot.read(at(4)), Reading::Refused(_)));
        assert!(matches!(snapshot.read(at(5)), Reading::Wait));
    }
}
