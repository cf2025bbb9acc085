//! A set operator whose result AWS does not document.

use super::finding::{Findings, Rule, Severity};
use super::subject::Subject;
use crate::iam::operator::Quantifier;

pub(super) const RULE: Rule = Rule {
    id: "undefined-set-operator",
    severity: Severity::Note,
    about: "ForAnyValue with IfExists: AWS does not say what it is where the key is absent",
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    for stated in &subject.statements {
        for (at, condition) in stated.statement.conditions.iter().enumerate() {
            if condition.operator.quantifier == Some(Quantifier::ForAnyValue) && condition.operator.if_exists
            {
                let message =
                    format!("AWS does not say what {} is where the key is absent", condition.operator);
                let fix =
                    "Leave IfExists out, and write a second statement with Null for requests without the key";
                findings.add(stated.condition_spot(at, None), message, fix);
            }
        }
    }
}
