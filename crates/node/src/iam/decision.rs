//! Decisions as JavaScript gets them.

use leasekey::iam;
use napi_derive::napi;

/// How a request comes out, and what decided.
#[napi(object, object_from_js = false)]
pub struct Verdict {
    /// What it comes out at.
    pub outcome: &'static str,
    /// The layer that decided.
    pub layer: &'static str,
    /// The index of the level that decided.
    pub level: Option<u32>,
    /// The statement that decided.
    pub decided_by: Option<StatementAt>,
    /// The index of the resource that decided.
    pub resource: u32,
}

impl From<iam::Decision> for Verdict {
    fn from(decision: iam::Decision) -> Self {
        Self {
            outcome: decision.outcome.name(),
            layer: decision.layer.name(),
            level: decision.layer.level().map(index),
            decided_by: decision.decided_by.map(Into::into),
            resource: index(decision.resource),
        }
    }
}

/// Where a statement stands in a set.
#[napi(object, object_from_js = false)]
pub struct StatementAt {
    /// The layer.
    pub layer: &'static str,
    /// The index of the level.
    pub level: Option<u32>,
    /// The index of the document in its layer.
    pub policy: u32,
    /// The index of the statement in its document.
    pub statement: u32,
}

impl From<iam::StatementAt> for StatementAt {
    fn from(at: iam::StatementAt) -> Self {
        Self {
            layer: at.layer.name(),
            level: at.layer.level().map(index),
            policy: index(at.policy),
            statement: index(at.statement),
        }
    }
}

/// What became of one statement.
#[napi(object, object_from_js = false)]
pub struct StatementResult {
    /// Which statement it is.
    pub at: StatementAt,
    /// What it does where it applies.
    pub effect: &'static str,
    /// Whether it applies.
    pub applies: &'static str,
    /// The index of the condition that is not met.
    pub condition: Option<u32>,
}

pub(super) fn statements(decision: &iam::Decision) -> Vec<StatementResult> {
    let result = |result: &iam::StatementResult| StatementResult {
        at: result.at.into(),
        effect: result.effect.name(),
        applies: result.applies.name(),
        condition: result.applies.unmet().map(index),
    };
    decision.statements.iter().map(result).collect()
}

/// What is not known.
#[napi(object, object_from_js = false)]
pub struct Missing {
    /// The context key.
    pub key: String,
    /// What its value must be.
    pub constraint: String,
    /// The values of the statement's condition: of an Allow those that may help, of a Deny those that it takes.
    pub values: Vec<String>,
    /// The statement that asks for it.
    pub at: Option<StatementAt>,
}

pub(super) fn missing(decision: &iam::Decision) -> Vec<Missing> {
    let missing = decision.missing.iter().cloned();
    missing
        .map(|iam::Missing { key, constraint, values, at }| Missing {
            key,
            constraint,
            values,
            at: at.map(Into::into),
        })
        .collect()
}

/// A decision in words.
#[napi(object, object_from_js = false)]
pub struct Told {
    /// What was decided.
    pub summary: String,
    /// The nearest changes that would turn it.
    pub changes: Vec<String>,
    /// Why each other statement did not apply.
    pub others: Vec<String>,
    /// All of it.
    pub text: String,
}

impl Told {
    pub(super) fn new(set: &iam::PolicySet, request: &iam::Request) -> Self {
        let explanation = set.explain(request, &set.evaluate(request));
        let text = explanation.to_string();
        Self { summary: explanation.summary, changes: explanation.changes, others: explanation.others, text }
    }
}

/// What was counted in memory fits.
fn index(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
