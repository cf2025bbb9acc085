//! Trust in IAM Roles Anywhere.

use super::confused_deputy::is_not_of_the_source;
use super::finding::{Findings, Rule, Severity};
use super::others::Facts;
use super::subject::{Stated, Subject};
use crate::iam::document::PrincipalKind;
use crate::iam::kind::PolicyKind;
use crate::iam::witness::{Caller, EXAMPLE, concrete_arn, may_match};

pub(super) const RULE: Rule = Rule {
    id: "roles-anywhere-trust",
    severity: Severity::Warning,
    about: "A role trusts Roles Anywhere for any trust anchor or certificate, or lacks an action that it needs",
};

const SERVICE: &str = "rolesanywhere.amazonaws.com";

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    if subject.kind != PolicyKind::Trust {
        return;
    }
    let trusts = |stated: &&Stated<'_>| {
        stated.principals().any(|(kind, _, text)| kind == PrincipalKind::Service && text.value == SERVICE)
    };
    let trusting: Vec<_> = subject.allowing().filter(trusts).collect();
    let Some(first) = trusting.first() else { return };
    for action in ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"] {
        if !trusting.iter().any(|stated| may_match(stated.statement, action)) {
            let message = format!("{SERVICE} may not do {action}, without which it gives no session");
            let fix = format!("Add {action} to the actions");
            findings.graded(Severity::Error, first.action_spot(0), message, fix, None);
        }
    }
    for stated in trusting.into_iter().filter(|stated| may_match(stated.statement, "sts:AssumeRole")) {
        let caller = || Caller::Service(SERVICE.to_owned());
        let facts = any_anchor(stated);
        if let Some(witness) = subject.ask_with(stated, &caller(), &facts, is_not_of_the_source) {
            let message = "A certificate of any trust anchor of the account gives the role";
            let fix = "Ask for the trust anchor: ArnEquals on aws:SourceArn";
            findings.shown(stated.principal_spot(), message, fix, witness);
        }
        if let Some(witness) = subject.ask(stated, caller(), &[], is_not_of_the_certificate) {
            let message = "Every certificate that the trust anchor accepts gives the role";
            let fix = "Ask for the certificate: StringEquals on aws:PrincipalTag/x509Subject/CN";
            findings.shown(stated.principal_spot(), message, fix, witness);
        }
    }
}

/// A trust anchor that nobody names, of the account that the statement asks for.
fn any_anchor<'a>(stated: &Stated<'a>) -> Facts<'a> {
    let conditions = stated.statement.conditions.iter();
    let on_source = conditions.filter(|condition| condition.key.value.eq_ignore_ascii_case("aws:SourceArn"));
    let anchor = |pattern: &str| {
        let place = pattern.rsplit_once(':').map_or("arn:aws:rolesanywhere:*:*", |(place, _)| place);
        concrete_arn(&format!("{place}:trust-anchor/{EXAMPLE}"))
    };
    let facts = on_source.filter_map(|condition| {
        let first = condition.values.values.first()?;
        Some((condition.key.value.as_str(), anchor(&first.value)))
    });
    facts.collect()
}

fn is_not_of_the_certificate(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    !key.starts_with("aws:principaltag/x509")
        && !key.starts_with("aws:requesttag/x509")
        && key != "sts:sourceidentity"
}
