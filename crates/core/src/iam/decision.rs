//! What was decided, and by what.

use std::collections::HashSet;

use super::document::{Effect, Statement};
use super::set::{Layer, PolicySet};
use super::statement::{Applies, Compiled};

/// What a decision comes out at.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Outcome {
    /// The request is allowed.
    Allow,
    /// It depends on what the request does not tell; [`Decision::missing`] says on what.
    Depends,
    /// The request is denied, because nothing that must allow it does.
    ImplicitDeny,
    /// The request is denied by a statement.
    ExplicitDeny,
}

impl Outcome {
    /// The name in a case file: `allow`, `depends`, `implicit_deny`, `explicit_deny`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Depends => "depends",
            Self::ExplicitDeny => "explicit_deny",
            Self::ImplicitDeny => "implicit_deny",
        }
    }
}

/// Where a statement stands in a [`PolicySet`](super::PolicySet).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct StatementAt {
    /// The layer.
    pub layer: Layer,
    /// The index of the document in its layer.
    pub policy: usize,
    /// The index of the statement in its document.
    pub statement: usize,
}

impl PolicySet {
    pub(super) fn statement(&self, at: StatementAt) -> Option<&Statement> {
        self.layer(at.layer).get(at.policy)?.document.statements().get(at.statement)
    }

    pub(super) fn compiled(&self, at: StatementAt) -> Option<&Compiled> {
        self.layer(at.layer).get(at.policy)?.statements.get(at.statement)
    }
}

/// What became of one statement.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct StatementResult {
    /// Which statement it is.
    pub at: StatementAt,
    /// What it does where it applies.
    pub effect: Effect,
    /// Whether it applies, and if not, the first reason why.
    pub applies: Applies,
}

/// What is not known, and what would make the difference.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Missing {
    /// The context key, as the policy writes it.
    pub key: String,
    /// What its value must be for the request to be allowed: `must meet StringEquals "blue"`.
    pub constraint: String,
    /// The values of the statement's condition, if the key is one of a condition. Of an Allow without those with which
    /// a Deny applies or another of its conditions is not met; of a Deny, which must not apply, all.
    pub values: Vec<String>,
    /// The statement that asks for it.
    pub at: Option<StatementAt>,
}

/// A decision.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Decision {
    /// What it comes out at.
    pub outcome: Outcome,
    /// The layer that decided: the one that denies; the first that does not allow; or the one that grants.
    pub layer: Layer,
    /// The statement that decided: the one that denies or grants. None of an implicit deny.
    pub decided_by: Option<StatementAt>,
    /// The resource that decided, by its index: the first on which the outcome is this one.
    pub resource: usize,
    /// What became of every statement that takes part, in the order of their layers.
    pub statements: Vec<StatementResult>,
    /// What is not known and would decide, of every resource; empty unless the outcome is [`Outcome::Depends`]. Of
    /// several Allows of which one is enough it names each; the explanation tells which are alternatives.
    pub missing: Vec<Missing>,
    /// The same, by the index of the resource.
    pub(super) needs: Vec<(usize, Needs)>,
}

/// What a request on one resource depends on: of each statement the keys that are not known, and what they must be for
/// the request to be allowed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Needs {
    /// What AWS asks for whatever the policies say.
    pub(super) of_itself: Vec<Missing>,
    /// Of Allows, in groups of which one must apply, of every group.
    pub(super) allows: Vec<Vec<Need>>,
    /// Of Denies, none of which may apply.
    pub(super) denies: Vec<Need>,
}

/// All that a statement depends on.
pub(super) type Need = Vec<Missing>;

/// What is missing of every resource, but what several of them ask for once.
pub(super) fn missing(needs: &[(usize, Needs)]) -> Vec<Missing> {
    let mut told = HashSet::new();
    let each = needs.iter().flat_map(|(_, needs)| {
        let of_statements = needs.allows.iter().flatten().chain(&needs.denies);
        needs.of_itself.iter().chain(of_statements.flatten())
    });
    each.filter(|one| told.insert(*one)).cloned().collect()
}
