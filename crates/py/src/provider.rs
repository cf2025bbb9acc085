//! A provider, as Python calls it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use leasekey::{Builder, Result, VaultCredentialsProvider};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::convert::wall;
use crate::credentials::AwsCredentials;
use crate::errors::Failure;
use crate::events::EventQueue;
use crate::lifecycle;
use crate::pending::{Answer, Pending};
use crate::settings;
#[cfg(feature = "test-util")]
use crate::stage::Stage;

/// A provider. Nothing here waits but what [`Pending`] waits for.
#[pyclass(frozen, weakref, module = "leasekey._native")]
pub(crate) struct Provider {
    provider: VaultCredentialsProvider,
    // The set that was handed out last: the same object as long as the same set is in hand.
    handed: Mutex<Option<Py<AwsCredentials>>>,
    // The process whose `logging` is told what happens, by the forks behind it.
    logged: AtomicU32,
    #[cfg(feature = "test-util")]
    stage: Option<Py<Stage>>,
}

const NOWHERE: u32 = u32::MAX;

/// A provider, or why there is none.
#[derive(IntoPyObject)]
enum Built {
    Provider(Provider),
    Failed(Failure),
}

impl From<Result<Provider>> for Built {
    fn from(built: Result<Provider>) -> Self {
        built.map_or_else(|error| Self::Failed(error.into()), Self::Provider)
    }
}

fn within(builder: Builder, deadline: Option<f64>) -> Builder {
    match deadline {
        Some(seconds) => builder.deadline(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)),
        None => builder,
    }
}

impl Provider {
    fn of(provider: VaultCredentialsProvider) -> Self {
        Self {
            provider,
            handed: Mutex::default(),
            logged: AtomicU32::new(NOWHERE),
            #[cfg(feature = "test-util")]
            stage: None,
        }
    }

    fn from_env(py: Python<'_>, given: &Bound<'_, PyDict>, deadline: Option<f64>) -> Built {
        match settings::given(within(VaultCredentialsProvider::from_env(), deadline), given) {
            Ok(builder) => py.detach(|| builder.build()).map(Self::of).into(),
            Err(error) => Built::Failed(error.into()),
        }
    }

    fn under_way<F>(&self, call: impl FnOnce(VaultCredentialsProvider) -> F) -> Pending
    where
        F: Future<Output = Result<Answer>> + Send + 'static,
    {
        let pending = Pending::new(call(self.provider.clone()));
        #[cfg(feature = "test-util")]
        let pending = pending.on(self.stage.as_ref().map(|stage| Python::attach(|py| stage.clone_ref(py))));
        pending
    }

    /// Whether this process looks after the lease and its `logging` is not told of that yet.
    fn is_unlogged(&self) -> bool {
        self.logged.load(Ordering::Relaxed) != lifecycle::forks() && self.provider.is_kept_here()
    }

    /// Looks at the provider, in a scripted world from within.
    fn seen<T>(&self, look: impl FnOnce(&VaultCredentialsProvider) -> T) -> T {
        #[cfg(feature = "test-util")]
        if let Some(stage) = &self.stage {
            return stage.get().within(|| look(&self.provider));
        }
        look(&self.provider)
    }
}

#[pymethods]
impl Provider {
    /// A provider of these settings, over the environment and the files; or why there is none. Nothing is asked of
    /// Vault.
    #[staticmethod]
    #[cfg(not(feature = "test-util"))]
    #[pyo3(signature = (given, deadline=None))]
    fn build(py: Python<'_>, given: &Bound<'_, PyDict>, deadline: Option<f64>) -> Built {
        Self::from_env(py, given, deadline)
    }

    /// The same; on a stage, in its world and without an environment.
    #[staticmethod]
    #[cfg(feature = "test-util")]
    #[pyo3(signature = (given, deadline=None, stage=None))]
    fn build(
        py: Python<'_>,
        given: &Bound<'_, PyDict>,
        deadline: Option<f64>,
        stage: Option<Py<Stage>>,
    ) -> Built {
        let Some(stage) = stage else {
            return Self::from_env(py, given, deadline);
        };
        let builder = VaultCredentialsProvider::builder().context(stage.get().context());
        match settings::given(within(builder, deadline), given) {
            Ok(builder) => {
                let built = stage.get().within(|| builder.build());
                // Nothing is logged of a scripted world.
                let logged = AtomicU32::new(lifecycle::forks());
                built.map(|provider| Self { stage: Some(stage), logged, ..Self::of(provider) }).into()
            }
            Err(error) => Built::Failed(error.into()),
        }
    }

    /// The set in hand, at once; None when it must be waited for, or `events_to_log` be asked for before.
    fn now(&self, py: Python<'_>) -> PyResult<Option<Py<AwsCredentials>>> {
        let Some(credentials) = self.seen(VaultCredentialsProvider::credentials_now) else { return Ok(None) };
        // Such a reader was the first in a forked child who found the set due.
        if self.is_unlogged() {
            return Ok(None);
        }
        let mut handed = self.handed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(handed) = handed.as_ref().filter(|handed| handed.get().is(&credentials)) {
            return Ok(Some(handed.clone_ref(py)));
        }
        let set = Py::new(py, AwsCredentials::from(credentials))?;
        *handed = Some(set.clone_ref(py));
        Ok(Some(set))
    }

    fn get(&self) -> Pending {
        self.under_way(
            |provider| async move { provider.credentials().await.map(|set| Answer::Set(set.into())) },
        )
    }

    fn valid_for(&self, seconds: f64) -> Pending {
        let span = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
        self.under_way(move |provider| async move {
            provider.valid_for(span).await.map(|set| Answer::Set(set.into()))
        })
    }

    fn refresh(&self) -> Pending {
        self.under_way(|provider| async move { provider.refresh().await.map(|set| Answer::Set(set.into())) })
    }

    fn close(&self) -> Pending {
        self.under_way(|provider| async move { provider.close().await.map(|()| Answer::Done) })
    }

    /// Whether a call that was signed with this header and answered with this code is to be made once more.
    fn refused(&self, authorization: &str, code: &str) -> bool {
        self.seen(|provider| provider.heal().refused(authorization, code))
    }

    fn events(&self) -> EventQueue {
        #[cfg(feature = "test-util")]
        return EventQueue::new(self.provider.events(), self.stage.is_none());
        #[cfg(not(feature = "test-util"))]
        EventQueue::new(self.provider.events(), true)
    }

    /// The events from now on, for `logging`; None where this process's is told of them already.
    fn events_to_log(&self) -> Option<EventQueue> {
        let here = lifecycle::forks();
        (self.logged.swap(here, Ordering::Relaxed) != here).then(|| self.events())
    }

    #[getter]
    fn phase(&self) -> String {
        format!("{:?}", self.seen(VaultCredentialsProvider::phase)).to_lowercase()
    }

    #[getter]
    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let (counted, stats) = (PyDict::new(py), self.provider.stats());
        counted.set_item("issues", stats.issues)?;
        counted.set_item("logins", stats.logins)?;
        counted.set_item("renewals", stats.renewals)?;
        counted.set_item("revocations", stats.revocations)?;
        counted.set_item("failures", stats.failures)?;
        counted.set_item("heals", stats.heals)?;
        Ok(counted)
    }

    #[getter]
    fn lease<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        let Some(lease) = self.seen(VaultCredentialsProvider::lease) else { return Ok(None) };
        let told = PyDict::new(py);
        told.set_item("kind", lease.kind.name())?;
        told.set_item("generation", lease.generation)?;
        told.set_item("session_name", lease.session_name())?;
        told.set_item("access_key_id", &lease.access_key_id)?;
        told.set_item("arn", &lease.arn)?;
        told.set_item("account_id", &lease.account_id)?;
        told.set_item("lease_id", &lease.lease_id)?;
        told.set_item("vault_request_id", &lease.vault_request_id)?;
        told.set_item("vault_entity_id", &lease.vault_entity_id)?;
        told.set_item("issued_at", wall(py, lease.issued_at)?)?;
        told.set_item("expires_at", wall(py, lease.expires_at)?)?;
        Ok(Some(told))
    }
}
