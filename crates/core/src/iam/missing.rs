//! What a decision depends on.

use super::decision::{Missing, StatementResult};
use super::document::Effect;
use super::request::{Fact, MFA, Request};
use super::set::PolicySet;
use super::statement::Applies;
use super::truth::Truth;

/// The keys that are not known and what they must be for the request to be allowed, statement by statement.
pub(super) fn missing(
    set: &PolicySet,
    request: &Request,
    _resource: usize,
    statements: &[StatementResult],
) -> Vec<Missing> {
    let mut missing = Vec::new();
    if request.has_mfa().is_none() && request.service() == "iam" {
        let constraint =
            "must be true: a session token without a second factor may do nothing in IAM".to_owned();
        missing.push(Missing { key: MFA.to_owned(), constraint, values: vec!["true".to_owned()], at: None });
    }
    for result in statements.iter().filter(|result| result.applies == Applies::Depends) {
        of_statement(set, request, result, &mut missing);
    }
    missing.dedup();
    missing
}

fn of_statement(set: &PolicySet, request: &Request, result: &StatementResult, missing: &mut Vec<Missing>) {
    let policy = set.layer(result.at.layer).get(result.at.policy);
    let Some(policy) = policy else { return };
    let statement = policy.document.statements().get(result.at.statement);
    let compiled = policy.statements.get(result.at.statement);
    let (Some(statement), Some(compiled)) = (statement, compiled) else { return };
    let at = Some(result.at);
    let must = if result.effect == Effect::Allow { "must be" } else { "must not be" };
    for (clause, condition) in compiled.clauses.iter().zip(&statement.conditions) {
        if clause.holds(request) != Truth::Unknown {
            continue;
        }
        let values: Vec<_> = condition.values.values.iter().map(|text| text.value.clone()).collect();
        let shown: Vec<_> = values.iter().map(|value| format!("\"{value}\"")).collect();
        let constraint = format!("{must} {} {}", condition.operator, shown.join(" or "));
        if request.fact(&clause.key) == Fact::Unknown {
            missing.push(Missing { key: clause.key.clone(), constraint, values, at });
        } else {
            let keys = clause.variable_keys().filter(|key| request.fact(key) == Fact::Unknown);
            let constraint = format!("stands in a condition on {}, which {constraint}", condition.key.value);
            missing.extend(keys.map(|key| Missing {
                key: key.to_owned(),
                constraint: constraint.clone(),
                values: Vec::new(),
                at,
            }));
        }
    }
    let keys = compiled.resource_keys().filter(|key| request.fact(key) == Fact::Unknown);
    let verb = if result.effect == Effect::Allow { "must make" } else { "must not make" };
    missing.extend(keys.map(|key| Missing {
        key: key.to_owned(),
        constraint: format!("{verb} the statement's resource fit the one asked for"),
        values: Vec::new(),
        at,
    }));
}
