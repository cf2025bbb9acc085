//! What another part of the policy says already.

use std::collections::HashMap;

use super::finding::{Findings, Rule, Severity};
use super::subject::{Stated, Subject};
use crate::error::printable;
use crate::iam::cover::{covers_action, covers_statement};

pub(super) const RULE: Rule = Rule {
    id: "redundant",
    severity: Severity::Note,
    about: "A statement or an action that another one covers",
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    for stated in &subject.statements {
        if let Some(other) = subject.statements.iter().find(|other| says_all_of(other, stated)) {
            let message = format!("{} says all that {} says", other.title(), stated.title());
            findings.add(stated.spot(), message, "Take it out");
            continue;
        }
        actions(stated, findings);
    }
}

fn says_all_of(other: &Stated<'_>, stated: &Stated<'_>) -> bool {
    let conditions = |stated: &Stated<'_>| {
        let each = stated.statement.conditions.iter();
        let each = each.map(|condition| {
            let values: Vec<_> = condition.values.values.iter().map(|text| text.value.clone()).collect();
            (condition.operator, condition.key.value.to_ascii_lowercase(), values)
        });
        each.collect::<Vec<_>>()
    };
    let same = |stated: &Stated<'_>, other: &Stated<'_>| conditions(stated) == conditions(other);
    other.at != stated.at
        && other.statement.effect == stated.statement.effect
        && other.may_cover_actions_of(stated)
        && covers_statement(other.statement, stated.statement)
        && (other.statement.conditions.is_empty() || same(other, stated))
        // Of two that say the same the second is redundant.
        && (other.at < stated.at || !(covers_statement(stated.statement, other.statement) && same(other, stated)))
}

fn actions(stated: &Stated<'_>, findings: &mut Findings) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    // Only a pattern covers what is written otherwise.
    let patterns: Vec<_> = stated.actions().filter(|(_, text, _)| text.value.contains(['*', '?'])).collect();
    for (at, text, _) in stated.actions() {
        let same = seen.insert(text.value.to_ascii_lowercase(), at).map(|_| text);
        let wider = patterns.iter().find(|(other, wider, _)| {
            *other != at
                && !wider.value.eq_ignore_ascii_case(&text.value)
                && covers_action(&wider.value, &text.value)
        });
        if let Some(wider) = same.or(wider.map(|(_, wider, _)| *wider)) {
            let message = format!("{} covers {}", printable(&wider.value), printable(&text.value));
            findings.add(stated.action_spot(at), message, "Take it out");
        }
    }
}
