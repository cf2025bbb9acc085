//! From where events happen to who listens.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

use tokio::sync::broadcast::{Receiver, Sender, channel, error::RecvError, error::TryRecvError};

use super::{Event, Severity};
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};

// Events wait here for a slow listener; then the oldest are dropped, never a refresh delayed.
const WAITING: usize = 256;

/// Takes events, on a thread of its own: a slow sink loses events and never delays a refresh.
pub trait EventSink: fmt::Debug + Send + Sync {
    /// Takes one event.
    fn record(&self, event: &Event);
}

/// Where the events of one login and of all leases under it go. Costs nothing while nobody listens.
#[derive(Clone, Default)]
pub(crate) struct EventHub(Arc<OnceLock<Sender<Event>>>);

impl EventHub {
    /// Tells `tracing` and all who listen.
    pub(crate) fn emit(&self, event: Event) {
        match event.kind.severity() {
            Severity::Info => tracing::info!(target: "leasekey", "{event}"),
            Severity::Warning | Severity::Critical => tracing::warn!(target: "leasekey", "{event}"),
        }
        if let Some(sender) = self.0.get() {
            // An error means that nobody listens any more.
            let _ = sender.send(event);
        }
    }

    /// Listens from now on to what happens to `subject` and to the login.
    pub(crate) fn listen(&self, subject: Arc<str>) -> Events {
        Events { receiver: self.0.get_or_init(|| channel(WAITING).0).subscribe(), subject, missed: 0 }
    }

    /// Hands the same events to `sink`.
    pub(crate) fn pour_into(
        &self,
        sink: Arc<dyn EventSink>,
        subject: Arc<str>,
        context: &Context,
    ) -> Result<()> {
        let mut events = self.listen(subject);
        let pour = async move {
            while let Some(event) = events.next().await {
                // One event is lost with a sink's panic, not all that follow.
                let _ = catch_unwind(AssertUnwindSafe(|| sink.record(&event)));
            }
        };
        context.launch.launch(Box::pin(pour)).map_err(|error| {
            Error::new(ErrorKind::Bug, "the thread of an event sink could not be started").with_source(error)
        })
    }
}

impl fmt::Debug for EventHub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventHub").field("listened_to", &self.0.get().is_some()).finish()
    }
}

/// The events of a provider from the moment this was made. It holds the last 256; a slow listener loses the
/// oldest, and [`missed`](Self::missed) counts them.
#[derive(Debug)]
pub struct Events {
    receiver: Receiver<Event>,
    subject: Arc<str>,
    missed: u64,
}

impl Events {
    /// The next event; none once every provider of the same login is gone.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            match self.receiver.recv().await {
                Ok(event) if self.concerns(&event) => return Some(event),
                Ok(_) => {}
                Err(RecvError::Closed) => return None,
                Err(RecvError::Lagged(missed)) => self.missed += missed,
            }
        }
    }

    /// The next event that has happened already, without waiting.
    pub fn next_now(&mut self) -> Option<Event> {
        loop {
            match self.receiver.try_recv() {
                Ok(event) if self.concerns(&event) => return Some(event),
                Ok(_) => {}
                Err(TryRecvError::Empty | TryRecvError::Closed) => return None,
                Err(TryRecvError::Lagged(missed)) => self.missed += missed,
            }
        }
    }

    fn concerns(&self, event: &Event) -> bool {
        // What befalls a node concerns all who use it.
        event.subject == self.subject
            || event.kind.name().starts_with("vault.")
            || event.subject.contains("://")
    }

    /// How many events were dropped because this listener was slow.
    pub fn missed(&self) -> u64 {
        self.missed
    }
}
