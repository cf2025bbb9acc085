//! What each rule finds, and where it keeps silent.

mod callers;
mod size;
mod wide;

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
        let set = witness.beside_policies().fold(set, |set, (layer, policy)| match layer {
            Layer::Identity => set.identity([PolicyDocument::parse(&policy).unwrap()]),
            _ => set.resource(PolicyDocument::parse(&policy).unwrap()),
        });
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

fn bucket(principal: &str, condition: &str) -> String {
    format!(
        r#"{{"Effect": "Allow", "Principal": {principal}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"{condition}}}"#
    )
}

fn trust(principal: &str, action: &str, condition: &str) -> String {
    format!(r#"{{"Effect": "Allow", "Principal": {principal}, "Action": {action}{condition}}}"#)
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
    for never in [
        r#"{"Null": {"aws:SourceVpc": "true"}, "StringEquals": {"aws:SourceVpc": "vpc-1"}}"#,
        r#"{"StringEquals": {"aws:SourceVpc": "vpc-1"}, "StringNotLike": {"AWS:SourceVpc": "vpc-*"}}"#,
        r#"{"IpAddress": {"aws:SourceIp": "10.1.0.0/16"}, "NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}"#,
        r#"{"DateGreaterThan": {"aws:CurrentTime": "2027"}, "DateLessThan": {"aws:CurrentTime": "2026"}}"#,
        r#"{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/a*"}, "StringEquals": {"aws:PrincipalArn": "b"}}"#,
    ] {
        let dead = allow_if("s3:GetObject", "arn:aws:s3:::b/*", never);
        assert_eq!(identity("dead-statement", &dead), ["/Statement/0"], "{never}");
    }
    for at_times in [
        r#"{"StringLike": {"aws:SourceVpc": "vpc-*"}, "StringNotLike": {"aws:SourceVpc": "vpc-1*"}}"#,
        r#"{"DateGreaterThan": {"aws:CurrentTime": "2026"}, "DateLessThan": {"aws:CurrentTime": "2027"}}"#,
        r#"{"StringEquals": {"aws:SourceVpc": "a"}, "StringEqualsIgnoreCase": {"aws:SourceVpc": "A"}}"#,
    ] {
        let alive = allow_if("s3:GetObject", "arn:aws:s3:::b/*", at_times);
        assert_eq!(identity("dead-statement", &alive), NOTHING, "{at_times}");
    }
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
    let spaced = |statement: String| statement.replacen('{', r#"{"Sid": "Let me in", "#, 1);
    assert_eq!(identity(rule, &spaced(allow("s3:GetObject", "arn:aws:s3:::b/*"))), ["/Statement/0"]);
    let bucket = bucket(r#"{"AWS": "arn:aws:iam::111122223333:role/r"}"#, "");
    assert_eq!(found(rule, PolicyKind::Resource, &spaced(bucket)), NOTHING);
    assert_eq!(identity(rule, ""), ["/Statement"]);
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
    for policy in crate::iam::ManagedPolicies::bundled().unwrap().all() {
        for finding in shown(&policy.read().unwrap(), &Options::default()) {
            // AWS does not publish policies that AWS refuses.
            let refused =
                ["element-not-allowed", "unreadable", "variable-in-old-version"].contains(&finding.rule.id);
            assert!(!refused, "{}: {} {}", policy.arn, finding.rule.id, finding.message);
        }
    }
}
