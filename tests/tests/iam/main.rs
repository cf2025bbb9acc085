//! The policy engine: cases from AWS's documentation, and a second evaluator on random ones.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test may fail loudly")]
#![allow(clippy::string_slice, reason = "texts of the random world are cut at ASCII signs")]

mod hostile;
mod naive;
mod random;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use leasekey::iam::{Outcome, read_cases};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Mistakes that other engines are known for, and the case that shows each.
const MISTAKES: &[(&str, &str)] = &[
    ("a session ARN in a resource policy is limited by the session policy", "05-principals-08"),
    ("a federated user's ARN in a resource policy is limited by the session policy", "05-principals-15"),
    ("a federated user without session policy is allowed by the identity policy", "06-session-policies-12"),
    ("a missing version still expands variables", "14-variables-07"),
    ("version 2008-10-17 still expands variables", "14-variables-08"),
    ("an unresolved variable in StringNotEquals does not match", "14-variables-40"),
    ("the colon inside of a variable splits the ARN", "14-variables-03"),
    ("dates in seconds are read as milliseconds", "17-operators-55"),
    ("SCPs are applied to service-linked roles", "02-organizations-21"),
    ("principals are matched with wildcards", "05-principals-48"),
    ("principals are matched without regard to case", "05-principals-47"),
    ("a role in a resource policy bypasses the boundary", "05-principals-04"),
    ("a role in a resource policy bypasses the session policy", "05-principals-05"),
    ("resources are matched without regard to case", "11-resources-02"),
    ("conditions know no variables", "14-variables-34"),
];

/// What the second evaluator does not know: other forms of numbers, dates and ranges; the management account,
/// service-linked roles by the names of their sessions and what RCPs leave out; the account of an ARN where none is
/// given; operators in another case; variables out of place.
const BEYOND: &[&str] = &[
    "02-organizations-18",
    "02-organizations-19",
    "02-organizations-20",
    "02-organizations-22",
    "02-organizations-45",
    "02-organizations-46",
    "02-organizations-47",
    "04-cross-account-24",
    "14-variables-28",
    "14-variables-50",
    "15-conditions-26",
    "15-conditions-30",
    "17-operators",
    "21-session-kinds-10",
];

fn scenarios() -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/iam");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.map(|path| (path.clone(), std::fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn every_case_of_the_documentation_is_decided_as_it_says() {
    let mut wrong = Vec::new();
    for (path, text) in scenarios() {
        for case in read_cases(&text, &path.to_string_lossy()).unwrap() {
            let (request, set) = case.question().unwrap();
            let decision = set.evaluate(request);
            assert_eq!(set.outcome(request), decision.outcome, "{}", case.id);
            if !case.expects(decision.outcome) {
                wrong.push(format!("{} {}: {}", case.id, case.name, set.explain(request, &decision)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_case_names_the_page_of_its_rule_and_no_two_are_the_same() {
    let (mut ids, mut questions) = (HashSet::new(), HashSet::new());
    for (path, text) in scenarios() {
        for case in serde_json::from_str::<Vec<Value>>(&text).unwrap() {
            let id = case["id"].as_str().unwrap().to_owned();
            assert!(case["page"].as_str().unwrap().starts_with("https://docs.aws.amazon.com/"), "{id}");
            assert!(
                questions.insert(format!("{}{}", case["request"], case["policies"])),
                "{id} asks what another does"
            );
            assert!(ids.insert(id), "{}", path.display());
        }
    }
    assert!(ids.len() >= 400, "{} cases", ids.len());
}

#[test]
fn every_known_mistake_of_other_engines_has_a_case() {
    let cases =
        scenarios().into_iter().flat_map(|(_, text)| serde_json::from_str::<Vec<Value>>(&text).unwrap());
    let ids: HashSet<_> = cases.map(|case| case["id"].as_str().unwrap().to_owned()).collect();
    for (mistake, id) in MISTAKES {
        assert!(ids.contains(*id), "{mistake}: {id}");
    }
}

#[test]
fn the_second_evaluator_agrees_on_the_cases_that_it_can_read() {
    let mut differ = Vec::new();
    let mut agree = 0;
    for (_, text) in scenarios() {
        for case in serde_json::from_str::<Vec<Value>>(&text).unwrap() {
            let id = case["id"].as_str().unwrap();
            let partial = case["request"]["partial_context"] == json!(true);
            if partial || BEYOND.iter().any(|beyond| id.starts_with(beyond)) {
                continue;
            }
            if naive::decide(&case) == case["expected"].as_str().unwrap() {
                agree += 1;
            } else {
                differ.push(format!("{id} {}", case["name"]));
            }
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
    assert!(agree >= 400, "{agree}");
}

fn decided(case: &Value) -> Outcome {
    let text = json!([case]).to_string();
    let cases = read_cases(&text, "random").unwrap();
    let (request, set) = cases[0].question().unwrap();
    let decision = set.evaluate(request);
    assert_eq!(set.outcome(request), decision.outcome);
    assert_eq!(decision.missing.is_empty(), decision.outcome != Outcome::Depends);
    decision.outcome
}

/// How many random cases; `IAM_CASES=1000000` for a long run, in release.
fn many() -> ProptestConfig {
    let cases = std::env::var("IAM_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(4_000);
    ProptestConfig { cases, max_shrink_iters: 20_000, ..ProptestConfig::default() }
}

/// The case with everything known that it leaves open, in many ways.
fn completions(case: &Value) -> Vec<Value> {
    let open: Vec<_> =
        random::CONTEXT.iter().filter(|(key, _)| case["request"]["context"].get(key).is_none()).collect();
    let mut all = vec![case.clone()];
    for (key, values) in open {
        let mut more = Vec::new();
        for case in &all {
            for value in values.iter().take(2) {
                let mut known = case.clone();
                known["request"]["context"][key] = json!(value);
                more.push(known);
            }
        }
        all.extend(more);
    }
    all
}

proptest! {
    #![proptest_config(many())]

    #[test]
    fn the_engine_decides_as_the_second_evaluator(case in random::case()) {
        prop_assert_eq!(decided(&case).name(), naive::decide(&case));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: many().cases / 40, ..many() })]

    #[test]
    fn what_is_certain_in_a_partial_context_is_so_in_every_complete_one(case in random::case()) {
        let mut partial = case.clone();
        partial["request"]["partial_context"] = json!(true);
        // The second factor is not among what is completed.
        partial["request"]["mfa"] = json!(case["request"]["mfa"] == json!(true));
        let outcome = decided(&partial);
        if outcome != Outcome::Depends {
            for complete in completions(&case) {
                let allowed = naive::decide(&complete) == "allow";
                prop_assert_eq!(allowed, outcome == Outcome::Allow, "{}", complete["request"]["context"]);
            }
        }
    }
}
