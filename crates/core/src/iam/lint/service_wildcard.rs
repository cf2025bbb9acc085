//! Every action of a service.

use super::finding::{Findings, Rule, Severity};
use super::reach::strongest;
use super::subject::Subject;
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
            let (Some((prefix, "*")), Some(known)) = (text.value.split_once(':'), known) else { continue };
            let Some(service) = subject.catalog.service(prefix) else { continue };
            let message = format!(
                "{} is {} actions of {}, {} of them of level Write and {} of level Permissions management",
                text.value,
                known.len(),
                service.name(),
                count(known, AccessLevel::Write),
                count(known, AccessLevel::PermissionsManagement),
            );
            let fix = format!("Name the actions that are used: leasekey iam actions '{}'", text.value);
            findings.shown(stated.action_spot(at), message, fix, strongest(subject, known));
        }
    }
}

fn count(actions: &[Action<'_>], level: AccessLevel) -> usize {
    actions.iter().filter(|action| action.is(level)).count()
}
