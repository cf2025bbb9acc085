//! Access that is wider than it need be.

use super::*;

#[test]
fn full_access_is_told_unless_something_takes_it_away() {
    let rule = "full-access";
    assert_eq!(identity(rule, &allow("*", "*")), ["/Statement/0/Action"]);
    let but = |deny: &str| format!(r#"{}, {{"Effect": "Deny", {deny}, "Resource": "*"}}"#, allow("*", "*"));
    for few in [r#""Action": "iam:CreateUser""#, r#""Action": "iam:*""#, r#""Action": ["kms:*", "ec2:*"]"#] {
        assert_eq!(identity(rule, &but(few)), ["/Statement/0/Action"], "{few}");
    }
    // What is left is told by the other rules.
    let most = but(r#""NotAction": ["s3:*", "iam:*"]"#);
    assert_eq!(identity(rule, &most), NOTHING);
    assert_eq!(identity("service-wildcard", &most), ["/Statement/0/Action"]);
    assert_eq!(identity("data-exfiltration", &most), ["/Statement/0/Action"]);
    assert_ne!(identity("privilege-escalation", &most), NOTHING);
    assert_eq!(identity("pass-role-too-wide", &most), ["/Statement/0/Action"]);
    for same in [allow("**", "**"), allow("*:*", "arn:*"), allow("*", "arn:aws:*:*:*:*")] {
        assert_eq!(identity(rule, &same), ["/Statement/0/Action"], "{same}");
    }
    assert_eq!(found(rule, PolicyKind::Scp, &allow("*", "*")), NOTHING);
}

#[test]
fn every_action_of_a_service_is_told_with_its_counts() {
    let policy =
        format!(r#"{{"Version": "2012-10-17", "Statement": {}}}"#, allow("sqs:*", "arn:aws:sqs:*:*:orders"));
    let findings = linted(PolicyKind::Identity, &[], &policy);
    let finding = findings.iter().find(|finding| finding.rule.id == "service-wildcard").unwrap();
    assert!(
        finding.message.starts_with("sqs:* is ") && finding.message.contains("of level Write"),
        "{}",
        finding.message
    );
    let rule = "service-wildcard";
    assert_eq!(identity(rule, &allow("sqs:Send*", "*")), NOTHING);
    for all in ["sqs:**", "SQS:*", "*", "**"] {
        assert_eq!(identity(rule, &allow(all, "arn:aws:sqs:*:*:orders")), ["/Statement/0/Action"], "{all}");
    }
    assert_eq!(identity(rule, &allow("*", "arn:aws:s3:::b/*")), ["/Statement/0/Action"]);
    assert_eq!(found(rule, PolicyKind::Resource, &bucket(r#""*""#, "").replace("GetObject", "*")).len(), 1);
}

#[test]
fn every_resource_is_told_where_it_could_be_some() {
    let rule = "wildcard-resource";
    assert_eq!(identity(rule, &allow("s3:PutObject", "*")), ["/Statement/0/Resource"]);
    assert_eq!(identity(rule, &allow("ec2:DescribeInstances", "*")), NOTHING);
    let tagged = r#"{"StringEquals": {"aws:ResourceTag/team": "orders"}}"#;
    assert_eq!(identity(rule, &allow_if("ec2:StopInstances", "*", tagged)), NOTHING);
    for (action, every) in [
        ("s3:PutObject", "arn:aws:s3:::*"),
        ("s3:PutObject", "arn:aws:s3:::*/*"),
        ("sqs:SendMessage", "arn:aws:sqs:*:*:*"),
        ("lambda:InvokeFunction", "arn:aws:lambda:*:*:function:*"),
        ("sqs:SendMessage", "**"),
        ("sqs:SendMessage", "arn:*"),
    ] {
        assert_eq!(identity(rule, &allow(action, every)), ["/Statement/0/Resource"], "{every}");
    }
    for some in ["arn:aws:s3:::orders/*", "arn:aws:s3:::*/orders/*", "arn:aws:sqs:*:111122223333:*"] {
        assert_eq!(identity(rule, &allow("s3:PutObject", some)), NOTHING, "{some}");
    }
}

#[test]
fn access_that_a_deny_takes_away_is_no_finding() {
    for (rule, allowed, denied) in [
        ("service-wildcard", allow("sqs:*", "*"), "sqs:*"),
        ("wildcard-resource", allow("s3:PutObject", "*"), "s3:*"),
        ("not-action-with-allow", allow("iam:*", "*").replace("Action", "NotAction"), "*"),
        (
            "not-resource-with-allow",
            allow("s3:*", "arn:aws:s3:::b/*").replace("Resource", "NotResource"),
            "s3:*",
        ),
        (
            "for-all-values-without-null-guard",
            allow_if("ec2:CreateTags", "*", r#"{"ForAllValues:StringEquals": {"aws:TagKeys": "a"}}"#),
            "ec2:*",
        ),
    ] {
        assert_eq!(identity(rule, &allowed).len(), 1, "{rule}");
        let all = format!("{allowed}, {}", allow(denied, "*").replace("Allow", "Deny"));
        assert_eq!(identity(rule, &all), NOTHING, "{rule}");
    }
    // A strong action that is denied hides none of the others.
    let strong = format!("{}, {}", allow("sqs:*", "*"), allow("sqs:[AD]*", "*").replace("Allow", "Deny"));
    let strong = strong.replace("sqs:[AD]*", "sqs:?e*");
    assert_eq!(identity("service-wildcard", &strong), ["/Statement/0/Action"]);
    // Nor is what a Deny of all others spares.
    let spared = format!("{}, {}", allow("*", "*"), allow("iam:Get*", "*").replace("Allow", "Deny"));
    let spared = spared.replace(r#""Action": "iam:Get*""#, r#""NotAction": "iam:Get*""#);
    assert_eq!(identity("service-wildcard", &spared), ["/Statement/0/Action"]);
}

#[test]
fn negated_elements_of_an_allow_are_told() {
    let not_action = r#"{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}"#;
    assert_eq!(identity("not-action-with-allow", not_action), ["/Statement/0/NotAction"]);
    let deny = r#"{"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"}"#;
    assert_eq!(identity("not-action-with-allow", deny), NOTHING);
    let not_resource =
        r#"{"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::secret/*"}"#;
    assert_eq!(identity("not-resource-with-allow", not_resource), ["/Statement/0/NotResource"]);
}

#[test]
fn any_role_for_any_service_is_told() {
    let rule = "pass-role-too-wide";
    assert_eq!(identity(rule, &allow("iam:PassRole", "*")), ["/Statement/0/Action"]);
    assert_eq!(identity(rule, &allow("iam:PassRole", "arn:aws:iam::111122223333:role/orders-*")), NOTHING);
    let narrowed = r#"{"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}"#;
    assert_eq!(identity(rule, &allow_if("iam:PassRole", "*", narrowed)), NOTHING);
}

#[test]
fn credentials_and_data_of_any_resource_are_told() {
    assert_eq!(identity("credential-exposure", &allow("redshift:GetClusterCredentials", "*")).len(), 1);
    assert_eq!(identity("data-exfiltration", &allow("secretsmanager:GetSecretValue", "*")).len(), 1);
    let one = allow(
        "secretsmanager:GetSecretValue",
        "arn:aws:secretsmanager:us-east-1:111122223333:secret:orders-??????",
    );
    assert_eq!(identity("data-exfiltration", &one), NOTHING);
    let tagged = r#"{"StringEquals": {"aws:ResourceTag/team": "orders"}}"#;
    assert_eq!(
        identity("data-exfiltration", &allow_if("secretsmanager:GetSecretValue", "*", tagged)),
        NOTHING
    );
}

#[test]
fn credentials_of_the_caller_itself_are_no_finding() {
    let own = allow("iam:CreateAccessKey", "arn:aws:iam::*:user/${aws:username}");
    assert_eq!(identity("credential-exposure", &own), NOTHING);
    let of_all = allow("iam:CreateAccessKey", "arn:aws:iam::*:user/*");
    assert_eq!(identity("credential-exposure", &of_all), ["/Statement/0/Action"]);
}

#[test]
fn what_shows_a_finding_has_no_key_that_it_does_not_need() {
    let condition = r#"{"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}"#;
    let other = allow_if("s3:*", "arn:aws:s3:::other/${aws:username}", condition);
    let policy = format!(
        r#"{{"Version": "2012-10-17", "Statement": [{other}, {}]}}"#,
        allow("s3:*", "arn:aws:s3:::b/*")
    );
    let findings = linted(PolicyKind::Identity, &[], &policy);
    let wildcard = findings.iter().find(|one| one.pointer.starts_with("/Statement/1")).unwrap();
    assert!(wildcard.witness.as_ref().unwrap().context.is_empty(), "{wildcard:#?}");
}

#[test]
fn a_key_that_follows_from_the_caller_is_given_in_any_spelling() {
    for key in ["aws:username", "aws:userName", "AWS:USERNAME"] {
        let condition = format!(r#"{{"StringEquals": {{"{key}": "alice"}}}}"#);
        let of_alice = allow_if("s3:*", "arn:aws:s3:::b/*", &condition);
        assert_eq!(identity("service-wildcard", &of_alice), ["/Statement/0/Action"], "{key}");
    }
}

#[test]
fn of_many_statements_each_is_judged_with_those_that_are_about_the_same() {
    let statements = (0..150).map(|number| allow("s3:*", &format!("arn:aws:s3:::bucket-{number:0>3}/*")));
    let deny =
        r#"{"Effect": "Deny", "NotAction": "sqs:*", "Resource": "arn:aws:s3:::bucket-007*"}"#.to_owned();
    let all: Vec<_> = statements.chain([deny]).collect();
    let told = identity("service-wildcard", &all.join(", "));
    assert_eq!(told.len(), 149);
    assert!(!told.contains(&"/Statement/7/Action".to_owned()));
}
