//! Errors of the core as exceptions, which `leasekey.errors` defines.

use std::error::Error as _;

use leasekey::{Error, ErrorKind};
use pyo3::prelude::*;

/// Every kind: its code, its name, what to do.
pub(crate) fn kinds() -> Vec<(&'static str, String, &'static str)> {
    ErrorKind::ALL.iter().map(|kind| (kind.code(), format!("{kind:?}"), kind.hint())).collect()
}

/// The exception of an error and, as its cause, that of its source.
pub(crate) fn raised(py: Python<'_>, error: &Error) -> PyErr {
    exception(py, error).map_or_else(|error| error, |exception| PyErr::from_value(exception))
}

fn exception<'py>(py: Python<'py>, error: &Error) -> PyResult<Bound<'py, PyAny>> {
    let of = py.import("leasekey.errors")?.getattr("_of")?;
    let id = error.vault_request_id();
    let made = of.call1((error.code(), error.message(), error.hint(), id, error.is_retryable()))?;
    let cause = match error.source() {
        None => return Ok(made),
        Some(source) => match source.downcast_ref::<Error>() {
            Some(error) => exception(py, error)?,
            None => py.import("builtins")?.getattr("Exception")?.call1((source.to_string(),))?,
        },
    };
    made.setattr("__cause__", cause)?;
    Ok(made)
}

/// What is told of an object that must not leave the process.
pub(crate) fn unpicklable(py: Python<'_>, what: &str) -> PyErr {
    let made = || py.import("leasekey.errors")?.getattr("_unpicklable")?.call1((what,));
    made().map_or_else(|error| error, PyErr::from_value)
}
