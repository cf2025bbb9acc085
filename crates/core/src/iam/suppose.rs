//! What is said about a set besides what its statements say, to find out what would change a decision.

use std::collections::HashMap;

use super::decision::StatementAt;
use super::named::Grant;
use super::set::Layer;
use super::statement::Applies;

/// What became of a statement, which nothing that is supposed changes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judgement {
    pub(super) applies: Applies,
    /// What an Allow of it is worth.
    pub(super) grant: Grant,
    /// An Allow that may apply, but only where a Deny does.
    pub(super) doomed: bool,
}

/// The judgements on the statements of each policy, by its layer and its number.
pub(super) type Judged = HashMap<(Layer, usize), Vec<Judgement>>;

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
    pub(super) against: Option<&'a [Option<StatementAt>]>,
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
