//! Decisions in words.

use super::*;
use crate::iam::document::PolicyDocument;
use crate::iam::evaluate::JUDGED;
use crate::iam::principal::Principal;

fn document(statements: &str) -> PolicyDocument {
    let text = format!("{{\"Version\": \"2012-10-17\",\n\"Statement\": [{statements}]}}");
    PolicyDocument::parse(&text).unwrap().named("p.json")
}

fn request() -> Request {
    let ann = Principal::parse("arn:aws:iam::111122223333:user/ann").unwrap();
    Request::new(ann, "s3:GetObject", "arn:aws:s3:::orders/1").unwrap()
}

fn explained(set: &PolicySet, request: &Request) -> Explanation {
    set.explain(request, &set.evaluate(request))
}

fn identity(statements: &str) -> PolicySet {
    PolicySet::builder().identity([document(statements)]).build().unwrap()
}

const READ: &str = r#"{"Sid": "Read", "Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}"#;

#[test]
fn an_allow_names_its_statement_with_file_line_and_pointer() {
    let told = explained(&identity(READ), &request());
    let read = "statement \"Read\" (p.json, line 2, column 15, /Statement/0)";
    assert_eq!(told.summary, format!("allowed by the identity policy, {read}"));
    assert_eq!(told.changes, [format!("It would be denied without {read}.")]);
}

#[test]
fn a_deny_names_its_statement_and_what_is_left_without_it() {
    let deny = r#", {"Effect": "Deny", "Action": "*", "Resource": "*"}"#;
    let told = explained(&identity(&format!("{READ}{deny}")), &request());
    let name = "statement (p.json, line 2, column 89, /Statement/1)";
    assert_eq!(told.summary, format!("denied explicitly by the identity policy, {name}"));
    assert_eq!(told.changes, [format!("It would be allowed without {name}.")]);
    assert!(told.others[0].ends_with("applies too"), "{told}");
}

#[test]
fn a_condition_that_is_not_met_is_the_nearest_change() {
    let set = identity(
        r#"{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"},
        {"Sid": "Near", "Effect": "Allow", "Action": "s3:*", "Resource": "*",
         "Condition": {"StringEquals": {"aws:PrincipalTag/team": ["blue", "red"]}}}"#,
    );
    let told = explained(&set, &request());
    assert!(told.summary.starts_with("denied implicitly: the identity policy does not allow it"), "{told}");
    let near = "It would be allowed if the condition of statement \"Near\" (p.json, line 3, column 9, \
                /Statement/1) were met: aws:PrincipalTag/team StringEquals blue or red.";
    assert_eq!(told.changes, [near]);
    assert!(
        told.others[1].ends_with("aws:PrincipalTag/team StringEquals blue or red, and is absent"),
        "{told}"
    );
}

#[test]
fn a_change_names_all_that_a_statement_lacks() {
    let set = identity(
        r#"{"Sid": "Far", "Effect": "Allow", "Action": "sqs:*", "Resource": "arn:aws:sqs:*:*:q",
         "Condition": {"Bool": {"aws:SecureTransport": "true"}, "StringEquals": {"aws:RequestedRegion": "eu-west-1"}}}"#,
    );
    let told = explained(&set, &request().context("aws:SecureTransport", "true"));
    let far = "It would be allowed if statement \"Far\" (p.json, line 2, column 15, /Statement/0) covered the action \
               s3:GetObject and covered the resource arn:aws:s3:::orders/1 and its condition were met: \
               aws:RequestedRegion StringEquals eu-west-1.";
    assert_eq!(told.changes, [far]);
}

#[test]
fn of_several_resources_a_change_says_which_it_is_about() {
    let deny = |key: u8| {
        format!(r#", {{"Effect": "Deny", "Action": "*", "Resource": "arn:aws:s3:::orders/{key}"}}"#)
    };
    let set = identity(&format!("{READ}{}{}", deny(1), deny(2)));
    let told = explained(&set, &request().and_resource("arn:aws:s3:::orders/2").unwrap());
    assert!(told.changes[0].starts_with("It would be allowed on arn:aws:s3:::orders/1 without "), "{told}");
    let set = identity(r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::other/*"}"#);
    let told = explained(&set, &request().and_resource("arn:aws:s3:::orders/2").unwrap());
    assert!(told.changes[0].starts_with("It would be allowed on arn:aws:s3:::orders/1 if "), "{told}");
}

#[test]
fn a_change_that_does_not_suffice_is_not_told() {
    let statement = r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::other/*"}"#;
    let bounded = PolicySet::builder().identity([document(statement)]).boundary([document(statement)]);
    let told = explained(&bounded.build().unwrap(), &request());
    let both = "It would be allowed if each of these allowed s3:GetObject on arn:aws:s3:::orders/1: the identity \
                policy, the resource policy, the permissions boundary.";
    // The resource policy alone would do: it may name the user, whom no boundary limits.
    let one = "It would be allowed if the resource policy allowed s3:GetObject on arn:aws:s3:::orders/1.";
    assert!(told.changes == [one] || told.changes == [both], "{told}");
}

#[test]
fn few_statements_are_tried_however_many_there_are() {
    let near = r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::other/*"}"#;
    let deny = r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}"#;
    for statement in [near, deny] {
        let judged = |statements: usize| {
            let documents = document(&vec![statement; statements].join(","));
            let empty = document("");
            let set = PolicySet::builder().identity([documents]).boundary([empty]).build().unwrap();
            let decision = set.evaluate(&request());
            JUDGED.set(0);
            set.explain(&request(), &decision);
            JUDGED.get()
        };
        assert!(judged(1_000) <= 10 * judged(100), "{} {}", judged(1_000), judged(100));
    }
}

/// Asserts what alone is missing where nothing is known of the context: a key, the value that allows, and why.
fn asks_for(set: &PolicySet, key: &str, value: &str, constraint: &str) {
    let decision = set.evaluate(&request().partial_context());
    assert_eq!(decision.outcome, Outcome::Depends);
    let [missing] = decision.missing.as_slice() else { panic!("{decision:?}") };
    assert_eq!((missing.key.as_str(), missing.values.as_slice()), (key, &[value.to_owned()][..]));
    assert_eq!(missing.constraint, constraint);
}

#[test]
fn what_is_missing_names_the_key_and_its_values() {
    let set = identity(
        r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*",
         "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}"#,
    );
    asks_for(&set, "aws:SourceIp", "203.0.113.0/24", "must meet IpAddress \"203.0.113.0/24\"");
}

#[test]
fn a_unique_id_that_is_not_known_is_told_as_missing() {
    let text = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*",
        "Principal": {"AWS": ["AIDAEXAMPLEANN0001", "arn:aws:iam::111122223333:user/bob"]}}}"#;
    let set = PolicySet::builder().resource(PolicyDocument::parse(text).unwrap()).build().unwrap();
    let constraint = "must be of the principal \"AIDAEXAMPLEANN0001\"";
    asks_for(&set, "aws:userid", "AIDAEXAMPLEANN0001", constraint);
}

#[test]
fn what_is_granted_to_the_account_may_be_granted_to_the_caller() {
    let text = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*",
        "Principal": {"AWS": ["111122223333", "AIDAEXAMPLEANN0001"]}}}"#;
    let set = PolicySet::builder().resource(PolicyDocument::parse(text).unwrap()).build().unwrap();
    let decision = set.evaluate(&request().partial_context());
    assert_eq!(decision.outcome, Outcome::Depends);
    let keys: Vec<_> = decision.missing.iter().map(|missing| missing.key.as_str()).collect();
    assert_eq!(keys, ["aws:userid"]);
}

#[test]
fn a_deny_that_may_apply_says_what_must_not_be() {
    let set = identity(&format!(
        "{READ}, {}",
        r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::orders/${aws:PrincipalTag/id}",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}}}"#
    ));
    let decision = set.evaluate(&request().partial_context());
    let keys: Vec<_> = decision.missing.iter().map(|missing| missing.key.as_str()).collect();
    assert_eq!(keys, ["aws:SecureTransport", "aws:PrincipalTag/id"]);
    assert!(decision.missing.iter().all(|missing| missing.constraint.starts_with("must not ")));
}

fn on(effect: &str, sid: &str, key: &str) -> String {
    format!(
        r#"{{"Sid": "{sid}", "Effect": "{effect}", "Action": "s3:*", "Resource": "*",
            "Condition": {{"StringEquals": {{"{key}": "x"}}}}}}"#
    )
}

fn keys(decision: &Decision) -> Vec<&str> {
    decision.missing.iter().map(|missing| missing.key.as_str()).collect()
}

#[test]
fn allows_of_which_one_is_enough_are_alternatives() {
    let set = identity(&[on("Allow", "A", "k:a"), on("Allow", "B", "k:b"), on("Deny", "C", "k:c")].join(","));
    let request = request().partial_context();
    let decision = set.evaluate(&request);
    assert_eq!(keys(&decision), ["k:a", "k:b", "k:c"]);
    let told = set.explain(&request, &decision);
    let parts: Vec<_> = told.summary.split("; ").collect();
    assert!(
        parts[0]
            .starts_with("depends on either k:a, which must meet StringEquals \"x\" (the identity policy, "),
        "{told}"
    );
    assert!(parts[0].contains(", or on k:b, which must meet"), "{told}");
    assert!(parts[1].starts_with("and on k:c, which must not meet"), "{told}");
    let [change] = told.changes.as_slice() else { panic!("{told}") };
    let words =
        [r#"allowed if statement "A" ("#, r#") or statement "B" ("#, r#") applied and statement "C" ("#];
    assert!(words.iter().all(|word| change.contains(word)) && change.ends_with(" did not apply."), "{told}");
}

#[test]
fn an_allow_that_does_not_matter_is_not_told_as_missing() {
    let set = identity(&[on("Allow", "A", "k:a"), READ.to_owned(), on("Deny", "C", "k:c")].join(","));
    assert_eq!(keys(&set.evaluate(&request().partial_context())), ["k:c"]);
}

#[test]
fn allows_of_two_layers_are_needed_both() {
    let set = PolicySet::builder()
        .identity([document(&[on("Allow", "A", "k:a"), on("Allow", "B", "k:b")].join(","))])
        .boundary([document(&on("Allow", "C", "k:c"))]);
    let (set, request) = (set.build().unwrap(), request().partial_context());
    let decision = set.evaluate(&request);
    assert_eq!(keys(&decision), ["k:a", "k:b", "k:c"]);
    let told = set.explain(&request, &decision);
    assert!(told.summary.starts_with("depends on either k:a, which must meet"), "{told}");
    assert!(told.summary.contains(", or on k:b, which must meet"), "{told}");
    assert!(told.summary.contains("; and on k:c, which must meet"), "{told}");
    let [change] = told.changes.as_slice() else { panic!("{told}") };
    assert!(change.starts_with(r#"It would be allowed if one of statement "A" ("#), "{told}");
    assert!(
        change.contains(r#"), statement "B" ("#) && change.contains(r#") and statement "C" ("#),
        "{told}"
    );
}

#[test]
fn what_is_missing_is_told_of_every_resource() {
    let set = identity(
        r#"{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::orders/*", "Condition": {"Bool": {"k:a": "true"}}},
        {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::bills/*", "Condition": {"Bool": {"k:b": "true"}}}"#,
    );
    let request = request().and_resource("arn:aws:s3:::bills/1").unwrap().partial_context();
    let decision = set.evaluate(&request);
    assert_eq!(keys(&decision), ["k:a", "k:b"]);
    let told = set.explain(&request, &decision);
    assert!(told.summary.starts_with("depends on arn:aws:s3:::orders/1 on k:a, which"), "{told}");
    assert!(told.summary.contains("; on arn:aws:s3:::bills/1 on k:b, which"), "{told}");
    assert_eq!(told.changes.len(), 2, "{told}");
}

#[test]
fn an_allow_that_several_statements_give_names_all_of_them() {
    let second = READ.replace("Read", "Again");
    let told = explained(&identity(&format!("{READ}, {second}")), &request());
    let [change] = told.changes.as_slice() else { panic!("{told}") };
    assert!(change.starts_with(r#"It would be denied without statement "Read" ("#), "{told}");
    assert!(change.contains(r#") and statement "Again" ("#), "{told}");
}

#[test]
fn what_depends_on_many_statements_is_told_in_few_tries() {
    let judged = |effect: &str, statements: usize| {
        let many: Vec<_> = (0..statements).map(|at| on(effect, "S", &format!("k:{at}"))).collect();
        let set = identity(&(many.join(",") + "," + &on("Allow", "T", "k:t")));
        JUDGED.set(0);
        let decision = set.evaluate(&request().partial_context());
        set.explain(&request().partial_context(), &decision);
        JUDGED.get()
    };
    for effect in ["Allow", "Deny"] {
        let (few, many) = (judged(effect, 100), judged(effect, 1_000));
        assert!(many <= 11 * few, "{effect}: {few} {many}");
    }
}

#[test]
fn what_no_policy_decides_is_told_as_such() {
    let set = identity(r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#);
    let federated = Principal::parse("arn:aws:sts::111122223333:federated-user/ann").unwrap();
    let told = |action| explained(&set, &Request::new(federated.clone(), action, "*").unwrap()).summary;
    assert_eq!(
        told("sts:GetCallerIdentity"),
        "allowed: GetCallerIdentity needs no permission, and only a VPC endpoint can deny it"
    );
    assert_eq!(
        told("iam:ListUsers"),
        "denied implicitly: AWS lets no credentials of this kind ask for iam:ListUsers"
    );
    assert_eq!(
        told("s3:ListAllMyBuckets"),
        "denied implicitly: a federation token without a session policy has no permissions"
    );
}

#[test]
fn what_policies_hold_is_printed_escaped() {
    let set = identity(r#"{"Sid": "\u001b[2J", "Effect": "Allow", "Action": "*", "Resource": "*"}"#);
    assert!(!explained(&set, &request()).to_string().contains('\u{1b}'));
}
