//! Saying why: which layer and which statement decided, why the others did not, and what would change it.

mod change;
mod names;

use std::collections::HashMap;
use std::fmt;

use super::decision::{Decision, Missing, Needs, Outcome, StatementAt, StatementResult};
use super::request::{Fact, Request};
use super::set::{Layer, PolicySet};
use super::statement::Applies;
use crate::error::{printable, push_printable};

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
        let telling = Telling { set: self, request, decision, names: names::of_statements(self, decision) };
        let decided = |result: &&StatementResult| Some(result.at) != decision.decided_by;
        let others = decision.statements.iter().filter(decided);
        Explanation {
            summary: telling.summary(),
            changes: telling.changes(),
            others: others.map(|result| telling.reason(result)).collect(),
        }
    }
}

/// What is told, and the names of the statements, which are told several times.
struct Telling<'a> {
    set: &'a PolicySet,
    request: &'a Request,
    decision: &'a Decision,
    names: HashMap<StatementAt, String>,
}

impl Telling<'_> {
    fn summary(&self) -> String {
        let decision = self.decision;
        let layer = self.layer(decision.layer);
        let by = decision.decided_by.map(|at| format!(", {}", self.statement(at))).unwrap_or_default();
        let on = self.on(decision.resource);
        match (decision.outcome, decision.layer) {
            (Outcome::Allow, Layer::Service) => {
                "allowed: GetCallerIdentity needs no permission, and only a VPC endpoint can deny it".into()
            }
            (Outcome::Allow, Layer::Identity) if decision.decided_by.is_none() => {
                "allowed: the root user needs no identity policy".into()
            }
            (Outcome::Allow, _) => format!("allowed{on} by {layer}{by}"),
            (Outcome::Depends, _) => self.needed(),
            (Outcome::ExplicitDeny, _) => format!("denied explicitly{on} by {layer}{by}"),
            (Outcome::ImplicitDeny, Layer::Service) => {
                format!(
                    "denied implicitly{on}: AWS lets no credentials of this kind ask for {}",
                    self.request.action()
                )
            }
            (Outcome::ImplicitDeny, Layer::Session) if self.set.session.is_none() => {
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
            Layer::Identity if self.set.identity.is_empty() => "is missing",
            Layer::Resource if self.set.resource.is_none() => "is missing, and must allow it",
            _ => "does not allow it",
        }
    }

    fn needed(&self) -> String {
        let mut told = "depends".to_owned();
        for (index, (resource, needs)) in self.decision.needs.iter().enumerate() {
            told += if index == 0 { "" } else { ";" };
            told += &self.on(*resource);
            told += " on ";
            self.needs(needs, &mut told);
        }
        told
    }

    /// All keys of an Allow must be as it wants, one of a Deny must not.
    fn needs(&self, needs: &Needs, told: &mut String) {
        let allows = needs.allows.iter().filter(|group| !group.is_empty());
        let parts = usize::from(!needs.of_itself.is_empty()) + allows.clone().count() + needs.denies.len();
        let mut and = Between::new("; and on ");
        if !needs.of_itself.is_empty() {
            and.next(told);
            self.all(&needs.of_itself, "; and on ", told);
        }
        for group in allows {
            and.next(told);
            *told += if parts > 1 && group.len() > 1 { "either " } else { "" };
            let mut or = Between::new(if parts > 1 { ", or on " } else { "; or on " });
            for need in group {
                or.next(told);
                self.all(need, ", and on ", told);
            }
        }
        for need in &needs.denies {
            and.next(told);
            self.all(need, ", or on ", told);
        }
        if parts == 0 {
            *told += "what a statement names that no request tells";
        }
    }

    fn all(&self, need: &[Missing], between: &'static str, told: &mut String) {
        let mut between = Between::new(between);
        for missing in need {
            between.next(told);
            push_printable(told, &missing.key);
            *told += ", which ";
            push_printable(told, &missing.constraint);
            if let Some(at) = missing.at {
                let (layer, statement) = (self.layer(at.layer), self.statement(at));
                told.extend([" (", &layer, ", ", &statement, ")"]);
            }
        }
    }

    /// Why a statement applies, or the first reason why it does not.
    fn reason(&self, result: &StatementResult) -> String {
        let effect = result.effect.name();
        let why = match result.applies {
            Applies::Yes => "applies too".into(),
            Applies::Depends if self.decision.outcome != Outcome::Depends => {
                "applies, or not: it makes no difference".into()
            }
            Applies::Depends => "applies, or not: it depends on keys that are not known".into(),
            Applies::OtherAction => "is about other actions".into(),
            Applies::OtherPrincipal => "is about other principals".into(),
            Applies::OtherResource => "is about other resources".into(),
            Applies::Unmet(index) => self.unmet(result.at, index),
        };
        format!("{effect} of {}, {}: {why}", self.layer(result.at.layer), self.statement(result.at))
    }

    fn unmet(&self, at: StatementAt, index: usize) -> String {
        let condition = self.set.statement(at).and_then(|statement| statement.conditions.get(index));
        let Some(condition) = condition else { return "a condition is not met".into() };
        let found = match self.request.fact(&condition.key.value.to_lowercase()) {
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

/// What stands between one part of a text and the next.
struct Between {
    text: &'static str,
    is_first: bool,
}

impl Between {
    fn new(text: &'static str) -> Self {
        Self { text, is_first: true }
    }

    fn next(&mut self, told: &mut String) {
        if !std::mem::take(&mut self.is_first) {
            *told += self.text;
        }
    }
}

#[cfg(test)]
mod tests;
