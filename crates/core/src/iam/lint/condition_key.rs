//! Condition keys that are never in a request for the actions of their statement.

use super::finding::{Findings, Rule, Severity};
use super::subject::{Stated, Subject, some};
use super::unknown_key::is_of_provider;
use crate::error::printable;

pub(super) const RULE: Rule = Rule {
    id: "condition-key-never-applies",
    severity: Severity::Warning,
    about: "A condition key is in no request for any action of its statement",
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    for stated in &subject.statements {
        for (at, condition) in stated.statement.conditions.iter().enumerate() {
            let key = &condition.key.value;
            let Some(known) = subject.catalog.condition_key(key) else { continue };
            if is_of_provider(key) || subject.catalog.is_global(known.name()) || may_apply(stated, key) {
                continue;
            }
            let actions: Vec<_> = stated.actions().map(|(_, text, _)| text.value.as_str()).collect();
            let message = format!(
                "{} is in no request for {} (data of {})",
                printable(key),
                some(&actions),
                subject.catalog.date()
            );
            let operator = condition.operator;
            let fix = if operator.negated || operator.if_exists {
                "The condition always holds: take it out, or ask for a key that these actions have"
            } else {
                "The condition never holds: ask for a key that these actions have; `leasekey iam actions` lists them"
            };
            findings.add(stated.condition_spot(at, None), message, fix);
        }
    }
}

// Where the actions are not all known, neither are their keys.
fn may_apply(stated: &Stated<'_>, key: &str) -> bool {
    stated.statement.action.negated
        || stated.expanded.iter().any(|known| {
            known
                .as_ref()
                .is_none_or(|known| known.is_empty() || known.iter().any(|action| action.may_have_key(key)))
        })
}
