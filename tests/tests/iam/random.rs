//! Random cases from a small world, so that statements and requests often meet.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

const ACCOUNT: &str = "111122223333";
const OTHER: &str = "444455556666";

fn one(of: &'static [&'static str]) -> impl Strategy<Value = Value> {
    select(of).prop_map(Value::from)
}

/// One text, or a list of some.
fn some(of: &'static [&'static str]) -> impl Strategy<Value = Value> {
    prop_oneof![one(of), subsequence(of, 1..=3.min(of.len())).prop_map(|list| json!(list))]
}

const USER: &str = "arn:aws:iam::111122223333:user/ann";
const ROLE: &str = "arn:aws:iam::111122223333:role/orders";
const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/orders/s1";
const FEDERATED: &str = "arn:aws:sts::111122223333:federated-user/ann";
const ROOT: &str = "arn:aws:iam::111122223333:root";

fn principal() -> impl Strategy<Value = Value> {
    prop_oneof![
        8 => one(&[USER, SESSION, FEDERATED, ROLE]),
        2 => one(&[ROOT, "arn:aws:sts::111122223333:assumed-role/orders/s2", "arn:aws:iam::444455556666:user/ann",
            "arn:aws:sts::444455556666:assumed-role/orders/s1",
            "arn:aws:iam::111122223333:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"]),
        1 => Just(json!({ "anonymous": true })),
        1 => Just(json!({ "service": "sns.amazonaws.com" })),
    ]
}

fn named() -> impl Strategy<Value = Value> {
    let arns = &[
        USER,
        ROLE,
        SESSION,
        FEDERATED,
        ROOT,
        ACCOUNT,
        OTHER,
        "*",
        "arn:aws:iam::444455556666:role/orders",
        "arn:aws:iam::444455556666:user/ann",
        "arn:aws:iam::111122223333:role/pay/orders",
    ];
    prop_oneof![
        2 => Just(json!("*")),
        8 => some(arns).prop_map(|arns| json!({ "AWS": arns })),
        1 => Just(json!({ "Service": "sns.amazonaws.com" })),
        1 => some(arns).prop_map(|arns| json!({ "AWS": arns, "Service": "sns.amazonaws.com" })),
    ]
}

fn asked() -> impl Strategy<Value = (Value, Value)> {
    let objects =
        &["arn:aws:s3:::orders/1", "arn:aws:s3:::orders/a/b:c", "arn:aws:s3:::ann/1", "arn:aws:s3:::*/1"];
    let queues = &["arn:aws:sqs:eu-west-1:111122223333:orders", "arn:aws:sqs:eu-west-1:111122223333:ann"];
    let key = "arn:aws:kms:eu-west-1:111122223333:key/1";
    prop_oneof![
        6 => (one(&["s3:GetObject", "s3:PutObject", "S3:getobject"]), some(objects)),
        2 => (one(&["sqs:SendMessage"]), some(queues)),
        1 => (one(&["kms:Decrypt"]), Just(json!(key))),
        1 => (one(&["sts:AssumeRole", "sts:TagSession"]), Just(json!("arn:aws:iam::111122223333:role/target"))),
        1 => (one(&["s3:ListAllMyBuckets", "sts:GetSessionToken", "sts:GetCallerIdentity", "iam:ListUsers"]),
            Just(json!("*"))),
    ]
}

const ACTIONS: &[&str] = &[
    "*",
    "*:*",
    "s3:*",
    "s3:Get*",
    "S3:GETOBJECT",
    "s3:?etObject",
    "*:Send*",
    "sqs:SendMessage",
    "s3:*Object",
    "kms:*",
    "sts:*",
    "sts:AssumeRole",
    "iam:*",
    "s3:GetObjec",
];

const RESOURCES: &[&str] = &[
    "*",
    "arn:aws:s3:::orders/*",
    "arn:aws:s3:::orders/1",
    "arn:aws:s3:::${aws:username}/*",
    "arn:aws:s3:::*/1",
    "arn:aws:s3:::orders/?",
    "arn:aws:s3:::ord*/*b*",
    "arn:aws:sqs:*:orders",
    "arn:aws:sqs:*:*:${aws:username}",
    "arn:aws:sqs:eu-*:111122223333:*",
    "arn:aws:sqs:e*1:111122223333:o*",
    "arn:aws:*",
    "arn:aws:s3:::${*}/1",
    "arn:aws:s3:::${aws:PrincipalTag/team, 'orders'}/1",
    "arn:aws:kms:*:*:key/*",
    "arn:aws:iam::*:role/*",
    "arn:*:*:*:*:*",
    "arn:aws:s3:::orders*",
];

const KEYS: &[&str] =
    &["aws:username", "aws:PrincipalTag/team", "s3:prefix", "aws:TagKeys", "AWS:PRINCIPALARN"];

fn clause() -> impl Strategy<Value = (String, String, Value)> {
    let texts = &[
        "StringEquals",
        "StringNotEquals",
        "StringLike",
        "StringNotLike",
        "StringEqualsIgnoreCase",
        "StringNotEqualsIgnoreCase",
        "ArnLike",
        "ArnNotLike",
        "ArnEquals",
    ];
    let values = &[
        "ann",
        "Ann",
        "orders",
        "a*",
        "*",
        "?nn",
        "",
        "${aws:username}",
        "${aws:PrincipalTag/team, 'ann'}",
        "arn:aws:iam::111122223333:role/orders",
        "arn:aws:iam::*:user/*",
        "arn:aws:*:*:*:*${aws:username}",
    ];
    // ARN operators take ARNs only: others would be refused in a Deny.
    let arns =
        &["arn:aws:iam::111122223333:role/orders", "arn:aws:iam::*:user/*", "arn:aws:*:*:*:*${aws:username}"];
    let set = select(&["", "", "", "ForAllValues:", "ForAnyValue:"][..]);
    let exists = select(&["", "", "IfExists"][..]);
    let text = (set, select(&texts[..]), exists, select(KEYS), some(values), some(arns)).prop_map(
        |(set, base, exists, key, values, arns)| {
            let values = if base.starts_with("Arn") { arns } else { values };
            (format!("{set}{base}{exists}"), key.to_owned(), values)
        },
    );
    let other = |operators: &'static [&'static str], key: &'static str, values: &'static [&'static str]| {
        (select(operators), some(values))
            .prop_map(move |(operator, values)| (operator.to_owned(), key.to_owned(), values))
    };
    prop_oneof![
        6 => text,
        1 => other(&["Bool", "BoolIfExists"], "aws:SecureTransport", &["true", "false"]),
        1 => other(&["Null"], "aws:TagKeys", &["true", "false"]),
        1 => other(&["NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericGreaterThanEquals",
            "NumericLessThanEqualsIfExists", "NumericGreaterThan"], "s3:max-keys", &["9", "10", "10.0", "100"]),
        1 => other(&["DateEquals", "DateNotEquals", "DateLessThan", "DateGreaterThan"], "aws:CurrentTime",
            &["2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z"]),
        1 => other(&["IpAddress", "NotIpAddress", "NotIpAddressIfExists"], "aws:SourceIp",
            &["203.0.113.0/24", "198.51.100.0/24", "203.0.113.7"]),
    ]
}

fn conditions() -> impl Strategy<Value = Option<Value>> {
    let block = |clauses: Vec<(String, String, Value)>| {
        let mut block = Map::new();
        for (operator, key, values) in clauses {
            block.entry(operator).or_insert_with(|| json!({}))[key] = values;
        }
        Value::Object(block)
    };
    let clauses = proptest::collection::vec(clause(), 1..3);
    prop_oneof![2 => Just(None), 1 => clauses.prop_map(move |clauses| Some(block(clauses)))]
}

fn statement(principals: bool) -> impl Strategy<Value = Value> {
    let effect = prop_oneof![4 => Just("Allow"), 1 => Just("Deny")];
    (effect, named(), some(ACTIONS), some(RESOURCES), conditions(), 0..8_u8, 0..8_u8, 0..8_u8).prop_map(
        move |(effect, named, actions, resources, conditions, not_action, not_resource, not_principal)| {
            let mut statement = json!({ "Effect": effect });
            if principals {
                statement[if not_principal == 0 { "NotPrincipal" } else { "Principal" }] = named;
            }
            statement[if not_action == 0 { "NotAction" } else { "Action" }] = actions;
            statement[if not_resource == 0 { "NotResource" } else { "Resource" }] = resources;
            if let Some(conditions) = conditions {
                statement["Condition"] = conditions;
            }
            statement
        },
    )
}

fn document(principals: bool) -> impl Strategy<Value = Value> {
    let version = prop_oneof![4 => Just(Some("2012-10-17")), 1 => Just(None)];
    (version, proptest::collection::vec(statement(principals), 1..4)).prop_map(|(version, statements)| {
        match version {
            Some(version) => json!({ "Version": version, "Statement": statements }),
            None => json!({ "Statement": statements }),
        }
    })
}

fn perhaps(document: impl Strategy<Value = Value> + 'static) -> impl Strategy<Value = Value> {
    prop_oneof![2 => Just(Value::Null), 1 => document]
}

fn list(principals: bool) -> impl Strategy<Value = Value> {
    proptest::collection::vec(document(principals), 0..3).prop_map(Value::Array)
}

fn levels(principals: bool) -> impl Strategy<Value = Value> {
    let level = list(principals).prop_map(|policies| json!({ "level": "x", "policies": policies }));
    prop_oneof![3 => Just(Value::Null), 1 => proptest::collection::vec(level, 1..3).prop_map(Value::Array)]
}

/// Values that context keys may have.
pub(crate) const CONTEXT: &[(&str, &[&str])] = &[
    ("aws:username", &["ann", "orders", "*"]),
    ("aws:PrincipalTag/team", &["ann", "orders", ""]),
    ("s3:prefix", &["ann", "Ann", "a*", ""]),
    ("aws:TagKeys", &["ann", "orders"]),
    ("aws:SecureTransport", &["true", "false"]),
    ("s3:max-keys", &["9", "10", "11"]),
    ("aws:CurrentTime", &["2026-01-01T00:00:00Z", "2026-03-01T00:00:00Z"]),
    ("aws:SourceIp", &["203.0.113.7", "203.0.113.8", "198.51.100.1"]),
];

fn context() -> impl Strategy<Value = Value> {
    let value = |of: &'static [&'static str]| prop_oneof![1 => Just(None), 2 => one(of).prop_map(Some)];
    let values: Vec<_> = CONTEXT.iter().map(|(_, values)| value(values).boxed()).collect();
    let several =
        prop_oneof![4 => Just(None), 1 => subsequence(&["ann", "orders", "x"][..], 0..=3).prop_map(Some)];
    (values, several).prop_map(|(values, several)| {
        let given =
            CONTEXT.iter().zip(values).filter_map(|((key, _), value)| Some(((*key).to_owned(), value?)));
        let mut context: Map<String, Value> = given.collect();
        if let Some(several) = several {
            context.insert("aws:TagKeys".to_owned(), json!(several));
        }
        Value::Object(context)
    })
}

/// A case without what is expected.
pub(crate) fn case() -> impl Strategy<Value = Value> {
    let kind = prop_oneof![6 => Just(Value::Null), 1 => one(&["session_token", "none"])];
    let mfa = prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from)];
    let request = (principal(), asked(), context(), one(&[ACCOUNT, ACCOUNT, ACCOUNT, OTHER]), kind, mfa);
    let policies = (
        list(false),
        perhaps(document(true)),
        perhaps(list(false)),
        perhaps(list(false)),
        levels(false),
        levels(true),
        perhaps(list(true)),
    );
    (request, policies).prop_map(|((principal, (action, resource), context, owner, kind, mfa), policies)| {
        let (identity, of_resource, boundary, session, scp, rcp, endpoint) = policies;
        json!({
            "id": "random",
            "name": "random",
            "request": {
                "principal": principal, "action": action, "resource": resource, "resource_account": owner,
                "context": context, "session_kind": kind, "mfa": mfa,
            },
            "policies": {
                "identity": identity, "resource": of_resource, "boundary": boundary, "session": session, "scp": scp,
                "rcp": rcp, "vpc_endpoint": endpoint,
            },
            "expected": "allow",
        })
    })
}
