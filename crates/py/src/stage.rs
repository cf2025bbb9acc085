//! A scripted world under the public objects: the shared refresh scenarios run on it.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use leasekey::context::{Context, VaultAsk};
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;

/// A scripted world with a scripted Vault. Its clock moves only while somebody waits.
#[pyclass(frozen, module = "leasekey._native")]
pub(crate) struct Stage(leasekey::context::Stage);

impl Stage {
    pub(crate) fn context(&self) -> Context {
        self.0.context()
    }

    pub(crate) fn within<T>(&self, act: impl FnOnce() -> T) -> T {
        self.0.within(act)
    }

    pub(crate) fn poll<F: Future + ?Sized>(&self, future: Pin<&mut F>, span: Duration) -> Option<F::Output> {
        self.0.run_for(future, span)
    }
}

#[pymethods]
impl Stage {
    #[new]
    fn new() -> PyResult<Self> {
        let stage = leasekey::context::Stage::new();
        stage.map(Self).map_err(|error| PyOSError::new_err(error.to_string()))
    }

    /// Time passes.
    fn wait(&self, seconds: f64) {
        self.0.wait(Duration::try_from_secs_f64(seconds).unwrap_or_default());
    }

    /// How many seconds have passed.
    #[getter]
    fn passed(&self) -> f64 {
        self.0.passed().as_secs_f64()
    }

    /// Now on the wall clock of this world, in seconds since 1970.
    #[getter]
    fn wall(&self) -> f64 {
        let wall = self.0.within(|| self.0.context().time.wall()).duration_since(std::time::UNIX_EPOCH);
        wall.unwrap_or_default().as_secs_f64()
    }

    /// Something happens, told as the JSON of a step.
    fn happen(&self, json: &str) -> PyResult<()> {
        self.0.happen(json).map_err(PyValueError::new_err)
    }

    /// How many requests of this kind arrived at Vault.
    fn asked(&self, kind: &str) -> PyResult<u64> {
        let ask: VaultAsk = kind.parse().map_err(PyValueError::new_err)?;
        Ok(self.0.vault().asked(ask))
    }

    /// How many sets were issued.
    #[getter]
    fn issued(&self) -> u64 {
        self.0.vault().issued()
    }
}
