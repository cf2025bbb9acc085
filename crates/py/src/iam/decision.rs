//! Decisions, of which Python makes its own tuples when it is asked for them.

use leasekey::iam::{self, StatementAt};
use pyo3::prelude::*;

/// Where a statement stands: its layer, its level if the layer has levels, the document, the statement.
type At = (&'static str, Option<usize>, usize, usize);

/// A decision.
#[pyclass(frozen, module = "leasekey._native")]
pub(crate) struct Decision(iam::Decision);

impl Decision {
    pub(super) fn decided(&self) -> iam::Outcome {
        self.0.outcome
    }
}

impl From<iam::Decision> for Decision {
    fn from(decision: iam::Decision) -> Self {
        Self(decision)
    }
}

#[pymethods]
impl Decision {
    #[getter]
    fn outcome(&self) -> &'static str {
        self.0.outcome.name()
    }

    #[getter]
    fn layer(&self) -> &'static str {
        self.0.layer.name()
    }

    #[getter]
    fn level(&self) -> Option<usize> {
        self.0.layer.level()
    }

    #[getter]
    fn decided_by(&self) -> Option<At> {
        self.0.decided_by.map(at)
    }

    #[getter]
    fn resource(&self) -> usize {
        self.0.resource
    }

    /// Where it stands, its effect, whether it applies, and the condition that is not met.
    #[getter]
    fn statements(&self) -> Vec<(At, &'static str, &'static str, Option<usize>)> {
        let statements = self.0.statements.iter();
        let result = |result: &iam::StatementResult| {
            (at(result.at), result.effect.name(), result.applies.name(), result.applies.unmet())
        };
        statements.map(result).collect()
    }

    /// The key, what it must be, the values of its condition, and the statement that asks for it.
    #[getter]
    fn missing(&self) -> Vec<(&str, &str, &[String], Option<At>)> {
        let missing = self.0.missing.iter();
        missing
            .map(|one| (one.key.as_str(), one.constraint.as_str(), one.values.as_slice(), one.at.map(at)))
            .collect()
    }
}

fn at(at: StatementAt) -> At {
    (at.layer.name(), at.layer.level(), at.policy, at.statement)
}
