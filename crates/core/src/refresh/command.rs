//! What passes between callers, the driver and its machines.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::effect::Event;
use super::snapshot::{Snapshot, not_ready};
use crate::error::{Error, ErrorKind, Result};
use crate::time::BootInstant;

pub(super) enum Command {
    Add(u64, Box<dyn Drive>),
    Tell(u64, Message),
}

pub(super) type Commands = mpsc::UnboundedSender<Command>;

/// A machine as the driver sees it.
pub(super) trait Drive: Send {
    fn take(&mut self, message: Message);
    fn settle(&mut self);
    fn restamp(&mut self);
    fn recover(&mut self);
    fn wake_at(&self, now: BootInstant) -> Option<BootInstant>;
    fn ended(&self) -> bool;
}

pub(super) enum Message {
    Event(Event),
    Wait(Waiter),
    AttemptEnded(u64),
    Close(oneshot::Sender<()>),
    CloseEnded,
    /// Whether the value of this number was given back.
    Returned(u64, bool),
    Dropped,
}

/// A caller that waits for a value.
pub(super) struct Waiter {
    pub(super) asked_at: BootInstant,
    pub(super) seen: u64,
    pub(super) lasts_until: BootInstant,
    pub(super) newer_than: Option<u64>,
    pub(super) doubts: bool,
    pub(super) deadline: BootInstant,
    pub(super) reply: oneshot::Sender<Result<()>>,
}

impl Waiter {
    /// Whether the value in hand serves this caller although no better one could be had.
    pub(super) fn served_by<T>(&self, snapshot: &Snapshot<T>, now: BootInstant) -> bool {
        snapshot.alive(now).is_some() && snapshot.expires >= self.lasts_until && self.newer_than.is_none()
    }

    pub(super) fn answer<T>(&self, snapshot: &Snapshot<T>, now: BootInstant) -> Option<Result<()>> {
        let newer = self.newer_than.is_none_or(|old| snapshot.generation > old);
        let lasts = snapshot.expires >= self.lasts_until;
        if snapshot.alive(now).is_some() && newer && lasts && now >= snapshot.waits_until {
            return Some(Ok(()));
        }
        if snapshot.generation > self.seen && !lasts {
            return Some(Err(too_short(self.lasts_until.since(self.asked_at), snapshot.expires.since(now))));
        }
        if now < self.deadline {
            return None;
        }
        let late = || not_ready(now.since(self.asked_at), snapshot.error.as_ref());
        Some(if self.served_by(snapshot, now) { Ok(()) } else { Err(late()) })
    }
}

fn too_short(asked: Duration, lives: Duration) -> Error {
    let what =
        format!("a set for {} s was asked for, but a new one lives {} s", asked.as_secs(), lives.as_secs());
    Error::new(ErrorKind::TtlOutOfRange, what)
        .with_hint("Ask for less, or raise ttl and the role's max_sts_ttl")
}
