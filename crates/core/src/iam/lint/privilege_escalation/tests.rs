use std::collections::BTreeSet;

use super::*;
use crate::iam::lint::{Finding, Options, lint};
use crate::iam::{Outcome, PolicyDocument, PolicySet, Principal, Request};

fn findings(statements: &str) -> Vec<Finding> {
    let policy = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
    let findings = lint(&PolicyDocument::parse(&policy).unwrap(), &Options::default()).unwrap();
    findings.into_iter().filter(|finding| finding.rule.id == RULE.id).collect()
}

/// The ways that are open, by their names.
fn open(statements: &str) -> Vec<String> {
    let name = |finding: Finding| finding.message.split(':').next().unwrap_or_default().to_owned();
    findings(statements).into_iter().map(name).collect()
}

fn allow(actions: &[&str], rest: &str) -> String {
    format!(r#"{{"Effect": "Allow", "Action": {actions:?}, {rest}}}"#)
}

const ANY: &str = r#""Resource": "*""#;

#[test]
fn every_known_way_is_listed_once_with_actions_that_exist() {
    let catalog = Catalog::bundled().unwrap();
    let count = paths().count();
    assert!(count >= 65, "{count}");
    let ids: BTreeSet<_> = paths().map(|path| path.id).collect();
    assert_eq!(ids.len(), count);
    for step in paths().flat_map(|path| path.steps) {
        assert!(catalog.action(step.action).is_some(), "{}", step.action);
    }
}

#[test]
fn every_known_way_is_found_where_its_actions_are_allowed_on_everything() {
    for path in paths() {
        let actions: Vec<_> = path.steps.iter().map(|step| step.action).collect();
        let found = open(&allow(&actions, ANY));
        // A shorter way among the same actions may stand for it.
        let stands_for = |other: &Path| found.iter().any(|id| id == other.id) && is_within(other, path);
        assert!(paths().any(stands_for), "{}: {found:?}", path.id);
    }
}

#[test]
fn every_known_way_is_shown_by_a_request_that_the_engine_allows() {
    for path in paths() {
        let actions: Vec<_> = path.steps.iter().map(|step| step.action).collect();
        let statement = allow(&actions, ANY);
        let policy = format!(r#"{{"Version": "2012-10-17", "Statement": [{statement}]}}"#);
        // Roles and keys leave the decision to their account.
        let trust = r#"{"Statement": {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": ["sts:*", "kms:*"]}}"#;
        let [policy, trust] = [policy.as_str(), trust].map(|text| PolicyDocument::parse(text).unwrap());
        let set = PolicySet::builder().identity([policy]).resource(trust).build().unwrap();
        for finding in findings(&statement) {
            let witness = finding.witness.as_ref().unwrap_or_else(|| panic!("{}", finding.message));
            let caller = Principal::parse(&witness.caller.to_string()).unwrap();
            let request = Request::new(caller, &witness.action, &witness.resource).unwrap();
            let context = witness.whole_context();
            let request =
                context.iter().fold(request, |request, (key, value)| request.context(key, value.as_str()));
            assert_eq!(set.outcome(&request), Outcome::Allow, "{}: {witness}", path.id);
        }
    }
}

#[test]
fn a_way_that_lacks_an_action_is_none() {
    for path in paths().filter(|path| path.steps.len() > 1) {
        for left_out in path.steps {
            let actions: Vec<_> = path
                .steps
                .iter()
                .map(|step| step.action)
                .filter(|action| *action != left_out.action)
                .collect();
            if !actions.is_empty() {
                assert!(
                    !open(&allow(&actions, ANY)).iter().any(|id| id == path.id),
                    "{} {}",
                    path.id,
                    left_out.action
                );
            }
        }
    }
}

#[test]
fn a_deny_a_boundary_or_a_named_resource_closes_the_way() {
    let denied = format!(
        r#"{}, {{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}}"#,
        allow(&["iam:PutRolePolicy"], ANY)
    );
    assert_eq!(open(&denied), [""; 0]);
    let named = allow(&["iam:PutRolePolicy"], r#""Resource": "arn:aws:iam::111122223333:role/orders-*""#);
    assert_eq!(open(&named), [""; 0]);
    let bounded = r#""Resource": "*", "Condition": {"StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::111122223333:policy/b"}}"#;
    assert_eq!(open(&allow(&["iam:PutRolePolicy"], bounded)), [""; 0]);
    let policies = r#""Resource": "*", "Condition": {"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/ReadOnlyAccess"}}"#;
    assert_eq!(open(&allow(&["iam:AttachRolePolicy"], policies)), [""; 0]);
}

#[test]
fn a_role_passed_to_another_service_is_no_way() {
    let to = |service: &str| {
        let passed = format!(
            r#""Resource": "*", "Condition": {{"StringEquals": {{"iam:PassedToService": "{service}"}}}}"#
        );
        open(&format!("{}, {}", allow(&["iam:PassRole"], &passed), allow(&["ec2:RunInstances"], ANY)))
    };
    assert_eq!(to("ec2.amazonaws.com"), ["ec2-run-instances"]);
    assert_eq!(to("lambda.amazonaws.com"), [""; 0]);
}

#[test]
fn a_condition_that_the_caller_can_meet_leaves_the_way_open() {
    let mfa = r#""Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}"#;
    let found = findings(&allow(&["iam:CreateAccessKey"], mfa));
    let witness = found[0].witness.as_ref().unwrap();
    assert_eq!(witness.context["aws:MultiFactorAuthPresent"], "true");
    let unless = format!(
        r#"{}, {{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {{"BoolIfExists": {{"aws:MultiFactorAuthPresent": "false"}}}}}}"#,
        allow(&["iam:CreateAccessKey"], ANY)
    );
    assert_eq!(open(&unless), ["iam-create-access-key"]);
}

#[test]
fn ones_own_access_key_is_no_way() {
    let own = allow(&["iam:CreateAccessKey"], r#""Resource": "arn:aws:iam::*:user/${aws:username}""#);
    assert_eq!(open(&own), [""; 0]);
}
