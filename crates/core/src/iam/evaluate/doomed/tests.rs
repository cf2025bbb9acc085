//! What no value of a key can help.

use crate::iam::decision::{Decision, Outcome};
use crate::iam::document::PolicyDocument;
use crate::iam::principal::Principal;
use crate::iam::request::Request;
use crate::iam::set::PolicySet;

/// A policy of these Allows and Denies of everything, each with its conditions.
fn policy(statements: &[(&str, &str)]) -> PolicyDocument {
    let each = statements.iter().map(|(effect, conditions)| {
        format!(r#"{{"Effect": "{effect}", "Action": "*", "Resource": "*", "Condition": {conditions}}}"#)
    });
    let each = each.collect::<Vec<_>>().join(",");
    PolicyDocument::parse(&format!(r#"{{"Version": "2012-10-17", "Statement": [{each}]}}"#)).unwrap()
}

fn decided(statements: &[(&str, &str)]) -> Decision {
    let ann = Principal::parse("arn:aws:iam::111122223333:user/ann").unwrap();
    let request = Request::new(ann, "s3:GetObject", "arn:aws:s3:::orders/1").unwrap().partial_context();
    let set = PolicySet::builder().identity([policy(statements)]).build().unwrap();
    let decision = set.evaluate(&request);
    assert_eq!(set.outcome(&request), decision.outcome);
    decision
}

fn is_denied(statements: &[(&str, &str)]) -> bool {
    decided(statements).outcome > Outcome::Depends
}

#[test]
fn an_allow_whose_conditions_exclude_each_other_allows_nothing() {
    for conditions in [
        r#"{"StringEquals": {"k": "a"}, "StringNotEquals": {"k": "a"}}"#,
        r#"{"StringEquals": {"k": "a"}, "Null": {"k": "true"}}"#,
        r#"{"NumericLessThan": {"k": "10"}, "NumericGreaterThanEquals": {"k": "10.0"}}"#,
        r#"{"DateGreaterThan": {"k": "2026-03-01"}, "DateLessThan": {"k": "2026"}}"#,
        r#"{"IpAddress": {"k": "10.1.0.0/16"}, "NotIpAddress": {"k": "10.0.0.0/8"}}"#,
        r#"{"StringLike": {"k": "a*"}, "StringEquals": {"k": ["b", "c"]}}"#,
        r#"{"ArnLike": {"k": "arn:aws:sns:*:*:a"}, "ArnNotLike": {"k": "arn:aws:sns:*:*:*"}}"#,
        r#"{"Bool": {"k": "true"}, "BoolIfExists": {"k": "false"}}"#,
    ] {
        assert!(is_denied(&[("Allow", conditions)]), "{conditions}");
    }
}

#[test]
fn an_allow_that_a_deny_takes_whole_allows_nothing() {
    for (allow, deny) in [
        (r#"{"StringEquals": {"k": ["a", "b"]}}"#, r#"{"StringLike": {"k": ["a*", "b"]}}"#),
        (r#"{"StringEqualsIgnoreCase": {"k": "a"}}"#, r#"{"StringEqualsIgnoreCase": {"K": "A"}}"#),
        (r#"{"StringLike": {"k": "team/a*"}}"#, r#"{"StringLike": {"k": "team/*"}}"#),
        (r#"{"StringLike": {"k": "a*"}}"#, r#"{"Null": {"k": ["false", "true"]}}"#),
        (r#"{"StringNotEquals": {"k": ["a", "b"]}}"#, r#"{"StringNotEquals": {"k": "a"}}"#),
        (r#"{"NumericGreaterThan": {"k": "10"}}"#, r#"{"NumericGreaterThanEquals": {"k": "9"}}"#),
        (r#"{"IpAddress": {"k": "10.1.0.0/16"}}"#, r#"{"IpAddress": {"k": "10.0.0.0/8"}}"#),
        (r#"{"IpAddress": {"k": "10.1.0.0/16"}}"#, r#"{"NotIpAddress": {"k": "192.168.0.0/16"}}"#),
        (r#"{"ForAnyValue:StringEquals": {"k": "a"}}"#, r#"{"Null": {"k": "false"}}"#),
        (
            r#"{"ForAllValues:NumericLessThan": {"k": "9"}}"#,
            r#"{"ForAllValues:NumericLessThan": {"k": "10"}}"#,
        ),
        (r#"{"StringEquals": {"k": "a", "j": "x"}}"#, r#"{"StringLike": {"k": "*", "j": "x*"}}"#),
        (r#"{"StringEquals": {"k": "a"}}"#, r#"{"ForAllValues:StringLike": {"other": "*"}}"#),
    ] {
        assert!(is_denied(&[("Allow", allow), ("Deny", deny)]), "{allow} {deny}");
    }
}

#[test]
fn an_allow_that_several_denies_take_piece_by_piece_allows_nothing() {
    let equals = |value: &str| format!(r#"{{"StringEquals": {{"k": "{value}"}}}}"#);
    let allow = ("Allow", r#"{"StringEquals": {"k": ["a", "b"]}}"#);
    assert!(is_denied(&[allow, ("Deny", &equals("a")), ("Deny", &equals("b"))]));
    let below = r#"{"NumericLessThan": {"n": "10"}}"#;
    let beyond = r#"{"NumericGreaterThan": {"n": "9.5"}}"#;
    assert!(is_denied(&[
        ("Allow", r#"{"NumericEquals": {"n": ["9", "11"]}}"#),
        ("Deny", below),
        ("Deny", beyond)
    ]));
    // There is room between the two.
    let beyond = r#"{"NumericGreaterThan": {"n": "10"}}"#;
    let denies = [("Deny", below), ("Deny", beyond)];
    let [one, two] = denies;
    assert!(!is_denied(&[("Allow", r#"{"NumericNotEquals": {"n": "9"}}"#), one, two]));
    assert!(is_denied(&[
        ("Allow", r#"{"NumericNotEquals": {"n": "10"}, "Null": {"n": "false"}}"#),
        one,
        two
    ]));
}

#[test]
fn what_a_deny_leaves_depends() {
    for (allow, deny) in [
        (r#"{"StringLike": {"k": "a*"}}"#, r#"{"StringLike": {"k": "a?"}}"#),
        (r#"{"StringLike": {"k": "a*"}}"#, r#"{"StringEquals": {"k": "a*"}}"#),
        (r#"{"StringLike": {"k": "*"}}"#, r#"{"Null": {"k": "false"}}"#),
        (r#"{"Null": {"k": "true"}}"#, r#"{"StringNotEquals": {"k": "x"}}"#),
        (r#"{"StringEquals": {"k": ""}}"#, r#"{"Null": {"k": "false"}}"#),
        (r#"{"StringEqualsIfExists": {"k": "a"}}"#, r#"{"StringEquals": {"k": "a"}}"#),
        (r#"{"StringEqualsIgnoreCase": {"k": "a"}}"#, r#"{"StringEquals": {"k": "a"}}"#),
        (r#"{"StringEquals": {"k": "${*}"}}"#, r#"{"StringEquals": {"k": "${?}"}}"#),
        (r#"{"StringEquals": {"k": "${aws:username}"}}"#, r#"{"StringEquals": {"k": "ann"}}"#),
        (r#"{"ForAnyValue:StringEquals": {"k": "a"}}"#, r#"{"StringEquals": {"k": "a"}}"#),
        (r#"{"ForAllValues:StringEquals": {"k": "a"}}"#, r#"{"ForAnyValue:StringEquals": {"k": "a"}}"#),
        (r#"{"ForAllValues:StringEquals": {"k": ["", "a"]}}"#, r#"{"ForAllValues:StringLike": {"k": "a"}}"#),
        (r#"{"NumericLessThanEquals": {"k": "10"}}"#, r#"{"NumericLessThan": {"k": "10"}}"#),
        (r#"{"DateEquals": {"k": "2026"}}"#, r#"{"StringEquals": {"k": "2026"}}"#),
        (r#"{"Bool": {"k": "true"}}"#, r#"{"StringEquals": {"k": "true"}}"#),
        (r#"{"IpAddress": {"k": "10.0.0.0/8"}}"#, r#"{"IpAddress": {"k": "10.1.0.0/16"}}"#),
        (r#"{"IpAddress": {"k": "0.0.0.0/0"}}"#, r#"{"IpAddress": {"k": "::/0"}}"#),
    ] {
        assert_eq!(decided(&[("Allow", allow), ("Deny", deny)]).outcome, Outcome::Depends, "{allow} {deny}");
    }
}

#[test]
fn values_with_which_it_is_denied_are_not_told_as_such_that_would_allow() {
    let told = |statements: &[(&str, &str)]| {
        let decision = decided(statements);
        let missing = decision.missing.into_iter().next().unwrap();
        (missing.values, missing.constraint)
    };
    let deny = ("Deny", r#"{"StringLike": {"k": "b*"}}"#);
    let (values, constraint) = told(&[("Allow", r#"{"StringEquals": {"k": ["a", "b", "c", "b2"]}}"#), deny]);
    assert_eq!(
        (values, constraint.as_str()),
        (vec!["a".into(), "c".into()], r#"must meet StringEquals "a" or "c""#)
    );
    let (values, constraint) = told(&[("Allow", r#"{"StringEqualsIfExists": {"k": "b"}}"#), deny]);
    assert_eq!((values, constraint.as_str()), (Vec::new(), "must be absent"));
    // Where no value helps and absence neither, nothing is said of absence.
    let (_, constraint) = told(&[("Allow", r#"{"Bool": {"k": "true"}, "StringEquals": {"k": "x"}}"#)]);
    assert!(constraint.starts_with("must meet "), "{constraint}");
    let (values, _) = told(&[("Allow", r#"{"NumericEquals": {"k": ["10", "abc"]}}"#)]);
    assert_eq!(values, ["10"]);
    let ranges = r#"{"IpAddress": {"ip": ["10.1.0.0/16", "192.168.0.0/16"]}}"#;
    let (values, _) = told(&[("Allow", ranges), ("Deny", r#"{"IpAddress": {"ip": "10.0.0.0/8"}}"#)]);
    assert_eq!(values, ["192.168.0.0/16"]);
}

#[test]
fn of_long_lists_only_what_is_plain_is_told() {
    let list = |of: &str| {
        let values: Vec<_> = (0..2_000).map(|value| format!("\"{of}{value}\"")).collect();
        format!(r#"{{"StringEquals": {{"k": [{}]}}}}"#, values.join(","))
    };
    let (allow, deny) = (list("a"), list("b"));
    assert_eq!(decided(&[("Allow", &allow), ("Deny", &deny)]).outcome, Outcome::Depends);
    assert!(is_denied(&[("Allow", &allow), ("Deny", &allow)]));
}
