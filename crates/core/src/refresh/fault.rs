//! Why an attempt failed, in the terms that pace the next one.

use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use crate::error::{Error, ErrorKind};

/// How the next attempt after a failure is paced. Classified first, by what failed; the status comes second.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Class {
    /// A fault of ours, or a panic in a user's hook.
    Bug,
    /// Refused or misconfigured: only a person can mend it, so ask every 30 to 60 s.
    Denied,
    /// The node has not replicated yet what we need: 50 to 250 ms.
    Lag,
    /// What was to be renewed or verified is gone: get a new one at once.
    Lost,
    /// A node is down, sealed, a standby or slow: full-jitter back-off.
    Node,
    /// No node leads, as while a cluster elects: 1.2 to 1.8 s, and after six failures as for a node.
    NotReady,
    /// A reply that cannot be used.
    Protocol,
    /// The server asked us to slow down.
    Throttled,
    /// Vault is well but AWS behind it is not: 5 to 60 s.
    Upstream,
}

impl Class {
    /// Whether asking sooner would only be refused again, or is what the server asked us not to do.
    pub(super) fn is_patient(self) -> bool {
        matches!(self, Self::Denied | Self::Throttled | Self::Upstream)
    }
}

/// A failed attempt.
#[derive(Clone, Debug)]
pub struct Fault {
    /// What the user is told.
    pub error: Error,
    /// How the next attempt is paced.
    pub class: Class,
    /// How long the server asked us to wait.
    pub retry_after: Option<Duration>,
    /// Whether the server may have acted: a reply was lost or unusable after the request was sent.
    pub may_have_acted: bool,
}

impl Fault {
    /// A failure of this class after which the server has certainly done nothing.
    pub fn new(class: Class, error: Error) -> Self {
        Self { error, class, retry_after: None, may_have_acted: false }
    }

    /// A failure after which the server may have acted.
    #[must_use]
    pub fn acted(mut self) -> Self {
        self.may_have_acted = true;
        self
    }

    /// Keeps what the server asked for in `Retry-After`.
    #[must_use]
    pub fn retry_after(mut self, wait: Option<Duration>) -> Self {
        self.retry_after = wait;
        self
    }
}

impl From<Error> for Fault {
    /// The class that fits the kind of an error that is known no better.
    fn from(error: Error) -> Self {
        Self::new(class_of(&error), error)
    }
}

fn class_of(error: &Error) -> Class {
    let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<Error>());
    match (error.kind(), cause) {
        // It expired because of the failures before: they pace the next attempt.
        (ErrorKind::Expired | ErrorKind::NotReady, Some(cause)) => class_of(cause),
        (ErrorKind::Expired | ErrorKind::NotReady | ErrorKind::VaultUnavailable, _) => Class::Node,
        (ErrorKind::UnusableReply, _) => Class::Protocol,
        (ErrorKind::KeyNotYetUsable, _) => Class::Upstream,
        (ErrorKind::Bug, _) => Class::Bug,
        _ => Class::Denied,
    }
}

/// How many requests an attempt may still send: each node tried takes one.
#[derive(Debug)]
pub struct Allowance {
    granted: u8,
    left: AtomicU8,
}

impl Allowance {
    /// An allowance of so many requests.
    pub const fn new(requests: u8) -> Self {
        Self { granted: requests, left: AtomicU8::new(requests) }
    }

    /// Takes one request; false when none is left, and then nothing may be sent.
    pub fn take(&self) -> bool {
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
    }

    /// How many were taken.
    pub fn taken(&self) -> u8 {
        self.granted.saturating_sub(self.left.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_expired_is_paced_by_why_no_new_one_came() {
        let expired =
            |kind| Error::new(ErrorKind::Expired, "the token expired").with_source(Error::new(kind, "why"));
        assert_eq!(Fault::from(expired(ErrorKind::VaultUnavailable)).class, Class::Node);
        assert_eq!(Fault::from(expired(ErrorKind::AuthRejected)).class, Class::Denied);
    }

    #[test]
    fn an_allowance_is_never_overdrawn() {
        let allowance = Allowance::new(2);
        assert_eq!([allowance.take(), allowance.take(), allowance.take()], [true, true, false]);
        assert_eq!(allowance.taken(), 2);
    }
}
