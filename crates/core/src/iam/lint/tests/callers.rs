//! Strangers, other accounts and organizations, services that act for others.

use super::*;

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
        r#"{"StringEquals": {"aws:PrincipalTag/team": "orders"}}"#,
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
fn a_provider_that_signs_for_everybody_is_asked_for_its_customer() {
    let of = |provider: &str, condition: &str| {
        let provider = format!(r#"{{"Federated": "arn:aws:iam::111122223333:oidc-provider/{provider}"}}"#);
        let statement = trust(&provider, r#""sts:AssumeRoleWithWebIdentity""#, condition);
        found("shared-identity-provider", PolicyKind::Trust, &statement)
    };
    let github = |condition: &str| {
        let asked = condition.replace("SUB", "token.actions.githubusercontent.com:sub");
        let asked = asked.replace("AUD", r#""token.actions.githubusercontent.com:aud": "sts.amazonaws.com""#);
        of("token.actions.githubusercontent.com", &format!(r#", "Condition": {asked}"#))
    };
    assert_eq!(of("token.actions.githubusercontent.com", ""), ["/Statement/0/Principal"]);
    for open in [
        r#"{"StringEquals": {AUD}}"#,
        r#"{"StringLike": {"SUB": "*"}}"#,
        r#"{"StringLike": {"SUB": "repo:*"}, "StringEquals": {AUD}}"#,
        r#"{"StringLike": {"SUB": "repo:*/orders:ref:refs/heads/*"}}"#,
        r#"{"StringLike": {"SUB": ["repo:blue/orders:*", "repo:blue*"]}}"#,
        r#"{"StringNotEquals": {"SUB": "repo:red/orders"}}"#,
        r#"{"StringEqualsIfExists": {"SUB": "repo:blue/orders:*"}, "StringLike": {"SUB": "r?po:*"}}"#,
    ] {
        let told = if open.contains("IfExists") { vec![] } else { vec!["/Statement/0/Principal"] };
        assert_eq!(github(open), told, "{open}");
    }
    for closed in [
        r#"{"StringLike": {"SUB": "repo:blue/*"}, "StringEquals": {AUD}}"#,
        r#"{"StringEquals": {"SUB": "repo:blue/orders:ref:refs/heads/main"}}"#,
        r#"{"StringEquals": {AUD, "token.actions.githubusercontent.com:repository_owner_id": "1"}}"#,
    ] {
        assert_eq!(github(closed), NOTHING, "{closed}");
    }
    assert_eq!(of("gitlab.example.com", ""), NOTHING);
    assert_eq!(of("api.pulumi.com/oidc", ""), ["/Statement/0/Principal"]);
    let own = r#", "Condition": {"StringEquals": {"api.pulumi.com/oidc:aud": "aws:blue"}}"#;
    assert_eq!(of("api.pulumi.com/oidc", own), NOTHING);
}

#[test]
fn the_key_policy_that_aws_itself_writes_is_no_wildcard() {
    let policy = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "kms:*", "Resource": "*",
        "Principal": {"AWS": "arn:aws:iam::111122223333:root"}}}"#;
    let of = |own: &[&str], policy: &str| {
        let all = linted(PolicyKind::Resource, own, policy);
        all.iter().filter(|finding| finding.rule.id == "service-wildcard").count()
    };
    assert_eq!(of(&["111122223333"], policy), 0);
    assert_eq!(of(&[], policy), 1);
    assert_eq!(of(&["111122223333"], &policy.replace(":root", ":role/admin")), 1);
}
