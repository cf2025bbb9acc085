//! Every resource, for actions that can be limited to some.

use std::collections::BTreeMap;

use super::finding::{Findings, Rule, Severity};
use super::full_access;
use super::reach::reached;
use super::subject::{SHOWN, Stated, Subject, first_of};
use crate::error::printable;
use crate::iam::catalog::{AccessLevel, Action};
use crate::iam::cover::{covers, is_any_resource};
use crate::iam::kind::PolicyKind;
use crate::iam::witness::Home;

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
        let mut wide = Wide::of(stated);
        let Some((at, pattern)) = wide.first() else { continue };
        if full_access::is_told(subject, stated) || is_narrowed(stated) {
            continue;
        }
        let actions = stated.actions().filter_map(|(_, _, known)| known).flatten();
        let mut narrowable: Vec<Action<'_>> =
            actions.filter(|action| wide.takes(**action)).copied().collect();
        let changing = |action: &Action<'_>| {
            action.is(AccessLevel::Write) || action.is(AccessLevel::PermissionsManagement)
        };
        let changes = narrowable.iter().any(changing);
        if changes {
            narrowable.retain(changing);
        }
        let Some(first) = narrowable.first() else { continue };
        let Some(witness) = reached(subject, stated, &narrowable) else { continue };
        let names: Vec<_> = narrowable.iter().take(SHOWN).map(|action| action.full_name()).collect();
        let types: Vec<_> = first.resource_types().map(|(kind, _)| kind.arn()).take(1).collect();
        let names = first_of(&names, narrowable.len());
        let message = match wide.is_everything {
            true => format!("{names} on every resource"),
            false => format!("{names} on every resource of its type: {}", printable(pattern)),
        };
        let fix = format!("Name the resources: {} takes {}", first.full_name(), types.concat());
        let severity = if changes { Severity::Warning } else { Severity::Note };
        findings.graded(severity, stated.resource_spot(at), message, fix, witness);
    }
}

/// The resources of a statement that name none: every one, or every one of a type wherever it is.
struct Wide<'a> {
    is_everything: bool,
    patterns: Vec<(usize, &'a str)>,
    nowhere: Home,
    /// Whether the patterns are for every resource of a type; asked once for each type.
    types: BTreeMap<usize, bool>,
}

impl<'a> Wide<'a> {
    fn of(stated: &Stated<'a>) -> Self {
        let patterns = stated.resources().map(|(at, text)| (at, text.value.as_str()));
        let mut patterns: Vec<_> = patterns.filter(|(_, pattern)| names_no_place(pattern)).collect();
        // The widest comes first.
        patterns.sort_by_key(|(_, pattern)| !is_any_resource(pattern));
        let is_everything = stated.is_for_everything();
        Self { is_everything, patterns, nowhere: Home::nowhere(), types: BTreeMap::new() }
    }

    fn first(&self) -> Option<(usize, &'a str)> {
        self.patterns.first().copied()
    }

    /// Whether the action could be limited, and is not.
    fn takes(&mut self, action: Action<'_>) -> bool {
        let Self { is_everything, patterns, nowhere, types } = self;
        if *is_everything {
            return !action.is_wildcard_only();
        }
        action.resource_types().any(|(kind, _)| {
            *types.entry(kind.row()).or_insert_with(|| {
                let some = nowhere.resource(kind.arn());
                patterns.iter().any(|(_, pattern)| covers(pattern, &some))
            })
        })
    }
}

/// Whether a pattern leaves the account open, and the Region: only such a one can be for every resource of a type.
fn names_no_place(pattern: &str) -> bool {
    let mut parts = pattern.splitn(6, ':');
    let (region, account, last) = (parts.nth(3), parts.next(), parts.next());
    let is_open = |part: Option<&str>| part.is_none_or(|part| part.bytes().all(|byte| byte == b'*'));
    is_any_resource(pattern)
        || (last.is_some_and(|last| last.contains('*')) && is_open(region) && is_open(account))
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
