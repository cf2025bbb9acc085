use super::*;
use crate::iam::decision::Outcome;
use crate::iam::principal::Principal;
use crate::iam::request::Request;
use crate::iam::set::PolicySet;
use crate::iam::witness::Beside;

fn document(statements: &str) -> PolicyDocument {
    PolicyDocument::parse(&format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#)).unwrap()
}

/// The gains and the losses, each as its actions on its resource. Every witness is decided anew.
fn changes(old: &str, new: &str) -> (Vec<String>, Vec<String>) {
    let (old, new) = (document(old), document(new));
    let found = difference(&old, &new, None).unwrap();
    let (kind, home) = (PolicyKind::of(&new), Home::of(&[&new, &old]));
    let told = |changes: &[Change], (allows, denies): (&PolicyDocument, &PolicyDocument)| {
        let each = changes.iter().map(|change| {
            assert!(Judge::at(allows, kind, home.clone()).allows(&change.witness), "{}", change.witness);
            assert!(!Judge::at(denies, kind, home.clone()).allows(&change.witness), "{}", change.witness);
            format!("{} on {}", change.actions.join(", "), change.resource)
        });
        each.collect::<Vec<_>>()
    };
    (told(&found.gained, (&new, &old)), told(&found.lost, (&old, &new)))
}

fn statement(effect: &str, action: &str, resource: &str, condition: &str) -> String {
    format!(r#"{{"Effect": "{effect}", "Action": {action}, "Resource": "{resource}"{condition}}}"#)
}

const NOTHING: ([&str; 0], [&str; 0]) = ([], []);

#[test]
fn the_same_policy_in_other_words_gives_and_takes_nothing() {
    let old = statement("Allow", r#"["s3:GetObject", "s3:PutObject"]"#, "arn:aws:s3:::b/*", "");
    let new = format!(
        "{}, {}",
        statement("Allow", r#""s3:PutObject""#, "arn:aws:s3:::b/*", ""),
        statement("Allow", r#""s3:GetObject""#, "arn:aws:s3:::b/*", "")
    );
    assert_eq!(changes(&old, &old), (vec![], vec![]));
    let (gained, lost) = changes(&old, &new);
    assert_eq!(
        (gained.as_slice(), lost.as_slice()),
        (NOTHING.0.map(String::from).as_slice(), NOTHING.1.map(String::from).as_slice())
    );
}

#[test]
fn an_action_and_a_resource_more_are_gains() {
    let old = statement("Allow", r#""s3:GetObject""#, "arn:aws:s3:::b/*", "");
    let action = statement("Allow", r#"["s3:GetObject", "s3:PutObject"]"#, "arn:aws:s3:::b/*", "");
    assert_eq!(changes(&old, &action), (vec!["s3:PutObject on arn:aws:s3:::b/*".to_owned()], vec![]));
    let resource = format!("{old}, {}", statement("Allow", r#""s3:GetObject""#, "arn:aws:s3:::c/*", ""));
    assert_eq!(changes(&old, &resource), (vec!["s3:GetObject on arn:aws:s3:::c/*".to_owned()], vec![]));
    assert_eq!(changes(&resource, &old), (vec![], vec!["s3:GetObject on arn:aws:s3:::c/*".to_owned()]));
}

#[test]
fn a_deny_that_is_taken_out_is_a_gain() {
    let allow = statement("Allow", r#""sqs:*""#, "*", "");
    let old = format!("{allow}, {}", statement("Deny", r#""sqs:PurgeQueue""#, "*", ""));
    let (gained, lost) = changes(&old, &allow);
    assert_eq!((gained, lost), (vec!["sqs:PurgeQueue on *".to_owned()], vec![]));
}

#[test]
fn a_condition_that_is_added_is_a_loss_of_what_it_keeps_out() {
    let old = statement("Allow", r#""s3:GetObject""#, "arn:aws:s3:::b/*", "");
    let mfa = r#", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}"#;
    let new = statement("Allow", r#""s3:GetObject""#, "arn:aws:s3:::b/*", mfa);
    assert_eq!(changes(&old, &new), (vec![], vec!["s3:GetObject on arn:aws:s3:::b/*".to_owned()]));
}

#[test]
fn full_access_is_told_by_a_sample_of_every_service() {
    let old = statement("Allow", r#""s3:GetObject""#, "arn:aws:s3:::b/*", "");
    let new = statement("Allow", r#""*""#, "*", "");
    let found = difference(&document(&old), &document(&new), None).unwrap();
    assert!(found.lost.is_empty());
    let gain = found.gained.iter().find(|change| change.resource == "*").unwrap();
    assert!(gain.is_sample && gain.actions.len() > 400, "{}", gain.actions.len());
}

#[test]
fn principals_more_are_gains_of_a_resource_policy() {
    let of = |names: &str| {
        format!(
            r#"{{"Effect": "Allow", "Principal": {{"AWS": {names}}}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}}"#
        )
    };
    let (gained, lost) = changes(&of(r#""444455556666""#), &of(r#"["444455556666", "777788889999"]"#));
    assert_eq!((gained, lost), (vec!["s3:GetObject on arn:aws:s3:::b/*".to_owned()], vec![]));
}

#[test]
fn a_policy_that_the_engine_does_not_take_is_an_error() {
    let allow = statement("Allow", r#""*""#, "*", "");
    let ten = r#", "Condition": {"NumericLessThan": {"s3:max-keys": "ten"}}"#;
    let unreadable = format!("{allow}, {}", statement("Deny", r#""*""#, "*", ten));
    for (old, new) in [(&allow, &unreadable), (&unreadable, &allow)] {
        let error = difference(&document(old), &document(new), None).unwrap_err();
        assert_eq!(error.code(), "LK-0201", "{error}");
        assert!(error.message().contains("/Statement/1/Condition/NumericLessThan"), "{error}");
    }
}

#[test]
fn what_a_negated_element_leaves_open_is_a_gain() {
    let all_but =
        r#"{"Effect": "Allow", "Action": "iam:PassRole", "NotResource": "arn:aws:iam::*:role/admin"}"#;
    let (gained, lost) = changes("", all_but);
    assert_eq!((gained.len(), lost.len()), (1, 0), "{gained:?}");
    let read = statement("Allow", r#""s3:GetObjectTagging""#, "arn:aws:s3:::b/*", "");
    let deny = r#"{"Effect": "Deny", "NotAction": "sqs:*", "Resource": "*"}"#;
    let (gained, lost) = changes(&format!("{read}, {deny}"), &read);
    assert_eq!((gained.len(), lost.len()), (1, 0), "{gained:?}");
}

#[test]
fn a_deny_of_a_service_control_policy_stands_beside_one_that_allows() {
    let deny = statement("Deny", r#""cloudtrail:StopLogging""#, "*", "");
    let other = statement("Deny", r#""organizations:LeaveOrganization""#, "*", "");
    let (both, one) = (document(&format!("{deny}, {other}")), document(&other));
    let difference = difference(&both, &one, Some(PolicyKind::Scp)).unwrap();
    assert_eq!(difference.gained.len(), 1);
    assert_eq!(difference.gained[0].actions, ["cloudtrail:StopLogging"]);
    assert!(difference.lost.is_empty());
    // Of keys the key policy leaves it to the account, whose policies the other one limits.
    let keys = document(&statement("Allow", r#"["kms:Decrypt", "kms:Encrypt"]"#, "*", ""));
    let fewer = document(&statement("Allow", r#""kms:Encrypt""#, "*", ""));
    let of_keys = super::difference(&keys, &fewer, Some(PolicyKind::Scp)).unwrap();
    assert_eq!(of_keys.lost.len(), 1, "{of_keys:?}");
    assert_eq!(of_keys.lost[0].actions, ["kms:Decrypt"]);
    // A policy that allows by itself stands alone.
    let few = document(&statement("Allow", r#""s3:GetObject""#, "*", ""));
    let none = document(&statement("Deny", r#"["s3:GetObject", "s3:PutObject"]"#, "*", ""));
    let narrower = super::difference(&few, &none, Some(PolicyKind::Scp)).unwrap();
    assert_eq!((narrower.gained.len(), narrower.lost.len()), (0, 1), "{narrower:?}");
    assert_eq!(narrower.lost[0].actions, ["s3:GetObject"]);
}

#[test]
fn a_policy_that_aws_would_never_take_is_not_compared() {
    let small = document(&statement("Allow", r#""s3:*""#, "*", ""));
    let large = vec![statement("Allow", r#""s3:*""#, "arn:aws:s3:::b/*", ""); 6_000].join(", ");
    let large = document(&large).named("large.json");
    for (old, new) in [(&small, &large), (&large, &small)] {
        let error = difference(old, new, None).unwrap_err();
        assert_eq!(error.code(), "LK-0201", "{error}");
        assert!(error.message().starts_with("large.json: ") && error.message().contains("300000"), "{error}");
    }
}

#[test]
fn a_value_more_or_less_in_a_condition_is_a_gain() {
    let with = |condition: &str| {
        let condition = format!(r#", "Condition": {condition}"#);
        statement("Allow", r#""s3:PutObject""#, "arn:aws:s3:::b/*", &condition)
    };
    for (narrow, wide) in [
        (
            r#"{"StringEquals": {"aws:PrincipalOrgID": "o-1"}}"#,
            r#"{"StringEquals": {"aws:PrincipalOrgID": ["o-1", "o-2"]}}"#,
        ),
        (
            r#"{"ForAnyValue:StringEquals": {"aws:TagKeys": "a"}}"#,
            r#"{"ForAnyValue:StringEquals": {"aws:TagKeys": ["a", "b"]}}"#,
        ),
        (
            r#"{"ForAllValues:StringEquals": {"aws:TagKeys": "a"}}"#,
            r#"{"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}}"#,
        ),
        (
            r#"{"StringNotEquals": {"aws:SourceVpc": ["vpc-1", "vpc-2"]}}"#,
            r#"{"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}"#,
        ),
        (r#"{"StringEquals": {"s3:prefix": "a"}}"#, r#"{"StringEqualsIgnoreCase": {"s3:prefix": "a"}}"#),
        (r#"{"StringLike": {"s3:prefix": "a/b*"}}"#, r#"{"StringLike": {"s3:prefix": "a/*"}}"#),
        (
            r#"{"IpAddress": {"aws:SourceIp": "10.1.0.0/16"}}"#,
            r#"{"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}"#,
        ),
        (
            r#"{"IpAddress": {"aws:SourceIp": "2001:db8::/48"}}"#,
            r#"{"IpAddress": {"aws:SourceIp": "2001:db8::/32"}}"#,
        ),
        (
            r#"{"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}"#,
            r#"{"NotIpAddress": {"aws:SourceIp": "10.0.0.0/9"}}"#,
        ),
        (
            r#"{"DateLessThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}"#,
            r#"{"DateLessThan": {"aws:CurrentTime": "2036-01-01T00:00:00Z"}}"#,
        ),
        (
            r#"{"DateGreaterThanEquals": {"aws:CurrentTime": "1767225601"}}"#,
            r#"{"DateGreaterThanEquals": {"aws:CurrentTime": "2026-01-01"}}"#,
        ),
        (
            r#"{"NumericLessThan": {"s3:max-keys": "10"}}"#,
            r#"{"NumericLessThanEquals": {"s3:max-keys": "10"}}"#,
        ),
        (
            r#"{"Bool": {"aws:SecureTransport": "true"}, "StringEquals": {"aws:SourceVpc": "vpc-1"}}"#,
            r#"{"Bool": {"aws:SecureTransport": "true"}, "StringEquals": {"aws:SourceVpc": ["vpc-1", "vpc-2"]}}"#,
        ),
    ] {
        let told = vec!["s3:PutObject on arn:aws:s3:::b/*".to_owned()];
        assert_eq!(changes(&with(narrow), &with(wide)), (told.clone(), vec![]), "{wide}");
        assert_eq!(changes(&with(wide), &with(narrow)), (vec![], told), "{wide}");
    }
}

#[test]
fn a_value_more_in_a_deny_is_a_loss() {
    let allow = statement("Allow", r#""s3:PutObject""#, "*", "");
    let deny = |values: &str| {
        let condition = format!(r#", "Condition": {{"StringEquals": {{"aws:SourceVpc": {values}}}}}"#);
        format!("{allow}, {}", statement("Deny", r#""s3:*""#, "*", &condition))
    };
    let (gained, lost) = changes(&deny(r#""vpc-1""#), &deny(r#"["vpc-1", "vpc-2"]"#));
    assert_eq!((gained.len(), lost), (0, vec!["s3:PutObject on *".to_owned()]));
}

#[test]
fn actions_that_the_catalogue_lacks_are_taken_as_they_are_written() {
    let of = |actions: &str| statement("Allow", actions, "*", "");
    let (gained, lost) =
        changes(&of(r#""sqs:SendMessage""#), &of(r#"["sqs:SendMessage", "sqs:Pigeon", "dove:*"]"#));
    assert_eq!((gained, lost), (vec!["sqs:Pigeon, dove:* on *".to_owned()], vec![]));
}

#[test]
fn own_principals_and_unique_ids_are_gains_of_a_resource_policy() {
    let of = |names: &str| {
        format!(
            r#"{{"Effect": "Allow", "Principal": {{"AWS": {names}}}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}}"#
        )
    };
    let told = vec!["s3:GetObject on arn:aws:s3:::b/*".to_owned()];
    for id in ["AIDAEXAMPLEEXAMPLE12", "AROAEXAMPLEEXAMPLE12", "arn:aws:iam::111122223333:role/own"] {
        let both = of(&format!(r#"["444455556666", "{id}"]"#));
        assert_eq!(changes(&of(r#""444455556666""#), &both), (told.clone(), vec![]), "{id}");
    }
}

#[test]
fn statements_that_no_request_tells_apart_are_counted() {
    let undecided = |old: &str, new: &str| {
        let found = difference(&document(old), &document(new), None).unwrap();
        (found.is_empty(), found.undecided)
    };
    let get = |sid: &str| statement("Allow", r#""s3:GetObject""#, "arn:aws:s3:::b/*", sid);
    assert_eq!(undecided(&get(""), &get(r#", "Sid": "Other""#)), (true, 0));
    assert_eq!(undecided(&get(""), &format!("{}, {}", get(""), get(""))), (true, 0));
    let both = statement("Allow", r#"["s3:GetObject", "s3:GetObject*"]"#, "arn:aws:s3:::b/*", "");
    let one = statement("Allow", r#""s3:GetObject*""#, "arn:aws:s3:::b/*", "");
    assert_eq!(undecided(&both, &one), (true, 2));
}

#[test]
fn both_are_asked_for_keys_and_roles_of_the_same_account() {
    let on = |resource: &str| statement("Allow", r#""kms:Decrypt""#, resource, "");
    let (gained, lost) = changes(&on("*"), &on("arn:aws:kms:us-east-1:444455556666:key/*"));
    assert_eq!((gained.len(), lost), (0, vec!["kms:Decrypt on *".to_owned()]));
}

#[test]
fn an_scp_that_only_denies_is_compared_for_keys_and_roles_too() {
    let deny = |actions: &str| document(&statement("Deny", actions, "*", ""));
    let (old, new) =
        (deny(r#"["kms:Decrypt", "sts:AssumeRole", "s3:GetObject"]"#), deny(r#""s3:GetObject""#));
    let found = difference(&old, &new, Some(PolicyKind::Scp)).unwrap();
    let actions: Vec<_> = found.gained.iter().flat_map(|change| &change.actions).collect();
    assert_eq!(actions, ["kms:Decrypt", "sts:AssumeRole"]);
    assert_eq!((found.lost.len(), found.undecided), (0, 1));
    let witness = &found.gained.first().unwrap().witness;
    assert_eq!(witness.beside, [Beside::CallerMayEverything, Beside::ResourceDelegates]);
}

/// Conditions on a key that is a number: of every operator with every list of values, and of two operators.
fn conditions() -> Vec<String> {
    let operators = [
        "NumericLessThan",
        "NumericGreaterThan",
        "NumericEquals",
        "NumericNotEquals",
        "NumericLessThanIfExists",
    ];
    let of = |operator: &str| {
        [r#""5""#, r#""7""#, r#"["5", "9"]"#].map(|values| format!(r#"{{"{operator}": {{"k": {values}}}}}"#))
    };
    let more = [
        r#"{"Null": {"k": "true"}}"#.to_owned(),
        r#"{"NumericLessThan": {"k": "9"}, "NumericGreaterThan": {"k": "5"}}"#.to_owned(),
    ];
    operators.into_iter().flat_map(of).chain(more).collect()
}

/// Whether the policy allows the request with each value of the key, and without it.
fn allowed(statements: &str) -> Vec<bool> {
    let set = PolicySet::builder().identity([document(statements)]).build().unwrap();
    let ann = Principal::parse("arn:aws:iam::111122223333:user/ann").unwrap();
    let request = Request::new(ann, "s3:GetObject", "arn:aws:s3:::b/x").unwrap();
    let with = (4..=10).map(|value: u8| request.clone().context("k", value.to_string()));
    with.chain([request.clone()]).map(|request| set.outcome(&request) == Outcome::Allow).collect()
}

#[test]
fn of_conditions_on_one_key_every_gain_and_every_loss_is_told() {
    let of = |effect: &str, more: &str| statement(effect, r#""s3:GetObject""#, "arn:aws:s3:::b/*", more);
    let on = |effect: &str, condition: &str| of(effect, &format!(r#", "Condition": {condition}"#));
    let few = on("Allow", r#"{"NumericGreaterThan": {"k": "5"}}"#);
    let policies: [&dyn Fn(&str) -> String; 3] = [
        &|condition| on("Allow", condition),
        &|condition| format!("{}, {}", of("Allow", ""), on("Deny", condition)),
        &|condition| format!("{few}, {}", on("Deny", condition)),
    ];
    let all = conditions();
    for (old, new) in all.iter().flat_map(|old| all.iter().map(move |new| (old, new))) {
        for policy in policies {
            let (old, new) = (policy(old), policy(new));
            let (before, after) = (allowed(&old), allowed(&new));
            let pairs = || before.iter().zip(&after);
            let (gained, lost) = changes(&old, &new);
            assert_eq!(!gained.is_empty(), pairs().any(|(before, after)| !before & after), "{old}\n{new}");
            assert_eq!(!lost.is_empty(), pairs().any(|(before, after)| before & !after), "{old}\n{new}");
        }
    }
}
