//! Lint: what is wrong or wider than it need be in one policy, each finding with a request that shows it.
//!
//! One file per rule. A rule that speaks of access is judged by evaluation: a Deny or a condition that stands in
//! the way silences it, and the request that the finding carries is one that the engine allows.

mod callers;
mod condition_key;
mod condition_operator;
mod confused_deputy;
mod credential_exposure;
mod cross_account;
mod data_exfiltration;
mod dead_statement;
mod element;
mod equals_wildcard;
mod external_id;
mod finding;
mod for_all_values;
mod full_access;
mod not_action;
mod not_principal;
mod not_resource;
mod organizations;
mod others;
mod pass_role;
mod privilege_escalation;
mod public_principal;
mod reach;
mod redundant;
mod resource_mismatch;
mod roles_anywhere;
mod service_wildcard;
mod set_operator;
mod shared_provider;
mod size;
mod subject;
mod suppression;
mod unknown_action;
mod unknown_key;
mod unreadable;
mod variable_version;
mod wildcard_resource;

pub use self::finding::{Finding, Rule, Severity};
pub use self::privilege_escalation::{Escalation, escalations};
pub use self::subject::Options;
pub use self::suppression::Suppressions;

use self::finding::Findings;
use self::subject::Subject;
use super::catalog::Catalog;
use super::document::PolicyDocument;
use super::kind::LARGEST;
use crate::error::Result;

type Check = fn(&Subject<'_>, &mut Findings);

/// Every rule with its check, in the order of their names.
const CHECKS: &[(&Rule, Check)] = &[
    (&condition_key::RULE, condition_key::check),
    (&condition_operator::RULE, condition_operator::check),
    (&confused_deputy::RULE, confused_deputy::check),
    (&credential_exposure::RULE, credential_exposure::check),
    (&cross_account::RULE, cross_account::check),
    (&data_exfiltration::RULE, data_exfiltration::check),
    (&dead_statement::RULE, dead_statement::check),
    (&element::RULE, element::check),
    (&for_all_values::RULE, for_all_values::check),
    (&full_access::RULE, full_access::check),
    (&external_id::RULE, external_id::check),
    (&not_action::RULE, not_action::check),
    (&not_principal::RULE, not_principal::check),
    (&not_resource::RULE, not_resource::check),
    (&pass_role::RULE, pass_role::check),
    (&privilege_escalation::RULE, privilege_escalation::check),
    (&public_principal::RULE, public_principal::check),
    (&redundant::RULE, redundant::check),
    (&resource_mismatch::RULE, resource_mismatch::check),
    (&roles_anywhere::RULE, roles_anywhere::check),
    (&service_wildcard::RULE, service_wildcard::check),
    (&shared_provider::RULE, shared_provider::check),
    (&size::RULE, size::check),
    (&set_operator::RULE, set_operator::check),
    (&unknown_action::RULE, unknown_action::check),
    (&unknown_key::RULE, unknown_key::check),
    (&unreadable::RULE, unreadable::check),
    (&variable_version::RULE, variable_version::check),
    (&equals_wildcard::RULE, equals_wildcard::check),
    (&wildcard_resource::RULE, wildcard_resource::check),
];

/// Every rule there is.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    CHECKS.iter().map(|(rule, _)| *rule)
}

/// Looks at the text of one policy with every rule. What is no policy is a finding of the rule `unreadable`, and the only
/// one.
///
/// ```
/// use leasekey::iam::lint::{Options, lint_text};
///
/// let findings = lint_text("{\"Statement\": [}", &Options::default())?;
/// assert_eq!((findings[0].rule.id, findings[0].place.column), ("unreadable", 16));
/// # Ok::<(), leasekey::Error>(())
/// ```
///
/// # Errors
///
/// Those of [`lint`].
pub fn lint_text(text: &str, options: &Options) -> Result<Vec<Finding>> {
    match PolicyDocument::read(text) {
        Ok(document) => lint(&document, options),
        Err(refusal) => options.check().map(|()| unreadable::finding(refusal)),
    }
}

/// Looks at one policy with every rule. Findings are in the order of their places.
///
/// Of a policy of more than 300,000 characters without white space, nine times what AWS takes of any kind, it says that
/// and nothing else.
///
/// # Errors
///
/// [`InvalidSetting`](crate::ErrorKind::InvalidSetting) if an own account is not twelve digits,
/// [`Bug`](crate::ErrorKind::Bug) if the bundled catalogue is damaged.
pub fn lint(document: &PolicyDocument, options: &Options) -> Result<Vec<Finding>> {
    options.check()?;
    if document.size() > LARGEST {
        return Ok(size::finding(document.size()));
    }
    let subject = Subject::new(document, options, Catalog::bundled()?);
    let mut all = Vec::new();
    for (rule, check) in CHECKS {
        let mut findings = Findings::of(rule);
        check(&subject, &mut findings);
        all.append(&mut findings.into_all());
    }
    all.sort_by_key(|finding| (finding.place.line, finding.place.column));
    Ok(all)
}

#[cfg(test)]
mod tests;
