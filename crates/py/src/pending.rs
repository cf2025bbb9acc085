//! Calls that are under way, waited for in slices, so that a signal is noticed between two.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use leasekey::{Error, ErrorKind, Result};
use pyo3::prelude::*;

use crate::credentials::AwsCredentials;
use crate::errors::Failure;
use crate::lifecycle;
#[cfg(feature = "test-util")]
use crate::stage::Stage;

/// What a call brings.
pub(crate) enum Answer {
    Set(AwsCredentials),
    Done,
}

type Call = Pin<Box<dyn Future<Output = Result<Answer>> + Send>>;

/// A call that is under way.
#[pyclass(frozen, module = "leasekey._native")]
pub(crate) struct Pending {
    call: Mutex<Call>,
    #[cfg(feature = "test-util")]
    stage: Option<Py<Stage>>,
}

impl Pending {
    pub(crate) fn new(call: impl Future<Output = Result<Answer>> + Send + 'static) -> Self {
        Self {
            call: Mutex::new(Box::pin(call)),
            #[cfg(feature = "test-util")]
            stage: None,
        }
    }

    /// The same in a scripted world.
    #[cfg(feature = "test-util")]
    pub(crate) fn on(self, stage: Option<Py<Stage>>) -> Self {
        Self { stage, ..self }
    }

    fn poll(&self, span: Duration) -> Option<Result<Answer>> {
        let mut call = self.call.lock().unwrap_or_else(PoisonError::into_inner);
        #[cfg(feature = "test-util")]
        if let Some(stage) = &self.stage {
            return stage.get().poll(call.as_mut(), span);
        }
        leasekey::time::block_for(call.as_mut(), span)
    }
}

#[pymethods]
impl Pending {
    /// The answer: a set, True where there is none to give, or a failure. None: not within `seconds`, of which at
    /// most a slice is waited.
    fn wait(&self, py: Python<'_>, seconds: f64) -> Option<Waited> {
        let span = Duration::try_from_secs_f64(seconds).unwrap_or_default().min(lifecycle::SLICE);
        match lifecycle::waiting(py, || self.poll(span)) {
            Some(Ok(Answer::Set(set))) => Some(Waited::Set(set)),
            Some(Ok(Answer::Done)) => Some(Waited::Done(true)),
            Some(Err(error)) => Some(Waited::Failed(error.into())),
            None if lifecycle::have_ended() => Some(Waited::Failed(ended().into())),
            None => None,
        }
    }
}

/// An answer as Python gets it.
#[derive(IntoPyObject)]
enum Waited {
    Set(AwsCredentials),
    Done(bool),
    Failed(Failure),
}

fn ended() -> Error {
    Error::new(ErrorKind::Closed, "the interpreter ends").with_hint("Ask before the end of the program")
}
