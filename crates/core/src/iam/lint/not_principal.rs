//! NotPrincipal: with Allow AWS does not support it, with Deny it shuts out those it means to spare.

use super::finding::{Findings, Rule, Severity};
use super::subject::Subject;
use crate::iam::document::{PrincipalElement, PrincipalKind, PrincipalNames};

pub(super) const RULE: Rule = Rule {
    id: "not-principal",
    severity: Severity::Error,
    about: "NotPrincipal with Allow is not supported; with Deny it needs account, role and session",
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    for stated in &subject.statements {
        let Some(element) = stated.statement.principal.as_ref().filter(|element| element.negated) else {
            continue;
        };
        if stated.allows() {
            // The engine takes it to allow nobody, so no request shows what AWS may make of it.
            let message = "NotPrincipal with Allow is not supported by AWS: it is taken to allow nobody, and is meant to allow everybody but those listed";
            let fix = "Name in Principal who is allowed";
            findings.add(stated.principal_spot(), message, fix);
        } else if let Some(role) = role_alone(element) {
            let message = format!("{role} is denied all the same: its account or its session is not listed");
            let fix = "Deny everybody, with ArnNotEquals on aws:PrincipalArn for those to spare";
            findings.graded(Severity::Warning, stated.principal_spot(), message, fix, None);
        }
    }
}

/// A role that is listed without its account or without a session of it.
fn role_alone(element: &PrincipalElement) -> Option<&str> {
    let PrincipalNames::Of(named) = &element.names else { return None };
    let aws = named.iter().filter(|(kind, _)| *kind == PrincipalKind::Aws);
    let names: Vec<&str> = aws.flat_map(|(_, texts)| &texts.values).map(|text| text.value.as_str()).collect();
    names.iter().copied().find(|name| {
        let Some((account, _)) = name.split_once(":role/") else { return false };
        let id = account.rsplit(':').next().unwrap_or_default();
        let has_account = names.iter().any(|other| *other == id || *other == format!("{account}:root"));
        let has_session = names.iter().any(|other| other.contains(":assumed-role/"));
        !has_account || !has_session
    })
}
