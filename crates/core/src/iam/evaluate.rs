//! Deciding, by the rules of AWS's policy evaluation logic.
//!
//! Every layer is asked for itself: does it deny, does it allow. Then one formula puts the answers together. An
//! explicit deny wins wherever it stands. The rest is a question of who must allow:
//!
//! - Within the account: the identity policies, inside the boundary and the session policy; or the resource policy, as
//!   far as it grants to the caller and not to the account only.
//! - Across accounts: both of them.
//! - Always: every level of SCPs, and the policy of the VPC endpoint.

mod doomed;
mod open;
mod scope;

pub(super) use self::open::Open;
use self::scope::Scope;
use super::decision::{self, Decision, Outcome, StatementAt, StatementResult};
use super::document::Effect;
use super::named::Grant;
use super::request::Request;
use super::set::{Layer, Policy, PolicySet};
use super::statement::{Applies, Compiled};
use super::suppose::{Judgement, Suppose};
use super::truth::Truth;

impl PolicySet {
    /// Decides a request, and says nothing but how it comes out. Allocates nothing.
    pub fn outcome(&self, request: &Request) -> Outcome {
        let each = (0..request.resource_count())
            .map(|resource| self.decide_for_certain(request, resource, &mut |_| {}).outcome);
        each.max().unwrap_or(Outcome::ImplicitDeny)
    }

    /// Decides a request, and says what decided and what became of every statement.
    ///
    /// Of a request for several resources it is the decision on the resource that decides: the first that is denied
    /// explicitly, or else implicitly, or else depends.
    pub fn evaluate(&self, request: &Request) -> Decision {
        let worst = |best: (usize, Outcome), resource| {
            let outcome = self.decide_for_certain(request, resource, &mut |_| {}).outcome;
            if outcome > best.1 { (resource, outcome) } else { best }
        };
        let resource = match request.resource_count() {
            0 | 1 => 0,
            count => (0..count).fold((0, Outcome::Allow), worst).0,
        };
        let mut statements = Vec::with_capacity(self.size());
        let verdict = self.decide_for_certain(request, resource, &mut |result| statements.push(result));
        let Verdict { outcome, layer, decided_by } = verdict;
        let (missing, needs) = (Vec::new(), Vec::new());
        let mut decision = Decision { outcome, layer, decided_by, resource, statements, missing, needs };
        if outcome == Outcome::Depends {
            decision.needs = self.depends(request, &decision);
            decision.missing = decision::missing(&decision.needs);
        }
        decision
    }

    /// Decides on one resource, and tells what becomes of each statement.
    pub(super) fn decide(
        &self,
        request: &Request,
        resource: usize,
        suppose: &Suppose<'_>,
        observe: &mut impl FnMut(StatementResult),
    ) -> Verdict {
        self.asking(request, resource, suppose, |asking| asking.all(observe).verdict(asking.scope))
    }

    fn asking<T>(
        &self,
        request: &Request,
        resource: usize,
        suppose: &Suppose<'_>,
        ask: impl FnOnce(&Asking<'_>) -> T,
    ) -> T {
        let mut scope = Scope::new(self, request, resource);
        if let Some(settled) = suppose.settled {
            scope.settle(settled);
        }
        let resource = request.resource(resource);
        ask(&Asking { set: self, request, resource, scope: &scope, suppose })
    }
}

/// How a decision comes out, and what made it so.
#[derive(Clone, Copy, Debug)]
pub(super) struct Verdict {
    pub(super) outcome: Outcome,
    pub(super) layer: Layer,
    pub(super) decided_by: Option<StatementAt>,
}

/// What the policies of a layer say.
#[derive(Clone, Copy, Debug)]
struct Answer {
    allows: Truth,
    by: Option<StatementAt>,
}

impl Answer {
    const NO: Self = Self { allows: Truth::No, by: None };
    const YES: Self = Self { allows: Truth::Yes, by: None };

    fn add(&mut self, allows: Truth, by: StatementAt) {
        if allows > self.allows {
            *self = Self { allows, by: Some(by) };
        }
    }

    /// The one of the two that allows more.
    fn or(self, other: Self) -> Self {
        if other.allows > self.allows { other } else { self }
    }

    /// The one of the two that allows less.
    fn and(self, other: Self) -> Self {
        if other.allows < self.allows { other } else { self }
    }
}

/// What all layers say.
#[derive(Debug)]
struct Answers {
    denies: Answer,
    identity: Answer,
    /// By what a grant is worth.
    to_account: Answer,
    limited: Answer,
    direct: Answer,
    boundary: Answer,
    session: Answer,
    scp: (Answer, usize),
    vpc_endpoint: Answer,
}

struct Asking<'a> {
    set: &'a PolicySet,
    request: &'a Request,
    resource: &'a str,
    scope: &'a Scope,
    suppose: &'a Suppose<'a>,
}

impl Asking<'_> {
    fn all(&self, observe: &mut impl FnMut(StatementResult)) -> Answers {
        let (set, scope) = (self.set, self.scope);
        let mut denies = Answer::NO;
        let mut layer = |layer, policies: &[Policy], take: &mut dyn FnMut(Grant, Truth, StatementAt)| {
            self.layer(layer, policies, &mut denies, take, observe);
        };
        let mut answers = Answers {
            denies: Answer::NO,
            identity: Answer::NO,
            to_account: Answer::NO,
            limited: Answer::NO,
            direct: Answer::NO,
            boundary: Answer::YES,
            session: Answer::YES,
            scp: (Answer::YES, 0),
            vpc_endpoint: Answer::YES,
        };
        if scope.scp != Truth::No {
            for (index, level) in set.scp.iter().enumerate() {
                let mut own = Answer::NO;
                layer(Layer::Scp(index), &level.policies, &mut |_, allows, by| own.add(allows, by));
                // Where SCPs may not take part, what they leave out may be allowed all the same.
                own.allows = own.allows.or(!scope.scp);
                if own.allows < answers.scp.0.allows {
                    answers.scp = (own, index);
                }
            }
        }
        if scope.rcp != Truth::No {
            for (index, level) in set.rcp.iter().enumerate() {
                // RCPFullAWSAccess is attached to every level and cannot be detached: a level only denies.
                layer(Layer::Rcp(index), &level.policies, &mut |_, _, _| {});
            }
        }
        if let Some(policies) = &set.vpc_endpoint {
            answers.vpc_endpoint = Answer::NO;
            layer(Layer::VpcEndpoint, policies, &mut |_, allows, by| answers.vpc_endpoint.add(allows, by));
        }
        if let Some(policies) = &set.resource {
            layer(Layer::Resource, policies, &mut |grant, allows, by| match grant {
                Grant::Account => answers.to_account.add(allows, by),
                Grant::Limited => answers.limited.add(allows, by),
                Grant::Direct => answers.direct.add(allows, by),
            });
        }
        if scope.identity {
            layer(Layer::Identity, &set.identity, &mut |_, allows, by| answers.identity.add(allows, by));
            if let Some(policies) = &set.boundary {
                answers.boundary = Answer::NO;
                layer(Layer::Boundary, policies, &mut |_, allows, by| answers.boundary.add(allows, by));
            }
            match &set.session {
                Some(policies) => {
                    answers.session = Answer::NO;
                    layer(Layer::Session, policies, &mut |_, allows, by| answers.session.add(allows, by));
                }
                None if scope.needs_session => answers.session = Answer::NO,
                None => {}
            }
        } else if scope.root {
            answers.identity = Answer::YES;
        }
        answers.denies = denies;
        answers.suppose(self.suppose.allowing);
        answers
    }

    fn layer(
        &self,
        layer: Layer,
        policies: &[Policy],
        denies: &mut Answer,
        allows: &mut dyn FnMut(Grant, Truth, StatementAt),
        observe: &mut impl FnMut(StatementResult),
    ) {
        let takes_part = self.takes_part(layer);
        for (policy, own) in policies.iter().enumerate() {
            let judged = self.suppose.judged.and_then(|judged| judged.get(&(layer, policy)));
            for (statement, compiled) in own.statements.iter().enumerate() {
                let at = StatementAt { layer, policy, statement };
                #[cfg(test)]
                JUDGED.set(JUDGED.get() + 1);
                let known = judged.and_then(|judged| judged.get(statement).copied());
                let Judgement { mut applies, grant, doomed } =
                    known.unwrap_or_else(|| self.judge(at, compiled));
                let supposed = !self.suppose.applying.is_empty() && self.suppose.applying.contains(&at);
                if supposed {
                    applies = Applies::Yes;
                }
                let absent = !self.suppose.without.is_empty() && self.suppose.without.contains(&at);
                observe(StatementResult { at, effect: compiled.effect, applies });
                match compiled.effect {
                    _ if absent || doomed => {}
                    Effect::Allow => {
                        allows(grant, self.granted(applies.truth()), at);
                        // What is certainly granted to the account may be granted to the caller itself.
                        if let Some((_, worth)) = compiled.may_name(self.request) {
                            let named = supposed && self.suppose.settled.is_some();
                            let named = if named { Truth::Yes } else { Truth::Unknown };
                            allows(worth, self.granted(applies.truth().and(named)), at);
                        }
                    }
                    Effect::Deny if self.suppose.undenied && applies == Applies::Yes => {}
                    Effect::Deny => denies.add(self.denied(applies.truth().and(takes_part)), at),
                }
            }
        }
    }

    fn judge(&self, at: StatementAt, compiled: &Compiled) -> Judgement {
        let (applies, grant) = compiled.judge(self.request, self.resource, self.scope.bounded);
        let may_allow = applies == Applies::Depends && compiled.effect == Effect::Allow;
        Judgement { applies, grant, doomed: may_allow && self.is_doomed(at) }
    }

    /// Whether the Denies of a layer count.
    fn takes_part(&self, layer: Layer) -> Truth {
        match layer {
            // GetCallerIdentity needs no permission, but has to come through.
            _ if self.scope.always && layer != Layer::VpcEndpoint => Truth::No,
            Layer::Scp(_) => self.scope.scp,
            Layer::Rcp(_) => self.scope.rcp,
            _ => Truth::Yes,
        }
    }

    fn granted(&self, truth: Truth) -> Truth {
        match self.suppose.settled {
            Some(settled) if truth == Truth::Unknown => settled.granting.into(),
            _ => truth,
        }
    }

    fn denied(&self, truth: Truth) -> Truth {
        if self.suppose.settled.is_some() && truth == Truth::Unknown { Truth::No } else { truth }
    }
}

// How many statements were judged, which is what explaining takes.
#[cfg(test)]
thread_local!(pub(super) static JUDGED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) });

impl Answers {
    fn suppose(&mut self, allowing: &[Layer]) {
        for layer in allowing {
            match layer {
                Layer::Identity => self.identity = Answer::YES,
                Layer::Boundary => self.boundary = Answer::YES,
                Layer::Session => self.session = Answer::YES,
                Layer::Scp(_) => self.scp = (Answer::YES, 0),
                Layer::VpcEndpoint => self.vpc_endpoint = Answer::YES,
                Layer::Resource => self.direct = Answer::YES,
                Layer::Rcp(_) | Layer::Service => {}
            }
        }
    }

    fn verdict(&self, scope: &Scope) -> Verdict {
        if let (Truth::Yes, Some(by)) = (self.denies.allows, self.denies.by) {
            return Verdict { outcome: Outcome::ExplicitDeny, layer: by.layer, decided_by: Some(by) };
        }
        let (grant, granted_in) =
            if scope.always { (Answer::YES, Layer::Service) } else { self.grant(scope) };
        let limit = self.limit(scope, grant, granted_in);
        let not_denied = !self.denies.allows;
        match limit.0.allows.and(not_denied) {
            Truth::Yes => Verdict { outcome: Outcome::Allow, layer: granted_in, decided_by: grant.by },
            Truth::No => Verdict { outcome: Outcome::ImplicitDeny, layer: limit.1, decided_by: None },
            Truth::Unknown if limit.0.allows == Truth::Yes => {
                let layer = self.denies.by.map_or(Layer::Identity, |by| by.layer);
                Verdict { outcome: Outcome::Depends, layer, decided_by: self.denies.by }
            }
            Truth::Unknown => Verdict { outcome: Outcome::Depends, layer: limit.1, decided_by: limit.0.by },
        }
    }

    /// What limits first: of what does not allow, the first in AWS's order.
    fn limit(&self, scope: &Scope, grant: Answer, granted_in: Layer) -> (Answer, Layer) {
        let service = Answer { allows: scope.service, by: None };
        let layers = [
            (service, Layer::Service),
            (self.scp.0, Layer::Scp(self.scp.1)),
            (self.vpc_endpoint, Layer::VpcEndpoint),
            (grant, granted_in),
        ];
        let least = layers.iter().map(|(answer, _)| answer.allows).min().unwrap_or(Truth::No);
        layers.into_iter().find(|(answer, _)| answer.allows == least).unwrap_or((Answer::NO, Layer::Identity))
    }

    /// Whether somebody grants, and in which layer that was decided.
    fn grant(&self, scope: &Scope) -> (Answer, Layer) {
        let caller = self.caller();
        let resource = self.to_account.or(self.limited).or(self.direct);
        if scope.only_resource {
            return (resource, Layer::Resource);
        }
        if scope.cross_account {
            // Both sides, each with its own limits.
            return less((resource, Layer::Resource), caller);
        }
        let limited = [
            (self.limited, Layer::Resource),
            (self.boundary, Layer::Boundary),
            (self.session, Layer::Session),
        ];
        let limited = limited.into_iter().reduce(less).unwrap_or((Answer::NO, Layer::Resource));
        let by_resource = more((self.direct, Layer::Resource), limited);
        if scope.resource_must_allow {
            // A grant to the account hands the question on to the identity policies.
            let delegated = less((self.to_account, Layer::Resource), caller);
            let granted = more(by_resource, delegated);
            return if granted.0.allows == Truth::No && resource.allows == Truth::No {
                (Answer::NO, Layer::Resource)
            } else {
                granted
            };
        }
        more(caller, by_resource)
    }

    /// What the caller's own side allows: identity, inside boundary and session.
    fn caller(&self) -> (Answer, Layer) {
        let own = (self.identity, Layer::Identity);
        less(less(own, (self.boundary, Layer::Boundary)), (self.session, Layer::Session))
    }
}

/// The one that allows less; the first of two that allow as much.
fn less(left: (Answer, Layer), right: (Answer, Layer)) -> (Answer, Layer) {
    if right.0.allows < left.0.allows { (left.0.and(right.0), right.1) } else { left }
}

/// The one that allows more; the first of two that allow as much.
fn more(left: (Answer, Layer), right: (Answer, Layer)) -> (Answer, Layer) {
    if right.0.allows > left.0.allows { (left.0.or(right.0), right.1) } else { left }
}
