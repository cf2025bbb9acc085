//! What a decision depends on can turn it: some context allows.

use leasekey::iam::{Case, Decision, Missing, Outcome, read_cases};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};

use crate::{coverage, many, random};

/// A key, operators that compare it, and values; those of requests besides.
#[derive(Debug)]
struct Kind {
    key: &'static str,
    operators: &'static [&'static str],
    values: &'static [&'static str],
    asked: &'static [&'static str],
}

const KINDS: &[Kind] = &[
    Kind {
        key: "aws:PrincipalTag/team",
        operators: &["StringEquals", "StringNotEquals", "BinaryEquals"],
        values: &["orders", "bills", "Orders", ""],
        asked: &["something"],
    },
    Kind {
        key: "s3:max-keys",
        operators: random::NUMERIC,
        values: &["9", "10", "10.0", "11"],
        asked: &["8", "9.5", "10.5", "12"],
    },
    Kind {
        key: "aws:CurrentTime",
        operators: random::DATE,
        values: &["2026", "2026-03-01", "1772323200", "2027-01-01T00:00:00Z"],
        asked: &["2025", "2026-02-01", "2026-04-01", "2028"],
    },
    Kind { key: "aws:SecureTransport", operators: &["Bool"], values: &["true", "false"], asked: &[] },
];

/// A `Condition` on the key, of one operator or of two.
fn block(kind: &'static Kind) -> impl Strategy<Value = Value> {
    let suffix = select(&["", "", "IfExists"][..]);
    let operator = (select(kind.operators), suffix).prop_map(|(name, suffix)| format!("{name}{suffix}"));
    let values = subsequence(kind.values, 1..=2).prop_map(|values| json!(values));
    let null = subsequence(&["true", "false"][..], 1..=2).prop_map(|values| json!(values));
    let clause = prop_oneof![9 => (operator, values), 1 => (Just("Null".to_owned()), null)];
    proptest::collection::vec(clause, 1..3).prop_map(|clauses| {
        let each = clauses.into_iter().map(|(operator, values)| (operator, json!({ kind.key: values })));
        Value::Object(each.collect::<Map<_, _>>())
    })
}

/// An Allow and some Denies of everything, with conditions on one key of which nothing is known.
fn case() -> impl Strategy<Value = (&'static Kind, Value)> {
    let of = |kind: &'static Kind| {
        let denies = proptest::collection::vec(block(kind), 0..4);
        // Of a key of which only Denies say what it must be, not everything is told.
        let tells = |block: &Value| block.as_object().unwrap().keys().any(|operator| operator != "Null");
        (block(kind).prop_filter("Null alone", tells), denies).prop_map(move |(allow, denies)| {
            let of = |effect: &str, conditions: Value| {
                json!({ "Effect": effect, "Action": "*", "Resource": "*", "Condition": conditions })
            };
            let mut statements: Vec<_> = denies.into_iter().map(|block| of("Deny", block)).collect();
            statements.push(of("Allow", allow));
            (kind, json!([{ "Version": "2012-10-17", "Statement": statements }]))
        })
    };
    (0..KINDS.len()).prop_flat_map(move |at| of(&KINDS[at]))
}

fn question(identity: &Value) -> Case {
    let case = json!([{
        "id": "random", "name": "random", "expected": "allow", "policies": { "identity": identity },
        "request": {
            "principal": "arn:aws:iam::111122223333:user/ann", "action": "s3:GetObject", "context": {},
            "resource": "arn:aws:s3:::orders/1",
        },
    }]);
    read_cases(&case.to_string(), "random").unwrap().remove(0)
}

/// Operators that a value of their own meets.
const EQUAL: &[&str] = &["StringEquals", "BinaryEquals", "NumericEquals", "DateEquals", "Bool"];

/// The values of which the decision says that they would allow.
fn promised(decision: &Decision) -> impl Iterator<Item = &str> {
    let is_equal = |missing: &&Missing| {
        let operator = missing.constraint.strip_prefix("must meet ").and_then(|rest| rest.split(' ').next());
        operator.is_some_and(|name| EQUAL.contains(&name.trim_end_matches("IfExists")))
    };
    decision.missing.iter().filter(is_equal).flat_map(|missing| &missing.values).map(String::as_str)
}

#[test]
fn a_request_depends_only_on_what_can_allow_it_and_the_values_that_it_names_do() {
    let several = vec!["one".to_owned(), "another".to_owned()];
    let all = TestRunner::new(many()).run(&case(), |(kind, identity)| {
        let case = question(&identity);
        let (request, set) = case.question().unwrap();
        let decision = set.evaluate(&request.clone().partial_context());
        coverage::hit("one key", decision.outcome.name());
        let with = |value: &str| set.outcome(&request.clone().context(kind.key, value));
        let mut outcomes: Vec<_> = kind.values.iter().chain(kind.asked).map(|value| with(value)).collect();
        outcomes.push(set.outcome(request));
        outcomes.push(set.outcome(&request.clone().context_values(kind.key, several.clone())));
        let allowed = outcomes.contains(&Outcome::Allow);
        match decision.outcome {
            Outcome::Depends => prop_assert!(allowed, "never allowed: {identity}"),
            Outcome::Allow => prop_assert!(outcomes.iter().all(|one| *one == Outcome::Allow), "{identity}"),
            _ => prop_assert!(!allowed, "{identity}"),
        }
        for value in promised(&decision) {
            coverage::hit("one key", "a value that would allow");
            prop_assert_eq!(with(value), Outcome::Allow, "{}: {}", value, identity);
        }
        Ok(())
    });
    all.unwrap_or_else(|error| panic!("{error}"));
    println!("{}", coverage::report());
    let names = ["depends", "explicit_deny", "implicit_deny", "a value that would allow"];
    let rare = coverage::rare(names.map(|name| format!("one key: {name}")), 10);
    assert!(rare.is_empty(), "hardly or never reached:\n{}", rare.join("\n"));
}
