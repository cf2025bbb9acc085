//! Policies that AWS takes no longer, or soon not any more.

use super::finding::{Finding, Findings, Rule, Severity};
use super::subject::{Spot, Subject};
use crate::iam::json::Place;
use crate::iam::kind::LARGEST;

pub(super) const RULE: Rule = Rule {
    id: "size-limit",
    severity: Severity::Note,
    about: "The policy is larger than AWS takes of this kind, or within a tenth of it",
};

/// The finding of a policy so large that no other rule looks at it.
pub(super) fn finding(size: usize) -> Vec<Finding> {
    let mut findings = Findings::of(&RULE);
    let message = format!(
        "{size} characters without white space: AWS takes no policy so large, and lint looks at {LARGEST} at most"
    );
    let fix = "Split it, and lint the parts: no other rule was asked";
    findings.graded(Severity::Error, spot(), message, fix, None);
    findings.into_all()
}

fn spot() -> Spot {
    Spot { place: Place { line: 1, column: 1 }, pointer: String::new() }
}

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    let size = subject.document.size();
    let limits = subject.kind.size_limits(subject.document);
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
