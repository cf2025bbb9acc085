//! Limits of sizes.

use super::*;

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
fn of_a_policy_that_aws_would_never_take_nothing_else_is_told() {
    let large = vec![allow("s3:*", "*"); 6_000].join(", ");
    for kind in PolicyKind::ALL {
        let policy = format!(r#"{{"Version": "2012-10-17", "Statement": [{large}]}}"#);
        let findings = linted(kind, &[], &policy);
        let [finding] = findings.as_slice() else { panic!("{}", findings.len()) };
        assert_eq!((finding.rule.id, finding.severity), ("size-limit", Severity::Error), "{finding:?}");
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
