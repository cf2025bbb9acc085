//! Values of the core as values of Python.

use std::time::{SystemTime, UNIX_EPOCH};

use pyo3::prelude::*;
use pyo3::types::{PyDateTime, PyTzInfo};

/// A wall time as an aware `datetime` in UTC; the last one that there is for later ones.
pub(crate) fn wall(py: Python<'_>, at: SystemTime) -> PyResult<Bound<'_, PyDateTime>> {
    const LAST: f64 = 253_402_300_799.0;
    let seconds = at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64().min(LAST);
    let utc = PyTzInfo::utc(py)?.to_owned();
    PyDateTime::from_timestamp(py, seconds, Some(&utc))
}
