//! Roles that another account may assume without an external id.

use super::finding::{Findings, Rule, Severity};
use super::subject::Subject;
use crate::iam::kind::PolicyKind;

pub(super) const RULE: Rule = Rule {
    id: "missing-external-id",
    severity: Severity::Warning,
    about: "Another account may assume the role without an external id",
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    if subject.kind != PolicyKind::Trust {
        return;
    }
    for stated in subject.allowing() {
        for account in subject.foreign_accounts(stated) {
            let Some(witness) = subject.foreign_witness(stated, &account) else { continue };
            let message = format!("Account {account} may assume the role without an external id");
            let fix = format!(
                "Ask for one: StringEquals on sts:ExternalId; if the account is yours, declare {account} an own account"
            );
            findings.shown(stated.principal_spot(), message, fix, witness);
        }
        for (organization, witness) in subject.foreign_callers(stated) {
            let message = format!("{} may assume the role without an external id", organization.title());
            let fix = format!("Ask for one: StringEquals on sts:ExternalId{}", organization.if_own());
            findings.shown(stated.principal_spot(), message, fix, witness);
        }
    }
}
