//! Allow with NotResource: every resource but a few, those of other accounts too.

use super::finding::{Findings, Rule, Severity};
use super::reach::{actions_of, reached};
use super::subject::Subject;

pub(super) const RULE: Rule = Rule {
    id: "not-resource-with-allow",
    severity: Severity::Warning,
    about: "Allow with NotResource allows every resource that is not listed",
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    if !subject.kind.grants() {
        return;
    }
    for stated in subject.allowing() {
        if !stated.statement.resource.as_ref().is_some_and(|element| element.negated) {
            continue;
        }
        let message = "Every resource but those listed is allowed, those that are made later too";
        let fix = "List in Resource what is meant; to take resources away, write a Deny";
        let Some(witness) = reached(subject, stated, &actions_of(subject, stated)) else { continue };
        findings.shown(stated.resource_spot(0), message, fix, witness);
    }
}
