//! Errors of the core, of which Python makes the exceptions that `leasekey.errors` defines.
//!
//! Nothing here runs code of Python's: at the end of the interpreter a thread can be ended in the middle of that,
//! and must not have frames of Rust's below it.

use std::error::Error as _;

use leasekey::{Error, ErrorKind};
use pyo3::prelude::*;

/// Every kind: its code, its name, what to do.
pub(crate) fn kinds() -> Vec<(&'static str, String, &'static str)> {
    ErrorKind::ALL.iter().map(|kind| (kind.code(), format!("{kind:?}"), kind.hint())).collect()
}

/// An error, to be raised by whoever gets it.
#[pyclass(frozen, module = "leasekey._native")]
pub(crate) struct Failure(Error);

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

/// What caused an error: another of Leasekey's, or the text of somebody else's.
#[derive(IntoPyObject)]
pub(crate) enum Cause {
    Failure(Failure),
    Text(String),
}

#[pymethods]
impl Failure {
    #[getter]
    fn code(&self) -> &'static str {
        self.0.code()
    }

    #[getter]
    fn message(&self) -> &str {
        self.0.message()
    }

    #[getter]
    fn hint(&self) -> &str {
        self.0.hint()
    }

    #[getter]
    fn vault_request_id(&self) -> Option<&str> {
        self.0.vault_request_id()
    }

    #[getter]
    fn is_retryable(&self) -> bool {
        self.0.is_retryable()
    }

    #[getter]
    fn cause(&self) -> Option<Cause> {
        let source = self.0.source()?;
        Some(match source.downcast_ref::<Error>() {
            Some(error) => Cause::Failure(error.clone().into()),
            None => Cause::Text(source.to_string()),
        })
    }
}
