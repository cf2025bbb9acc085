//! What another part of the policy says already.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::finding::{Findings, Rule, Severity};
use super::subject::{Stated, Subject};
use crate::error::printable;
use crate::iam::cover::{covers_action, covers_statement};
use crate::iam::index::Index;

pub(super) const RULE: Rule = Rule {
    id: "redundant",
    severity: Severity::Note,
    about: "A statement or an action that another one covers",
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    let alike = Alike::of(subject);
    for stated in &subject.statements {
        let others = alike.with(stated).into_iter().filter_map(|at| subject.statements.get(at));
        if let Some(other) = others.into_iter().find(|other| says_all_of(&alike, other, stated)) {
            let message = format!("{} says all that {} says", other.title(), stated.title());
            findings.add(stated.spot(), message, "Take it out");
            continue;
        }
        actions(stated, findings);
    }
}

/// What the statements ask for: one can say all of another only where it asks for the same, or for nothing.
struct Alike {
    asked: Vec<Asked>,
    groups: BTreeMap<Asked, Index>,
}

/// Whether it allows, and its conditions.
type Asked = (bool, Vec<String>);

impl Alike {
    fn of(subject: &Subject<'_>) -> Self {
        let asked: Vec<Asked> =
            subject.statements.iter().map(|one| (one.allows(), conditions(one))).collect();
        let mut groups = BTreeMap::<_, Vec<_>>::new();
        for (own, stated) in asked.iter().zip(&subject.statements) {
            groups.entry(own.clone()).or_default().push((stated.at, stated.statement));
        }
        Self { asked, groups: groups.into_iter().map(|(own, group)| (own, Index::of(group))).collect() }
    }

    fn with(&self, stated: &Stated<'_>) -> Vec<usize> {
        let Some(own) = self.asked.get(stated.at) else { return Vec::new() };
        let none = (own.0, Vec::new());
        let keys = [Some(&none), (!own.1.is_empty()).then_some(own)];
        let groups = keys.into_iter().flatten().filter_map(|key| self.groups.get(key));
        let mut all: Vec<_> = groups.flat_map(|group| group.covering(stated.statement)).collect();
        all.sort_unstable();
        all
    }

    fn same(&self, a: &Stated<'_>, b: &Stated<'_>) -> bool {
        self.asked.get(a.at) == self.asked.get(b.at)
    }
}

fn conditions(stated: &Stated<'_>) -> Vec<String> {
    let each = stated.statement.conditions.iter().map(|condition| {
        let values: Vec<_> = condition.values.values.iter().map(|text| &text.value).collect();
        format!("{} {} {values:?}", condition.operator, condition.key.value.to_ascii_lowercase())
    });
    each.collect()
}

fn says_all_of(alike: &Alike, other: &Stated<'_>, stated: &Stated<'_>) -> bool {
    other.at != stated.at
        && other.may_cover_actions_of(stated)
        && covers_statement(other.statement, stated.statement)
        // Of two that say the same the second is redundant.
        && (other.at < stated.at
            || !(covers_statement(stated.statement, other.statement) && alike.same(other, stated)))
}

fn actions(stated: &Stated<'_>, findings: &mut Findings) {
    let twice = twice(stated);
    // Only a pattern covers what is written otherwise.
    let patterns: Vec<_> = stated.actions().filter(|(_, text, _)| text.value.contains(['*', '?'])).collect();
    for (at, text, _) in stated.actions() {
        let wider = patterns.iter().find(|(other, wider, _)| {
            *other != at
                && !wider.value.eq_ignore_ascii_case(&text.value)
                && covers_action(&wider.value, &text.value)
        });
        if let Some(wider) = twice.contains(&at).then_some(text).or(wider.map(|(_, wider, _)| *wider)) {
            let message = format!("{} covers {}", printable(&wider.value), printable(&text.value));
            findings.add(stated.action_spot(at), message, "Take it out");
        }
    }
}

/// Which actions are written twice: the later ones.
fn twice(stated: &Stated<'_>) -> BTreeSet<usize> {
    let mut sorted: Vec<_> = stated.actions().map(|(at, text, _)| (at, text)).collect();
    sorted.sort_by(|(_, a), (_, b)| compare(&a.value, &b.value));
    let same = sorted.windows(2).filter_map(|pair| match pair {
        [(_, before), (at, text)] if compare(&before.value, &text.value).is_eq() => Some(*at),
        _ => None,
    });
    same.collect()
}

/// Puts texts that are the same but for upper and lower case side by side.
fn compare(a: &str, b: &str) -> Ordering {
    let lower = |byte: u8| byte.to_ascii_lowercase();
    a.len().cmp(&b.len()).then_with(|| a.bytes().map(lower).cmp(b.bytes().map(lower)))
}
