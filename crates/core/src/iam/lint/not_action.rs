//! Allow with NotAction: every action but a few, those that AWS will add too.

use super::finding::{Findings, Rule, Severity};
use super::reach::on_anything;
use super::subject::{Stated, Subject, some};
use crate::iam::witness::Witness;

pub(super) const RULE: Rule = Rule {
    id: "not-action-with-allow",
    severity: Severity::Warning,
    about: "Allow with NotAction allows every action that is not listed",
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    if !subject.kind.grants() {
        return;
    }
    for stated in subject.allowing().filter(|stated| stated.statement.action.negated) {
        let excepted: Vec<_> =
            stated.statement.action.texts.values.iter().map(|text| text.value.as_str()).collect();
        let message = format!("Every action but {} is allowed, those that AWS will add too", some(&excepted));
        let fix = "List in Action what is used; to take actions away, write a Deny";
        findings.shown(stated.action_spot(0), message, fix, witness(subject, stated));
    }
}

fn witness(subject: &Subject<'_>, stated: &Stated<'_>) -> Option<Witness> {
    const STRONG: [&str; 6] = [
        "iam:CreatePolicyVersion",
        "iam:CreateAccessKey",
        "kms:ScheduleKeyDeletion",
        "s3:DeleteBucket",
        "ec2:TerminateInstances",
        "sqs:PurgeQueue",
    ];
    let known = STRONG.iter().filter_map(|name| subject.catalog.action(name));
    known
        .into_iter()
        .find_map(|action| on_anything(subject, action, &[], |_| true))
        .or_else(|| subject.witness_of(stated))
}
