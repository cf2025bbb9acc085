//! What would turn a decision. Nothing is said that was not tried.

use super::Telling;
use crate::error::printable;
use crate::iam::decision::{Missing, Outcome, StatementAt, StatementResult};
use crate::iam::document::Effect;
use crate::iam::set::Layer;
use crate::iam::statement::Applies;
use crate::iam::suppose::Suppose;

/// How many statements that all grant are told.
const GRANTS: usize = 8;

/// How many statements are tried: each try decides anew, and policies may have any number of them.
const TRIES: usize = 32;

impl Telling<'_> {
    /// The nearest changes that turn the decision.
    pub(super) fn changes(&self) -> Vec<String> {
        match self.decision.outcome {
            Outcome::Allow => self.what_denies().into_iter().collect(),
            Outcome::Depends => self.what_settles(),
            Outcome::ExplicitDeny => self.without_denies(),
            Outcome::ImplicitDeny => self.what_allows(&Suppose::default()).into_iter().collect(),
        }
    }

    fn outcome(&self, suppose: &Suppose<'_>) -> Outcome {
        self.set.decide(self.request, self.decision.resource, suppose, &mut |_| {}).outcome
    }

    fn applying(&self, effect: Effect) -> Vec<StatementAt> {
        let results = self.decision.statements.iter();
        let applying = results.filter(|result| result.effect == effect && result.applies == Applies::Yes);
        applying.map(|result| result.at).collect()
    }

    /// All statements that grant, one after the other.
    fn what_denies(&self) -> Option<String> {
        let mut without = vec![self.decision.decided_by?];
        while without.len() <= GRANTS {
            let suppose = Suppose { without: &without, ..Suppose::default() };
            let verdict = self.set.decide(self.request, self.decision.resource, &suppose, &mut |_| {});
            if verdict.outcome > Outcome::Depends {
                return Some(format!("It would be denied without {}.", self.names(&without, " and ")));
            }
            without.push(verdict.decided_by.filter(|_| verdict.outcome == Outcome::Allow)?);
        }
        None
    }

    fn names(&self, statements: &[StatementAt], between: &str) -> String {
        let names: Vec<_> = statements.iter().map(|at| self.statement(*at)).collect();
        names.join(between)
    }

    /// What must become of the statements that depend, resource by resource.
    fn what_settles(&self) -> Vec<String> {
        let each = self.decision.needs.iter().filter(|(_, needs)| needs.of_itself.is_empty());
        let told = each.map(|(resource, needs)| {
            let at = |group: &[Vec<Missing>]| -> Vec<_> {
                group.iter().filter_map(|need| need.first()?.at).collect()
            };
            let allows = needs.allows.iter().map(|group| at(group)).filter(|group| !group.is_empty());
            let (allows, denies) = (allows.collect::<Vec<_>>(), at(&needs.denies));
            let one_of = |group: &Vec<StatementAt>| match allows.len() {
                2.. if group.len() > 1 => format!("one of {}", self.names(group, ", ")),
                _ => self.names(group, " or "),
            };
            let mut parts = Vec::new();
            if !allows.is_empty() {
                let each: Vec<_> = allows.iter().map(one_of).collect();
                parts.push(format!("{} applied", each.join(" and ")));
            }
            if !denies.is_empty() {
                parts.push(format!("{} did not apply", self.names(&denies, " and ")));
            }
            let on = self.on(*resource);
            (!parts.is_empty()).then(|| format!("It would be allowed{on} if {}.", parts.join(" and ")))
        });
        told.flatten().collect()
    }

    fn without_denies(&self) -> Vec<String> {
        let denies = self.applying(Effect::Deny);
        let (names, on) = (self.names(&denies, " and "), self.on(self.decision.resource));
        let without = Suppose { undenied: true, ..Suppose::default() };
        if self.outcome(&without) == Outcome::Allow {
            return vec![format!("It would be allowed{on} without {names}.")];
        }
        let mut changes = vec![format!("Without {names} it would still not be allowed{on}.")];
        changes.extend(self.what_allows(&without));
        changes
    }

    /// The smallest thing that, added, allows: a condition met, a statement widened, a layer that allows.
    fn what_allows(&self, given: &Suppose<'_>) -> Option<String> {
        let allows = |suppose: &Suppose<'_>| self.outcome(suppose) == Outcome::Allow;
        let results = self.decision.statements.iter().filter(|result| result.effect == Effect::Allow);
        let near = results.filter_map(|result| Some((distance(result)?, result, self.lacks(result.at)?)));
        let mut near: Vec<_> = near.collect();
        near.sort_by_key(|(distance, _, lacks)| (*distance, lacks.len()));
        let found = near
            .into_iter()
            .take(TRIES)
            .find(|(_, result, _)| allows(&Suppose { applying: &[result.at], ..*given }));
        if let Some((_, result, lacks)) = found {
            return Some(self.widened(result.at, &lacks));
        }
        let layers = self.layers();
        let one = layers.iter().find(|layer| allows(&Suppose { allowing: &[**layer], ..*given }));
        let (action, resource) = (self.request.action(), self.request.resource(self.decision.resource));
        let resource = printable(resource);
        if let Some(layer) = one {
            let layer = self.layer(*layer);
            return Some(format!("It would be allowed if {layer} allowed {action} on {resource}."));
        }
        let all = allows(&Suppose { allowing: &layers, ..*given });
        let names: Vec<_> = layers.iter().map(|layer| self.layer(*layer)).collect();
        all.then(|| {
            format!(
                "It would be allowed if each of these allowed {action} on {resource}: {}.",
                names.join(", ")
            )
        })
    }

    /// All that must change for the statement to apply.
    fn widened(&self, at: StatementAt, lacks: &[Applies]) -> String {
        let (name, on) = (self.statement(at), self.on(self.decision.resource));
        let wider = lacks.iter().filter_map(|lack| match lack {
            Applies::OtherAction => Some(format!("covered the action {}", self.request.action())),
            Applies::OtherResource => {
                let resource = self.request.resource(self.decision.resource);
                Some(format!("covered the resource {}", printable(resource)))
            }
            Applies::OtherPrincipal => Some("named the caller".to_owned()),
            _ => None,
        });
        let wider = wider.collect::<Vec<_>>().join(" and ");
        let unmet: Vec<_> = lacks.iter().filter_map(|lack| self.condition(at, lack.unmet()?)).collect();
        let unmet = printable(&unmet.join(" and "));
        match (wider.is_empty(), unmet.is_empty()) {
            (false, true) => format!("It would be allowed{on} if {name} {wider}."),
            (false, false) => {
                format!("It would be allowed{on} if {name} {wider} and its condition were met: {unmet}.")
            }
            (true, _) => format!("It would be allowed{on} if the condition of {name} were met: {unmet}."),
        }
    }

    /// All that keeps a statement from applying.
    fn lacks(&self, at: StatementAt) -> Option<Vec<Applies>> {
        let compiled = self.set.compiled(at)?;
        let resource = self.request.resource(self.decision.resource);
        Some(compiled.lacks(self.request, resource, self.set.is_bounding(self.request)))
    }

    fn condition(&self, at: StatementAt, index: usize) -> Option<String> {
        let condition = self.set.statement(at)?.conditions.get(index)?;
        let values: Vec<_> = condition.values.values.iter().map(|text| text.value.as_str()).collect();
        Some(format!("{} {} {}", condition.key.value, condition.operator, values.join(" or ")))
    }

    /// The layers that can be made to allow, those that have policies.
    fn layers(&self) -> Vec<Layer> {
        let set = self.set;
        let mut layers = vec![Layer::Identity, Layer::Resource];
        layers.extend(set.boundary.is_some().then_some(Layer::Boundary));
        layers.extend(set.session.is_some().then_some(Layer::Session));
        // Whichever level is named, all of them are supposed to allow.
        let level = if let Layer::Scp(level) = self.decision.layer { level } else { 0 };
        layers.extend((!set.scp.is_empty()).then_some(Layer::Scp(level)));
        layers.extend(set.vpc_endpoint.is_some().then_some(Layer::VpcEndpoint));
        layers
    }
}

/// How far a statement is from applying; none where it does, or may.
fn distance(result: &StatementResult) -> Option<usize> {
    match result.applies {
        Applies::Unmet(index) => Some(usize::MAX / 2 - index),
        Applies::OtherResource => Some(usize::MAX / 2 + 1),
        Applies::OtherPrincipal => Some(usize::MAX / 2 + 2),
        Applies::OtherAction => Some(usize::MAX / 2 + 3),
        Applies::Yes | Applies::Depends => None,
    }
}
