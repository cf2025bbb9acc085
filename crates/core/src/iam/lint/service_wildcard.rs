//! Every action of a service, or of every service.

use super::finding::{Findings, Rule, Severity};
use super::full_access;
use super::reach::{actions_of, reached};
use super::subject::{Stated, Subject};
use crate::error::printable;
use crate::iam::catalog::{AccessLevel, Action};

pub(super) const RULE: Rule = Rule {
    id: "service-wildcard",
    severity: Severity::Warning,
    about: "A statement allows every action of a service, those that AWS will add too",
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    if !subject.kind.grants() {
        return;
    }
    for stated in subject.allowing() {
        for (at, text, known) in stated.actions() {
            let Some(known) = known else {
                of_every_service(subject, stated, at, findings);
                continue;
            };
            let Some(of) = all_of(&text.value, known) else { continue };
            let Some(witness) = reached(subject, stated, known) else { continue };
            let message = format!(
                "{} is {} actions of {of}, {} of them of level Write and {} of level Permissions management",
                printable(&text.value),
                known.len(),
                count(known, AccessLevel::Write),
                count(known, AccessLevel::PermissionsManagement),
            );
            let fix =
                format!("Name the actions that are used: leasekey iam actions '{}'", printable(&text.value));
            findings.shown(stated.action_spot(at), message, fix, witness);
        }
    }
}

/// The service of which the pattern means every action.
fn all_of<'a>(pattern: &str, known: &[Action<'a>]) -> Option<&'a str> {
    let service = known.first().filter(|_| pattern.contains('*'))?.service();
    let is_every = pattern.ends_with(":*") || service.actions().count() == known.len();
    is_every.then(|| service.name())
}

fn of_every_service(subject: &Subject<'_>, stated: &Stated<'_>, at: usize, findings: &mut Findings) {
    if full_access::is_told(subject, stated) {
        return;
    }
    let Some(witness) = reached(subject, stated, &actions_of(subject, stated)) else { return };
    let message = "Every action of every service is allowed on the resources, those that AWS will add too";
    let fix = "Name the actions that are used: leasekey iam actions 'service:*' lists those of a service";
    findings.shown(stated.action_spot(at), message, fix, witness);
}

fn count(actions: &[Action<'_>], level: AccessLevel) -> usize {
    actions.iter().filter(|action| action.is(level)).count()
}
