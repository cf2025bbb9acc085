//! What comes of lists, and that nothing smaller would do.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::iam::{Outcome, PolicySet, Principal, Request};

fn list(entries: &[(&str, &str)]) -> Vec<AllowedRequest> {
    entries.iter().map(|(action, resource)| AllowedRequest::new(*action, *resource)).collect()
}

fn in_context(action: &str, resource: &str, context: &[(&str, &[&str])]) -> AllowedRequest {
    let values = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    let context = context.iter().map(|(key, all)| ((*key).to_owned(), values(all))).collect();
    AllowedRequest { context, ..AllowedRequest::new(action, resource) }
}

fn identity(allowed: &[AllowedRequest]) -> Minimized {
    minimal_policy(allowed, PolicyKind::Identity).unwrap_or_else(|error| panic!("{error}"))
}

/// The statements in short: actions on resources.
fn statements(minimized: &Minimized) -> Vec<String> {
    let all = minimized.policies.iter().flat_map(|policy| policy.document.statements());
    let each = all.map(|statement| {
        let texts = |element: &crate::iam::Element| {
            let texts: Vec<_> = element.texts.values.iter().map(|text| text.value.as_str()).collect();
            texts.join(" ")
        };
        format!("{} on {}", texts(&statement.action), texts(statement.resource.as_ref().unwrap()))
    });
    each.collect()
}

const ORDERS: &str = "arn:aws:s3:::orders/1";
const BILLS: &str = "arn:aws:s3:::bills/1";
const QUEUE: &str = "arn:aws:sqs:eu-west-1:111122223333:orders";

#[test]
fn the_same_actions_on_several_resources_are_one_statement() {
    let used = list(&[
        ("s3:GetObject", ORDERS),
        ("s3:PutObject", ORDERS),
        ("s3:PutObject", BILLS),
        ("s3:GetObject", BILLS),
        ("s3:GetObject", BILLS),
    ]);
    assert_eq!(statements(&identity(&used)), [format!("s3:GetObject s3:PutObject on {BILLS} {ORDERS}")]);
}

#[test]
fn an_action_is_on_no_resource_that_it_is_not_listed_on() {
    let used = list(&[("s3:GetObject", ORDERS), ("s3:PutObject", ORDERS), ("s3:GetObject", BILLS)]);
    // To name the action twice is shorter than to name the resource twice.
    let expected = [format!("s3:GetObject on {BILLS}"), format!("s3:GetObject s3:PutObject on {ORDERS}")];
    assert_eq!(statements(&identity(&used)), expected);
}

#[test]
fn a_policy_is_written_for_people_with_named_statements() {
    let used = list(&[("s3:getobject", "arn:aws:s3:::orders/*")]);
    let expected = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "S3ReadOrders",
      "Effect": "Allow",
      "Action": "s3:GetObject",
      "Resource": "arn:aws:s3:::orders/*"
    }
  ]
}"#;
    assert_eq!(identity(&used).policies[0].text, expected);
    let in_session = minimal_policy(&used, PolicyKind::Session).unwrap().policies.remove(0);
    assert_eq!(in_session.text.chars().count(), in_session.document.size());
}

#[test]
fn patterns_of_actions_stand_for_listed_actions_only_and_are_told() {
    let deleting = list(&[("sqs:DeleteMessage", QUEUE), ("sqs:DeleteQueue", QUEUE)]);
    let told = identity(&deleting);
    assert_eq!(statements(&told), [format!("sqs:Delete* on {QUEUE}")]);
    assert_eq!(told.patterns, ["sqs:Delete*"]);
}

#[test]
fn an_action_without_resource_level_is_allowed_on_all_and_told() {
    let used = list(&[("s3:ListAllMyBuckets", ORDERS), ("s3:GetObject", ORDERS)]);
    let told = identity(&used);
    assert_eq!(
        statements(&told),
        [format!("s3:GetObject on {ORDERS}"), "s3:ListAllMyBuckets on *".to_owned()]
    );
    let wider = Wider::NoResourceLevel { action: "s3:ListAllMyBuckets".into(), resource: ORDERS.into() };
    assert_eq!(told.wider, [wider]);
    assert!(identity(&list(&[("s3:ListAllMyBuckets", "*")])).wider.is_empty());
}

#[test]
fn a_resource_that_a_listed_pattern_covers_is_not_named() {
    let used = list(&[("s3:GetObject", "arn:aws:s3:::orders/*"), ("s3:GetObject", ORDERS)]);
    assert_eq!(statements(&identity(&used)), ["s3:GetObject on arn:aws:s3:::orders/*"]);
    let own = list(&[
        ("s3:GetObject", "arn:aws:s3:::home/${aws:username}/*"),
        ("s3:GetObject", "arn:aws:s3:::home/ann/1"),
    ]);
    assert_eq!(statements(&identity(&own)).len(), 1);
    assert!(statements(&identity(&own))[0].contains("arn:aws:s3:::home/ann/1"));
}

#[test]
fn unknown_actions_are_allowed_as_they_are_and_told() {
    let told = identity(&list(&[("s3:GetObjectPigeon", ORDERS)]));
    assert_eq!(
        (statements(&told), told.unknown),
        (vec![format!("s3:GetObjectPigeon on {ORDERS}")], vec!["s3:GetObjectPigeon".to_owned()])
    );
}

#[test]
fn a_context_becomes_conditions_with_the_operators_of_its_keys() {
    let used = in_context(
        "s3:GetObject",
        ORDERS,
        &[
            ("aws:SourceIp", &["203.0.113.7"]),
            ("aws:MultiFactorAuthPresent", &["true"]),
            ("aws:PrincipalArn", &["arn:aws:iam::111122223333:role/a"]),
            ("aws:SourceVpc", &["vpc-1"]),
            ("aws:PrincipalTag/team", &["orders-*"]),
            ("aws:TagKeys", &["team"]),
        ],
    );
    let told = identity(&[used]);
    let read: serde_json::Value = serde_json::from_str(&told.policies[0].text).unwrap();
    let expected = serde_json::json!({
        "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/a"},
        "Bool": {"aws:MultiFactorAuthPresent": "true"},
        "ForAllValues:StringEquals": {"aws:TagKeys": "team"},
        "IpAddress": {"aws:SourceIp": "203.0.113.7"},
        "Null": {"aws:TagKeys": "false"},
        "StringEquals": {"aws:SourceVpc": "vpc-1"},
        "StringLike": {"aws:PrincipalTag/team": "orders-*"},
    });
    assert_eq!(read["Statement"][0]["Condition"], expected);
    assert!(told.wider.is_empty());
}

#[test]
fn sets_of_values_are_told_to_be_wider() {
    let told = identity(&[in_context("sqs:TagQueue", QUEUE, &[("aws:TagKeys", &["team", "cost"])])]);
    let values = vec!["cost".to_owned(), "team".to_owned()];
    assert_eq!(told.wider, [Wider::FewerValues { key: "aws:TagKeys".to_owned(), values }]);
}

#[test]
fn values_of_the_same_key_are_put_together_where_all_else_is_the_same() {
    let from = |address: &str| in_context("s3:GetObject", ORDERS, &[("aws:SourceIp", &[address])]);
    let told = identity(&[from("203.0.113.7"), from("203.0.113.8")]);
    assert_eq!(statements(&told).len(), 1);
    let other = in_context("s3:PutObject", ORDERS, &[("aws:SourceIp", &["203.0.113.8"])]);
    assert_eq!(statements(&identity(&[from("203.0.113.7"), from("203.0.113.8"), other])).len(), 2);
}

#[test]
fn what_is_allowed_in_any_context_needs_no_condition_besides() {
    let narrow = in_context("s3:GetObject", ORDERS, &[("aws:SourceIp", &["203.0.113.7"])]);
    let used = [narrow, AllowedRequest::new("s3:GetObject", "arn:aws:s3:::orders/*")];
    assert_eq!(statements(&identity(&used)), ["s3:GetObject on arn:aws:s3:::orders/*"]);
}

#[test]
fn roles_and_keys_that_trust_the_account_are_allowed() {
    let role = "arn:aws:iam::111122223333:role/orders";
    let key = "arn:aws:kms:eu-west-1:111122223333:key/1";
    let used = list(&[("sts:AssumeRole", role), ("iam:PassRole", role), ("kms:Decrypt", key)]);
    assert_eq!(statements(&identity(&used)).len(), 2);
}

fn many(count: usize) -> Vec<AllowedRequest> {
    let resource = |at: usize| format!("arn:aws:s3:::a-bucket-with-a-longer-name/{at:0>30}");
    (0..count).map(|at| AllowedRequest::new("s3:GetObject", resource(at))).collect()
}

#[test]
fn what_no_policy_has_room_for_is_cut_into_several() {
    let told = identity(&many(150));
    assert_eq!(told.policies.len(), 2);
    for policy in &told.policies {
        assert!(policy.document.size() <= 6_144, "{}", policy.document.size());
    }
    let resources = told.policies.iter().flat_map(|policy| policy.document.statements());
    let resources = resources.flat_map(|statement| &statement.resource.as_ref().unwrap().texts.values);
    assert_eq!(resources.map(|text| &text.value).collect::<BTreeSet<_>>().len(), 150);
}

fn refused(allowed: &[AllowedRequest], kind: PolicyKind) -> String {
    let error = minimal_policy(allowed, kind).unwrap_err();
    assert_eq!(error.code(), "LK-0202", "{error}");
    error.message().to_owned()
}

#[test]
fn lists_that_exceed_what_aws_takes_are_refused_with_the_limit() {
    let told = refused(&many(1_000), PolicyKind::Identity);
    assert_eq!(
        told,
        "the resources of the list alone are 74000 characters, and AWS takes 6144 characters of a managed policy \
         and attaches 10 of them"
    );
    assert!(
        refused(&many(100), PolicyKind::Boundary).ends_with("AWS takes 6144 characters of a managed policy")
    );
    assert!(refused(&many(50), PolicyKind::Session).contains("2048"));
    let long = AllowedRequest::new("s3:GetObject", format!("arn:aws:s3:::b/{}", "a".repeat(6_100)));
    assert!(refused(&[long], PolicyKind::Identity).contains("alone is larger"));
}

#[test]
fn what_no_policy_can_allow_is_refused() {
    for kind in [PolicyKind::Resource, PolicyKind::Scp, PolicyKind::Trust] {
        refused(&list(&[("s3:GetObject", ORDERS)]), kind);
    }
    refused(&[], PolicyKind::Identity);
    for (action, resource) in [
        ("s3:Get*", ORDERS),
        ("GetObject", ORDERS),
        ("s3:GetObject", "orders"),
        ("s3:GetObject", "arn:aws:s3:::${aws:username"),
    ] {
        refused(&list(&[(action, resource)]), PolicyKind::Identity);
    }
    let contexts: [&[(&str, &[&str])]; 4] = [
        &[("aws:SourceIp", &["203.0.113.7", "203.0.113.8"])],
        &[("aws:SourceIp", &["somewhere"])],
        &[("aws:SourceIp", &[])],
        &[("aws:SourceVpc", &["a"]), ("aws:sourcevpc", &["b"])],
    ];
    for context in contexts {
        refused(&[in_context("s3:GetObject", ORDERS, context)], PolicyKind::Identity);
    }
}

#[test]
fn a_list_is_read_with_places_and_nothing_is_passed_over() {
    let told = |text: &str| read_allowed(text).unwrap_err().message().to_owned();
    for (text, place) in [
        ("{}", "line 1, column 1: a list of what is allowed is a list"),
        (r#"[{"action": "s3:GetObject"}]"#, "line 1, column 2 (/0/resource): "),
        (r#"[{"resource": "*"}]"#, "line 1, column 2 (/0/action): "),
        (
            "[\n  {\"action\": \"s3:GetObject\", \"resource\": [\"*\", \"b\"]}\n]",
            "line 2, column 48 (/0/resource/1): ",
        ),
        (
            r#"[{"action": "s3:GetObject", "resource": "*", "contexts": {}}]"#,
            "line 1, column 46 (/0/contexts): ",
        ),
        (r#"[{"action": "s3:GetObject", "resource": []}]"#, "line 1, column 41 (/0/resource): "),
        (
            r#"[{"action": "s3:GetObject", "resource": "*", "context": []}]"#,
            "line 1, column 57 (/0/context): ",
        ),
        (
            "[{\"action\": \"s3:GetObject\", \"resource\": \"arn:aws:s3:::b/\u{20ac}\"}]",
            "line 1, column 41 (/0/resource): ",
        ),
    ] {
        assert!(told(text).starts_with(place), "{}", told(text));
    }
    let read = read_allowed(
        r#"[{"action": "s3:GetObject", "resource": "*", "context": {"aws:MultiFactorAuthPresent": true}}]"#,
    );
    assert_eq!(
        read.unwrap(),
        [in_context("s3:GetObject", "*", &[("aws:MultiFactorAuthPresent", &["true"])])]
    );
}

const ACTIONS: [&str; 3] = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"];
const RESOURCES: [&str; 4] =
    ["arn:aws:s3:::a/*", "arn:aws:s3:::a/1", "arn:aws:s3:::bb/1", "arn:aws:s3:::cccc/1"];

/// Every way there is: the fewest statements, and of those the fewest characters of actions and resources.
fn tried(listed: &[(usize, usize)]) -> (usize, usize) {
    let stands_for = |wide: usize, narrow: usize| wide == narrow || (wide, narrow) == (0, 1);
    let mut blocks = Vec::new();
    for actions in 1..1_usize << ACTIONS.len() {
        for resources in 1..1_usize << RESOURCES.len() {
            let pairs: Vec<_> = (0..ACTIONS.len())
                .flat_map(|action| (0..RESOURCES.len()).map(move |resource| (action, resource)))
                .filter(|(action, resource)| actions >> action & 1 == 1 && resources >> resource & 1 == 1)
                .collect();
            let is_listed = |(action, resource): &(usize, usize)| {
                listed.iter().any(|(other, wide)| other == action && stands_for(*wide, *resource))
            };
            if pairs.iter().all(is_listed) {
                let does = |(action, resource): &(usize, usize)| {
                    pairs.iter().any(|(other, wide)| other == action && stands_for(*wide, *resource))
                };
                let done: usize =
                    listed.iter().enumerate().filter(|(_, pair)| does(pair)).map(|(at, _)| 1 << at).sum();
                let size = |texts: &[&str], which: usize| -> usize {
                    texts
                        .iter()
                        .enumerate()
                        .filter(|(at, _)| which >> at & 1 == 1)
                        .map(|(_, text)| text.len() + 3)
                        .sum()
                };
                blocks.push((done, size(&ACTIONS, actions) + size(&RESOURCES, resources)));
            }
        }
    }
    let mut best = vec![(usize::MAX, 0); 1 << listed.len()];
    best[0] = (0, 0);
    for done in 0..best.len() {
        let (count, size) = best[done];
        for (more, of) in blocks.iter().filter(|_| count < usize::MAX) {
            let after = done | more;
            best[after] = best[after].min((count + 1, size + of));
        }
    }
    best[best.len() - 1]
}

fn measured(drafts: &[Draft]) -> (usize, usize) {
    let texts = drafts.iter().flat_map(|draft| draft.actions.iter().chain(&draft.resources));
    (drafts.len(), texts.map(|text| text.len() + 3).sum())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn nothing_smaller_would_do(listed in proptest::collection::btree_set((0..ACTIONS.len(), 0..RESOURCES.len()), 1..9)) {
        let listed: Vec<_> = listed.into_iter().collect();
        let used: Vec<_> = listed.iter().map(|(action, resource)| (ACTIONS[*action], RESOURCES[*resource])).collect();
        let catalog = Catalog::bundled().unwrap();
        let grants = list(&used).iter().map(|request| Grant::of(request, catalog, &mut BTreeSet::new()).unwrap()).collect();
        prop_assert_eq!(measured(&drafts(&grants, catalog)), tried(&listed));
    }

    #[test]
    fn everything_listed_is_allowed_and_nothing_else(
        listed in proptest::collection::btree_map((0..7_usize, 0..4_usize), 0..3_usize, 1..16)
    ) {
        let actions = ["sqs:SendMessage", "sqs:GetQueueUrl", "sqs:DeleteMessage", "sqs:PurgeQueue",
            "sqs:DeleteQueue", "sqs:ReceiveMessage", "sqs:Pigeon"];
        let resource = |at: usize| format!("{QUEUE}-{at}");
        let addresses: [&[(&str, &[&str])]; 3] = [&[], &[("aws:SourceIp", &["203.0.113.7"])], &[("aws:SourceIp", &["203.0.113.8"])]];
        let used: BTreeMap<_, _> = listed;
        let requests: Vec<_> =
            used.iter().map(|((action, at), from)| in_context(actions[*action], &resource(*at), addresses[*from])).collect();
        let policy = identity(&requests).policies.remove(0).document;
        let set = PolicySet::builder().identity([policy]).build().unwrap();
        let all = Catalog::bundled().unwrap().matching("sqs:*").map(|action| action.full_name());
        for action in all.chain(["sqs:Pigeon".to_owned()]) {
            for at in 0..5 {
                for (from, context) in addresses.iter().enumerate() {
                    let ann = Principal::parse("arn:aws:iam::111122223333:user/ann").unwrap();
                    let mut request = Request::new(ann, &action, &resource(at)).unwrap();
                    for (key, values) in *context {
                        request = request.context(key, values[0]);
                    }
                    let listed = actions.iter().position(|known| *known == action).and_then(|action| used.get(&(action, at)));
                    let expected = listed.is_some_and(|listed| *listed == 0 || *listed == from);
                    prop_assert_eq!(set.outcome(&request) == Outcome::Allow, expected, "{} {}", action, at);
                }
            }
        }
    }
}
