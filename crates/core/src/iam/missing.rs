//! What a decision depends on.

use std::collections::HashSet;

use super::decision::{Missing, Need, Needs, Outcome, StatementAt, StatementResult};
use super::document::Effect;
use super::evaluate::Open;
use super::named::USER_ID;
use super::request::{Fact, Request, SessionKind};
use super::role_path::is_service_linked;
use super::set::PolicySet;
use super::statement::Applies;
use super::suppose::{Settled, Suppose};
use super::truth::Truth;
use super::variable::Variable;

impl Needs {
    pub(super) fn new(open: &Open<'_>, statements: &[StatementResult]) -> Self {
        let allowed = |settled, applying: &[StatementAt]| {
            open.outcome(&Suppose { settled: Some(settled), applying, ..Suppose::default() })
                == Outcome::Allow
        };
        // Whether the caller is a service-linked role matters if nothing else can help.
        let linked = !allowed(Settled { granting: true, linked: false }, &[]);
        let may_apply = |effect| -> Vec<_> {
            let of_effect = statements.iter().filter(|own| own.effect == effect && !open.is_doomed(own));
            of_effect.filter(|own| is_open(open, own)).map(|own| own.at).collect()
        };
        let allows = granting(alike(open, may_apply(Effect::Allow)), &|applying| {
            allowed(Settled { granting: false, linked }, applying)
        });
        let denies = alike(open, may_apply(Effect::Deny)).into_iter().filter(|denies| {
            denies.first().is_some_and(|deny| !allowed(Settled { granting: true, linked }, &[*deny]))
        });
        let of = |wanted: Vec<StatementAt>| -> Vec<Need> {
            let wanted: HashSet<_> = wanted.into_iter().collect();
            let own = statements.iter().filter(|own| wanted.contains(&own.at));
            own.map(|own| of_result(open, own)).filter(|need| !need.is_empty()).collect()
        };
        let denies = of(denies.flatten().collect());
        Self {
            of_itself: of_itself(open.set, open.request, linked),
            allows: allows.into_iter().map(of).collect(),
            denies,
        }
    }
}

/// Statements of one effect in groups of which one does as much as another, so that one of them is tried for all.
fn alike(open: &Open<'_>, statements: Vec<StatementAt>) -> Vec<Vec<StatementAt>> {
    let mut groups: Vec<(_, Vec<StatementAt>)> = Vec::new();
    for at in statements {
        let by_id = open.set.compiled(at).and_then(|own| Some(own.may_name(open.request)?.1));
        let worth = (at.layer, open.grant(at), by_id);
        match groups.iter_mut().find(|(other, _)| *other == worth) {
            Some((_, group)) => group.push(at),
            None => groups.push((worth, vec![at])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// Of Allows that may apply those that are needed: all that are enough alone, or else a least number of groups that
/// are together, of each of which one must apply.
fn granting(
    mut allows: Vec<Vec<StatementAt>>,
    allowed: &dyn Fn(&[StatementAt]) -> bool,
) -> Vec<Vec<StatementAt>> {
    if allowed(&[]) {
        return Vec::new();
    }
    let first = |group: &Vec<StatementAt>| group.first().copied();
    let alone = allows.iter().filter(|group| first(group).is_some_and(|at| allowed(&[at])));
    let alone: Vec<_> = alone.flatten().copied().collect();
    if !alone.is_empty() {
        return vec![alone];
    }
    let mut at = 0;
    while at < allows.len() {
        let mut others = allows.clone();
        others.remove(at);
        match allowed(&others.iter().filter_map(first).collect::<Vec<_>>()) {
            true => allows = others,
            false => at += 1,
        }
    }
    allows
}

/// Whether it depends on what is not known whether the statement applies, or what its grant is worth.
fn is_open(open: &Open<'_>, result: &StatementResult) -> bool {
    let named = || open.set.compiled(result.at).is_some_and(|own| own.may_name(open.request).is_some());
    result.applies == Applies::Depends
        || result.effect == Effect::Allow && result.applies == Applies::Yes && named()
}

fn of_result(open: &Open<'_>, result: &StatementResult) -> Vec<Missing> {
    let mut missing = Vec::new();
    of_principal(open, result, &mut missing);
    of_statement(open, result, &mut missing);
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
fn of_principal(open: &Open<'_>, result: &StatementResult, missing: &mut Vec<Missing>) {
    let named = open.set.compiled(result.at).and_then(|own| own.may_name(open.request));
    let named = named.map(|(named, _)| named);
    if let Some(named) = named {
        let values: Vec<_> = named.unique_ids().map(str::to_owned).collect();
        let constraint = format!("{} be of the principal \"{}\"", must(result), values.join("\" or \""));
        missing.push(Missing { key: USER_ID.to_owned(), constraint, values, at: Some(result.at) });
    }
}

fn must(result: &StatementResult) -> &'static str {
    if result.effect == Effect::Allow { "must" } else { "must not" }
}

fn of_statement(open: &Open<'_>, result: &StatementResult, missing: &mut Vec<Missing>) {
    if result.applies != Applies::Depends {
        return;
    }
    let (request, at) = (open.request, result.at);
    let (Some(statement), Some(compiled)) = (open.set.statement(at), open.set.compiled(at)) else { return };
    let must = must(result);
    for (clause, condition) in compiled.clauses.iter().zip(&statement.conditions) {
        if clause.holds(request) != Truth::Unknown {
            continue;
        }
        let values: Vec<_> = match result.effect {
            Effect::Allow => open.helpful(at, (clause, condition)),
            Effect::Deny => condition.values.values.iter().map(|text| text.value.clone()).collect(),
        };
        let meet = match values.is_empty() {
            true => format!("{must} be absent"),
            false => format!("{must} meet {} \"{}\"", condition.operator, values.join("\" or \"")),
        };
        if request.fact(&clause.key) == Fact::Unknown {
            missing.push(Missing {
                key: condition.key.value.clone(),
                constraint: meet,
                values,
                at: Some(at),
            });
            continue;
        }
        let constraint = format!("must be such that {} {meet}", condition.key.value);
        missing.extend(unknown(request, clause.variables()).map(|key| Missing {
            key,
            constraint: constraint.clone(),
            values: Vec::new(),
            at: Some(at),
        }));
    }
    missing.extend(unknown(request, compiled.resource_variables()).map(|key| Missing {
        key,
        constraint: format!("{must} make the statement's resource fit the one asked for"),
        values: Vec::new(),
        at: Some(at),
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
