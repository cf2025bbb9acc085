//! What the engine does not take: nothing that it may allow can be told.

use super::finding::{Findings, Rule, Severity};
use super::subject::{Spot, Subject};

pub(super) const RULE: Rule = Rule {
    id: "unreadable",
    severity: Severity::Error,
    about: "The policy, or a part of it, cannot be understood: what it allows is not told",
};

/// What to do about it, wherever it stands.
const FIX: &str = "Correct it, and lint again: no other finding says what the policy allows";

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    for refusal in subject.judge.refusals() {
        findings.add(Spot { place: refusal.place, pointer: refusal.pointer }, refusal.why, FIX);
    }
}
