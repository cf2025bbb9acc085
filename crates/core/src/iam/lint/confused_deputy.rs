//! AWS services that act for anybody, and do not say for whom they may.

use super::finding::{Findings, Rule, Severity};
use super::others::of_source;
use super::subject::Subject;
use crate::error::printable;
use crate::iam::document::PrincipalKind;
use crate::iam::witness::Caller;

pub(super) const RULE: Rule = Rule {
    id: "confused-deputy",
    severity: Severity::Warning,
    about: "A service that tells for whom it acts is let in for everybody",
};

/// The services that send aws:SourceArn or aws:SourceAccount, by AWS's pages on the confused deputy of each.
const TELLING: &[&str] = &[
    "apigateway.amazonaws.com",
    "appflow.amazonaws.com",
    "backup.amazonaws.com",
    "batch.amazonaws.com",
    "bedrock-agentcore.amazonaws.com",
    "bedrock.amazonaws.com",
    "billingreports.amazonaws.com",
    "budgets.amazonaws.com",
    "chatbot.amazonaws.com",
    "cloudfront.amazonaws.com",
    "cloudtrail.amazonaws.com",
    "cloudwatch.amazonaws.com",
    "codebuild.amazonaws.com",
    "codestar-notifications.amazonaws.com",
    "comprehend.amazonaws.com",
    "config.amazonaws.com",
    "databrew.amazonaws.com",
    "datasync.amazonaws.com",
    "delivery.logs.amazonaws.com",
    "dms.amazonaws.com",
    "ecs-tasks.amazonaws.com",
    "events.amazonaws.com",
    "firehose.amazonaws.com",
    "forecast.amazonaws.com",
    "glue.amazonaws.com",
    "imagebuilder.amazonaws.com",
    "iot.amazonaws.com",
    "kendra.amazonaws.com",
    "lexv2.amazonaws.com",
    "logging.s3.amazonaws.com",
    "mediaconvert.amazonaws.com",
    "omics.amazonaws.com",
    "personalize.amazonaws.com",
    "pipes.amazonaws.com",
    "rekognition.amazonaws.com",
    "s3.amazonaws.com",
    "sagemaker.amazonaws.com",
    "scheduler.amazonaws.com",
    "ses.amazonaws.com",
    "sns.amazonaws.com",
    "ssm.amazonaws.com",
    "states.amazonaws.com",
    "transcribe.amazonaws.com",
    "transfer.amazonaws.com",
    "vpc-flow-logs.amazonaws.com",
];

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    if !subject.kind.names_principals() {
        return;
    }
    for stated in subject.allowing() {
        let services = stated.principals().filter(|(kind, ..)| *kind == PrincipalKind::Service);
        for (_, _, text) in services.filter(|(_, _, text)| TELLING.contains(&text.value.as_str())) {
            for (organization, witness) in subject.foreign_sources(stated, &text.value, is_not_of_the_source)
            {
                let message =
                    format!("{} may use {} to get in", organization.title(), printable(&text.value));
                let fix = format!("Ask for aws:SourceAccount or aws:SourceArn{}", organization.if_own());
                findings.shown(stated.principal_spot(), message, fix, witness);
            }
            let caller = Caller::Service(text.value.clone());
            let facts = of_source(stated, &subject.strangers_account());
            let witness = subject.ask_with(stated, &caller, &facts, is_not_of_the_source);
            let Some(witness) = witness else { continue };
            let service = printable(&text.value);
            let message = format!("{service} is let in whoever it acts for, in any account");
            let fix = "Ask for aws:SourceAccount (StringEquals) or aws:SourceArn (ArnLike)";
            findings.shown(stated.principal_spot(), message, fix, witness);
        }
    }
}

/// Whether a key says nothing about whom a service acts for.
pub(super) fn is_not_of_the_source(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    !matches!(
        key.as_str(),
        "aws:sourcearn" | "aws:sourceaccount" | "aws:sourceorgid" | "aws:sourceorgpaths" | "aws:sourceowner"
    )
}
