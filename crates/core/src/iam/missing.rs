//! What a decision depends on.

use super::decision::{Missing, StatementResult};
use super::document::Effect;
use super::named::USER_ID;
use super::request::{Fact, Request, SessionKind};
use super::role_path::is_service_linked;
use super::set::PolicySet;
use super::statement::{Applies, Compiled};
use super::truth::Truth;
use super::variable::Variable;

/// The keys that are not known and what they must be for the request to be allowed, statement by statement.
pub(super) fn missing(set: &PolicySet, request: &Request, statements: &[StatementResult]) -> Vec<Missing> {
    let mut missing = Vec::new();
    let by_session = request.kind() == SessionKind::SessionToken && request.service() == "iam";
    if by_session && request.has_mfa().is_none() {
        let constraint =
            "must be true: a session token without a second factor may do nothing in IAM".to_owned();
        missing.push(Missing {
            key: "aws:MultiFactorAuthPresent".to_owned(),
            constraint,
            values: vec!["true".to_owned()],
            at: None,
        });
    }
    let organised = !set.scp.is_empty() || !set.rcp.is_empty();
    if organised && is_service_linked(request) == Truth::Unknown {
        let constraint =
            "must be of a service-linked role, below role/aws-service-role/: neither service nor resource \
                          control policies limit it"
                .to_owned();
        missing.push(Missing {
            key: "aws:PrincipalArn".to_owned(),
            constraint,
            values: Vec::new(),
            at: None,
        });
    }
    for result in statements {
        of_principal(set, request, result, &mut missing);
        of_statement(set, request, result, &mut missing);
    }
    missing.dedup();
    missing
}

/// The unique id, of which depends whether the statement names the caller, or whether it does so by more than its
/// account.
fn of_principal(set: &PolicySet, request: &Request, result: &StatementResult, missing: &mut Vec<Missing>) {
    let open =
        matches!((result.effect, result.applies), (_, Applies::Depends) | (Effect::Allow, Applies::Yes));
    let named = compiled(set, result).filter(|_| open).and_then(|compiled| compiled.may_name(request));
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
