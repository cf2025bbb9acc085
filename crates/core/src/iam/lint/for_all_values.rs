//! ForAllValues on Allow without a guard: it holds for a request that does not have the key.

use super::finding::{Findings, Rule, Severity};
use super::reach::{actions_of, reached};
use super::subject::{Stated, Subject};
use crate::error::printable;
use crate::iam::document::Condition;
use crate::iam::operator::{Comparison, Quantifier};

pub(super) const RULE: Rule = Rule {
    id: "for-all-values-without-null-guard",
    severity: Severity::Warning,
    about: "ForAllValues on Allow holds where the key is absent, and no Null condition asks for the key",
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    if !subject.kind.grants() {
        return;
    }
    for stated in subject.allowing() {
        for (at, condition) in stated.statement.conditions.iter().enumerate() {
            let is_open = condition.operator.quantifier == Some(Quantifier::ForAllValues);
            if !is_open || is_guarded(stated, condition) {
                continue;
            }
            let Some(witness) = reached(subject, stated, &actions_of(subject, stated)) else { continue };
            let key = printable(&condition.key.value);
            let message = format!("{} holds for a request without {key}", condition.operator);
            let fix = format!("Add \"Null\": {{\"{key}\": \"false\"}} to the statement");
            findings.shown(stated.condition_spot(at, None), message, fix, witness);
        }
    }
}

// Any other operator that needs the key guards as well as Null does.
fn is_guarded(stated: &Stated<'_>, open: &Condition) -> bool {
    let same = stated
        .statement
        .conditions
        .iter()
        .filter(|other| other.key.value.eq_ignore_ascii_case(&open.key.value));
    same.into_iter().any(|other| match other.operator.comparison {
        Comparison::Null => other.values.values.iter().all(|text| text.value.eq_ignore_ascii_case("false")),
        _ => {
            let operator = other.operator;
            operator.quantifier != Some(Quantifier::ForAllValues) && !operator.negated && !operator.if_exists
        }
    })
}
