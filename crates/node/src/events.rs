//! Events on their way to JavaScript: a bounded queue that it drains.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use leasekey::{Event, Events, Severity};
use napi_derive::napi;

use crate::background::Background;
use crate::calls::Calls;
use crate::facts::milliseconds;

// As many as the library itself holds for a slow listener.
const WAITING: usize = 256;

/// Something that happened.
#[napi(object)]
pub struct Heard {
    /// `"credentials.issued"`.
    pub name: String,
    /// `"info"`, `"warning"` or `"critical"`.
    pub severity: String,
    /// When, in milliseconds since 1970.
    pub at: f64,
    /// What it happened to.
    pub subject: String,
    /// One line of all that.
    pub line: String,
    /// The fields that are set, by name, printed.
    pub fields: HashMap<String, String>,
}

impl From<&Event> for Heard {
    fn from(event: &Event) -> Self {
        let severity = match event.kind.severity() {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Critical => "critical",
        };
        let fields = event.fields().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self {
            name: event.kind.name().into(),
            severity: severity.into(),
            at: milliseconds(event.at),
            subject: event.subject.to_string(),
            line: event.to_string(),
            fields,
        }
    }
}

/// The events that JavaScript has not taken yet. When it is slow, the oldest are lost.
#[derive(Default)]
pub(crate) struct Queue(Mutex<VecDeque<Event>>);

impl Queue {
    /// Fills a new queue and rings, until the queue is dropped.
    pub(crate) fn fill(mut events: Events, calls: &Arc<Calls>, background: &Background) -> Arc<Self> {
        let queue = Arc::new(Self::default());
        let (filled, calls) = (Arc::downgrade(&queue), calls.clone());
        background.spawn(async move {
            while let Some(event) = events.next().await {
                let Some(queue) = filled.upgrade() else { return };
                queue.push(event);
                calls.ring();
            }
        });
        queue
    }

    /// All that happened since the last call.
    pub(crate) fn take(&self) -> Vec<Heard> {
        self.lock().drain(..).map(|event| Heard::from(&event)).collect()
    }

    fn push(&self, event: Event) {
        let mut queue = self.lock();
        if queue.len() == WAITING {
            queue.pop_front();
        }
        queue.push_back(event);
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Event>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
