//! Everybody, strangers included.

use super::finding::{Findings, Rule, Severity};
use super::subject::Subject;

pub(super) const RULE: Rule = Rule {
    id: "public-principal",
    severity: Severity::Error,
    about: "A stranger of any account is allowed, or anybody without credentials",
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    if !subject.kind.names_principals() {
        return;
    }
    for stated in subject.allowing().filter(|stated| stated.is_for_everybody()) {
        let Some(witness) = subject.strangers_witness(stated) else { continue };
        let message =
            format!("{} lets in anybody on the internet with an AWS account, or without", stated.title());
        let fix = "Name the principals, or ask for aws:PrincipalOrgID, aws:SourceAccount or aws:SourceVpce";
        findings.shown(stated.principal_spot(), message, fix, witness);
    }
}
