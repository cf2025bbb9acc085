//! Every action on every resource.

use super::finding::{Findings, Rule, Severity};
use super::reach::on_anything;
use super::subject::{Stated, Subject, is_everything};
use crate::iam::kind::PolicyKind;

pub(super) const RULE: Rule = Rule {
    id: "full-access",
    severity: Severity::Error,
    about: "A statement allows every action on every resource",
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    if subject.kind != PolicyKind::Identity {
        return;
    }
    for stated in subject.allowing().filter(|stated| is_full(stated)) {
        let action = subject.catalog.action("iam:CreateUser");
        let witness = action.and_then(|action| on_anything(subject, action, &[], |_| true));
        let Some(witness) = witness else { continue };
        let at = stated.actions().find(|(_, text, _)| is_everything(&text.value)).map_or(0, |(at, ..)| at);
        let fix = "Name the services and actions that are used; for people, attach AdministratorAccess and ask for MFA";
        findings.shown(stated.action_spot(at), "Every action on every resource is allowed", fix, witness);
    }
}

/// Whether a statement is for every action on every resource.
pub(super) fn is_full(stated: &Stated<'_>) -> bool {
    stated.is_for_everything() && stated.actions().any(|(_, text, _)| is_everything(&text.value))
}
