//! Infrastructure and builds.

use super::{Path, any, pass, path};

const EC2: &str = "ec2.amazonaws.com";
const CLOUDFORMATION: &str = "cloudformation.amazonaws.com";
const CODEBUILD: &str = "codebuild.amazonaws.com";

pub(super) const PATHS: &[Path] = &[
    path(
        "cloudformation-create-stack",
        "has a stack made with a stronger role",
        &[pass(CLOUDFORMATION), any("cloudformation:CreateStack")],
    ),
    path(
        "cloudformation-update-stack",
        "changes a stack that has a stronger role",
        &[any("cloudformation:UpdateStack")],
    ),
    path(
        "cloudformation-change-set",
        "changes a stack that has a stronger role, by a change set",
        &[any("cloudformation:CreateChangeSet"), any("cloudformation:ExecuteChangeSet")],
    ),
    path(
        "cloudformation-create-stack-set",
        "has stacks made in other accounts with a stronger role",
        &[
            pass(CLOUDFORMATION),
            any("cloudformation:CreateStackSet"),
            any("cloudformation:CreateStackInstances"),
        ],
    ),
    path(
        "cloudformation-update-stack-set",
        "changes stacks of other accounts that have a stronger role",
        &[pass(CLOUDFORMATION), any("cloudformation:UpdateStackSet")],
    ),
    path(
        "codebuild-create-project",
        "runs a build with a stronger role",
        &[pass(CODEBUILD), any("codebuild:CreateProject"), any("codebuild:StartBuild")],
    ),
    path(
        "codebuild-create-project-batch",
        "runs a batch of builds with a stronger role",
        &[pass(CODEBUILD), any("codebuild:CreateProject"), any("codebuild:StartBuildBatch")],
    ),
    path(
        "codebuild-update-project",
        "gives a build project a stronger role and runs it",
        &[pass(CODEBUILD), any("codebuild:UpdateProject"), any("codebuild:StartBuild")],
    ),
    path(
        "codebuild-start-build",
        "runs a project that has a stronger role with commands of its own",
        &[any("codebuild:StartBuild")],
    ),
    path(
        "codebuild-start-build-batch",
        "runs a batch of a project that has a stronger role with commands of its own",
        &[any("codebuild:StartBuildBatch")],
    ),
    path(
        "codepipeline-create-pipeline",
        "runs a pipeline with a stronger role",
        &[pass("codepipeline.amazonaws.com"), any("codepipeline:CreatePipeline")],
    ),
    path(
        "codedeploy-create-deployment",
        "deploys scripts of its own to instances with a stronger role",
        &[any("codedeploy:CreateDeployment")],
    ),
    path(
        "datapipeline-activate",
        "runs commands on instances with a stronger role",
        &[
            pass(EC2),
            any("datapipeline:CreatePipeline"),
            any("datapipeline:PutPipelineDefinition"),
            any("datapipeline:ActivatePipeline"),
        ],
    ),
];
