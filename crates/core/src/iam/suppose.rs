//! What is said about a set besides what its statements say, to find out what would change a decision.

use std::collections::HashMap;

use super::decision::{StatementAt, StatementResult};
use super::document::Effect;
use super::named::Grant;
use super::set::Layer;
use super::statement::Applies;

/// What became of a statement, which nothing that is supposed changes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judgement {
    pub(super) applies: Applies,
    /// What an Allow of it is worth.
    pub(super) grant: Grant,
    /// An Allow that may apply as far as each condition goes, but applies nowhere, or only where a Deny does.
    pub(super) doomed: bool,
}

/// The judgements on the statements of each policy, by its layer and its number.
pub(super) type Judged = HashMap<(Layer, usize), Vec<Judgement>>;

/// How many Denies are looked at. Those beyond leave more to depend.
pub(super) const DENIES: usize = 8;

/// Some Denies that may apply.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Against([Option<StatementAt>; DENIES]);

impl Against {
    /// Takes the statement in if it is a Deny that may apply.
    pub(super) fn add(&mut self, result: &StatementResult) {
        if result.effect == Effect::Deny && result.applies == Applies::Depends {
            let free = self.0.iter_mut().find(|place| place.is_none());
            free.into_iter().for_each(|place| *place = Some(result.at));
        }
    }

    pub(super) fn denies(&self) -> impl Iterator<Item = &StatementAt> {
        self.0.iter().flatten()
    }
}

/// What is supposed; by default nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Suppose<'a> {
    /// Statements that are not there.
    pub(super) without: &'a [StatementAt],
    /// No Deny that applies is there.
    pub(super) undenied: bool,
    /// Statements that apply.
    pub(super) applying: &'a [StatementAt],
    /// Layers that allow.
    pub(super) allowing: &'a [Layer],
    /// Denies that may apply: what they deny wherever it is allowed, is not allowed.
    pub(super) against: Option<&'a Against>,
    /// Nothing depends on what is not known.
    pub(super) settled: Option<Settled>,
    /// The statements as they were judged: many suppositions judge them once.
    pub(super) judged: Option<&'a Judged>,
}

/// How what is not known is taken: as it helps, but for two things.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settled {
    /// Whether Allows grant by it. Else only those do that are supposed to apply.
    pub(super) granting: bool,
    /// Whether a caller who may be a service-linked role is one, whom no organisation limits.
    pub(super) linked: bool,
}
