//! What a machine is told, and what it has the driver do.

use std::time::Duration;

use super::fault::Class;
use super::schedule::Plan;
use crate::time::BootInstant;

/// The time of a step, and the random number its draws come from.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// On the boot clock.
    pub at: BootInstant,
    /// A fresh random number.
    pub random: u64,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A caller needs a value that lasts until then; the first such event starts the machine.
    Wanted(BootInstant),
    /// A caller asks for a new value, whatever is in hand.
    Forced,
    /// The timer rang.
    Woken,
    /// The attempt brought a value, or the renewed life of the one in hand.
    Granted(u64, Grant),
    /// The attempt failed.
    Failed(u64, Failure),
    /// The attempt verified the candidate once.
    Verified(u64, u8),
    /// Whoever uses this generation was refused as if the value were dead.
    Doubted(u64),
    /// A caller was promised that this generation lives until then.
    Promised(u64, BootInstant),
    /// Login material, settings or policies changed.
    Signalled,
    /// The process was forked and this is the child.
    Forked,
    /// The value in hand is to be replaced at its refresh point, not renewed.
    Spent,
    /// What was to be given back, as this item, could not be.
    NotReturned(u64),
    /// The user closed the value.
    Close,
}

/// A value that an attempt brought.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Grant {
    /// When the request was sent; the life counts from here.
    pub started: BootInstant,
    /// How long the reply took.
    pub rtt: Duration,
    /// The life that the server stated.
    pub lifetime: Duration,
    /// Whether the server would renew it.
    pub renewable: bool,
    /// Whether it is another value than the one in hand.
    pub changed: bool,
    /// Ask again after this time, instead of at the refresh point.
    pub poll_after: Option<Duration>,
    /// How such a value is kept fresh, where that was not known before the first.
    pub plan: Option<Plan>,
    /// How many requests the attempt sent.
    pub requests: u8,
}

/// A failed attempt, as far as the machine must know it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Failure {
    /// How it is paced.
    pub class: Class,
    /// What the server asked for.
    pub retry_after: Option<Duration>,
    /// Whether the server may have issued a value that we never saw.
    pub may_have_acted: bool,
    /// How many requests the attempt sent.
    pub requests: u8,
}

/// The work of an attempt.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Work {
    /// Get a new value.
    Issue,
    /// Lengthen the life of the value in hand.
    Renew,
    /// Check that the candidate works.
    Verify,
}

/// What the driver must do, in this order.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Effect {
    /// Start this attempt, with so many requests at most.
    Attempt(u64, Work, u8),
    /// Serve the value that the last issue brought, as this generation, until then.
    Publish(u64, BootInstant),
    /// Serve the generation in hand until then.
    Extend(u64, BootInstant),
    /// Stamp the value in hand anew.
    Restamp,
    /// Let new callers wait for a replacement until then, at most.
    Doubt(BootInstant),
    /// Give the error to all who wait, and to all who ask until then.
    Refuse(BootInstant),
    /// Revoke this generation's lease.
    Revoke(u64),
    /// Try again to give this item back.
    Return(u64),
    /// Drop the value that the last issue brought, and revoke its lease if it has one.
    Discard,
    /// Tell that the phase changed.
    Announce(Phase),
    /// Forget the value: closed.
    Wipe,
}

/// What state the value is in; derived, never stored.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Phase {
    /// There is no value yet.
    #[default]
    Empty,
    /// The first attempts failed.
    Failed,
    /// All is well.
    Fresh,
    /// The refresh point has come.
    Due,
    /// A new value is being verified.
    Verifying,
    /// The last refresh failed; the value in hand serves.
    Degraded,
    /// Refreshes fail and little remains of the value in hand.
    Urgent,
    /// The refresh was refused; only a person can mend it.
    Denied,
    /// The value in hand is dead.
    Expired,
    /// Its user was refused as if it were dead.
    Suspect,
    /// Taken over from the parent process.
    Inherited,
    /// Closed.
    Closed,
}
