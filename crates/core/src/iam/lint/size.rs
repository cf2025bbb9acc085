//! Policies that AWS takes no longer, or soon not any more.

use super::finding::{Findings, Rule, Severity};
use super::subject::{Spot, Subject};
use crate::iam::json::Place;
use crate::iam::kind::PolicyKind;

pub(super) const RULE: Rule = Rule {
    id: "size-limit",
    severity: Severity::Note,
    about: "The policy is larger than AWS takes of this kind, or within a tenth of it",
};

/// What AWS takes, in characters without white space.
struct Limit {
    most: usize,
    what: &'static str,
}

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    let size = subject.document.size();
    let limits = limits(subject.kind);
    let spot = || Spot { place: Place { line: 1, column: 1 }, pointer: String::new() };
    let exceeded = limits.iter().take_while(|limit| size > limit.most).last();
    let next = limits.iter().find(|limit| size <= limit.most);
    if let (Some(limit), None) = (exceeded, next) {
        let message =
            format!("{size} characters without white space, and AWS takes {} of {}", limit.most, limit.what);
        findings.graded(Severity::Error, spot(), message, "Split it, or shorten it with patterns", None);
    } else if let Some(limit) = next.filter(|limit| size * 10 > limit.most * 9) {
        let message = format!("{size} of the {} characters that AWS takes of {}", limit.most, limit.what);
        findings.add(spot(), message, "Leave room: split it before it is full");
    }
}

// The last is what no policy of the kind may exceed.
fn limits(kind: PolicyKind) -> &'static [Limit] {
    match kind {
        PolicyKind::Identity => &[
            Limit { most: 6_144, what: "a managed policy" },
            Limit { most: 10_240, what: "the inline policies of a role" },
        ],
        PolicyKind::Boundary => &[Limit { most: 6_144, what: "a managed policy" }],
        PolicyKind::Session => &[Limit { most: 2_048, what: "session policies" }],
        PolicyKind::Trust => &[
            Limit { most: 2_048, what: "a trust policy, unless the quota was raised" },
            Limit { most: 8_192, what: "a trust policy" },
        ],
        PolicyKind::Scp => &[
            Limit { most: 5_120, what: "a service control policy, unless the quota was raised" },
            Limit { most: 10_240, what: "a service control policy" },
        ],
        PolicyKind::Resource => &[Limit { most: 32_768, what: "the largest resource policies" }],
    }
}
