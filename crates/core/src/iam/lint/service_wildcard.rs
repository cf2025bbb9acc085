//! Every action of a service, or of every service.

use super::finding::{Findings, Rule, Severity};
use super::full_access;
use super::reach::{actions_of, reached};
use super::subject::{Stated, Subject};
use crate::error::printable;
use crate::iam::arn::is_account;
use crate::iam::catalog::{AccessLevel, Action};
use crate::iam::witness::account;

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
            let Some(of) = all_of(&text.value, known).filter(|_| !is_default_of_keys(subject, stated)) else {
                continue;
            };
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

/// Whether it is the statement that AWS writes into every key policy: it leaves the key to the policies of an own
/// account, and gives nobody anything.
fn is_default_of_keys(subject: &Subject<'_>, stated: &Stated<'_>) -> bool {
    let is_own = |name: &str| {
        let is_whole = is_account(name) || name.ends_with(":root");
        is_whole && account(name).is_some_and(|account| !subject.is_foreign(account))
    };
    let mut principals = stated.principals().peekable();
    let is_of_keys = stated.statement.action.texts.values.iter().all(|text| text.value == "kms:*");
    is_of_keys && principals.peek().is_some() && principals.all(|(_, _, text)| is_own(&text.value))
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
