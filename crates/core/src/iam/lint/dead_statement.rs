//! Statements without an effect.

use std::collections::BTreeMap;

use serde_json::json;

use super::finding::{Findings, Rule, Severity};
use super::subject::{Stated, Subject};
use crate::error::{Error, printable};
use crate::iam::cover::covers_statement;
use crate::iam::decision::Outcome;
use crate::iam::document::{Condition, PolicyDocument};
use crate::iam::index::Index;
use crate::iam::principal::Principal;
use crate::iam::request::Request;
use crate::iam::set::PolicySet;
use crate::iam::witness::{ACCOUNT, EXAMPLE};

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
        if let Some(key) = contradiction(stated, subject.document.has_variables()) {
            let message = format!(
                "The conditions on {} exclude each other: no value meets all of them, nor does it to leave the key out",
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

/// A key of which no value, and no absence, meets all conditions on it.
fn contradiction<'a>(stated: &Stated<'a>, variables: bool) -> Option<&'a str> {
    let conditions = stated.statement.conditions.as_slice();
    let mut later = conditions.iter().enumerate().skip(1);
    later.find_map(|(at, condition)| {
        let key = &condition.key.value;
        let is_known = conditions.iter().take(at).any(|other| other.key.value.eq_ignore_ascii_case(key));
        (is_known && excludes(conditions, key, variables)).then_some(key.as_str())
    })
}

/// Whether an Allow with the conditions on this key, and no others, is denied whatever the key is.
fn excludes(conditions: &[Condition], key: &str, variables: bool) -> bool {
    let mut block: BTreeMap<&str, BTreeMap<String, Vec<&str>>> = BTreeMap::new();
    for condition in conditions.iter().filter(|condition| condition.key.value.eq_ignore_ascii_case(key)) {
        let values = condition.values.values.iter().map(|text| text.value.as_str()).collect();
        // By another name of the key nothing is known of it.
        block
            .entry(&condition.written.value)
            .or_default()
            .insert(format!("key:{}", condition.key.value), values);
    }
    let version = if variables { "2012-10-17" } else { "2008-10-17" };
    let statement = json!({ "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": block });
    let policy = json!({ "Version": version, "Statement": statement });
    let outcome = || {
        let set = PolicySet::builder().identity([PolicyDocument::parse(&policy.to_string())?]).build()?;
        let user = Principal::parse(&format!("arn:aws:iam::{ACCOUNT}:user/{EXAMPLE}"))?;
        let request = Request::new(user, "s3:GetObject", "*")?.partial_context();
        Ok::<_, Error>(set.outcome(&request))
    };
    outcome().is_ok_and(|outcome| outcome > Outcome::Depends)
}
