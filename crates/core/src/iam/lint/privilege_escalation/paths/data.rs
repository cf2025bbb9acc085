//! Data and machine learning.

use super::{Path, any, pass, path};

const EC2: &str = "ec2.amazonaws.com";
const GLUE: &str = "glue.amazonaws.com";
const SAGEMAKER: &str = "sagemaker.amazonaws.com";
const AGENTCORE: &str = "bedrock-agentcore.amazonaws.com";

pub(super) const PATHS: &[Path] = &[
    path(
        "glue-create-dev-endpoint",
        "logs in to an endpoint with a stronger role",
        &[pass(GLUE), any("glue:CreateDevEndpoint")],
    ),
    path(
        "glue-update-dev-endpoint",
        "adds its key to an endpoint with a stronger role",
        &[any("glue:UpdateDevEndpoint")],
    ),
    path(
        "glue-create-job",
        "runs a job with a stronger role",
        &[pass(GLUE), any("glue:CreateJob"), any("glue:StartJobRun")],
    ),
    path(
        "glue-create-job-trigger",
        "has a job with a stronger role run at a time",
        &[pass(GLUE), any("glue:CreateJob"), any("glue:CreateTrigger")],
    ),
    path(
        "glue-update-job",
        "gives a job a stronger role and code of its own, and runs it",
        &[pass(GLUE), any("glue:UpdateJob"), any("glue:StartJobRun")],
    ),
    path(
        "glue-update-job-trigger",
        "gives a job a stronger role and code of its own, and has it run",
        &[pass(GLUE), any("glue:UpdateJob"), any("glue:CreateTrigger")],
    ),
    path(
        "glue-create-session",
        "runs statements in a session with a stronger role",
        &[pass(GLUE), any("glue:CreateSession"), any("glue:RunStatement")],
    ),
    path(
        "emr-run-job-flow",
        "runs steps on a cluster with a stronger role",
        &[pass(EC2), any("elasticmapreduce:RunJobFlow")],
    ),
    path(
        "emr-serverless-start-job-run",
        "runs a job with a stronger role",
        &[
            pass("emr-serverless.amazonaws.com"),
            any("emr-serverless:CreateApplication"),
            any("emr-serverless:StartJobRun"),
        ],
    ),
    path(
        "kinesisanalytics-create-application",
        "runs an application of its own with a stronger role",
        &[
            pass("kinesisanalytics.amazonaws.com"),
            any("kinesisanalytics:CreateApplication"),
            any("kinesisanalytics:StartApplication"),
        ],
    ),
    path(
        "sagemaker-create-notebook",
        "opens a notebook with a stronger role",
        &[
            pass(SAGEMAKER),
            any("sagemaker:CreateNotebookInstance"),
            any("sagemaker:CreatePresignedNotebookInstanceUrl"),
        ],
    ),
    path(
        "sagemaker-presigned-notebook",
        "opens a notebook that has a stronger role",
        &[any("sagemaker:CreatePresignedNotebookInstanceUrl")],
    ),
    path(
        "sagemaker-presigned-domain",
        "opens the studio of a user profile that has a stronger role",
        &[any("sagemaker:CreatePresignedDomainUrl")],
    ),
    path(
        "sagemaker-notebook-lifecycle",
        "has a notebook with a stronger role run a script when it starts",
        &[
            any("sagemaker:CreateNotebookInstanceLifecycleConfig"),
            any("sagemaker:StopNotebookInstance"),
            any("sagemaker:UpdateNotebookInstance"),
            any("sagemaker:StartNotebookInstance"),
        ],
    ),
    path(
        "sagemaker-create-training-job",
        "runs a training job with a stronger role",
        &[pass(SAGEMAKER), any("sagemaker:CreateTrainingJob")],
    ),
    path(
        "sagemaker-create-processing-job",
        "runs a processing job with a stronger role",
        &[pass(SAGEMAKER), any("sagemaker:CreateProcessingJob")],
    ),
    path(
        "braket-create-job",
        "runs a job with a stronger role",
        &[pass("braket.amazonaws.com"), any("braket:CreateJob")],
    ),
    path(
        "omics-start-run",
        "runs a workflow of its own with a stronger role",
        &[pass("omics.amazonaws.com"), any("omics:CreateWorkflow"), any("omics:StartRun")],
    ),
    path(
        "bedrock-create-code-interpreter",
        "runs code in an interpreter with a stronger role",
        &[
            pass(AGENTCORE),
            any("bedrock-agentcore:CreateCodeInterpreter"),
            any("bedrock-agentcore:StartCodeInterpreterSession"),
            any("bedrock-agentcore:InvokeCodeInterpreter"),
        ],
    ),
    path(
        "bedrock-invoke-code-interpreter",
        "runs code in an interpreter that has a stronger role",
        &[
            any("bedrock-agentcore:StartCodeInterpreterSession"),
            any("bedrock-agentcore:InvokeCodeInterpreter"),
        ],
    ),
    path(
        "bedrock-create-agent-runtime",
        "runs an agent of its own with a stronger role",
        &[
            pass(AGENTCORE),
            any("bedrock-agentcore:CreateAgentRuntime"),
            any("bedrock-agentcore:InvokeAgentRuntime"),
        ],
    ),
];
