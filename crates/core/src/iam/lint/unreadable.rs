//! What the engine does not take: nothing that it may allow can be told.

use super::finding::{Finding, Findings, Rule, Severity};
use super::subject::{Spot, Subject};
use crate::iam::json::Refusal;

pub(super) const RULE: Rule = Rule {
    id: "unreadable",
    severity: Severity::Error,
    about: "The policy, or a part of it, cannot be understood: what it allows is not told",
};

/// The finding of a text that is no policy.
pub(super) fn finding(refusal: Refusal) -> Vec<Finding> {
    let mut findings = Findings::of(&RULE);
    tell(refusal, &mut findings);
    findings.into_all()
}

/// What to do about it, wherever it stands.
const FIX: &str = "Correct it, and lint again: no other finding says what the policy allows";

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    for refusal in subject.judge.refusals() {
        tell(refusal, findings);
    }
}

fn tell(refusal: Refusal, findings: &mut Findings) {
    findings.add(Spot { place: refusal.place, pointer: refusal.pointer }, refusal.why, FIX);
}
