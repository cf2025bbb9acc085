//! Every action on every resource.

use super::finding::{Findings, Rule, Severity};
use super::reach::{PROBES, on_anything};
use super::subject::{Stated, Subject, is_everything};
use crate::iam::kind::PolicyKind;
use crate::iam::witness::Witness;

pub(super) const RULE: Rule = Rule {
    id: "full-access",
    severity: Severity::Error,
    about: "A statement allows every action on every resource",
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(witness) = told(subject) else { return };
    for stated in subject.allowing().filter(|stated| is_full(stated)) {
        let at = stated.actions().find(|(_, text, _)| is_everything(&text.value)).map_or(0, |(at, ..)| at);
        let fix = "Name the services and actions that are used; for people, attach AdministratorAccess and ask for MFA";
        findings.shown(
            stated.action_spot(at),
            "Every action on every resource is allowed",
            fix,
            witness.clone(),
        );
    }
}

/// A request that shows that every action on every resource is allowed, if that is told.
pub(super) fn told<'s>(subject: &'s Subject<'_>) -> Option<&'s Witness> {
    subject.full.get_or_init(|| witness(subject)).as_ref()
}

/// Whether it is told that the statement allows everything, which leaves nothing to add.
pub(super) fn is_told(subject: &Subject<'_>, stated: &Stated<'_>) -> bool {
    is_full(stated) && told(subject).is_some()
}

/// A request that shows that a statement for every action on every resource is worth it: that most of what it says
/// is allowed, whatever a Deny takes away.
fn witness(subject: &Subject<'_>) -> Option<Witness> {
    if subject.kind != PolicyKind::Identity || !subject.allowing().any(is_full) {
        return None;
    }
    let probes: Vec<_> = PROBES.iter().filter_map(|name| subject.catalog.action(name)).collect();
    let asked = probes.iter().map(|action| on_anything(subject, *action, &[], |_| true));
    let mut allowed: Vec<Witness> = asked.flatten().collect();
    let most = allowed.len() * 2 > probes.len();
    most.then(|| allowed.swap_remove(0))
}

/// Whether a statement is for every action on every resource.
fn is_full(stated: &Stated<'_>) -> bool {
    stated.is_for_everything() && stated.actions().any(|(_, text, _)| is_everything(&text.value))
}
