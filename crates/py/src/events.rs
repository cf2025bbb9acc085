//! What happened, drawn from a queue by a thread of Python's.

use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use leasekey::{Event, Events, Severity};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::convert::wall;
use crate::lifecycle;

/// The fields that an event may have, and what they mean.
pub(crate) fn fields() -> Vec<(&'static str, &'static str)> {
    Event::FIELDS.to_vec()
}

/// The last 256 events of a provider; a slow reader loses the oldest.
#[pyclass(frozen, module = "leasekey._native")]
pub(crate) struct EventQueue {
    events: Mutex<Events>,
    waits: bool,
}

impl EventQueue {
    /// A queue that waits, or in a scripted world does not.
    pub(crate) fn new(events: Events, waits: bool) -> Self {
        Self { events: Mutex::new(events), waits }
    }

    /// The next event, or that there will be none; none yet within `span`.
    fn hear(&self, span: Duration) -> Option<Option<Event>> {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(event) = events.next_now() {
            return Some(Some(event));
        }
        if !self.waits {
            return None;
        }
        leasekey::time::block_for(pin!(events.next()), span)
    }
}

#[pymethods]
impl EventQueue {
    /// The next event as a dict. None: none within `seconds`, of which at most a slice is waited. False: there
    /// will be none.
    fn next(&self, py: Python<'_>, seconds: f64) -> PyResult<Option<Py<PyAny>>> {
        let span = Duration::try_from_secs_f64(seconds).unwrap_or_default().min(lifecycle::SLICE);
        match lifecycle::waiting(py, || self.hear(span)) {
            Some(Some(event)) => Ok(Some(told(py, &event)?.into_any().unbind())),
            None if !lifecycle::have_ended() => Ok(None),
            _ => Ok(Some(false.into_pyobject(py)?.to_owned().into_any().unbind())),
        }
    }

    /// How many events were dropped because this queue was read too slowly.
    #[getter]
    fn missed(&self) -> u64 {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).missed()
    }
}

fn told<'py>(py: Python<'py>, event: &Event) -> PyResult<Bound<'py, PyDict>> {
    let severity = match event.kind.severity() {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Critical => "critical",
    };
    let told = PyDict::new(py);
    told.set_item("kind", event.kind.name())?;
    told.set_item("severity", severity)?;
    told.set_item("at", wall(py, event.at)?)?;
    told.set_item("subject", event.subject.as_ref())?;
    let fields = PyDict::new(py);
    event.fields().into_iter().try_for_each(|(name, value)| fields.set_item(name, value))?;
    if let Some(generation) = event.generation {
        fields.set_item("generation", generation)?;
    }
    if let Some(expires_at) = event.expires_at {
        fields.set_item("expires_at", wall(py, expires_at)?)?;
    }
    told.set_item("fields", fields)?;
    told.set_item("line", event.to_string())?;
    Ok(told)
}
