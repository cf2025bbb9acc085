//! Saying why: which layer and which statement decided, why the others did not, and what would change it.

mod change;

use std::fmt;

use super::decision::{Decision, Missing, Outcome, StatementAt, StatementResult};
use super::document::Statement;
use super::missing::Needs;
use super::request::{Fact, Request};
use super::set::{Layer, PolicySet};
use super::statement::Applies;
use crate::error::printable;

/// A decision in words.
///
/// `Display` is the whole, a line each: what was decided and by what, what would change it, and why every other
/// statement that could have allowed or denied did not.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Explanation {
    /// What was decided, in which layer, and by which statement.
    pub summary: String,
    /// The nearest changes that would turn the decision. Each was tried: with it, the same engine decides otherwise; of
    /// several resources, on the one that is named.
    pub changes: Vec<String>,
    /// Why each other statement did not apply: the first reason.
    pub others: Vec<String>,
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.summary)?;
        self.changes.iter().try_for_each(|change| writeln!(f, "  {change}"))?;
        self.others.iter().try_for_each(|other| writeln!(f, "  - {other}"))
    }
}

impl PolicySet {
    /// Puts a decision of [`evaluate`](Self::evaluate) on this request into words.
    pub fn explain(&self, request: &Request, decision: &Decision) -> Explanation {
        let decided = |result: &&StatementResult| Some(result.at) != decision.decided_by;
        let others = decision.statements.iter().filter(decided);
        let needs: Vec<_> = match decision.outcome {
            Outcome::Depends => self.depends(request).collect(),
            _ => Vec::new(),
        };
        Explanation {
            summary: self.summary(request, decision, &needs),
            changes: change::changes(self, request, decision, &needs),
            others: others.map(|result| self.reason(request, decision, result)).collect(),
        }
    }

    fn summary(&self, request: &Request, decision: &Decision, needs: &[(usize, Needs)]) -> String {
        let layer = self.layer_name(decision.layer);
        let by = decision.decided_by.map(|at| format!(", {}", self.statement_name(at))).unwrap_or_default();
        let on = match request.resource_count() {
            0 | 1 => String::new(),
            _ => format!(" on {}", printable(request.resource(decision.resource))),
        };
        match (decision.outcome, decision.layer) {
            (Outcome::Allow, Layer::Service) => {
                "allowed: GetCallerIdentity needs no permission, and only a VPC endpoint can deny it".into()
            }
            (Outcome::Allow, Layer::Identity) if decision.decided_by.is_none() => {
                "allowed: the root user needs no identity policy".into()
            }
            (Outcome::Allow, _) => format!("allowed{on} by {layer}{by}"),
            (Outcome::Depends, _) => self.needed(request, needs),
            (Outcome::ExplicitDeny, _) => format!("denied explicitly{on} by {layer}{by}"),
            (Outcome::ImplicitDeny, Layer::Service) => {
                format!(
                    "denied implicitly{on}: AWS lets no credentials of this kind ask for {}",
                    request.action()
                )
            }
            (Outcome::ImplicitDeny, Layer::Session) if self.session.is_none() => {
                format!(
                    "denied implicitly{on}: a federation token without a session policy has no permissions"
                )
            }
            (Outcome::ImplicitDeny, _) => {
                format!("denied implicitly{on}: {layer} {}", self.silence(decision.layer))
            }
        }
    }

    /// What a layer without an Allow says.
    fn silence(&self, layer: Layer) -> &'static str {
        match layer {
            Layer::Identity if self.identity.is_empty() => "is missing",
            Layer::Resource if self.resource.is_none() => "is missing, and must allow it",
            _ => "does not allow it",
        }
    }

    fn needed(&self, request: &Request, needs: &[(usize, Needs)]) -> String {
        let each = needs.iter().map(|(resource, needs)| match request.resource_count() {
            0 | 1 => format!("on {}", self.needs(needs)),
            _ => format!("on {} on {}", printable(request.resource(*resource)), self.needs(needs)),
        });
        format!("depends {}", each.collect::<Vec<_>>().join("; "))
    }

    /// All keys of an Allow must be as it wants, one of a Deny must not.
    fn needs(&self, needs: &Needs) -> String {
        let all = |group: &[Missing], between: &str| {
            group.iter().map(|missing| self.need(missing)).collect::<Vec<_>>().join(between)
        };
        let each = |groups: &[Vec<Missing>], within: &str, between: &str| {
            groups.iter().map(|group| all(group, within)).collect::<Vec<_>>().join(between)
        };
        let between = if needs.alternatives { "; or on " } else { "; and on " };
        let parts = [
            all(&needs.of_itself, "; and on "),
            each(&needs.allows, ", and on ", between),
            each(&needs.denies, ", or on ", "; and on "),
        ];
        let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        if parts.is_empty() {
            return "what a statement names that no request tells".into();
        }
        parts.join("; and on ")
    }

    fn need(&self, missing: &Missing) -> String {
        let of = |at: StatementAt| format!(" ({}, {})", self.layer_name(at.layer), self.statement_name(at));
        let of = missing.at.map(of).unwrap_or_default();
        format!("{}, which {}{of}", printable(&missing.key), printable(&missing.constraint))
    }

    /// `the identity policy`, for people.
    pub(super) fn layer_name(&self, layer: Layer) -> String {
        let level = |levels: &[super::set::Level], index: usize| {
            let name = levels.get(index).map(|level| level.name.as_str()).filter(|name| !name.is_empty());
            name.map_or_else(|| format!("level {index}"), printable)
        };
        match layer {
            Layer::Boundary => "the permissions boundary".into(),
            Layer::Identity => "the identity policy".into(),
            Layer::Rcp(index) => format!("the resource control policy of {}", level(&self.rcp, index)),
            Layer::Resource => "the resource policy".into(),
            Layer::Scp(index) => format!("the service control policy of {}", level(&self.scp, index)),
            Layer::Service => "AWS itself".into(),
            Layer::Session => "the session policy".into(),
            Layer::VpcEndpoint => "the VPC endpoint policy".into(),
        }
    }

    /// `statement "Read" (policy.json, line 3, column 5, /Statement/0)`, for people.
    pub(super) fn statement_name(&self, at: StatementAt) -> String {
        let Some(policy) = self.layer(at.layer).get(at.policy) else { return "a statement".into() };
        let statement = self.statement(at);
        let sid = statement.and_then(|statement| statement.sid.as_ref()).filter(|sid| !sid.value.is_empty());
        let sid = sid.map(|sid| format!(" \"{}\"", printable(&sid.value))).unwrap_or_default();
        let file = policy.document.name().map(|name| format!("{}, ", printable(name))).unwrap_or_default();
        let place = statement.map(|statement| statement.place.to_string()).unwrap_or_default();
        format!("statement{sid} ({file}{place}, {})", policy.document.pointer(at.statement))
    }

    pub(super) fn statement(&self, at: StatementAt) -> Option<&Statement> {
        self.layer(at.layer).get(at.policy)?.document.statements().get(at.statement)
    }

    /// Why a statement applies, or the first reason why it does not.
    fn reason(&self, request: &Request, decision: &Decision, result: &StatementResult) -> String {
        let effect = result.effect.name();
        let why = match result.applies {
            Applies::Yes => "applies too".into(),
            Applies::Depends if decision.outcome != Outcome::Depends => {
                "applies, or not: it makes no difference".into()
            }
            Applies::Depends => "applies, or not: it depends on keys that are not known".into(),
            Applies::OtherAction => "is about other actions".into(),
            Applies::OtherPrincipal => "is about other principals".into(),
            Applies::OtherResource => "is about other resources".into(),
            Applies::Unmet(index) => self.unmet(request, result.at, index),
        };
        format!("{effect} of {}, {}: {why}", self.layer_name(result.at.layer), self.statement_name(result.at))
    }

    fn unmet(&self, request: &Request, at: StatementAt, index: usize) -> String {
        let condition = self.statement(at).and_then(|statement| statement.conditions.get(index));
        let Some(condition) = condition else { return "a condition is not met".into() };
        let found = match request.fact(&condition.key.value.to_lowercase()) {
            Fact::Values(values) => values.join(", "),
            Fact::Absent => "absent".into(),
            Fact::Unknown => "unknown".into(),
        };
        let wanted: Vec<_> = condition.values.values.iter().map(|text| text.value.as_str()).collect();
        let told =
            format!("{} {} {}, and is {found}", condition.key.value, condition.operator, wanted.join(" or "));
        format!("its condition is not met: {}", printable(&told))
    }
}

#[cfg(test)]
mod tests;
