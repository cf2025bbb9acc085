//! Allows that cannot help: wherever they apply a Deny does too, since it asks for nothing that they do not ask for.

use super::{Asking, Verdict};
use crate::iam::condition::Clause;
use crate::iam::decision::{Outcome, StatementAt, StatementResult};
use crate::iam::document::{Condition, Effect, Statement};
use crate::iam::operator::{Comparison, Operator, Quantifier};
use crate::iam::request::Request;
use crate::iam::set::PolicySet;
use crate::iam::statement::{Applies, Compiled};
use crate::iam::suppose::Suppose;
use crate::iam::truth::Truth;

/// Some Denies that may apply. Those beyond are not looked at, nor those of many conditions, which leaves more to depend.
pub(super) type Against = [Option<StatementAt>; 8];
const CONDITIONS: usize = 8;

impl PolicySet {
    /// Decides on one resource, and tells what becomes of each statement, and which Denies were looked at.
    pub(super) fn decide_for_certain(
        &self,
        request: &Request,
        resource: usize,
        observe: &mut impl FnMut(StatementResult),
    ) -> (Verdict, Against) {
        let mut against = Against::default();
        let mut places = against.iter_mut();
        let verdict = self.decide(request, resource, &Suppose::default(), &mut |result| {
            if result.effect == Effect::Deny && result.applies == Applies::Depends {
                places.next().into_iter().for_each(|place| *place = Some(result.at));
            }
            observe(result);
        });
        if verdict.outcome != Outcome::Depends || against.iter().all(Option::is_none) {
            return (verdict, against);
        }
        let suppose = Suppose { against: &against, ..Suppose::default() };
        (self.decide(request, resource, &suppose, &mut |_| {}), against)
    }

    fn written(&self, at: StatementAt) -> Option<Written<'_>> {
        let policy = self.layer(at.layer).get(at.policy)?;
        let statement = policy.document.statements().get(at.statement)?;
        let compiled = policy.statements.get(at.statement)?;
        Some(Written { statement, compiled, variables: policy.document.has_variables() })
    }
}

struct Written<'a> {
    statement: &'a Statement,
    compiled: &'a Compiled,
    variables: bool,
}

impl Asking<'_> {
    /// Whether the Allow applies only where one of the Denies looked at does.
    pub(super) fn is_doomed(&self, allow: StatementAt) -> bool {
        let against = self.suppose.against.iter().flatten();
        let Some(allow) = self.set.written(allow) else { return false };
        against
            .filter(|deny| self.takes_part(deny.layer) == Truth::Yes)
            .filter_map(|deny| self.set.written(*deny))
            .filter(|deny| deny.statement.conditions.len() <= CONDITIONS)
            .any(|deny| self.follows(&deny, &allow))
    }

    fn follows(&self, deny: &Written<'_>, allow: &Written<'_>) -> bool {
        let holds = |index: usize, clause: &Clause| match deny.statement.conditions.get(index) {
            // Of the same condition a Deny is met wherever an Allow is.
            Some(own) if deny.variables == allow.variables && asks(allow.statement, own) => Truth::Yes,
            _ => clause.holds(self.request),
        };
        let (request, bounded) = (self.request, self.scope.bounded);
        deny.compiled.judge_where(request, self.resource, bounded, &holds).0 == Applies::Yes
    }
}

/// Whether a condition of the statement is met only where the wanted one is.
fn asks(statement: &Statement, wanted: &Condition) -> bool {
    let on_key = |own: &&Condition| own.key.value.eq_ignore_ascii_case(&wanted.key.value);
    statement
        .conditions
        .iter()
        .filter(on_key)
        .any(|own| implies(own, wanted) || (needs_key(own) && is_presence(wanted)))
}

/// One of fewer values is one of more, and none of more is none of fewer.
fn implies(own: &Condition, wanted: &Condition) -> bool {
    let within = |few: &Condition, more: &Condition| {
        few.values.values.iter().all(|one| more.values.values.iter().any(|other| one.value == other.value))
    };
    let (few, more) = if own.operator.negated { (wanted, own) } else { (own, wanted) };
    own.operator == wanted.operator && within(few, more)
}

/// Whether it is met only where the key is there.
fn needs_key(own: &Condition) -> bool {
    let Operator { comparison, negated, quantifier, if_exists } = own.operator;
    comparison != Comparison::Null && !negated && !if_exists && quantifier != Some(Quantifier::ForAllValues)
}

/// Whether it is met wherever the key is there.
fn is_presence(wanted: &Condition) -> bool {
    wanted.operator.comparison == Comparison::Null
        && wanted.values.values.iter().all(|text| text.value.eq_ignore_ascii_case("false"))
}
