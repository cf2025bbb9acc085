//! Actions that answer with what is kept: objects, secrets, copies of databases.

use super::finding::{Findings, Rule, Severity};
use super::full_access;
use super::reach::{of_the_request, on_anything};
use super::subject::{Listed, Subject, some};
use crate::iam::kind::PolicyKind;
use crate::iam::witness::Witness;

pub(super) const RULE: Rule = Rule {
    id: "data-exfiltration",
    severity: Severity::Warning,
    about: "Actions that answer with stored data or secrets are allowed on any resource",
};

static ACTIONS: Listed = Listed::new(&[
    "athena:GetQueryResults",
    "dynamodb:BatchGetItem",
    "dynamodb:ExportTableToPointInTime",
    "dynamodb:GetItem",
    "dynamodb:Query",
    "dynamodb:Scan",
    "ebs:GetSnapshotBlock",
    "ec2:ModifyImageAttribute",
    "ec2:ModifySnapshotAttribute",
    "kms:Decrypt",
    "lambda:GetFunction",
    "rds:CopyDBSnapshot",
    "rds:CreateDBSnapshot",
    "rds:ModifyDBSnapshotAttribute",
    "rds:StartExportTask",
    "redshift-data:GetStatementResult",
    "s3:GetObject",
    "s3:GetObjectVersion",
    "secretsmanager:BatchGetSecretValue",
    "secretsmanager:GetSecretValue",
    "ssm:GetParameter",
    "ssm:GetParameterHistory",
    "ssm:GetParameters",
    "ssm:GetParametersByPath",
]);

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    let fix = "Name the resources whose data is read";
    exposed(subject, &ACTIONS, "answers with stored data, of any resource", fix, findings);
}

/// A finding for each statement that allows some of these actions on any resource.
pub(super) fn exposed(
    subject: &Subject<'_>,
    actions: &Listed,
    what: &str,
    fix: &str,
    findings: &mut Findings,
) {
    if subject.kind != PolicyKind::Identity {
        return;
    }
    let reached = actions.in_allows(subject).filter_map(|name| {
        let action = subject.catalog.action(name)?;
        let witness = on_anything(subject, action, &[], of_the_request)?;
        let (stated, at) = subject.allowed_by(name)?;
        (!full_access::is_told(subject, stated)).then_some((stated.at, at, name, witness))
    });
    let mut reached: Vec<(usize, usize, &str, Witness)> = reached.collect();
    reached.sort_by_key(|(statement, at, ..)| (*statement, *at));
    for group in reached.chunk_by(|a, b| a.0 == b.0) {
        let Some((statement, at, _, witness)) = group.first() else { continue };
        let Some(stated) = subject.statements.get(*statement) else { continue };
        let names: Vec<_> = group.iter().map(|(_, _, name, _)| *name).collect();
        findings.shown(stated.action_spot(*at), format!("{} {what}", some(&names)), fix, witness.clone());
    }
}
