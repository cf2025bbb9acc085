//! What a decision depends on.

use std::collections::HashSet;

use super::decision::{Missing, Outcome, StatementAt, StatementResult};
use super::document::Effect;
use super::named::USER_ID;
use super::request::{Fact, Request, SessionKind};
use super::role_path::is_service_linked;
use super::set::PolicySet;
use super::statement::{Applies, Compiled};
use super::suppose::{Settled, Suppose};
use super::truth::Truth;
use super::variable::Variable;

/// What a request on one resource depends on: of each statement the keys that are not known, and what they must be for
/// the request to be allowed.
#[derive(Debug)]
pub(super) struct Needs {
    /// What AWS asks for whatever the policies say.
    pub(super) of_itself: Vec<Missing>,
    /// Of Allows.
    pub(super) allows: Vec<Vec<Missing>>,
    /// Whether one of these Allows is enough. Else all of them are needed, or nobody knows which.
    pub(super) alternatives: bool,
    /// Of Denies, none of which may apply.
    pub(super) denies: Vec<Vec<Missing>>,
}

/// How many statements are tried: each try decides anew, and policies may have any number of them.
const TRIES: usize = 32;

impl Needs {
    /// `outcome` decides anew with something supposed.
    pub(super) fn new(
        set: &PolicySet,
        request: &Request,
        statements: &[StatementResult],
        outcome: &dyn Fn(&Suppose<'_>) -> Outcome,
    ) -> Self {
        let allowed = |settled, applying: &[StatementAt]| {
            outcome(&Suppose { settled: Some(settled), applying, ..Suppose::default() }) == Outcome::Allow
        };
        // Whether the caller is a service-linked role matters if nothing else can help.
        let linked = !allowed(Settled { granting: true, linked: false }, &[]);
        let open = |effect| -> Vec<_> {
            let open = statements.iter().filter(|own| own.effect == effect && is_open(set, request, own));
            open.map(|own| own.at).collect()
        };
        let (allows, alternatives) =
            granting(open(Effect::Allow), &|applying| allowed(Settled { granting: false, linked }, applying));
        let mut denies = open(Effect::Deny);
        if denies.len() <= TRIES {
            denies.retain(|deny| !allowed(Settled { granting: true, linked }, &[*deny]));
        }
        let of = |wanted: &[StatementAt]| {
            let wanted: HashSet<_> = wanted.iter().collect();
            let own = statements.iter().filter(|own| wanted.contains(&own.at));
            own.map(|own| of_result(set, request, own)).filter(|group| !group.is_empty()).collect()
        };
        let of_itself = of_itself(set, request, linked);
        Self { of_itself, allows: of(&allows), alternatives, denies: of(&denies) }
    }

    pub(super) fn into_missing(self) -> impl Iterator<Item = Missing> {
        self.of_itself.into_iter().chain(self.allows.into_iter().chain(self.denies).flatten())
    }
}

/// Of Allows that may apply those that are needed: each that is enough alone, or else a least number that is
/// together; and whether it is the former.
fn granting(
    mut allows: Vec<StatementAt>,
    allowed: &dyn Fn(&[StatementAt]) -> bool,
) -> (Vec<StatementAt>, bool) {
    if allowed(&[]) {
        return (Vec::new(), false);
    }
    let alone: Vec<_> = allows.iter().copied().take(TRIES).filter(|at| allowed(&[*at])).collect();
    if !alone.is_empty() {
        return (alone, true);
    }
    if allows.len() <= TRIES {
        for at in allows.clone() {
            let others: Vec<_> = allows.iter().copied().filter(|other| *other != at).collect();
            if allowed(&others) {
                allows = others;
            }
        }
    }
    (allows, false)
}

/// Whether it depends on what is not known whether the statement applies, or what its grant is worth.
fn is_open(set: &PolicySet, request: &Request, result: &StatementResult) -> bool {
    let named = || compiled(set, result).is_some_and(|compiled| compiled.may_name(request).is_some());
    result.applies == Applies::Depends
        || result.effect == Effect::Allow && result.applies == Applies::Yes && named()
}

fn of_result(set: &PolicySet, request: &Request, result: &StatementResult) -> Vec<Missing> {
    let mut missing = Vec::new();
    of_principal(set, request, result, &mut missing);
    of_statement(set, request, result, &mut missing);
    missing.dedup();
    missing
}

fn of_itself(set: &PolicySet, request: &Request, linked: bool) -> Vec<Missing> {
    let need = |key: &str, constraint: &str, values| Missing {
        key: key.to_owned(),
        constraint: constraint.to_owned(),
        values,
        at: None,
    };
    let mut missing = Vec::new();
    let by_session = request.kind() == SessionKind::SessionToken && request.service() == "iam";
    if by_session && request.has_mfa().is_none() {
        let why = "must be true: a session token without a second factor may do nothing in IAM";
        missing.push(need("aws:MultiFactorAuthPresent", why, vec!["true".to_owned()]));
    }
    let organised = !set.scp.is_empty() || !set.rcp.is_empty();
    if linked && organised && is_service_linked(request) == Truth::Unknown {
        let why = "must be of a service-linked role, below role/aws-service-role/: neither service nor resource control \
                   policies limit it";
        missing.push(need("aws:PrincipalArn", why, Vec::new()));
    }
    missing
}

/// The unique id, of which depends whether the statement names the caller, or whether it does so by more than its
/// account.
fn of_principal(set: &PolicySet, request: &Request, result: &StatementResult, missing: &mut Vec<Missing>) {
    let named = compiled(set, result).and_then(|compiled| compiled.may_name(request)).map(|(named, _)| named);
    if let Some(named) = named {
        let values: Vec<_> = named.unique_ids().map(str::to_owned).collect();
        let constraint = format!("{} be of the principal \"{}\"", must(result), values.join("\" or \""));
        missing.push(Missing { key: USER_ID.to_owned(), constraint, values, at: Some(result.at) });
    }
}

fn compiled<'a>(set: &'a PolicySet, result: &StatementResult) -> Option<&'a Compiled> {
    set.layer(result.at.layer).get(result.at.policy)?.statements.get(result.at.statement)
}

fn must(result: &StatementResult) -> &'static str {
    if result.effect == Effect::Allow { "must" } else { "must not" }
}

fn of_statement(set: &PolicySet, request: &Request, result: &StatementResult, missing: &mut Vec<Missing>) {
    if result.applies != Applies::Depends {
        return;
    }
    let Some(policy) = set.layer(result.at.layer).get(result.at.policy) else { return };
    let statement = policy.document.statements().get(result.at.statement);
    let (Some(statement), Some(compiled)) = (statement, compiled(set, result)) else { return };
    let (at, must) = (Some(result.at), must(result));
    for (clause, condition) in compiled.clauses.iter().zip(&statement.conditions) {
        if clause.holds(request) != Truth::Unknown {
            continue;
        }
        let values: Vec<_> = condition.values.values.iter().map(|text| text.value.clone()).collect();
        let shown: Vec<_> = values.iter().map(|value| format!("\"{value}\"")).collect();
        let meet = format!("{must} meet {} {}", condition.operator, shown.join(" or "));
        if request.fact(&clause.key) == Fact::Unknown {
            missing.push(Missing { key: condition.key.value.clone(), constraint: meet, values, at });
            continue;
        }
        let constraint = format!("must be such that {} {meet}", condition.key.value);
        missing.extend(unknown(request, clause.variables()).map(|key| Missing {
            key,
            constraint: constraint.clone(),
            values: Vec::new(),
            at,
        }));
    }
    missing.extend(unknown(request, compiled.resource_variables()).map(|key| Missing {
        key,
        constraint: format!("{must} make the statement's resource fit the one asked for"),
        values: Vec::new(),
        at,
    }));
}

/// The keys of those variables that are not known.
fn unknown<'a>(
    request: &'a Request,
    variables: impl Iterator<Item = &'a Variable>,
) -> impl Iterator<Item = String> {
    variables
        .filter(|variable| request.fact(&variable.key) == Fact::Unknown)
        .map(|variable| variable.name.clone())
}
