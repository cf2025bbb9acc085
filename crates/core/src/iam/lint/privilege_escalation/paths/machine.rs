//! Machines and containers.

use super::{Path, any, pass, path};

const EC2: &str = "ec2.amazonaws.com";
const ECS: &str = "ecs-tasks.amazonaws.com";

pub(super) const PATHS: &[Path] = &[
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
];
