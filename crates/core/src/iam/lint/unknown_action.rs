//! Actions that AWS does not have.

use super::finding::{Findings, Rule, Severity};
use super::subject::Subject;
use crate::error::printable;

pub(super) const RULE: Rule = Rule {
    id: "unknown-action",
    severity: Severity::Warning,
    about: "An action, or a pattern of actions, stands for no action of AWS as of the catalogue's date",
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    let date = subject.catalog.date();
    for stated in &subject.statements {
        let patterns = stated.statement.action.texts.values.iter().zip(&stated.expanded).enumerate();
        for (at, (text, known)) in patterns {
            if known.as_ref().is_none_or(|known| !known.is_empty()) {
                continue;
            }
            let name = printable(&text.value);
            let prefix = text.value.split(':').next().unwrap_or_default();
            let message = if subject.catalog.service(prefix).is_some() || prefix.contains(['*', '?']) {
                format!("No action is \"{name}\" in the data of {date}")
            } else {
                format!("No service has the prefix of \"{name}\" in the data of {date}")
            };
            let fix = match subject.catalog.nearest_action(&text.value) {
                Some(near) => format!("The nearest is {near}; leave it if AWS added it after {date}"),
                None => format!("Correct it, or leave it if AWS added it after {date}"),
            };
            findings.add(stated.action_spot(at), message, fix);
        }
    }
}
