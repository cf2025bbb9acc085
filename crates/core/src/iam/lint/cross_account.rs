//! Other accounts, in policies of resources.

use super::finding::{Findings, Rule, Severity};
use super::subject::Subject;
use crate::iam::kind::PolicyKind;

pub(super) const RULE: Rule = Rule {
    id: "cross-account-principal",
    severity: Severity::Warning,
    about: "A resource is open to another account or organization without a condition",
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    if subject.kind != PolicyKind::Resource {
        return;
    }
    for stated in subject.allowing() {
        for account in subject.foreign_accounts(stated) {
            let Some(witness) = subject.foreign_witness(stated, &account) else { continue };
            let message = format!("Account {account} is allowed without a condition");
            let fix = format!(
                "Ask for aws:PrincipalOrgID or aws:PrincipalArn; if the account is yours, declare {account} an own account"
            );
            // Where nothing was declared, the account may well be one's own.
            let declared = !subject.options.own_accounts.is_empty();
            let severity = if declared { Severity::Warning } else { Severity::Note };
            findings.graded(severity, stated.principal_spot(), message, fix, witness);
        }
        for (organization, witness) in subject.foreign_callers(stated) {
            let message = format!("{} is allowed, every account of it", organization.title());
            let fix = format!("Name the accounts or roles that are meant{}", organization.if_own());
            findings.shown(stated.principal_spot(), message, fix, witness);
        }
    }
}
