//! Questions whose answer depends on what the request does not tell, to be asked again with something supposed.

use crate::iam::condition::{Clause, Point};
use crate::iam::cover::is_stars;
use crate::iam::decision::{Decision, Needs, Outcome, StatementAt, StatementResult};
use crate::iam::document::Condition;
use crate::iam::named::Grant;
use crate::iam::request::Request;
use crate::iam::set::{Layer, Policy, PolicySet};
use crate::iam::suppose::{Against, Judged, Judgement, Suppose};

/// A request on one resource that depends. Its statements are judged once, whatever is supposed.
pub(in crate::iam) struct Open<'a> {
    pub(in crate::iam) set: &'a PolicySet,
    pub(in crate::iam) request: &'a Request,
    resource: usize,
    against: Against,
    judged: Judged,
}

impl PolicySet {
    /// The resources on which a request that depends does so, by their index, and on what; that on which it was decided
    /// is not decided again.
    pub(super) fn depends(&self, request: &Request, decision: &Decision) -> Vec<(usize, Needs)> {
        let needs = |resource, statements: &[StatementResult]| {
            let mut against = Against::default();
            statements.iter().for_each(|result| against.add(result));
            (resource, Needs::new(&Open::new(self, request, resource, against), statements))
        };
        let of = |resource| {
            if resource == decision.resource {
                return Some(needs(resource, &decision.statements));
            }
            let mut statements = Vec::new();
            let verdict = self.decide_for_certain(request, resource, &mut |result| statements.push(result));
            (verdict.outcome == Outcome::Depends).then(|| needs(resource, &statements))
        };
        (0..request.resource_count()).filter_map(of).collect()
    }
}

impl<'a> Open<'a> {
    fn new(set: &'a PolicySet, request: &'a Request, resource: usize, against: Against) -> Self {
        let suppose = Suppose { against: Some(&against), ..Suppose::default() };
        let judged = set.asking(request, resource, &suppose, |asking| {
            let of = |(layer, policy): (Layer, usize), own: &Policy| {
                let at = |statement| StatementAt { layer, policy, statement };
                let each = own.statements.iter().enumerate();
                ((layer, policy), each.map(|(statement, own)| asking.judge(at(statement), own)).collect())
            };
            set.policies().map(|(place, own)| of(place, own)).collect()
        });
        Self { set, request, resource, against, judged }
    }

    /// How it comes out with something supposed.
    pub(in crate::iam) fn outcome(&self, suppose: &Suppose<'_>) -> Outcome {
        let suppose = Suppose { against: Some(&self.against), judged: Some(&self.judged), ..*suppose };
        self.set.decide(self.request, self.resource, &suppose, &mut |_| {}).outcome
    }

    /// The values of a condition of an Allow with which it may be of use.
    pub(in crate::iam) fn helpful(
        &self,
        allow: StatementAt,
        (clause, condition): (&Clause, &Condition),
    ) -> Vec<String> {
        let understood = condition.values.values.iter().filter(|text| clause.understands(text));
        let values: Vec<_> = understood.map(|text| text.value.clone()).collect();
        if !clause.has_points(condition) {
            return values;
        }
        let suppose = Suppose { against: Some(&self.against), ..Suppose::default() };
        let helpful: Vec<_> = self.set.asking(self.request, self.resource, &suppose, |asking| {
            let Some(case) = asking.case(allow) else { return values.clone() };
            let may_help = |value: &&String| {
                let point = Point::of(condition.operator.comparison, value);
                is_stars(value) || asking.may_help(&case, &clause.key, point)
            };
            values.iter().filter(may_help).cloned().collect()
        });
        if helpful.is_empty() && !clause.may_be_absent() { values } else { helpful }
    }

    /// Whether it is an Allow that applies nowhere, or only where a Deny does.
    pub(in crate::iam) fn is_doomed(&self, result: &StatementResult) -> bool {
        self.judgement(result.at).is_some_and(|own| own.doomed)
    }

    /// What an Allow of the statement is worth.
    pub(in crate::iam) fn grant(&self, at: StatementAt) -> Option<Grant> {
        self.judgement(at).map(|own| own.grant)
    }

    fn judgement(&self, at: StatementAt) -> Option<&Judgement> {
        self.judged.get(&(at.layer, at.policy))?.get(at.statement)
    }
}
