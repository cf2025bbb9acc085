//! Policy variables in a version that has none.

use super::finding::{Findings, Rule, Severity};
use super::subject::Subject;

pub(super) const RULE: Rule = Rule {
    id: "variable-in-old-version",
    severity: Severity::Error,
    about: "A ${...} stands in a policy whose version takes it for ordinary characters",
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    if subject.document.has_variables() {
        return;
    }
    let message = "Without \"Version\": \"2012-10-17\" this is no variable but the characters themselves";
    let fix = "Write \"Version\": \"2012-10-17\" at the top of the policy";
    for stated in &subject.statements {
        for (at, text) in stated.resources() {
            if text.value.contains("${") {
                findings.add(stated.resource_spot(at), message, fix);
            }
        }
        for (at, condition) in stated.statement.conditions.iter().enumerate() {
            let values = condition.values.values.iter().enumerate();
            for (value, _) in values.filter(|(_, text)| text.value.contains("${")) {
                findings.add(stated.condition_spot(at, Some(value)), message, fix);
            }
        }
    }
}
