//! What another part of the policy says already.

use std::collections::HashMap;

use super::finding::{Findings, Rule, Severity};
use super::subject::{Stated, Subject};
use crate::error::printable;
use crate::iam::cover::{covers_action, covers_statement};
use crate::iam::document::Effect;
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
    asked: Vec<(Effect, Vec<String>)>,
    groups: HashMap<(Effect, Vec<String>), Index>,
}

impl Alike {
    fn of(subject: &Subject<'_>) -> Self {
        let (mut asked, mut groups) = (Vec::new(), HashMap::<_, Index>::new());
        for stated in &subject.statements {
            let own = (stated.statement.effect, conditions(stated));
            groups.entry(own.clone()).or_default().add(stated.at, stated.statement);
            asked.push(own);
        }
        Self { asked, groups }
    }

    fn with(&self, stated: &Stated<'_>) -> Vec<usize> {
        let Some(own) = self.asked.get(stated.at).filter(|_| self.asked.len() > 1) else { return Vec::new() };
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
