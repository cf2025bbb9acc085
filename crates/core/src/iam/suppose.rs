//! What is said about a set besides what its statements say, to find out what would change a decision.

use std::collections::HashMap;

use super::decision::StatementAt;
use super::named::Grant;
use super::request::Request;
use super::set::{Layer, PolicySet};
use super::statement::Applies;

/// What became of each statement of a policy, by its layer and its number.
pub(super) type Judged = HashMap<(Layer, usize), Vec<(Applies, Grant)>>;

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
    pub(super) against: &'a [Option<StatementAt>],
    /// Nothing depends on what is not known.
    pub(super) settled: Option<Settled>,
    /// What became of the statements, which nothing that is supposed changes: many suppositions judge them once.
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

impl PolicySet {
    /// What becomes of every statement for the request on this resource.
    pub(super) fn judged(&self, request: &Request, resource: usize) -> Judged {
        let levels = (0..self.scp.len()).map(Layer::Scp).chain((0..self.rcp.len()).map(Layer::Rcp));
        let slots = [Layer::Identity, Layer::Resource, Layer::Boundary, Layer::Session, Layer::VpcEndpoint]
            .into_iter();
        let (name, bounded) = (request.resource(resource), self.is_bounding(request));
        let of = |layer: Layer| {
            self.layer(layer).iter().enumerate().map(move |(policy, own)| {
                let each = own.statements.iter().map(|statement| statement.judge(request, name, bounded));
                ((layer, policy), each.collect())
            })
        };
        slots.chain(levels).flat_map(of).collect()
    }
}
