//! Allows that cannot help: they apply nowhere, since their conditions exclude each other, or only where a Deny does.

use std::cell::Cell;

use super::{Asking, Verdict};
use crate::iam::condition::{Clause, Point};
use crate::iam::decision::{Outcome, StatementAt, StatementResult};
use crate::iam::document::{Condition, Statement};
use crate::iam::operator::{Comparison, Quantifier};
use crate::iam::request::{Fact, PRINCIPAL_ARN, Request};
use crate::iam::set::PolicySet;
use crate::iam::statement::{Applies, Compiled};
use crate::iam::suppose::{Against, DENIES, Suppose};
use crate::iam::truth::Truth;

/// Statements of more conditions are not looked at, each of which is looked for among all others.
const CONDITIONS: usize = 16;

/// How many values are compared for one Allow, so that long lists take no long time. What is not looked at depends.
const EFFORT: usize = 10_000;

impl PolicySet {
    /// Decides on one resource, and tells what becomes of each statement.
    pub(super) fn decide_for_certain(
        &self,
        request: &Request,
        resource: usize,
        observe: &mut impl FnMut(StatementResult),
    ) -> Verdict {
        let mut against = Against::default();
        let verdict = self.decide(request, resource, &Suppose::default(), &mut |result| {
            against.add(&result);
            observe(result);
        });
        if verdict.outcome != Outcome::Depends {
            return verdict;
        }
        let suppose = Suppose { against: Some(&against), ..Suppose::default() };
        self.decide(request, resource, &suppose, &mut |_| {})
    }

    fn written(&self, at: StatementAt) -> Option<Written<'_>> {
        let variables = self.layer(at.layer).get(at.policy)?.document.has_variables();
        Some(Written { statement: self.statement(at)?, compiled: self.compiled(at)?, variables })
    }
}

#[derive(Clone, Copy)]
struct Written<'a> {
    statement: &'a Statement,
    compiled: &'a Compiled,
    variables: bool,
}

type Pair<'a> = (&'a Clause, &'a Condition);

impl<'a> Written<'a> {
    /// What it says of a key.
    fn on<'k>(self, key: &'k str) -> impl Iterator<Item = Pair<'a>> + use<'a, 'k> {
        let each = self.compiled.clauses.iter().zip(&self.statement.conditions);
        each.filter(move |(clause, _)| clause.key == key)
    }

    /// Of the conditions on a key that is not known the one that tells most closely what it is.
    fn closest(self, key: &'a str, request: &Request) -> Option<Pair<'a>> {
        if key == PRINCIPAL_ARN || request.fact(key) != Fact::Unknown {
            return None;
        }
        let told = self.on(key).filter_map(|own| Some((own.0.closeness(own.1)?, own)));
        told.min_by_key(|(closeness, _)| *closeness).map(|(_, own)| own)
    }
}

/// An Allow that may apply, and the Denies that may apply wherever it does.
pub(super) struct Opposed<'a> {
    allow: Written<'a>,
    denies: [Option<Written<'a>>; DENIES],
    /// How many values may still be compared.
    effort: Cell<usize>,
}

impl<'a> Opposed<'a> {
    fn denies(&self) -> impl Iterator<Item = Written<'a>> {
        self.denies.iter().copied().flatten()
    }

    /// Whether the values of a condition may still be compared.
    fn may_look_at(&self, condition: &Condition) -> bool {
        let left = self.effort.get().checked_sub(condition.values.values.len());
        self.effort.set(left.unwrap_or(0));
        left.is_some()
    }
}

impl<'a> Asking<'a> {
    /// Whether the Allow applies nowhere, or only where one of the Denies looked at does.
    pub(super) fn is_doomed(&self, allow: StatementAt) -> bool {
        let Some(case) = self.suppose.against.and_then(|_| self.case(allow)) else { return false };
        let of_key = |clause: &'a Clause| {
            case.allow.closest(&clause.key, self.request).is_some()
                && !self.some_point(&case, &clause.key, &mut |point| {
                    !case.denies().any(|deny| self.follows(deny, &case, Some((&clause.key, point))))
                })
        };
        case.denies().any(|deny| self.follows(deny, &case, None))
            || case.allow.compiled.clauses.iter().any(of_key)
    }

    /// Whether the Allow may be of use where a key of its conditions is such.
    pub(super) fn may_help(&self, case: &Opposed<'a>, key: &str, point: Point<'_>) -> bool {
        case.allow.on(key).all(|own| self.may_hold(case, own, point))
            && !case.denies().any(|deny| self.follows(deny, case, Some((key, point))))
    }

    /// An Allow with the Denies that ask for nothing of which it says nothing, or which is certain; none of a long one.
    pub(super) fn case(&self, allow: StatementAt) -> Option<Opposed<'a>> {
        let is_small = |written: &Written<'_>| written.statement.conditions.len() <= CONDITIONS;
        let allow = self.set.written(allow).filter(is_small)?;
        let mut denies = [None; DENIES];
        let against = self.suppose.against.into_iter().flat_map(Against::denies);
        let taking_part = against.filter(|deny| self.takes_part(deny.layer) == Truth::Yes);
        let written = taking_part.filter_map(|deny| self.set.written(*deny)).filter(is_small);
        let relevant = written.filter(|deny| {
            let is_told = |clause: &Clause| {
                allow.on(&clause.key).next().is_some() || clause.holds(self.request) == Truth::Yes
            };
            deny.compiled.clauses.iter().all(is_told)
        });
        denies.iter_mut().zip(relevant).for_each(|(place, deny)| *place = Some(deny));
        Some(Opposed { allow, denies, effort: Cell::new(EFFORT) })
    }

    /// Whether a condition may be met there, as far as it may be looked at.
    fn may_hold(&self, case: &Opposed<'a>, (clause, condition): Pair<'_>, point: Point<'_>) -> bool {
        !case.may_look_at(condition) || clause.holds_at(point, condition, self.request) != Truth::No
    }

    /// Whether the Deny applies wherever the Allow does; where a key is of this value, if one is given.
    fn follows(&self, deny: Written<'a>, case: &Opposed<'a>, given: Option<(&str, Point<'_>)>) -> bool {
        let allow = case.allow;
        let holds = |index: usize, clause: &Clause| {
            let own = deny.statement.conditions.get(index).filter(|own| case.may_look_at(own));
            let Some(own) = own else { return Truth::Unknown };
            // Of the same condition a Deny is met wherever an Allow is.
            if deny.variables == allow.variables && self.asks(case, (clause, own)) {
                return Truth::Yes;
            }
            match given.filter(|(key, _)| *key == clause.key) {
                Some((_, point)) => clause.holds_at(point, own, self.request),
                None => self.holds_for(clause, own, case),
            }
        };
        let (request, bounded) = (self.request, self.scope.bounded);
        deny.compiled.judge_where(request, self.resource, bounded, &holds).0 == Applies::Yes
    }

    /// Whether a condition of the Allow is met only where this one of a Deny is.
    fn asks(&self, case: &Opposed<'a>, wanted: Pair<'_>) -> bool {
        case.allow.on(&wanted.0.key).any(|(clause, own)| {
            // Each value of the one is compared with each of the other.
            let may_compare = || wanted.1.values.values.iter().all(|_| case.may_look_at(own));
            is_same(own, wanted.1)
                || needs_member(own) && is_presence(wanted.1)
                || may_compare() && (implies(own, wanted.1) || clause.implies(own, wanted, self.request))
        })
    }

    /// Whether a condition of a Deny is met for all values that the Allow leaves to a key.
    fn holds_for(&self, clause: &Clause, condition: &Condition, case: &Opposed<'a>) -> Truth {
        let known = clause.holds(self.request);
        let Some((own, _)) = case.allow.closest(&clause.key, self.request) else { return known };
        let fails = self.some_point(case, &own.key, &mut |point| {
            !case.may_look_at(condition) || clause.holds_at(point, condition, self.request) != Truth::Yes
        });
        if fails { known } else { Truth::Yes }
    }

    /// Whether at some value that the Allow leaves to a key it is so. The key is one that it tells closely.
    fn some_point(&self, case: &Opposed<'a>, key: &'a str, so: &mut dyn FnMut(Point<'_>) -> bool) -> bool {
        let allow = case.allow;
        let Some((clause, condition)) = allow.closest(key, self.request) else { return true };
        let bounds = case.denies().chain([allow]).flat_map(|one| one.on(key)).map(|(_, condition)| condition);
        clause.any_point(condition, bounds, &mut |point| {
            allow.on(key).all(|own| self.may_hold(case, own, point)) && so(point)
        })
    }
}

fn is_same(own: &Condition, wanted: &Condition) -> bool {
    let (own_values, values) = (&own.values.values, &wanted.values.values);
    let mut pairs = own_values.iter().zip(values);
    own.operator == wanted.operator
        && own_values.len() == values.len()
        && pairs.all(|(one, other)| one.value == other.value)
}

/// One of fewer values is one of more, and none of more is none of fewer.
fn implies(own: &Condition, wanted: &Condition) -> bool {
    let within = |few: &Condition, more: &Condition| {
        few.values.values.iter().all(|one| more.values.values.iter().any(|other| one.value == other.value))
    };
    let (few, more) = if own.operator.negated { (wanted, own) } else { (own, wanted) };
    own.operator == wanted.operator && within(few, more)
}

/// Whether it is met only where the key has a value.
fn needs_member(own: &Condition) -> bool {
    own.operator.quantifier == Some(Quantifier::ForAnyValue) && !own.operator.if_exists
}

/// Whether it is met wherever the key has a value.
fn is_presence(wanted: &Condition) -> bool {
    wanted.operator.comparison == Comparison::Null
        && wanted.values.values.iter().all(|text| text.value.eq_ignore_ascii_case("false"))
}

#[cfg(test)]
mod tests;
