//! Elements that a kind of policy must have, or must not.

use std::collections::HashSet;

use super::finding::{Findings, Rule, Severity};
use super::subject::{Spot, Stated, Subject};
use crate::error::printable;
use crate::iam::document::{PrincipalKind, Text};
use crate::iam::json::Place;
use crate::iam::kind::PolicyKind;

pub(super) const RULE: Rule = Rule {
    id: "element-not-allowed",
    severity: Severity::Error,
    about: "AWS refuses an element in policies of this kind, or misses one",
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    let kind = subject.kind;
    for stated in &subject.statements {
        principal(stated, kind, findings);
        resource(stated, kind, findings);
        if kind == PolicyKind::Trust {
            trust_actions(stated, findings);
        }
    }
    sids(subject, findings);
    if subject.statements.is_empty() {
        let spot = Spot { place: Place { line: 1, column: 1 }, pointer: "/Statement".to_owned() };
        findings.add(spot, "A policy has one statement at least", "Add what it is to say, or attach none");
    }
}

fn principal(stated: &Stated<'_>, kind: PolicyKind, findings: &mut Findings) {
    let element = stated.statement.principal.as_ref();
    let name =
        element.map_or("Principal", |element| if element.negated { "NotPrincipal" } else { "Principal" });
    if !kind.names_principals() && element.is_some() {
        let message = format!("{name} is not allowed in a policy of kind {}", kind.name());
        let fix =
            "Take it out: the policy is for whom it is attached to; or pass --type resource or --type trust";
        findings.add(stated.principal_spot(), message, fix);
    }
    if kind.names_principals() && element.is_none() {
        let message = format!("A policy of kind {} must say who it is for", kind.name());
        findings.add(stated.spot(), message, "Add \"Principal\"");
    }
    if kind == PolicyKind::Trust && element.is_some_and(|element| element.negated) {
        let message = "A trust policy cannot use NotPrincipal";
        findings.add(stated.principal_spot(), message, "Name in \"Principal\" who may assume the role");
    }
    for (principal, _, text) in stated.principals() {
        if kind.names_principals() && principal == PrincipalKind::Aws && has_partial_wildcard(text) {
            let message = format!("A principal cannot be a pattern: \"{}\"", printable(&text.value));
            let fix = "Name the account, and ask for aws:PrincipalArn with ArnLike in a condition";
            findings.add(stated.principal_spot(), message, fix);
        }
    }
}

fn has_partial_wildcard(text: &Text) -> bool {
    text.value != "*" && text.value.contains(['*', '?'])
}

fn resource(stated: &Stated<'_>, kind: PolicyKind, findings: &mut Findings) {
    match (&stated.statement.resource, kind) {
        (Some(_), PolicyKind::Trust) => {
            let message = "A trust policy has no Resource: it is about the role that it is attached to";
            findings.add(stated.resource_spot(0), message, "Take it out");
        }
        (None, PolicyKind::Identity | PolicyKind::Session | PolicyKind::Boundary | PolicyKind::Scp) => {
            let message = format!("A policy of kind {} must say which resources it is about", kind.name());
            findings.add(stated.spot(), message, "Add \"Resource\"");
        }
        _ => {}
    }
}

fn trust_actions(stated: &Stated<'_>, findings: &mut Findings) {
    for (at, text, _) in stated.actions() {
        let action = text.value.to_ascii_lowercase();
        if !action.starts_with("sts:") && action != "*" {
            let message =
                format!("A trust policy grants actions of sts only, not {}", printable(&text.value));
            findings.add(stated.action_spot(at), message, "Name sts:AssumeRole or its kind");
        }
    }
}

fn sids(subject: &Subject<'_>, findings: &mut Findings) {
    let mut seen = HashSet::new();
    for stated in &subject.statements {
        let Some(sid) = &stated.statement.sid else { continue };
        if !seen.insert(sid.value.as_str()) {
            let message = format!("Two statements have the Sid \"{}\"", printable(&sid.value));
            findings.add(stated.spot(), message, "Give each its own, or none");
        }
        // Of the policies of resources some take more.
        let is_word = sid.value.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if subject.kind != PolicyKind::Resource && !is_word {
            let kind = subject.kind.name();
            let message = format!(
                "A Sid of a policy of kind {kind} has letters and digits only: \"{}\"",
                printable(&sid.value)
            );
            findings.add(stated.spot(), message, "Take the other characters out");
        }
    }
}
