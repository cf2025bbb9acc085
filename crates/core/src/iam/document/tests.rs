//! The grammar, element by element.

use super::*;

fn read(text: &str) -> PolicyDocument {
    PolicyDocument::parse(text).unwrap()
}

fn refused(text: &str) -> String {
    let error = PolicyDocument::parse(text).unwrap_err();
    assert_eq!(error.code(), "LK-0201");
    error.message().to_owned()
}

/// A document of one statement with these members besides.
fn with(members: &str) -> String {
    format!("{{\"Statement\": [{{\"Effect\": \"Allow\", {members}}}]}}")
}

#[test]
fn one_value_and_a_list_of_one_mean_the_same() {
    let one = read(r#"{"Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}}"#);
    let list = read(r#"{"Statement": [{"Effect": "Deny", "Action": ["s3:*"], "Resource": ["*"]}]}"#);
    for document in [&one, &list] {
        let [statement] = document.statements() else { panic!() };
        assert_eq!(statement.effect, Effect::Deny);
        assert_eq!(statement.action.texts.values[0].value, "s3:*");
        assert_eq!(statement.resource.as_ref().unwrap().texts.values.len(), 1);
    }
    assert_eq!((one.pointer(0).as_str(), list.pointer(0).as_str()), ("/Statement", "/Statement/0"));
}

#[test]
fn every_element_is_read_with_its_place() {
    let document = read(
        r#"{
  "Version": "2012-10-17", "Id": "orders",
  "Statement": [{
    "Sid": "Read", "Effect": "Allow",
    "NotPrincipal": {"AWS": ["111122223333"], "Service": "ec2.amazonaws.com"},
    "NotAction": "iam:*",
    "NotResource": ["arn:aws:s3:::a", "arn:aws:s3:::b"],
    "Condition": {"ForAllValues:StringLikeIfExists": {"aws:TagKeys": ["a", 1, true]}}
  }]
}"#,
    );
    assert_eq!((document.version(), document.id().unwrap().value.as_str()), (Some(Version::V2012), "orders"));
    let statement = &document.statements()[0];
    assert_eq!(statement.place, Place { line: 3, column: 17 });
    assert_eq!(statement.sid.as_ref().unwrap().value, "Read");
    let principal = statement.principal.as_ref().unwrap();
    let PrincipalNames::Of(kinds) = &principal.names else { panic!() };
    assert!(principal.negated && statement.action.negated && statement.resource.as_ref().unwrap().negated);
    assert_eq!(
        kinds.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(),
        [PrincipalKind::Aws, PrincipalKind::Service]
    );
    let [condition] = statement.conditions.as_slice() else { panic!() };
    assert_eq!((condition.key.value.as_str(), condition.key.place.line), ("aws:TagKeys", 8));
    let values: Vec<_> = condition.values.values.iter().map(|text| text.value.as_str()).collect();
    assert_eq!(values, ["a", "1", "true"]);
}

#[test]
fn only_version_2012_has_variables() {
    for (version, variables) in
        [("\"Version\": \"2012-10-17\",", true), ("\"Version\": \"2008-10-17\",", false), ("", false)]
    {
        let text = format!("{{{version} \"Statement\": []}}");
        assert_eq!(read(&text).has_variables(), variables, "{text}");
    }
}

#[test]
fn what_the_grammar_does_not_know_is_refused_with_the_nearest_element() {
    assert_eq!(
        refused(&with(r#""Actions": "s3:*""#)),
        "line 1, column 36 (/Statement/0/Actions): \"Actions\" is no element of the grammar here; the nearest is Action"
    );
    assert_eq!(
        refused(&with(r#""Action": "s3:*", "Condition": {"StringEqual": {"a": "b"}}"#)),
        "line 1, column 68 (/Statement/0/Condition/StringEqual): there is no operator \"StringEqual\"; the nearest is \
         StringEquals"
    );
    for text in [
        r#"{"statement": []}"#,
        r#"{"Version": "2012-10-17"}"#,
        r#"{"Version": "2012-10-18", "Statement": []}"#,
    ] {
        refused(text);
    }
}

#[test]
fn elements_that_exclude_each_other_are_refused() {
    for members in [
        r#""Action": "a:b", "NotAction": "a:c""#,
        r#""Action": "a:b", "Resource": "*", "NotResource": "*""#,
        r#""Action": "a:b", "Principal": "*", "NotPrincipal": "*""#,
        r#""Resource": "*""#,
    ] {
        refused(&with(members));
    }
    refused(r#"{"Statement": [{"Action": "a:b"}]}"#);
}

#[test]
fn values_of_the_wrong_type_are_refused() {
    for members in [
        r#""Action": 1"#,
        r#""Action": []"#,
        r#""Action": [["a:b"]]"#,
        r#""Action": null"#,
        r#""Action": {"a": "b"}"#,
        r#""Action": "a:b", "Resource": [true]"#,
        r#""Action": "a:b", "Sid": 1"#,
        r#""Action": "a:b", "Principal": "x""#,
        r#""Action": "a:b", "Principal": ["*"]"#,
        r#""Action": "a:b", "Principal": {}"#,
        r#""Action": "a:b", "Principal": {"aws": "*"}"#,
        r#""Action": "a:b", "Condition": []"#,
        r#""Action": "a:b", "Condition": {"Bool": "true"}"#,
        r#""Action": "a:b", "Condition": {"Bool": {"k": null}}"#,
        r#""Action": "a:b", "Condition": {"Bool": {"k": {}}}"#,
        r#""Action": "a:b", "Condition": {"Bool": {"k": []}}"#,
    ] {
        refused(&with(members));
    }
    for text in ["[]", "null", "\"*\"", r#"{"Statement": "x"}"#, r#"{"Statement": [1]}"#, ""] {
        refused(text);
    }
}

#[test]
fn an_element_that_stands_twice_is_refused() {
    let told =
        refused("{\"Statement\": [{\"Effect\": \"Deny\",\n\"Effect\": \"Allow\", \"Action\": \"*\"}]}");
    assert_eq!(told, "line 2, column 1 (/Statement/0/Effect): the key stands at line 1, column 17 already");
}

#[test]
fn messages_escape_what_the_document_holds() {
    assert!(!refused("{\"Statement\": [{\"Effect\": \"\\u001b[2J\"}]}").contains('\u{1b}'));
    assert!(!refused("{\"\\u001b[2J\": 1}").contains('\u{1b}'));
}

#[test]
fn a_hundred_thousand_statements_are_read() {
    let text = r#"{"Effect":"Deny","Action":"a:b"},"#.repeat(100_000);
    let text = format!("{{\"Statement\":[{}]}}", text.trim_end_matches(','));
    assert_eq!(read(&text).statements().len(), 100_000);
}
