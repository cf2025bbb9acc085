//! Functions and workflows.

use super::{Path, any, pass, path};

const LAMBDA: &str = "lambda.amazonaws.com";

pub(super) const PATHS: &[Path] = &[
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
];
