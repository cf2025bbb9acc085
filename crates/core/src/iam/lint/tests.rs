//! What each rule finds, and where it keeps silent.

use super::*;
use crate::iam::{Caller, Catalog, Layer, Outcome, PolicyKind, PolicySet, Principal, Request};

fn linted(kind: PolicyKind, own: &[&str], policy: &str) -> Vec<Finding> {
    let own_accounts = own.iter().map(|account| (*account).to_owned()).collect();
    let options = Options { kind: Some(kind), own_accounts, ..Options::default() };
    shown(&PolicyDocument::parse(policy).unwrap(), &options)
}

/// Rules that need no request to show what they say.
const OF_THE_TEXT: [&str; 15] = [
    "condition-key-never-applies",
    "condition-operator-mismatch",
    "dead-statement",
    "element-not-allowed",
    "not-principal",
    "redundant",
    "resource-never-matches",
    "roles-anywhere-trust",
    "size-limit",
    "undefined-set-operator",
    "unknown-action",
    "unknown-condition-key",
    "unreadable",
    "variable-in-old-version",
    "wildcard-in-equals",
];

/// The findings. What each of them shows is decided anew, with nothing but what a case file would say.
fn shown(document: &PolicyDocument, options: &Options) -> Vec<Finding> {
    let kind = options.kind.unwrap_or_else(|| PolicyKind::of(document));
    let findings = lint(document, options).unwrap();
    for finding in &findings {
        let witness = finding.witness.as_ref();
        assert!(witness.is_some() || OF_THE_TEXT.contains(&finding.rule.id), "{finding:#?}");
        let Some(witness) = witness else { continue };
        let set = PolicySet::builder();
        let set = match kind.names_principals() {
            true => set.resource(document.clone()),
            false => set.identity([document.clone()]),
        };
        let set = match witness.beside_policy() {
            Some((Layer::Identity, policy)) => set.identity([PolicyDocument::parse(&policy).unwrap()]),
            Some((_, policy)) => set.resource(PolicyDocument::parse(&policy).unwrap()),
            None => set,
        };
        let principal = match &witness.caller {
            Caller::Anonymous => Principal::anonymous(),
            Caller::Arn(arn) => Principal::parse(arn).unwrap(),
            Caller::Federated(provider) => Principal::federated(provider),
            Caller::Service(service) => Principal::service(service),
        };
        let request = Request::new(principal, &witness.action, &witness.resource).unwrap();
        let request = request.resource_account(&witness.resource_account).unwrap();
        let context = witness.whole_context().into_iter();
        let request = context.fold(request, |request, (key, value)| request.context(&key, value));
        assert_eq!(set.build().unwrap().outcome(&request), Outcome::Allow, "{}: {witness}", finding.rule.id);
    }
    findings
}

/// The findings of one rule, by their pointers.
fn found(rule: &str, kind: PolicyKind, statements: &str) -> Vec<String> {
    let policy = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
    let findings = linted(kind, &[], &policy).into_iter().filter(|finding| finding.rule.id == rule);
    findings.map(|finding| finding.pointer).collect()
}

fn identity(rule: &str, statements: &str) -> Vec<String> {
    found(rule, PolicyKind::Identity, statements)
}

fn allow(action: &str, resource: &str) -> String {
    format!(r#"{{"Effect": "Allow", "Action": "{action}", "Resource": "{resource}"}}"#)
}

fn allow_if(action: &str, resource: &str, condition: &str) -> String {
    format!(
        r#"{{"Effect": "Allow", "Action": "{action}", "Resource": "{resource}", "Condition": {condition}}}"#
    )
}

const NOTHING: [&str; 0] = [];

#[test]
fn rules_have_names_in_order_and_say_what_they_look_for() {
    let ids: Vec<_> = rules().map(|rule| rule.id).collect();
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(ids, sorted);
    assert!(rules().all(|rule| !rule.about.ends_with('.')));
}

#[test]
fn a_narrow_policy_has_no_findings() {
    let policy = r#"{"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::orders/*"},
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::orders",
         "Condition": {"StringLike": {"s3:prefix": "${aws:username}/*"}}},
        {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::111122223333:role/orders-task",
         "Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}}]}"#;
    let findings = linted(PolicyKind::Identity, &[], policy);
    assert!(findings.is_empty(), "{findings:#?}");
}

#[test]
fn an_unknown_action_is_told_with_the_date_and_the_nearest() {
    let policy = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow",
        "Action": ["s3:GetObjcet", "s33:Get*"], "Resource": "arn:aws:s3:::orders/*"}}"#;
    let findings = linted(PolicyKind::Identity, &[], policy);
    let unknown: Vec<_> = findings.iter().filter(|finding| finding.rule.id == "unknown-action").collect();
    assert_eq!(unknown.len(), 2);
    let date = Catalog::bundled().unwrap().date();
    assert!(unknown.iter().all(|finding| finding.message.contains(date)), "{unknown:#?}");
    assert_eq!((unknown[0].place.line, unknown[0].pointer.as_str()), (2, "/Statement/Action/0"));
    assert!(unknown[0].fix.contains("s3:GetObject"));
}

#[test]
fn an_unknown_condition_key_is_told_and_those_of_providers_are_not_ours() {
    let asks = |key: &str| {
        allow_if("s3:GetObject", "arn:aws:s3:::b/*", &format!(r#"{{"StringEquals": {{"{key}": "x"}}}}"#))
    };
    let found = |key: &str| identity("unknown-condition-key", &asks(key));
    assert_eq!(found("aws:SourceVpcc"), ["/Statement/0/Condition/StringEquals/aws:SourceVpcc"]);
    for key in ["aws:SourceVpc", "aws:PrincipalTag/a", "token.actions.githubusercontent.com:sub", "saml:aud"]
    {
        assert_eq!(found(key), NOTHING, "{key}");
    }
}

#[test]
fn a_key_that_no_request_for_the_actions_has_is_told() {
    let asks = |action: &str, key: &str| {
        identity(
            "condition-key-never-applies",
            &allow_if(action, "*", &format!(r#"{{"StringEquals": {{"{key}": "x"}}}}"#)),
        )
    };
    assert_eq!(asks("s3:GetObject", "s3:prefix").len(), 1);
    assert_eq!(asks("s3:ListBucket", "s3:prefix"), NOTHING);
    assert_eq!(asks("s3:*", "s3:prefix"), NOTHING);
    assert_eq!(asks("*", "s3:prefix"), NOTHING);
    assert_eq!(asks("s3:GetObject", "aws:PrincipalOrgID"), NOTHING);
}

#[test]
fn operators_that_cannot_compare_the_key_are_told() {
    let asks =
        |condition: &str| identity("condition-operator-mismatch", &allow_if("s3:GetObject", "*", condition));
    for wrong in [
        r#"{"StringEquals": {"aws:SourceIp": "203.0.113.0/24"}}"#,
        r#"{"DateLessThan": {"aws:PrincipalArn": "2030-01-01"}}"#,
        r#"{"StringEquals": {"aws:TagKeys": "team"}}"#,
    ] {
        assert_eq!(asks(wrong).len(), 1, "{wrong}");
    }
    for right in [
        r#"{"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}"#,
        r#"{"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/x"}}"#,
        r#"{"ForAnyValue:StringEquals": {"aws:TagKeys": "team"}}"#,
        r#"{"Null": {"aws:TagKeys": "false"}}"#,
    ] {
        assert_eq!(asks(right), NOTHING, "{right}");
    }
}

#[test]
fn a_wildcard_in_string_equals_is_told_unless_the_character_is_meant() {
    let asks = |value: &str| {
        let condition = format!(r#"{{"StringEquals": {{"s3:prefix": "{value}"}}}}"#);
        identity("wildcard-in-equals", &allow_if("s3:ListBucket", "arn:aws:s3:::b", &condition))
    };
    assert_eq!(asks("home/*"), ["/Statement/0/Condition/StringEquals/s3:prefix"]);
    assert_eq!(asks("home/${*}"), NOTHING);
}

#[test]
fn actions_and_resources_that_never_meet_are_told() {
    let rule = "resource-never-matches";
    assert_eq!(identity(rule, &allow("s3:GetObject", "arn:aws:s3:::orders")), ["/Statement/0/Action"]);
    assert_eq!(identity(rule, &allow("ec2:DescribeInstances", "arn:aws:ec2:*:*:instance/*")).len(), 1);
    assert_eq!(identity(rule, &allow("s3:GetObject", "arn:aws:s3:::orders/*")), NOTHING);
    assert_eq!(identity(rule, &allow("s3:*", "arn:aws:s3:::orders")), NOTHING);
    let both = r#"{"Effect": "Allow", "Action": "s3:GetObject",
        "Resource": ["arn:aws:s3:::orders/*", "arn:aws:sqs:*:*:orders"]}"#;
    assert_eq!(identity(rule, both), ["/Statement/0/Resource/1"]);
}

#[test]
fn what_the_engine_does_not_take_is_told_at_its_place() {
    let rule = "unreadable";
    let deny = |condition: &str| {
        let deny = allow_if("*", "*", condition).replace("Allow", "Deny");
        identity(rule, &format!("{}, {deny}", allow("*", "*")))
    };
    assert_eq!(
        deny(r#"{"NumericLessThan": {"s3:max-keys": "ten"}}"#),
        ["/Statement/1/Condition/NumericLessThan/s3:max-keys"]
    );
    assert_eq!(identity(rule, &bucket(r#""*""#, "")), ["/Statement/0/Principal"]);
    assert_eq!(identity(rule, &allow("GetObject", "*")), ["/Statement/0/Action"]);
    assert_eq!(identity(rule, &allow("s3:GetObject", "b/*")), ["/Statement/0/Resource"]);
    assert_eq!(found(rule, PolicyKind::Trust, &bucket(r#""*""#, "")), NOTHING);
}

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
fn not_principal_is_not_supported_or_denies_those_it_means_to_spare() {
    let with = |effect: &str, names: &str| {
        let statement = format!(
            r#"{{"Effect": "{effect}", "NotPrincipal": {{"AWS": {names}}}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}}"#
        );
        found("not-principal", PolicyKind::Resource, &statement)
    };
    assert_eq!(with("Allow", r#""111122223333""#), ["/Statement/0/NotPrincipal"]);
    assert_eq!(with("Deny", r#""arn:aws:iam::111122223333:role/a""#).len(), 1);
    let all = r#"["111122223333", "arn:aws:iam::111122223333:role/a", "arn:aws:sts::111122223333:assumed-role/a/s"]"#;
    assert_eq!(with("Deny", all), NOTHING);
}

fn bucket(principal: &str, condition: &str) -> String {
    format!(
        r#"{{"Effect": "Allow", "Principal": {principal}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"{condition}}}"#
    )
}

#[test]
fn strangers_are_told_unless_a_condition_keeps_them_out() {
    let is_public = |condition: &str| {
        !found("public-principal", PolicyKind::Resource, &bucket(r#""*""#, condition)).is_empty()
    };
    assert!(is_public(""));
    for open in [
        r#"{"Bool": {"aws:SecureTransport": "true"}}"#,
        r#"{"StringLike": {"aws:Referer": "https://shop.example/*"}}"#,
        r#"{"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}"#,
        r#"{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}}"#,
        r#"{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/admin-*"}}"#,
        r#"{"StringLike": {"aws:PrincipalArn": "*"}}"#,
        r#"{"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*"}}"#,
        r#"{"StringLike": {"aws:PrincipalAccount": "*"}}"#,
        r#"{"StringLike": {"aws:PrincipalOrgID": "o-*"}}"#,
        r#"{"StringLike": {"aws:userid": "*"}}"#,
        r#"{"StringLike": {"aws:SourceVpc": "vpc-*"}}"#,
        r#"{"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:*"}}"#,
        r#"{"Null": {"aws:PrincipalArn": "false"}}"#,
        r#"{"Null": {"aws:SourceVpc": "true"}}"#,
    ] {
        assert!(is_public(&format!(r#", "Condition": {open}"#)), "{open}");
    }
    for closed in [
        r#"{"StringEquals": {"aws:PrincipalOrgID": "o-1"}}"#,
        r#"{"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}"#,
        r#"{"StringEquals": {"aws:SourceVpce": "vpce-1"}}"#,
        r#"{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}}"#,
        r#"{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::999999999999:role/*"}}"#,
        r#"{"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:111122223333:*"}}"#,
        r#"{"ArnLike": {"aws:SourceArn": "arn:aws:s3:::orders"}}"#,
    ] {
        assert!(!is_public(&format!(r#", "Condition": {closed}"#)), "{closed}");
    }
    let denied = format!(
        r#"{}, {{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
             "Condition": {{"StringNotEquals": {{"aws:PrincipalOrgID": "o-1"}}}}}}"#,
        bucket(r#""*""#, "")
    );
    assert_eq!(found("public-principal", PolicyKind::Resource, &denied), NOTHING);
}

#[test]
fn other_accounts_are_told_unless_they_are_own_or_narrowed() {
    let policy = |condition: &str| {
        let statement = bucket(r#"{"AWS": "arn:aws:iam::444455556666:root"}"#, condition);
        format!(r#"{{"Version": "2012-10-17", "Statement": {statement}}}"#)
    };
    let severities = |own: &[&str], condition: &str| {
        let findings = linted(PolicyKind::Resource, own, &policy(condition));
        let findings = findings.into_iter().filter(|finding| finding.rule.id == "cross-account-principal");
        findings.map(|finding| finding.severity).collect::<Vec<_>>()
    };
    assert_eq!(severities(&[], ""), [Severity::Note]);
    assert_eq!(severities(&["777788889999"], ""), [Severity::Warning]);
    assert_eq!(severities(&["444455556666"], ""), []);
    assert_eq!(severities(&[], r#", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}"#), []);
    for no_limit in ["*", "arn:aws:iam::444455556666:*", "arn:aws:iam::444455556666:role/*"] {
        let condition = format!(r#", "Condition": {{"StringLike": {{"aws:PrincipalArn": "{no_limit}"}}}}"#);
        assert_eq!(severities(&[], &condition), [Severity::Note], "{no_limit}");
    }
    let one = r#", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::444455556666:role/orders"}}"#;
    assert_eq!(severities(&[], one), []);
}

/// The findings of one rule where this organization is the reader's own.
fn in_organization(rule: &str, kind: PolicyKind, own: &[&str], statement: &str) -> Vec<String> {
    let policy = format!(r#"{{"Version": "2012-10-17", "Statement": {statement}}}"#);
    let own_organizations = own.iter().map(|id| (*id).to_owned()).collect();
    let options = Options { kind: Some(kind), own_organizations, ..Options::default() };
    let findings = shown(&PolicyDocument::parse(&policy).unwrap(), &options);
    findings.into_iter().filter(|finding| finding.rule.id == rule).map(|finding| finding.message).collect()
}

const OWN: &str = "o-a1b2c3d4e5";

#[test]
fn other_organizations_are_told_once_the_own_one_is_declared() {
    let told = |own: &[&str], condition: &str| {
        let statement = bucket(r#""*""#, &format!(r#", "Condition": {condition}"#));
        in_organization("cross-account-principal", PolicyKind::Resource, own, &statement)
    };
    let ours = r#"{"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}"#;
    let theirs = r#"{"StringEquals": {"aws:PrincipalOrgID": ["o-a1b2c3d4e5", "o-zzzzzzzzzz"]}}"#;
    assert_eq!(told(&[], theirs), NOTHING);
    assert_eq!(told(&[OWN], ours), NOTHING);
    assert_eq!(told(&[OWN], theirs), ["Organization o-zzzzzzzzzz is allowed, every account of it"]);
    assert_eq!(told(&[OWN, "o-zzzzzzzzzz"], theirs), NOTHING);
    let by_path =
        |id: &str| format!(r#"{{"ForAnyValue:StringLike": {{"aws:PrincipalOrgPaths": "{id}/r-ab12/*"}}}}"#);
    assert_eq!(told(&[OWN], &by_path(OWN)), NOTHING);
    assert_eq!(told(&[OWN], &by_path("o-zzzzzzzzzz")).len(), 1);
    let any_but_ours = r#"{"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}"#;
    assert_eq!(
        told(&[OWN], any_but_ours),
        ["An organization that is not yours is allowed, every account of it"]
    );
    let from_within =
        r#"{"StringLike": {"aws:PrincipalOrgID": "o-*"}, "StringEquals": {"aws:SourceVpce": "vpce-1"}}"#;
    assert_eq!(told(&[OWN], from_within), NOTHING);
}

#[test]
fn an_organization_that_a_deny_keeps_out_is_not_told() {
    let theirs = r#", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-zzzzzzzzzz"}}"#;
    let denied = format!(
        r#"[{}, {{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
             "Condition": {{"StringNotEquals": {{"aws:PrincipalOrgID": "{OWN}"}}}}}}]"#,
        bucket(r#""*""#, theirs)
    );
    assert_eq!(in_organization("cross-account-principal", PolicyKind::Resource, &[OWN], &denied), NOTHING);
}

#[test]
fn a_role_for_another_organization_wants_an_external_id() {
    let told = |own: &[&str], org: &str, more: &str| {
        let condition =
            format!(r#", "Condition": {{"StringEquals": {{"aws:PrincipalOrgID": "{org}"{more}}}}}"#);
        let statement = trust(r#"{"AWS": "444455556666"}"#, r#""sts:AssumeRole""#, &condition);
        in_organization("missing-external-id", PolicyKind::Trust, own, &statement)
    };
    assert_eq!(told(&[], "o-zzzzzzzzzz", ""), NOTHING);
    assert_eq!(told(&[OWN], OWN, ""), NOTHING);
    assert_eq!(told(&[OWN], "o-zzzzzzzzzz", "").len(), 1);
    assert_eq!(told(&[OWN], "o-zzzzzzzzzz", r#", "sts:ExternalId": "4711""#), NOTHING);
}

#[test]
fn a_service_that_acts_for_another_organization_is_told() {
    let told = |own: &[&str], org: &str| {
        let condition = format!(r#", "Condition": {{"StringEquals": {{"aws:SourceOrgID": "{org}"}}}}"#);
        let statement = bucket(r#"{"Service": "sns.amazonaws.com"}"#, &condition);
        in_organization("confused-deputy", PolicyKind::Resource, own, &statement)
    };
    assert_eq!(told(&[], "o-zzzzzzzzzz"), NOTHING);
    assert_eq!(told(&[OWN], OWN), NOTHING);
    assert_eq!(
        told(&[OWN], "o-zzzzzzzzzz"),
        ["Organization o-zzzzzzzzzz may use sns.amazonaws.com to get in"]
    );
}

fn trust(principal: &str, action: &str, condition: &str) -> String {
    format!(r#"{{"Effect": "Allow", "Principal": {principal}, "Action": {action}{condition}}}"#)
}

#[test]
fn a_role_for_another_account_wants_an_external_id() {
    let rule = "missing-external-id";
    let other = r#"{"AWS": "444455556666"}"#;
    let with =
        |condition: &str| found(rule, PolicyKind::Trust, &trust(other, r#""sts:AssumeRole""#, condition));
    assert_eq!(with(""), ["/Statement/0/Principal"]);
    assert_eq!(with(r#", "Condition": {"StringEquals": {"sts:ExternalId": "7"}}"#), NOTHING);
    assert_eq!(with(r#", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}"#), NOTHING);
    let role =
        r#", "Condition": {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::444455556666:role/orders"}}"#;
    assert_eq!(with(role), NOTHING);
    for no_limit in [
        r#"{"StringLike": {"aws:PrincipalArn": "arn:aws:iam::444455556666:*"}}"#,
        r#"{"StringEquals": {"aws:PrincipalAccount": "444455556666"}}"#,
        r#"{"StringLike": {"sts:ExternalId": "*"}}"#,
    ] {
        assert_eq!(with(&format!(r#", "Condition": {no_limit}"#)), ["/Statement/0/Principal"], "{no_limit}");
    }
    let policy =
        format!(r#"{{"Version": "2012-10-17", "Statement": {}}}"#, trust(other, r#""sts:AssumeRole""#, ""));
    let own = linted(PolicyKind::Trust, &["444455556666"], &policy);
    assert!(own.iter().all(|finding| finding.rule.id != rule), "{own:#?}");
}

#[test]
fn a_service_that_tells_whom_it_acts_for_is_asked_to() {
    let with = |service: &str, condition: &str| {
        let statement = trust(&format!(r#"{{"Service": "{service}"}}"#), r#""sts:AssumeRole""#, condition);
        found("confused-deputy", PolicyKind::Trust, &statement)
    };
    assert_eq!(with("scheduler.amazonaws.com", ""), ["/Statement/0/Principal"]);
    assert_eq!(with("ec2.amazonaws.com", ""), NOTHING);
    let asked = r#", "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}"#;
    assert_eq!(with("scheduler.amazonaws.com", asked), NOTHING);
    let source = |arn: &str| {
        with("sns.amazonaws.com", &format!(r#", "Condition": {{"ArnLike": {{"aws:SourceArn": "{arn}"}}}}"#))
    };
    for any in ["arn:aws:sns:*:*:*", "arn:aws:s3:::*", "arn:*:sns:us-east-1:*:orders"] {
        assert_eq!(source(any), ["/Statement/0/Principal"], "{any}");
    }
    for own in ["arn:aws:sns:*:111122223333:*", "arn:aws:s3:::orders", "arn:aws:s3:::orders-*"] {
        assert_eq!(source(own), NOTHING, "{own}");
    }
    let any_account = r#", "Condition": {"StringLike": {"aws:SourceAccount": "*"}}"#;
    assert_eq!(with("sns.amazonaws.com", any_account), ["/Statement/0/Principal"]);
}

#[test]
fn roles_anywhere_wants_its_anchor_its_certificate_and_its_actions() {
    let service = r#"{"Service": "rolesanywhere.amazonaws.com"}"#;
    let with = |action: &str, condition: &str| {
        found("roles-anywhere-trust", PolicyKind::Trust, &trust(service, action, condition))
    };
    assert_eq!(with(r#""sts:AssumeRole""#, "").len(), 4);
    let all = r#"["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]"#;
    assert_eq!(with(all, "").len(), 2);
    let narrow = r#", "Condition": {
        "ArnEquals": {"aws:SourceArn": "arn:aws:rolesanywhere:us-east-1:111122223333:trust-anchor/a"},
        "StringEquals": {"aws:PrincipalTag/x509Subject/CN": "orders"}}"#;
    assert_eq!(with(all, narrow), NOTHING);
    for any in ["arn:aws:rolesanywhere:*:*:*", "arn:aws:rolesanywhere:us-east-1:111122223333:trust-anchor/*"]
    {
        let wide = narrow.replace("arn:aws:rolesanywhere:us-east-1:111122223333:trust-anchor/a", any);
        assert_eq!(with(all, &wide.replace("ArnEquals", "ArnLike")).len(), 1, "{any}");
    }
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
fn for_all_values_on_allow_wants_a_guard() {
    let rule = "for-all-values-without-null-guard";
    let open = r#"{"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}"#;
    assert_eq!(identity(rule, &allow_if("ec2:CreateTags", "*", open)).len(), 1);
    let guarded =
        r#"{"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}, "Null": {"aws:TagKeys": "false"}}"#;
    assert_eq!(identity(rule, &allow_if("ec2:CreateTags", "*", guarded)), NOTHING);
    let deny = allow_if("ec2:CreateTags", "*", open).replace("Allow", "Deny");
    assert_eq!(identity(rule, &deny), NOTHING);
}

#[test]
fn dead_and_redundant_parts_are_told() {
    let deny = r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}"#;
    let dead = format!("{}, {deny}", allow("s3:GetObject", "arn:aws:s3:::b/*"));
    assert_eq!(identity("dead-statement", &dead), ["/Statement/0"]);
    let never = r#"{"Null": {"aws:SourceVpc": "true"}, "StringEquals": {"aws:SourceVpc": "vpc-1"}}"#;
    assert_eq!(
        identity("dead-statement", &allow_if("s3:GetObject", "arn:aws:s3:::b/*", never)),
        ["/Statement/0"]
    );
    let twice =
        format!("{}, {}", allow("s3:GetObject", "arn:aws:s3:::b/*"), allow("s3:Get*", "arn:aws:s3:::b/*"));
    assert_eq!(identity("redundant", &twice), ["/Statement/0"]);
    let same = format!("{0}, {0}", allow("s3:GetObject", "arn:aws:s3:::b/*"));
    assert_eq!(identity("redundant", &same), ["/Statement/1"]);
    let actions =
        r#"{"Effect": "Allow", "Action": ["s3:Get*", "s3:GetObject"], "Resource": "arn:aws:s3:::b/*"}"#;
    assert_eq!(identity("redundant", actions), ["/Statement/0/Action/1"]);
}

#[test]
fn variables_in_an_old_version_are_told() {
    let old = r#"{"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::${aws:username}/*"}}"#;
    let findings = linted(PolicyKind::Identity, &[], old);
    let finding = findings.iter().find(|finding| finding.rule.id == "variable-in-old-version").unwrap();
    assert_eq!((finding.severity, finding.pointer.as_str()), (Severity::Error, "/Statement/Resource"));
    let new = old.replacen('{', r#"{"Version": "2012-10-17", "#, 1);
    assert!(
        linted(PolicyKind::Identity, &[], &new)
            .iter()
            .all(|finding| finding.rule.id != "variable-in-old-version")
    );
}

#[test]
fn elements_are_what_the_kind_of_policy_takes() {
    let rule = "element-not-allowed";
    assert_eq!(identity(rule, &bucket(r#""*""#, "")), ["/Statement/0/Principal"]);
    assert_eq!(
        found(rule, PolicyKind::Resource, &allow("s3:GetObject", "arn:aws:s3:::b/*")),
        ["/Statement/0"]
    );
    assert_eq!(found(rule, PolicyKind::Trust, &bucket(r#"{"AWS": "111122223333"}"#, "")).len(), 2);
    assert_eq!(
        found(rule, PolicyKind::Resource, &bucket(r#"{"AWS": "arn:aws:iam::111122223333:role/*"}"#, ""))
            .len(),
        1
    );
    let sid = |statement: String| statement.replacen('{', r#"{"Sid": "One", "#, 1);
    let twice = format!(
        "{}, {}",
        sid(allow("s3:GetObject", "arn:aws:s3:::b/*")),
        sid(allow("s3:PutObject", "arn:aws:s3:::b/*"))
    );
    assert_eq!(identity(rule, &twice), ["/Statement/1"]);
}

#[test]
fn sizes_near_and_over_the_limits_are_told() {
    let of = |length: usize, kind| {
        let frame =
            r#"{"Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::"}}"#.len();
        let resource = format!("arn:aws:s3:::{}", "b".repeat(length - frame));
        let policy = format!(
            r#"{{"Statement":{{"Effect":"Allow","Action":"s3:GetObject","Resource":"{resource}"}}}}"#
        );
        let findings =
            linted(kind, &[], &policy).into_iter().filter(|finding| finding.rule.id == "size-limit");
        findings.map(|finding| finding.severity).collect::<Vec<_>>()
    };
    assert_eq!(of(1_000, PolicyKind::Session), []);
    assert_eq!(of(2_000, PolicyKind::Session), [Severity::Note]);
    assert_eq!(of(2_049, PolicyKind::Session), [Severity::Error]);
    assert_eq!(of(10_241, PolicyKind::Identity), [Severity::Error]);
    for near in [2_048, 5_120, 6_144, 10_240] {
        assert_eq!(of(near, PolicyKind::Identity), [Severity::Note], "{near}");
    }
}

#[test]
fn policies_of_resources_have_the_limit_of_their_service() {
    let of = |action: &str, length: usize| {
        let resource = format!("arn:aws:any:::{}", "b".repeat(length));
        let statement =
            bucket(r#""*""#, "").replace("arn:aws:s3:::b/*", &resource).replace("s3:GetObject", action);
        found("size-limit", PolicyKind::Resource, &statement).len()
    };
    for (action, most) in [
        ("s3:*", 20_480),
        ("S3:GetObject", 20_480),
        ("sqs:SendMessage", 8_192),
        ("sns:Publish", 30_720),
        ("lambda:InvokeFunction", 20_480),
        ("dynamodb:GetItem", 20_480),
        ("kms:*", 32_768),
        ("*", 32_768),
    ] {
        assert_eq!((of(action, most), of(action, most * 8 / 10)), (1, 0), "{action}");
    }
}

#[test]
fn a_kind_that_is_not_said_is_told_from_the_elements() {
    let kind = |statement: &str| {
        PolicyKind::of(&PolicyDocument::parse(&format!(r#"{{"Statement": {statement}}}"#)).unwrap())
    };
    assert_eq!(kind(&allow("s3:GetObject", "*")), PolicyKind::Identity);
    assert_eq!(kind(&bucket(r#""*""#, "")), PolicyKind::Resource);
    assert_eq!(kind(&trust(r#"{"AWS": "111122223333"}"#, r#""sts:AssumeRole""#, "")), PolicyKind::Trust);
}

#[test]
fn a_suppression_needs_a_reason_and_fits_below_its_pointer() {
    let findings = linted(
        PolicyKind::Identity,
        &[],
        r#"{"Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]}"#,
    );
    let finding = findings.iter().find(|finding| finding.rule.id == "service-wildcard").unwrap();
    let reason = |text: &str| {
        let suppressions = Suppressions::parse(text).unwrap();
        suppressions.reason("policies/ci.json", finding).map(str::to_owned)
    };
    assert_eq!(
        reason("# the CI\n\nservice-wildcard policies/*.json it owns its queue\n").as_deref(),
        Some("it owns its queue")
    );
    assert_eq!(reason("service-wildcard policies/ci.json#/Statement/0 so").as_deref(), Some("so"));
    assert_eq!(reason("service-wildcard policies/ci.json#/Statement/1 so"), None);
    assert_eq!(reason("full-access policies/ci.json so"), None);
    for wrong in ["service-wildcard policies/ci.json", "no-such-rule * because", "service-wildcard"] {
        let error = Suppressions::parse(&format!("\n{wrong}")).unwrap_err();
        assert!(error.message().starts_with("line 2 of the suppressions"), "{error}");
    }
    let stale = Suppressions::parse("full-access * so\nservice-wildcard * so").unwrap();
    assert_eq!(stale.unused([("policies/ci.json", finding)].into_iter()), [1]);
}

#[test]
fn an_own_account_or_organization_that_is_none_is_refused() {
    let policy = PolicyDocument::parse(r#"{"Statement": []}"#).unwrap();
    let refused = |options: Options| {
        let error = lint(&policy, &options).unwrap_err();
        (error.code(), error.message().to_owned())
    };
    let account = Options { own_accounts: vec!["1111".into()], ..Options::default() };
    assert_eq!(refused(account), ("LK-0116", "the own account \"1111\" is not twelve digits".into()));
    let organization = Options { own_organizations: vec!["o-1".into()], ..Options::default() };
    let told = "the own organization \"o-1\" is no id of an organization";
    assert_eq!(refused(organization), ("LK-0116", told.into()));
}

#[test]
fn kinds_of_policies_have_names() {
    for kind in PolicyKind::ALL {
        assert_eq!(kind.name().parse::<PolicyKind>().unwrap(), kind);
    }
    assert_eq!("Trust".parse::<PolicyKind>().unwrap_err().code(), "LK-0116");
}

#[cfg(feature = "managed-policies")]
#[test]
fn policies_of_aws_are_never_said_to_be_refused_and_what_they_allow_is_shown() {
    // Without optimisation lint of one in ten takes two seconds, and of all of them twenty.
    for policy in crate::iam::ManagedPolicies::bundled().unwrap().all().step_by(10) {
        for finding in shown(&policy.read().unwrap(), &Options::default()) {
            // AWS does not publish policies that AWS refuses.
            let refused =
                ["element-not-allowed", "unreadable", "variable-in-old-version"].contains(&finding.rule.id);
            assert!(!refused, "{}: {} {}", policy.arn, finding.rule.id, finding.message);
        }
    }
}
