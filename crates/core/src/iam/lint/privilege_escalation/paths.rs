//! The known ways from some rights to more of them.
//!
//! Each is a set of actions; whoever may do all of them can get the rights of another principal. The request to
//! judge each action by is on something that no careful policy names: any role, any user, any function.

/// A way to more rights.
#[derive(Debug)]
pub(super) struct Path {
    /// Its name, stable: the actions that matter, without their services where one says enough.
    pub(super) id: &'static str,
    pub(super) how: &'static str,
    pub(super) steps: &'static [Step],
}

/// An action that the way needs.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) action: &'static str,
    pub(super) on: On,
}

/// What the action is applied to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum On {
    /// Whatever it can be applied to.
    Anything,
    /// The principal itself, as a user.
    OwnUser,
    /// A user with more rights.
    StrongerUser,
    /// A role, which the principal runs as or can assume.
    AnyRole,
    /// A group, of which the principal is a member.
    AnyGroup,
    /// A policy of the account's own, which is attached to the principal.
    AnyPolicy,
    /// A role with more rights, handed to this service.
    PassedTo(&'static str),
}

const fn any(action: &'static str) -> Step {
    Step { action, on: On::Anything }
}

const fn on(action: &'static str, on: On) -> Step {
    Step { action, on }
}

const fn pass(service: &'static str) -> Step {
    Step { action: "iam:PassRole", on: On::PassedTo(service) }
}

const fn path(id: &'static str, how: &'static str, steps: &'static [Step]) -> Path {
    Path { id, how, steps }
}

const EC2: &str = "ec2.amazonaws.com";
const ECS: &str = "ecs-tasks.amazonaws.com";
const LAMBDA: &str = "lambda.amazonaws.com";
const GLUE: &str = "glue.amazonaws.com";
const SAGEMAKER: &str = "sagemaker.amazonaws.com";
const CLOUDFORMATION: &str = "cloudformation.amazonaws.com";
const CODEBUILD: &str = "codebuild.amazonaws.com";
const AGENTCORE: &str = "bedrock-agentcore.amazonaws.com";

pub(super) const PATHS: &[Path] = &[
    // Identities.
    path(
        "iam-create-policy-version",
        "writes a new default version of a policy that it has itself",
        &[on("iam:CreatePolicyVersion", On::AnyPolicy)],
    ),
    path(
        "iam-set-default-policy-version",
        "goes back to an older, wider version of a policy that it has itself",
        &[on("iam:SetDefaultPolicyVersion", On::AnyPolicy)],
    ),
    path(
        "iam-create-access-key",
        "makes an access key for a user with more rights",
        &[on("iam:CreateAccessKey", On::StrongerUser)],
    ),
    path(
        "iam-create-login-profile",
        "gives a user with more rights a password",
        &[on("iam:CreateLoginProfile", On::StrongerUser)],
    ),
    path(
        "iam-update-login-profile",
        "changes the password of a user with more rights",
        &[on("iam:UpdateLoginProfile", On::StrongerUser)],
    ),
    path(
        "iam-create-service-specific-credential",
        "makes a credential of a user with more rights for a service that takes them",
        &[on("iam:CreateServiceSpecificCredential", On::StrongerUser)],
    ),
    path(
        "iam-reset-service-specific-credential",
        "resets a credential of a user with more rights and reads the new one",
        &[on("iam:ResetServiceSpecificCredential", On::StrongerUser)],
    ),
    path(
        "iam-attach-user-policy",
        "attaches any policy to itself",
        &[on("iam:AttachUserPolicy", On::OwnUser)],
    ),
    path("iam-put-user-policy", "writes a policy into itself", &[on("iam:PutUserPolicy", On::OwnUser)]),
    path(
        "iam-attach-group-policy",
        "attaches any policy to a group it is in",
        &[on("iam:AttachGroupPolicy", On::AnyGroup)],
    ),
    path(
        "iam-put-group-policy",
        "writes a policy into a group it is in",
        &[on("iam:PutGroupPolicy", On::AnyGroup)],
    ),
    path(
        "iam-add-user-to-group",
        "joins a group with more rights",
        &[on("iam:AddUserToGroup", On::AnyGroup)],
    ),
    path(
        "iam-attach-role-policy",
        "attaches any policy to a role it runs as",
        &[on("iam:AttachRolePolicy", On::AnyRole)],
    ),
    path(
        "iam-put-role-policy",
        "writes a policy into a role it runs as",
        &[on("iam:PutRolePolicy", On::AnyRole)],
    ),
    path(
        "iam-update-assume-role-policy",
        "lets itself assume a role with more rights",
        &[on("iam:UpdateAssumeRolePolicy", On::AnyRole)],
    ),
    path("sts-assume-role", "assumes any role that trusts the account", &[on("sts:AssumeRole", On::AnyRole)]),
    path(
        "iam-delete-user-permissions-boundary",
        "takes the boundary off itself",
        &[on("iam:DeleteUserPermissionsBoundary", On::OwnUser)],
    ),
    path(
        "iam-put-user-permissions-boundary",
        "replaces its own boundary by a wider one",
        &[on("iam:PutUserPermissionsBoundary", On::OwnUser)],
    ),
    path(
        "iam-delete-role-permissions-boundary",
        "takes the boundary off a role it runs as",
        &[on("iam:DeleteRolePermissionsBoundary", On::AnyRole)],
    ),
    path(
        "iam-put-role-permissions-boundary",
        "replaces the boundary of a role it runs as by a wider one",
        &[on("iam:PutRolePermissionsBoundary", On::AnyRole)],
    ),
    path(
        "iam-detach-user-policy",
        "detaches a policy that denies",
        &[on("iam:DetachUserPolicy", On::OwnUser)],
    ),
    path(
        "iam-delete-user-policy",
        "deletes an own policy that denies",
        &[on("iam:DeleteUserPolicy", On::OwnUser)],
    ),
    path(
        "iam-detach-role-policy",
        "detaches a policy that denies from a role it runs as",
        &[on("iam:DetachRolePolicy", On::AnyRole)],
    ),
    path(
        "iam-delete-role-policy",
        "deletes a policy that denies from a role it runs as",
        &[on("iam:DeleteRolePolicy", On::AnyRole)],
    ),
    path(
        "iam-update-saml-provider",
        "makes the account trust its own SAML provider",
        &[any("iam:UpdateSAMLProvider")],
    ),
    path(
        "iam-create-saml-provider",
        "adds a SAML provider of its own and lets a role trust it",
        &[any("iam:CreateSAMLProvider"), on("iam:UpdateAssumeRolePolicy", On::AnyRole)],
    ),
    path(
        "iam-create-oidc-provider",
        "adds an OpenID Connect provider of its own and lets a role trust it",
        &[any("iam:CreateOpenIDConnectProvider"), on("iam:UpdateAssumeRolePolicy", On::AnyRole)],
    ),
    path(
        "iam-create-role",
        "makes a role that trusts it and gives it any policy",
        &[on("iam:CreateRole", On::AnyRole), on("iam:AttachRolePolicy", On::AnyRole)],
    ),
    path(
        "iam-create-role-inline",
        "makes a role that trusts it and writes a policy into it",
        &[on("iam:CreateRole", On::AnyRole), on("iam:PutRolePolicy", On::AnyRole)],
    ),
    path(
        "iam-create-user",
        "makes a user with a key and any policy",
        &[
            on("iam:CreateUser", On::StrongerUser),
            on("iam:AttachUserPolicy", On::StrongerUser),
            on("iam:CreateAccessKey", On::StrongerUser),
        ],
    ),
    path(
        "iam-attach-user-policy-create-access-key",
        "attaches any policy to another user and makes its key",
        &[on("iam:AttachUserPolicy", On::StrongerUser), on("iam:CreateAccessKey", On::StrongerUser)],
    ),
    path(
        "iam-put-user-policy-create-access-key",
        "writes a policy into another user and makes its key",
        &[on("iam:PutUserPolicy", On::StrongerUser), on("iam:CreateAccessKey", On::StrongerUser)],
    ),
    path(
        "iam-delete-create-access-key",
        "makes room for a key of a user with more rights, and the key",
        &[on("iam:DeleteAccessKey", On::StrongerUser), on("iam:CreateAccessKey", On::StrongerUser)],
    ),
    path(
        "iam-attach-role-policy-assume-role",
        "attaches any policy to a role that it can assume",
        &[on("iam:AttachRolePolicy", On::AnyRole), on("sts:AssumeRole", On::AnyRole)],
    ),
    path(
        "iam-put-role-policy-assume-role",
        "writes a policy into a role that it can assume",
        &[on("iam:PutRolePolicy", On::AnyRole), on("sts:AssumeRole", On::AnyRole)],
    ),
    path(
        "iam-create-policy-version-assume-role",
        "widens the policy of a role that it can assume",
        &[on("iam:CreatePolicyVersion", On::AnyPolicy), on("sts:AssumeRole", On::AnyRole)],
    ),
    path(
        "iam-attach-role-policy-update-trust",
        "attaches any policy to a role and lets itself assume it",
        &[on("iam:AttachRolePolicy", On::AnyRole), on("iam:UpdateAssumeRolePolicy", On::AnyRole)],
    ),
    path(
        "iam-put-role-policy-update-trust",
        "writes a policy into a role and lets itself assume it",
        &[on("iam:PutRolePolicy", On::AnyRole), on("iam:UpdateAssumeRolePolicy", On::AnyRole)],
    ),
    path(
        "iam-create-policy-version-update-trust",
        "widens the policy of a role and lets itself assume it",
        &[on("iam:CreatePolicyVersion", On::AnyPolicy), on("iam:UpdateAssumeRolePolicy", On::AnyRole)],
    ),
    path(
        "iam-deactivate-mfa-login",
        "removes the second factor of a user with more rights and changes its password",
        &[on("iam:DeactivateMFADevice", On::StrongerUser), on("iam:UpdateLoginProfile", On::StrongerUser)],
    ),
    path(
        "rolesanywhere-create-profile",
        "makes a trust anchor of its own and a profile for a role with more rights",
        &[
            any("rolesanywhere:CreateTrustAnchor"),
            any("rolesanywhere:CreateProfile"),
            pass("rolesanywhere.amazonaws.com"),
        ],
    ),
    path(
        "sso-attach-managed-policy",
        "attaches any policy to a permission set that it has itself",
        &[any("sso:AttachManagedPolicyToPermissionSet"), any("sso:ProvisionPermissionSet")],
    ),
    path(
        "sso-put-inline-policy",
        "writes a policy into a permission set that it has itself",
        &[any("sso:PutInlinePolicyToPermissionSet"), any("sso:ProvisionPermissionSet")],
    ),
    path(
        "sso-create-account-assignment",
        "assigns itself to a permission set with more rights",
        &[any("sso:CreateAccountAssignment")],
    ),
    path(
        "cognito-set-identity-pool-roles",
        "hands a role with more rights to everybody in an identity pool",
        &[pass("cognito-identity.amazonaws.com"), any("cognito-identity:SetIdentityPoolRoles")],
    ),
    // Machines and containers.
    path(
        "ec2-run-instances",
        "starts an instance with a stronger role",
        &[pass(EC2), any("ec2:RunInstances")],
    ),
    path(
        "ec2-request-spot-instances",
        "starts a spot instance with a stronger role",
        &[pass(EC2), any("ec2:RequestSpotInstances")],
    ),
    path(
        "ec2-associate-instance-profile",
        "gives a running instance a stronger role",
        &[pass(EC2), any("ec2:AssociateIamInstanceProfile")],
    ),
    path(
        "ec2-replace-instance-profile",
        "replaces the role of a running instance by a stronger one",
        &[pass(EC2), any("ec2:ReplaceIamInstanceProfileAssociation")],
    ),
    path(
        "iam-add-role-to-instance-profile",
        "puts a stronger role into the profile of an instance it is on",
        &[pass(EC2), any("iam:AddRoleToInstanceProfile")],
    ),
    path(
        "ec2-modify-user-data",
        "changes what an instance with a stronger role runs when it starts",
        &[any("ec2:ModifyInstanceAttribute"), any("ec2:StopInstances"), any("ec2:StartInstances")],
    ),
    path(
        "ec2-modify-launch-template",
        "changes what instances with a stronger role run when they start",
        &[any("ec2:CreateLaunchTemplateVersion"), any("ec2:ModifyLaunchTemplate")],
    ),
    path(
        "ec2-instance-connect",
        "logs in to an instance with a stronger role",
        &[any("ec2-instance-connect:SendSSHPublicKey")],
    ),
    path(
        "ec2-serial-console",
        "opens the console of an instance with a stronger role",
        &[any("ec2-instance-connect:SendSerialConsoleSSHPublicKey")],
    ),
    path(
        "autoscaling-launch-configuration",
        "lets a group start instances with a stronger role",
        &[pass(EC2), any("autoscaling:CreateLaunchConfiguration"), any("autoscaling:CreateAutoScalingGroup")],
    ),
    path(
        "imagebuilder-create-image",
        "builds an image on an instance with a stronger role",
        &[
            pass(EC2),
            any("imagebuilder:CreateInfrastructureConfiguration"),
            any("imagebuilder:CreateImageRecipe"),
            any("imagebuilder:CreateImage"),
        ],
    ),
    path(
        "ssm-start-session",
        "opens a shell on an instance with a stronger role",
        &[any("ssm:StartSession")],
    ),
    path(
        "ssm-resume-session",
        "takes over a shell on an instance with a stronger role",
        &[any("ssm:ResumeSession")],
    ),
    path("ssm-send-command", "runs commands on an instance with a stronger role", &[any("ssm:SendCommand")]),
    path(
        "ssm-create-association",
        "has commands run on instances with a stronger role",
        &[any("ssm:CreateAssociation")],
    ),
    path(
        "ssm-start-automation",
        "runs an automation of its own with a stronger role",
        &[pass("ssm.amazonaws.com"), any("ssm:CreateDocument"), any("ssm:StartAutomationExecution")],
    ),
    path(
        "ecs-run-task",
        "runs a task with a stronger role",
        &[pass(ECS), any("ecs:RegisterTaskDefinition"), any("ecs:RunTask")],
    ),
    path(
        "ecs-start-task",
        "starts a task with a stronger role on an instance",
        &[pass(ECS), any("ecs:RegisterTaskDefinition"), any("ecs:StartTask")],
    ),
    path(
        "ecs-create-service",
        "has a service run tasks with a stronger role",
        &[pass(ECS), any("ecs:RegisterTaskDefinition"), any("ecs:CreateService")],
    ),
    path(
        "ecs-update-service",
        "has a service that exists run tasks with a stronger role",
        &[pass(ECS), any("ecs:RegisterTaskDefinition"), any("ecs:UpdateService")],
    ),
    path(
        "ecs-run-task-override",
        "runs a task that exists with another command and a stronger role",
        &[pass(ECS), any("ecs:RunTask")],
    ),
    path("ecs-execute-command", "runs commands in a task with a stronger role", &[any("ecs:ExecuteCommand")]),
    path(
        "eks-access-entry",
        "makes itself administrator of a cluster whose pods have roles",
        &[any("eks:CreateAccessEntry"), any("eks:AssociateAccessPolicy")],
    ),
    path(
        "eks-pod-identity",
        "gives a pod a stronger role",
        &[pass("pods.eks.amazonaws.com"), any("eks:CreatePodIdentityAssociation")],
    ),
    path(
        "batch-submit-job",
        "runs a job with a stronger role",
        &[pass(ECS), any("batch:RegisterJobDefinition"), any("batch:SubmitJob")],
    ),
    path(
        "apprunner-create-service",
        "runs a service with a stronger role",
        &[pass("tasks.apprunner.amazonaws.com"), any("apprunner:CreateService")],
    ),
    path(
        "apprunner-update-service",
        "has a service with a stronger role run its own image",
        &[any("apprunner:UpdateService")],
    ),
    path(
        "gamelift-create-fleet",
        "runs a build of its own on a fleet with a stronger role",
        &[pass("gamelift.amazonaws.com"), any("gamelift:CreateBuild"), any("gamelift:CreateFleet")],
    ),
    path(
        "elasticbeanstalk-create-environment",
        "runs an application of its own on instances with a stronger role",
        &[
            pass(EC2),
            any("elasticbeanstalk:CreateApplicationVersion"),
            any("elasticbeanstalk:CreateEnvironment"),
        ],
    ),
    path(
        "appstream-create-fleet",
        "streams a desktop that has a stronger role",
        &[pass("appstream.amazonaws.com"), any("appstream:CreateFleet"), any("appstream:CreateStreamingURL")],
    ),
    // Functions and workflows.
    path(
        "lambda-create-invoke",
        "makes a function with a stronger role and calls it",
        &[pass(LAMBDA), any("lambda:CreateFunction"), any("lambda:InvokeFunction")],
    ),
    path(
        "lambda-create-event-source",
        "makes a function with a stronger role and has a stream call it",
        &[pass(LAMBDA), any("lambda:CreateFunction"), any("lambda:CreateEventSourceMapping")],
    ),
    path(
        "lambda-create-add-permission",
        "makes a function with a stronger role and lets another account call it",
        &[pass(LAMBDA), any("lambda:CreateFunction"), any("lambda:AddPermission")],
    ),
    path(
        "lambda-create-function-url",
        "makes a function with a stronger role and gives it an address",
        &[pass(LAMBDA), any("lambda:CreateFunction"), any("lambda:CreateFunctionUrlConfig")],
    ),
    path(
        "lambda-update-code",
        "changes the code of a function with a stronger role",
        &[any("lambda:UpdateFunctionCode")],
    ),
    path(
        "lambda-update-code-invoke",
        "changes the code of a function with a stronger role and calls it",
        &[any("lambda:UpdateFunctionCode"), any("lambda:InvokeFunction")],
    ),
    path(
        "lambda-update-code-add-permission",
        "changes the code of a function with a stronger role and lets another account call it",
        &[any("lambda:UpdateFunctionCode"), any("lambda:AddPermission")],
    ),
    path(
        "lambda-update-configuration",
        "adds a layer of its own to a function with a stronger role",
        &[any("lambda:UpdateFunctionConfiguration")],
    ),
    path(
        "states-create-state-machine",
        "runs a state machine with a stronger role",
        &[pass("states.amazonaws.com"), any("states:CreateStateMachine"), any("states:StartExecution")],
    ),
    path(
        "states-update-state-machine",
        "changes what a state machine with a stronger role does, and runs it",
        &[any("states:UpdateStateMachine"), any("states:StartExecution")],
    ),
    path(
        "scheduler-create-schedule",
        "has any call made with a stronger role at a time",
        &[pass("scheduler.amazonaws.com"), any("scheduler:CreateSchedule")],
    ),
    path(
        "events-put-targets",
        "has a rule start things with a stronger role",
        &[pass("events.amazonaws.com"), any("events:PutRule"), any("events:PutTargets")],
    ),
    path(
        "pipes-create-pipe",
        "has a pipe send to any target with a stronger role",
        &[pass("pipes.amazonaws.com"), any("pipes:CreatePipe")],
    ),
    path(
        "iot-create-topic-rule",
        "has a rule act with a stronger role",
        &[pass("iot.amazonaws.com"), any("iot:CreateTopicRule")],
    ),
    path(
        "airflow-create-environment",
        "runs workflows of its own with a stronger role",
        &[pass("airflow.amazonaws.com"), any("airflow:CreateEnvironment")],
    ),
    // Infrastructure and builds.
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
    // Data and machine learning.
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
