//! Statements without an effect.

use super::finding::{Findings, Rule, Severity};
use super::subject::{Stated, Subject};
use crate::error::printable;
use crate::iam::cover::covers_statement;
use crate::iam::index::Index;
use crate::iam::operator::Comparison;

pub(super) const RULE: Rule = Rule {
    id: "dead-statement",
    severity: Severity::Warning,
    about: "A statement never has an effect: a Deny takes all of it, or its conditions exclude each other",
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    let denying =
        subject.statements.iter().filter(|one| !one.allows() && one.statement.conditions.is_empty());
    let denying = Index::of(denying.map(|one| (one.at, one.statement)));
    for stated in &subject.statements {
        if let Some(key) = contradiction(stated) {
            let message = format!(
                "The conditions on {} exclude each other: it would have to be there and not",
                printable(key)
            );
            findings.add(stated.spot(), message, "Take the statement out, or one of the two conditions");
        } else if let Some(deny) = denied_by(subject, &denying, stated) {
            let message = format!("{} allows nothing: {} denies all of it", stated.title(), deny.title());
            findings.add(stated.spot(), message, "Take one of the two out");
        }
    }
}

/// The first Deny that takes all that the statement allows.
fn denied_by<'s, 'a>(
    subject: &'s Subject<'a>,
    denying: &Index,
    stated: &Stated<'_>,
) -> Option<&'s Stated<'a>> {
    let candidates =
        if stated.allows() && !denying.is_empty() { denying.covering(stated.statement) } else { Vec::new() };
    let mut denying = candidates.into_iter().filter_map(|at| subject.statements.get(at));
    denying.find(|deny| covers_statement(deny.statement, stated.statement))
}

/// A key that must be absent and have a value.
fn contradiction<'a>(stated: &Stated<'a>) -> Option<&'a str> {
    let conditions = &stated.statement.conditions;
    let absent = conditions.iter().find(|condition| {
        let values = &condition.values.values;
        condition.operator.comparison == Comparison::Null
            && values.iter().all(|text| text.value.eq_ignore_ascii_case("true"))
    })?;
    let key = &absent.key.value;
    let needs = conditions.iter().any(|condition| {
        let operator = condition.operator;
        let positive = operator.comparison != Comparison::Null && !operator.negated && !operator.if_exists;
        positive && operator.quantifier.is_none() && condition.key.value.eq_ignore_ascii_case(key)
    });
    needs.then_some(key.as_str())
}
