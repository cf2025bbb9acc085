//! The policy engine: cases from AWS's documentation, and a second evaluator on random ones.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test may fail loudly")]
#![allow(clippy::string_slice, reason = "texts of the random world are cut at ASCII signs")]
#![allow(clippy::print_stdout, reason = "how far the random cases reach is for people to read")]

mod coverage;
mod depends;
mod hostile;
mod naive;
mod random;

use std::collections::HashSet;

use leasekey::iam::{Decision, Outcome, read_cases};
use leasekey_tests::cases;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
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

/// What the second evaluator does not know: a value that is no text, large numbers, parts of a second, a day that no
/// month has.
const BEYOND: &[&str] = &["15-conditions-26", "17-operators-33", "17-operators-57", "17-operators-59"];

#[test]
fn every_case_of_the_documentation_is_decided_as_it_says() {
    let mut wrong = Vec::new();
    for (path, text) in cases::files() {
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
    for (path, text) in cases::files() {
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
        cases::files().into_iter().flat_map(|(_, text)| serde_json::from_str::<Vec<Value>>(&text).unwrap());
    let ids: HashSet<_> = cases.map(|case| case["id"].as_str().unwrap().to_owned()).collect();
    for (mistake, id) in MISTAKES {
        assert!(ids.contains(*id), "{mistake}: {id}");
    }
}

#[test]
fn the_second_evaluator_agrees_on_the_cases_that_it_can_read() {
    let mut differ = Vec::new();
    let mut agree = 0;
    for (_, text) in cases::files() {
        for case in serde_json::from_str::<Vec<Value>>(&text).unwrap() {
            let id = case["id"].as_str().unwrap();
            let partial = case["request"]["partial_context"] == json!(true);
            if partial || BEYOND.contains(&id) {
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
    assert!(agree >= 600, "{agree}");
}

fn decision(case: &Value) -> Decision {
    let cases = read_cases(&json!([case]).to_string(), "random").unwrap();
    let (request, set) = cases[0].question().unwrap_or_else(|error| panic!("{error}: {case}"));
    let decision = set.evaluate(request);
    assert_eq!(set.outcome(request), decision.outcome);
    assert_eq!(decision.missing.is_empty(), decision.outcome != Outcome::Depends);
    decision
}

/// How many random cases; `IAM_CASES=1000000` for a long run, in release.
fn many() -> ProptestConfig {
    let cases = std::env::var("IAM_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(4_000);
    ProptestConfig { cases, max_shrink_iters: 20_000, failure_persistence: None, ..ProptestConfig::default() }
}

/// What some thousand random cases must come across, whichever they are: every element, layer, operator, set prefix
/// and suffix, in both ways.
fn every_rule() -> Vec<String> {
    let ways = |rule: &str, ways: [&str; 2]| ways.map(|way| format!("{rule}: {way}"));
    let operators = random::FORMS.iter().flat_map(|form| form.operators);
    let operators = operators.flat_map(|operator| ways(&operator.to_lowercase(), ["met", "unmet"]));
    let elements = ["Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource"];
    let elements = elements.into_iter().flat_map(|name| ways(name, ["fits", "does not fit"]));
    let layers = ["identity", "resource", "boundary", "session", "scp", "rcp", "vpc_endpoint"];
    let layers = layers.into_iter().flat_map(|layer| ways(layer, ["Allow", "Deny"]));
    operators.chain(elements).chain(layers).chain(RULES.iter().map(|rule| (*rule).to_owned())).collect()
}

/// From how many cases on each operator must come across with every prefix and suffix.
const LONG: u32 = 100_000;

/// What a long run must come across besides: every operator with every prefix and suffix, in both ways.
fn every_operator() -> Vec<String> {
    let operators =
        random::FORMS.iter().flat_map(|form| form.operators).map(|operator| operator.to_lowercase());
    let written = operators.flat_map(|operator| {
        ["", "forallvalues:", "foranyvalue:"]
            .into_iter()
            .flat_map(move |set| ["", "ifexists"].map(|suffix| format!("{set}{operator}{suffix}")))
    });
    written.flat_map(|operator| ["met", "unmet"].map(|way| format!("{operator}, key there: {way}"))).collect()
}

const RULES: &[&str] = &[
    "a grant: to the caller itself",
    "a grant: to the role or to everyone",
    "a resource that must allow: granted",
    "a resource that must allow: not granted",
    "a value of the policy: that is not understood",
    "a value of the request: that is not understood",
    "across accounts: granted",
    "across accounts: not granted",
    "boundary: limits what is granted",
    "nobody's: granted",
    "nobody's: not granted",
    "foranyvalue, key absent: met",
    "foranyvalue, key absent: unmet",
    "foranyvalue, key there: met",
    "foranyvalue, key there: unmet",
    "forallvalues, key absent: met",
    "forallvalues, key there: met",
    "forallvalues, key there: unmet",
    "ifexists, key absent: met",
    "ifexists, key there: met",
    "ifexists, key there: unmet",
    "null, key absent: met",
    "null, key absent: unmet",
    "null, key there: met",
    "null, key there: unmet",
    "one value, key absent: met",
    "one value, key absent: unmet",
    "outcome: allow",
    "outcome: explicit_deny",
    "outcome: implicit_deny",
    "scp: limits what is granted",
    "session: limits what is granted",
    "the kind of session: limits what is granted",
    "variable: has a value",
    "variable: stands for nothing",
    "vpc_endpoint: limits what is granted",
    "within the account: granted",
    "within the account: not granted",
];

#[test]
fn the_engine_decides_as_the_second_evaluator_and_no_rule_is_left_out() {
    let cases = many().cases;
    let all = TestRunner::new(many()).run(&random::case(), |case| {
        let outcome = naive::decide(&case);
        coverage::hit("outcome", outcome);
        prop_assert_eq!(decision(&case).outcome.name(), outcome);
        Ok(())
    });
    all.unwrap_or_else(|error| panic!("{error}"));
    println!("{cases} cases came across\n{}", coverage::report());
    let mut rare = coverage::rare(every_rule(), u64::from(cases / 4_000));
    rare.extend(coverage::rare(every_operator(), u64::from(cases / LONG)));
    assert!(rare.is_empty(), "hardly or never reached:\n{}", rare.join("\n"));
}

/// The most ways in which a case is completed.
const COMPLETIONS: usize = 200;

/// What a session's role may be besides the one without a path.
fn roles(principal: &Value) -> Vec<String> {
    let Some(arn) = principal.as_str().filter(|arn| arn.contains(":assumed-role/")) else {
        return Vec::new();
    };
    let parts: Vec<_> = arn.split([':', '/']).collect();
    let (account, name) = (parts[4], parts[6]);
    let mut paths = vec!["pay/", "x:y/team/"];
    paths.extend(name.starts_with("AWSServiceRoleFor").then_some("aws-service-role/x.amazonaws.com/"));
    paths.iter().map(|path| format!("arn:aws:iam::{account}:role/{path}{name}")).collect()
}

/// The case with everything known that its policies speak of and it leaves open, in every way or in many.
fn completions(case: &Value) -> Vec<Value> {
    let policies = case["policies"].to_string().to_lowercase();
    let roles = roles(&case["request"]["principal"]);
    let open = |key: &str| {
        let spoken_of = policies.contains(&key.to_lowercase());
        // `mfa` tells this.
        let told = key == "aws:MultiFactorAuthPresent";
        let known = told || case["request"]["context"].get(key).is_some();
        // The path decides whether a role is service-linked, too.
        let needed = key == "aws:userid" && policies.contains("example") || key == "aws:PrincipalArn";
        (spoken_of || needed) && !known
    };
    let values = |(key, values): &(&'static str, &[&str])| match *key {
        "aws:PrincipalArn" => (*key, roles.clone()),
        key => (key, values.iter().map(|value| (*value).to_owned()).collect()),
    };
    let open: Vec<(_, Vec<String>)> =
        random::CONTEXT.iter().filter(|(key, _)| open(key)).map(values).collect();
    let ways: usize = open.iter().map(|(_, values)| values.len() + 1).product();
    // A step that shares no factor with the numbers of values comes to all of them.
    let step = ((ways / COMPLETIONS).max(1)..).find(|step| [2, 3, 5].iter().all(|factor| step % factor != 0));
    let complete = |way: usize| {
        let (mut known, mut rest) = (case.clone(), way);
        for (key, values) in &open {
            if let Some(value) = values.get(rest % (values.len() + 1)) {
                known["request"]["context"][key] = json!(value);
            }
            rest /= values.len() + 1;
        }
        known
    };
    (0..ways).step_by(step.unwrap()).map(complete).collect()
}

#[test]
fn what_is_certain_in_a_partial_context_is_so_in_every_complete_one() {
    let cases = many().cases / 10;
    let some = ProptestConfig { cases, ..many() };
    let all = TestRunner::new(some).run(&random::case(), |case| {
        let mut partial = case.clone();
        partial["request"]["partial_context"] = json!(true);
        // The second factor is not among what is completed.
        partial["request"]["mfa"] = json!(case["request"]["mfa"] == json!(true));
        let mut complete = case.clone();
        complete["request"]["mfa"] = partial["request"]["mfa"].clone();
        let decision = decision(&partial);
        let allowed: Vec<_> =
            completions(&complete).iter().map(|complete| naive::decide(complete) == "allow").collect();
        if decision.outcome == Outcome::Depends {
            let shown = allowed.contains(&true) && allowed.contains(&false);
            coverage::hit(
                "depends",
                if shown { "shown by two contexts" } else { "on values that are not tried" },
            );
        } else {
            coverage::hit("certain", decision.outcome.name());
            let certain = decision.outcome == Outcome::Allow;
            prop_assert!(allowed.iter().all(|allowed| *allowed == certain), "{:?}", decision.outcome);
        }
        Ok(())
    });
    all.unwrap_or_else(|error| panic!("{error}"));
    println!("{cases} partial contexts came out\n{}", coverage::report());
    let wanted = [
        "depends: shown by two contexts",
        "certain: allow",
        "certain: explicit_deny",
        "certain: implicit_deny",
    ];
    let rare = coverage::rare(wanted.map(str::to_owned), u64::from(cases / 100));
    assert!(rare.is_empty(), "hardly or never reached:\n{}", rare.join("\n"));
}
