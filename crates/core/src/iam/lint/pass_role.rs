//! iam:PassRole of any role to any service.

use super::finding::{Findings, Rule, Severity};
use super::full_access;
use super::reach::of_the_request;
use super::subject::Subject;
use crate::iam::witness::{Ask, find};

pub(super) const RULE: Rule = Rule {
    id: "pass-role-too-wide",
    severity: Severity::Warning,
    about: "iam:PassRole is allowed for any role and any service",
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    if !subject.kind.grants() || subject.kind.names_principals() || !subject.may_allow("iam:PassRole") {
        return;
    }
    let home = subject.judge.home();
    let role = home.iam("role", "administrator");
    // A service that nobody has: who asks for one does not allow it.
    let fixed = [("iam:PassedToService", "any-service.amazonaws.com")];
    let ask = Ask {
        caller: home.user(),
        action: "iam:PassRole",
        resource: &role,
        fixed: &fixed,
        chosen: of_the_request,
    };
    let Some(witness) = find(&subject.judge, &ask) else { return };
    let Some((stated, at)) = subject.allowed_by("iam:PassRole") else { return };
    if full_access::is_told(subject, stated) {
        return;
    }
    let message = "Any role can be passed to any service";
    let fix =
        "Name the roles in Resource, and the service in a condition: StringEquals on iam:PassedToService";
    findings.shown(stated.action_spot(at), message, fix, witness);
}
