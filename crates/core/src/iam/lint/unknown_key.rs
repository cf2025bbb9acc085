//! Condition keys that AWS does not have.

use super::finding::{Findings, Rule, Severity};
use super::subject::Subject;
use crate::error::printable;

pub(super) const RULE: Rule = Rule {
    id: "unknown-condition-key",
    severity: Severity::Warning,
    about: "A condition key is in no service's list and is no global one as of the catalogue's date",
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    let date = subject.catalog.date();
    for stated in &subject.statements {
        for (at, condition) in stated.statement.conditions.iter().enumerate() {
            let key = &condition.key.value;
            if is_of_provider(key) || subject.catalog.condition_key(key).is_some() {
                continue;
            }
            let message = format!("No condition key is \"{}\" in the data of {date}", printable(key));
            let fix = match subject.catalog.nearest_key(key) {
                Some(near) => format!("The nearest is {near}; leave it if AWS added it after {date}"),
                None => format!("Correct it, or leave it if AWS added it after {date}"),
            };
            findings.add(stated.condition_spot(at, None), message, fix);
        }
    }
}

/// Whether it is a key of an identity provider, whose names are not AWS's: `token.actions.githubusercontent.com:sub`.
pub(super) fn is_of_provider(key: &str) -> bool {
    let prefix = key.rsplit_once(':').map_or(key, |(prefix, _)| prefix);
    prefix.contains(['.', '/']) || prefix.eq_ignore_ascii_case("saml")
}
