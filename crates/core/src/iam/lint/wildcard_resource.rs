//! Every resource, for actions that can be limited to some.

use super::finding::{Findings, Rule, Severity};
use super::full_access::is_full;
use super::reach::strongest;
use super::subject::{SHOWN, Stated, Subject, first_of};
use crate::iam::catalog::{AccessLevel, Action};
use crate::iam::kind::PolicyKind;

pub(super) const RULE: Rule = Rule {
    id: "wildcard-resource",
    severity: Severity::Warning,
    about: "A statement allows actions on every resource that could be limited to some",
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    if subject.kind != PolicyKind::Identity {
        return;
    }
    for stated in subject.allowing() {
        if !stated.is_for_everything() || is_full(stated) || is_narrowed(stated) {
            continue;
        }
        let actions = stated.actions().filter_map(|(_, _, known)| known).flatten();
        let mut narrowable: Vec<Action<'_>> =
            actions.filter(|action| !action.is_wildcard_only()).copied().collect();
        let changing = |action: &Action<'_>| {
            action.is(AccessLevel::Write) || action.is(AccessLevel::PermissionsManagement)
        };
        let changes = narrowable.iter().any(changing);
        if changes {
            narrowable.retain(changing);
        }
        let Some(first) = narrowable.first() else { continue };
        let names: Vec<_> = narrowable.iter().take(SHOWN).map(|action| action.full_name()).collect();
        let types: Vec<_> = first.resource_types().map(|(kind, _)| kind.arn()).take(1).collect();
        let message = format!("{} on every resource", first_of(&names, narrowable.len()));
        let fix = format!("Name the resources: {} takes {}", first.full_name(), types.concat());
        let spot = stated
            .resource_spot(stated.resources().find(|(_, text)| text.value == "*").map_or(0, |(at, _)| at));
        let severity = if changes { Severity::Warning } else { Severity::Note };
        findings.graded(severity, spot, message, fix, strongest(subject, &narrowable));
    }
}

// A condition on the resource, its tags or its account says which are meant as well as an ARN does.
fn is_narrowed(stated: &Stated<'_>) -> bool {
    stated.statement.conditions.iter().any(|condition| {
        let key = condition.key.value.to_ascii_lowercase();
        key.contains("resource")
            || !key.starts_with("aws:")
            || key == "aws:calledvia"
            || key == "aws:viaawsservice"
    })
}
