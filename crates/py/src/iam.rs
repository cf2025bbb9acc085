//! Policies, as Python asks about them. What the core refuses is handed over as a [`Failure`], which Python raises.

mod decision;
mod findings;
mod given;

use leasekey::iam::{self, Version};
use leasekey::{ErrorKind, Result};
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::PyDict;

pub(crate) use self::decision::Decision;
pub(crate) use self::findings::lint;
use self::given::{Layers, text};
use crate::errors::Failure;

/// A value, or why there is none.
fn told<'py>(py: Python<'py>, value: Result<impl IntoPyObject<'py>>) -> PyResult<Bound<'py, PyAny>> {
    match value {
        Ok(value) => value.into_bound_py_any(py),
        Err(error) => Failure::from(error).into_bound_py_any(py),
    }
}

/// A policy document that was read.
#[pyclass(frozen, module = "leasekey._native")]
pub(crate) struct PolicyDocument(iam::PolicyDocument);

#[pymethods]
impl PolicyDocument {
    /// Reads a document; or why it cannot be read.
    #[staticmethod]
    fn parse<'py>(
        py: Python<'py>,
        source: &Bound<'py, PyAny>,
        name: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let kind = ErrorKind::InvalidPolicy;
        let read = text(kind, "text", source).and_then(|source| {
            let document = py.detach(|| iam::PolicyDocument::parse(&source))?;
            if name.is_none() { Ok(document) } else { Ok(document.named(text(kind, "name", name)?)) }
        });
        told(py, read.map(Self))
    }

    #[getter]
    fn name(&self) -> Option<&str> {
        self.0.name()
    }

    #[getter]
    fn version(&self) -> Option<&'static str> {
        self.0.version().map(Version::name)
    }

    #[getter]
    fn id(&self) -> Option<&str> {
        self.0.id().map(|id| id.value.as_str())
    }

    #[getter]
    fn size(&self) -> usize {
        self.0.size()
    }
}

/// A request to decide.
#[pyclass(frozen, module = "leasekey._native")]
pub(crate) struct Request(iam::Request);

#[pymethods]
impl Request {
    /// The request of these, and of the facts by their names in a case file; or why it cannot be decided.
    #[staticmethod]
    fn build<'py>(
        py: Python<'py>,
        principal: &Bound<'py, PyAny>,
        action: &Bound<'py, PyAny>,
        resource: &Bound<'py, PyAny>,
        facts: &Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, PyAny>> {
        told(py, given::request(principal, action, resource, facts).map(Self))
    }

    #[getter]
    fn action(&self) -> &str {
        self.0.action()
    }

    #[getter]
    fn resources(&self) -> Vec<&str> {
        self.0.resources().collect()
    }
}

/// All policies of a decision.
#[pyclass(frozen, module = "leasekey._native")]
pub(crate) struct PolicySet(iam::PolicySet);

#[pymethods]
impl PolicySet {
    /// The set of these layers; or why there is none.
    #[staticmethod]
    fn build<'py>(py: Python<'py>, layers: Layers<'py>) -> PyResult<Bound<'py, PyAny>> {
        let set = layers.builder().and_then(|builder| py.detach(|| builder.build()));
        told(py, set.map(Self))
    }

    fn outcome(&self, request: &Bound<'_, Request>) -> &'static str {
        self.0.outcome(&request.get().0).name()
    }

    fn evaluate(&self, request: &Bound<'_, Request>) -> Decision {
        self.0.evaluate(&request.get().0).into()
    }

    /// The summary, the changes, the others, and the whole text.
    fn explain(&self, request: &Bound<'_, Request>) -> (String, Vec<String>, Vec<String>, String) {
        let request = &request.get().0;
        let explanation = self.0.explain(request, &self.0.evaluate(request));
        let text = explanation.to_string();
        (explanation.summary, explanation.changes, explanation.others, text)
    }
}

/// A case of a case file.
#[pyclass(frozen, module = "leasekey._native")]
pub(crate) struct Case(iam::Case);

#[pymethods]
impl Case {
    #[getter]
    fn id(&self) -> &str {
        &self.0.id
    }

    #[getter]
    fn name(&self) -> &str {
        &self.0.name
    }

    #[getter]
    fn expected(&self) -> &str {
        &self.0.expected
    }

    fn expects(&self, decision: &Bound<'_, Decision>) -> bool {
        self.0.expects(decision.get().decided())
    }

    /// The request and the policies; or why they cannot be read.
    fn question<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let question = self.0.question();
        told(py, question.map(|(request, set)| (Request(request.clone()), PolicySet(set.clone()))))
    }
}

/// The cases of a file; or why it is none.
#[pyfunction]
pub(crate) fn read_cases<'py>(
    py: Python<'py>,
    source: &Bound<'py, PyAny>,
    name: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let kind = ErrorKind::InvalidRequest;
    let cases = text(kind, "text", source).and_then(|source| {
        let name = text(kind, "name", name)?;
        py.detach(|| iam::read_cases(&source, &name))
    });
    told(py, cases.map(|cases| cases.into_iter().map(Case).collect::<Vec<_>>()))
}
