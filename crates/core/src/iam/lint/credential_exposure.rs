//! Actions that answer with credentials.

use super::data_exfiltration::exposed;
use super::finding::{Findings, Rule, Severity};
use super::subject::{Listed, Subject};

pub(super) const RULE: Rule = Rule {
    id: "credential-exposure",
    severity: Severity::Warning,
    about: "Actions that answer with credentials are allowed on any resource",
};

static ACTIONS: Listed = Listed::new(&[
    "chime:CreateApiKey",
    "codeartifact:GetAuthorizationToken",
    "codepipeline:PollForJobs",
    "cognito-identity:GetCredentialsForIdentity",
    "cognito-identity:GetOpenIdToken",
    "cognito-identity:GetOpenIdTokenForDeveloperIdentity",
    "connect:GetFederationToken",
    "gamelift:GetInstanceAccess",
    "gamelift:RequestUploadCredentials",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:CreateServiceSpecificCredential",
    "iam:ResetServiceSpecificCredential",
    "iam:UpdateLoginProfile",
    "lightsail:CreateBucketAccessKey",
    "lightsail:DownloadDefaultKeyPair",
    "lightsail:GetBucketAccessKeys",
    "lightsail:GetInstanceAccessDetails",
    "lightsail:GetRelationalDatabaseMasterUserPassword",
    "mediapackage:RotateIngestEndpointCredentials",
    "rds-db:connect",
    "redshift:GetClusterCredentials",
    "redshift:GetClusterCredentialsWithIAM",
    "redshift-serverless:GetCredentials",
    "snowball:GetJobUnlockCode",
    "sts:AssumeRole",
    "sts:GetFederationToken",
    "sts:GetSessionToken",
]);

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    let fix = "Name the resources, or leave the actions to those who need the credentials";
    exposed(subject, &ACTIONS, "answers with credentials, of any resource", fix, findings);
}
