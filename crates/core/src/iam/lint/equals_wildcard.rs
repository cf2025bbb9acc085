//! Wildcards where they are ordinary characters.

use super::finding::{Findings, Rule, Severity};
use super::subject::Subject;
use crate::iam::operator::Comparison;

pub(super) const RULE: Rule = Rule {
    id: "wildcard-in-equals",
    severity: Severity::Warning,
    about: "A value of StringEquals holds * or ?, which it takes for ordinary characters",
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    for stated in &subject.statements {
        for (at, condition) in stated.statement.conditions.iter().enumerate() {
            let comparison = condition.operator.comparison;
            if !matches!(comparison, Comparison::StringEquals | Comparison::StringEqualsIgnoreCase) {
                continue;
            }
            for (value, text) in condition.values.values.iter().enumerate() {
                // `${*}` and `${?}` say that the character itself is meant.
                let plain = text.value.replace("${*}", "").replace("${?}", "");
                if plain.contains(['*', '?']) {
                    let negated = if condition.operator.negated { "Not" } else { "" };
                    let message =
                        format!("{} takes the wildcard for the character itself", condition.operator);
                    let fix = format!("Write String{negated}Like, or ${{*}} if the character is meant");
                    findings.add(stated.condition_spot(at, Some(value)), message, fix);
                }
            }
        }
    }
}
