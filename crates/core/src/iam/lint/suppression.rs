//! Findings that somebody has judged and does not want to see again, with the reason.

use super::finding::Finding;
use crate::error::{Error, ErrorKind, Result, printable};
use crate::iam::wildcard::Pattern;

/// A file of suppressions.
///
/// A line is a rule, a policy and a reason: `service-wildcard policies/ci.json#/Statement/0 the CI owns its bucket`.
/// The policy is the name that it is linted under, with `*` and `?` as in a policy; what follows `#` is a JSON
/// pointer, and stands for all below it. Empty lines and those that begin with `#` are passed over.
#[derive(Clone, Debug, Default)]
pub struct Suppressions(Vec<Suppression>);

#[derive(Clone, Debug)]
struct Suppression {
    line: usize,
    rule: String,
    policy: String,
    pointer: Option<String>,
    reason: String,
}

impl Suppressions {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// [`InvalidSetting`](crate::ErrorKind::InvalidSetting) with the line that has no reason or names no rule.
    pub fn parse(text: &str) -> Result<Self> {
        let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
        let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        lines.map(|(at, line)| Suppression::parse(at, line)).collect::<Result<_>>().map(Self)
    }

    /// Why a finding in the policy of this name is not to be shown.
    pub fn reason(&self, policy: &str, finding: &Finding) -> Option<&str> {
        self.0.iter().find(|one| one.is_for(policy, finding)).map(|one| one.reason.as_str())
    }

    /// The lines that fit none of these findings: they are of a policy as it was.
    pub fn unused<'a>(&self, findings: impl Iterator<Item = (&'a str, &'a Finding)> + Clone) -> Vec<usize> {
        let used = |one: &&Suppression| findings.clone().any(|(policy, finding)| one.is_for(policy, finding));
        self.0.iter().filter(|one| !used(one)).map(|one| one.line).collect()
    }
}

impl Suppression {
    fn parse(line: usize, text: &str) -> Result<Self> {
        let mut words = text.splitn(3, char::is_whitespace);
        let (rule, policy, reason) = (words.next(), words.next(), words.next().map(str::trim));
        let known = rule.filter(|rule| super::rules().any(|known| known.id == *rule));
        let (Some(rule), Some(policy), Some(reason)) =
            (known, policy, reason.filter(|reason| !reason.is_empty()))
        else {
            let what = format!("line {line} of the suppressions is \"{}\"", printable(text));
            let hint = "Write a rule, a policy and a reason: service-wildcard ci.json#/Statement/0 it owns its bucket";
            return Err(Error::new(ErrorKind::InvalidSetting, what).with_hint(hint));
        };
        let (policy, pointer) = match policy.split_once('#') {
            Some((policy, pointer)) => (policy, Some(pointer.to_owned())),
            None => (policy, None),
        };
        Ok(Self {
            line,
            rule: rule.to_owned(),
            policy: policy.to_owned(),
            pointer,
            reason: reason.to_owned(),
        })
    }

    fn is_for(&self, policy: &str, finding: &Finding) -> bool {
        let below = |pointer: &str| {
            finding.pointer.strip_prefix(pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.rule == finding.rule.id
            && self.pointer.as_deref().is_none_or(below)
            && Pattern::of(&self.policy).matches(policy)
    }
}
