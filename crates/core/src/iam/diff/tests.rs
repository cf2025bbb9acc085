use super::*;

fn document(statements: &str) -> PolicyDocument {
    PolicyDocument::parse(&format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#)).unwrap()
}

/// The gains and the losses, each as its actions on its resource. Every witness is decided anew.
fn changes(old: &str, new: &str) -> (Vec<String>, Vec<String>) {
    let (old, new) = (document(old), document(new));
    let found = difference(&old, &new, None).unwrap();
    let kind = PolicyKind::of(&new);
    let told = |changes: &[Change], (allows, denies): (&PolicyDocument, &PolicyDocument)| {
        let each = changes.iter().map(|change| {
            assert!(Judge::new(allows, kind).allows(&change.witness), "{}", change.witness);
            assert!(!Judge::new(denies, kind).allows(&change.witness), "{}", change.witness);
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
