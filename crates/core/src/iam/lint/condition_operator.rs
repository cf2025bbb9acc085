//! Operators that cannot compare the values of their key.

use super::finding::{Findings, Rule, Severity};
use super::subject::Subject;
use crate::error::printable;
use crate::iam::catalog::ConditionKey;
use crate::iam::document::Condition;
use crate::iam::operator::Comparison;

pub(super) const RULE: Rule = Rule {
    id: "condition-operator-mismatch",
    severity: Severity::Warning,
    about: "An operator cannot compare the values that its condition key has",
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    for stated in &subject.statements {
        for (at, condition) in stated.statement.conditions.iter().enumerate() {
            let Some(key) = subject.catalog.condition_key(&condition.key.value) else { continue };
            let name = printable(&condition.key.value);
            if !compares(condition.operator.comparison, key.value_type()) {
                let message = format!(
                    "{} compares no value of type {}, which {name} has",
                    condition.operator,
                    key.value_type()
                );
                let fix = format!("Use {}", suited(key.value_type()));
                findings.add(stated.condition_spot(at, None), message, fix);
            } else if is_single_on_many(condition, key) {
                let message = format!("{name} has several values, and {} compares one", condition.operator);
                let fix = format!(
                    "Write ForAnyValue:{0} or, with a Null guard, ForAllValues:{0}",
                    condition.operator
                );
                findings.add(stated.condition_spot(at, None), message, fix);
            }
        }
    }
}

fn is_single_on_many(condition: &Condition, key: ConditionKey<'_>) -> bool {
    let operator = condition.operator;
    key.is_multivalued() && operator.quantifier.is_none() && operator.comparison != Comparison::Null
}

/// The type of one value, in lower case, without `ArrayOf`.
fn single(value_type: &str) -> String {
    value_type.to_ascii_lowercase().replace("arrayof", "")
}

// AWS compares texts with anything that is written as one; what is told here never compares at all.
fn compares(comparison: Comparison, value_type: &str) -> bool {
    use Comparison as C;
    let value_type = single(value_type);
    if value_type.is_empty() {
        return true;
    }
    let is = |types: &[&str]| types.contains(&value_type.as_str());
    match comparison {
        C::IpAddress => is(&["ipaddress"]),
        C::Bool => is(&["bool", "boolean", "string"]),
        C::DateEquals
        | C::DateGreaterThan
        | C::DateGreaterThanEquals
        | C::DateLessThan
        | C::DateLessThanEquals => is(&["date", "numeric"]),
        C::NumericEquals
        | C::NumericGreaterThan
        | C::NumericGreaterThanEquals
        | C::NumericLessThan
        | C::NumericLessThanEquals => !is(&["arn", "bool", "boolean", "ipaddress"]),
        C::ArnEquals | C::ArnLike => is(&["arn", "string"]),
        C::StringEquals | C::StringEqualsIgnoreCase | C::StringLike => !is(&["ipaddress"]),
        _ => true,
    }
}

fn suited(value_type: &str) -> &'static str {
    match single(value_type).as_str() {
        "arn" => "ArnLike or ArnEquals",
        "bool" | "boolean" => "Bool",
        "date" => "DateGreaterThan, DateLessThan or their kind",
        "ipaddress" => "IpAddress or NotIpAddress",
        "numeric" | "long" => "NumericEquals or its kind",
        _ => "StringEquals or StringLike",
    }
}
