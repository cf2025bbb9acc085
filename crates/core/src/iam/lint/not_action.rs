//! Allow with NotAction: every action but a few, those that AWS will add too.

use super::finding::{Findings, Rule, Severity};
use super::reach::{actions_of, reached};
use super::subject::{Subject, some};

pub(super) const RULE: Rule = Rule {
    id: "not-action-with-allow",
    severity: Severity::Warning,
    about: "Allow with NotAction allows every action that is not listed",
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    if !subject.kind.grants() {
        return;
    }
    for stated in subject.allowing().filter(|stated| stated.statement.action.negated) {
        let Some(witness) = reached(subject, stated, &actions_of(subject, stated)) else { continue };
        let excepted: Vec<_> =
            stated.statement.action.texts.values.iter().map(|text| text.value.as_str()).collect();
        let message = format!("Every action but {} is allowed, those that AWS will add too", some(&excepted));
        let fix = "List in Action what is used; to take actions away, write a Deny";
        findings.shown(stated.action_spot(0), message, fix, witness);
    }
}
