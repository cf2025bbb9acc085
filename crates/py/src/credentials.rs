//! One set, as Python sees it. Its secrets stay here until they are asked for.

use aws_credential_types::Credentials;
use pyo3::exceptions::{PyIndexError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyDateTime, PyString};

use crate::convert::wall;

/// A set of AWS credentials: what botocore calls frozen. Showing, comparing and copying it shows no secret.
#[pyclass(frozen, module = "leasekey")]
pub(crate) struct AwsCredentials {
    pub(crate) credentials: Credentials,
}

impl From<Credentials> for AwsCredentials {
    fn from(credentials: Credentials) -> Self {
        Self { credentials }
    }
}

impl AwsCredentials {
    /// Whether these are the same set with the same end: no two sets share a key.
    pub(crate) fn is(&self, other: &Credentials) -> bool {
        let (ours, others) = (&self.credentials, other);
        ours.access_key_id() == others.access_key_id() && ours.expiry() == others.expiry()
    }
}

#[pymethods]
impl AwsCredentials {
    #[getter]
    fn access_key_id(&self) -> &str {
        self.credentials.access_key_id()
    }

    #[getter]
    fn secret_access_key(&self) -> &str {
        self.credentials.secret_access_key()
    }

    #[getter]
    fn session_token(&self) -> Option<&str> {
        self.credentials.session_token()
    }

    #[getter]
    fn account_id(&self) -> Option<&str> {
        self.credentials.account_id().map(|account| account.as_str())
    }

    #[getter]
    fn expires_at<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDateTime>>> {
        self.credentials.expiry().map(|expiry| wall(py, expiry)).transpose()
    }

    #[getter]
    fn access_key(&self) -> &str {
        self.access_key_id()
    }

    #[getter]
    fn secret_key(&self) -> &str {
        self.secret_access_key()
    }

    #[getter]
    fn token(&self) -> Option<&str> {
        self.session_token()
    }

    fn __len__(&self) -> usize {
        4
    }

    fn __getitem__<'py>(&self, py: Python<'py>, place: usize) -> PyResult<Option<Bound<'py, PyString>>> {
        let fields =
            [Some(self.access_key_id()), Some(self.secret_access_key()), self.token(), self.account_id()];
        let field = fields.get(place).ok_or_else(|| PyIndexError::new_err("a set has four fields"))?;
        Ok(field.map(|field| PyString::new(py, field)))
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| self.is(&other.get().credentials))
    }

    fn __hash__(&self) -> u64 {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let mut hasher = DefaultHasher::new();
        self.access_key_id().hash(&mut hasher);
        hasher.finish()
    }

    fn __repr__(&self) -> String {
        format!("<leasekey.AwsCredentials {}>", self.access_key_id())
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __reduce_ex__(&self, _protocol: &Bound<'_, PyAny>) -> PyResult<()> {
        Err(PyTypeError::new_err("a set of credentials must not leave this process, and cannot be pickled"))
    }
}
