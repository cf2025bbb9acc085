//! The Python package's native module, `leasekey._native`: converts, calls the core, maps the error.
//!
//! No thread of Rust's ever calls Python. Python waits in slices ([`pending`]) and draws events from a queue
//! ([`events`]).

mod convert;
mod credentials;
mod errors;
mod events;
mod iam;
mod lifecycle;
mod pending;
mod provider;
mod settings;
#[cfg(feature = "test-util")]
mod stage;

use std::ffi::OsString;

use pyo3::prelude::*;

/// Runs the command line, the program's name first; the exit code.
#[pyfunction]
fn main(py: Python<'_>, args: Vec<OsString>) -> u8 {
    py.detach(|| leasekey::cli::main(args))
}

/// The native module.
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("ERRORS", errors::kinds())?;
    module.add("SETTINGS", settings::table())?;
    module.add("EVENT_FIELDS", events::fields())?;
    module.add_function(wrap_pyfunction!(main, module)?)?;
    module.add_function(wrap_pyfunction!(lifecycle::end_waits, module)?)?;
    module.add_function(wrap_pyfunction!(lifecycle::after_fork, module)?)?;
    module.add_function(wrap_pyfunction!(iam::lint, module)?)?;
    module.add_function(wrap_pyfunction!(iam::read_cases, module)?)?;
    module.add_class::<iam::Case>()?;
    module.add_class::<iam::Decision>()?;
    module.add_class::<iam::PolicyDocument>()?;
    module.add_class::<iam::PolicySet>()?;
    module.add_class::<iam::Request>()?;
    module.add_class::<credentials::AwsCredentials>()?;
    module.add_class::<errors::Failure>()?;
    module.add_class::<events::EventQueue>()?;
    module.add_class::<pending::Pending>()?;
    module.add_class::<provider::Provider>()?;
    #[cfg(feature = "test-util")]
    module.add_class::<stage::Stage>()?;
    Ok(())
}
