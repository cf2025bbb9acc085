//! Random cases from a small world, so that statements and requests often meet.

mod condition;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

pub(crate) use self::condition::{CONTEXT, DATE, FORMS, NUMERIC, context};
use self::condition::{block, conditions, readable};

const ACCOUNT: &str = "111122223333";
const OTHER: &str = "444455556666";

/// One of these texts.
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
        3 => one(&[ROOT, "arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForX/s", "arn:aws:sts::111122223333:assumed-role/orders/s2", "arn:aws:iam::444455556666:user/ann",
            "arn:aws:sts::444455556666:assumed-role/orders/s1",
            "arn:aws:iam::111122223333:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"]),
        1 => Just(json!({ "anonymous": true })),
        1 => Just(json!({ "service": "sns.amazonaws.com" })),
        1 => Just(json!({ "federated": "cognito-identity.amazonaws.com" })),
    ]
}

/// No principal has it: only what cannot deny may name it.
const NOBODY: &str = "arn:aws:iam::111122223333:user/*";

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
        "arn:aws:sts::111122223333:assumed-role/orders/s2",
        "AROAEXAMPLEORDERS1",
        "AIDAEXAMPLEANN0001",
        NOBODY,
    ];
    prop_oneof![
        1 => Just(json!({ "Federated": "cognito-identity.amazonaws.com" })),
        2 => Just(json!("*")),
        8 => some(arns).prop_map(|arns| json!({ "AWS": arns })),
        1 => Just(json!({ "Service": "sns.amazonaws.com" })),
        1 => some(arns).prop_map(|arns| json!({ "AWS": arns, "Service": "sns.amazonaws.com" })),
    ]
}

fn asked() -> impl Strategy<Value = (Value, Value)> {
    let objects =
        &["arn:aws:s3:::orders/1", "arn:aws:s3:::orders/a/b:c", "arn:aws:s3:::ann/1", "arn:aws:s3:::*/1"];
    let queues = &[
        "arn:aws:sqs:eu-west-1:111122223333:orders",
        "arn:aws:sqs:eu-west-1:111122223333:ann",
        "arn:aws:sqs:eu-west-1:444455556666:orders",
        // What stands before a resource may hold a colon where a pattern has a star.
        "arn:aws:sqs:eu:west-1:111122223333:orders",
    ];
    let key = "arn:aws:kms:eu-west-1:111122223333:key/1";
    prop_oneof![
        6 => (one(&["s3:GetObject", "s3:PutObject", "S3:getobject"]), some(objects)),
        2 => (one(&["sqs:SendMessage"]), some(queues)),
        1 => (one(&["kms:Decrypt", "kms:RetireGrant"]), Just(json!(key))),
        1 => (one(&["kms:DescribeKey"]), Just(json!("arn:aws:kms:eu-west-1:111122223333:alias/aws/s3"))),
        2 => (one(&["iam:GetUser"]), Just(json!(USER))),
        1 => (one(&["sts:AssumeRole", "sts:TagSession"]), Just(json!("arn:aws:iam::111122223333:role/target"))),
        2 => (one(&["s3:ListAllMyBuckets", "sts:GetSessionToken", "sts:GetCallerIdentity", "iam:ListUsers"]),
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
    "arn:aws:s3:::${aws:userid}/*",
    "arn:aws:sqs:*:${aws:username}",
    VARIABLE_BEFORE_RESOURCE,
];

/// It fits nothing, and a Deny may not name it.
const VARIABLE_BEFORE_RESOURCE: &str = "arn:aws:sqs:*:${aws:PrincipalAccount}:*";

/// Where a document is put, which tells what its statements must and may have.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Slot {
    Caller,
    Resource,
    Limit,
}

fn statement(slot: Slot) -> impl Strategy<Value = Value> {
    let effect = prop_oneof![4 => Just("Allow"), 1 => Just("Deny")];
    let rare = || 0..8_u8;
    (effect, named(), some(ACTIONS), some(RESOURCES), conditions(), (rare(), rare(), rare(), rare()))
        .prop_map(
            move |(
                effect,
                named,
                actions,
                resources,
                conditions,
                (not_action, not_resource, not_principal, none),
            )| {
                let mut statement = json!({ "Effect": effect });
                if slot == Slot::Resource || slot == Slot::Limit && none > 3 {
                    statement[if not_principal == 0 { "NotPrincipal" } else { "Principal" }] = named;
                }
                statement[if not_action == 0 { "NotAction" } else { "Action" }] = actions;
                if slot != Slot::Resource || none > 0 {
                    statement[if not_resource == 0 { "NotResource" } else { "Resource" }] = resources;
                }
                if let Some(conditions) = conditions {
                    statement["Condition"] = conditions;
                }
                acceptable(statement)
            },
        )
}

/// The statement, unless it is a Deny that the engine refuses to take: then another that it takes.
fn acceptable(mut statement: Value) -> Value {
    let has = |element: &Value, text: &str| element.to_string().contains(&json!(text).to_string());
    if statement["Effect"] == "Deny" {
        if has(&statement["Principal"], NOBODY) || has(&statement["Resource"], VARIABLE_BEFORE_RESOURCE) {
            statement["Effect"] = json!("Allow");
        } else {
            readable(&mut statement["Condition"]);
        }
    }
    if statement["Condition"].is_null() {
        statement.as_object_mut().unwrap().remove("Condition");
    }
    statement
}

/// A document that allows everything to everyone, so that others can make the difference.
fn everything(slot: Slot) -> Value {
    let mut statement = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
    if slot == Slot::Resource {
        statement["Principal"] = json!("*");
    }
    json!({ "Version": "2012-10-17", "Statement": statement })
}

fn document(slot: Slot) -> impl Strategy<Value = Value> {
    let version = prop_oneof![
        8 => Just(Some("2012-10-17")), 1 => Just(None), 1 => Just(Some("2008-10-17"))
    ];
    let statements = proptest::collection::vec(statement(slot), 1..4);
    (version, statements).prop_map(|(version, mut statements)| {
        let statements = if statements.len() == 1 { statements.remove(0) } else { json!(statements) };
        match version {
            Some(version) => json!({ "Version": version, "Statement": statements }),
            None => json!({ "Statement": statements }),
        }
    })
}

fn perhaps(document: impl Strategy<Value = Value> + 'static) -> impl Strategy<Value = Value> {
    prop_oneof![2 => Just(Value::Null), 1 => document]
}

fn list(slot: Slot) -> impl Strategy<Value = Value> {
    let open = prop_oneof![Just(None), Just(Some(everything(slot)))];
    (proptest::collection::vec(document(slot), 0..3), open).prop_map(|(mut documents, open)| {
        documents.extend(open);
        Value::Array(documents)
    })
}

fn levels(slot: Slot) -> impl Strategy<Value = Value> {
    let level = list(slot).prop_map(|policies| json!({ "level": "x", "policies": policies }));
    prop_oneof![3 => Just(Value::Null), 1 => proptest::collection::vec(level, 1..3).prop_map(Value::Array)]
}

/// A case without what is expected: of every layer, or of few policies, on which more depends.
pub(crate) fn case() -> impl Strategy<Value = Value> {
    prop_oneof![
        2 => of_every_layer(),
        2 => of_one_statement(on_anything().boxed()),
        1 => of_one_statement(statement(Slot::Caller).boxed()),
        2 => of_a_resource(),
    ]
}

/// A statement of which only the conditions matter.
fn on_anything() -> impl Strategy<Value = Value> {
    (select(&["Allow", "Deny"][..]), block()).prop_map(|(effect, conditions)| {
        acceptable(json!({ "Effect": effect, "Action": "*", "Resource": "*", "Condition": conditions }))
    })
}

fn of_one_statement(statement: BoxedStrategy<Value>) -> impl Strategy<Value = Value> {
    let version = select(&["2012-10-17", "2012-10-17", "2008-10-17"][..]);
    (statement, version, asked(), context()).prop_map(|(statement, version, (action, resource), context)| {
        let denies = statement["Effect"] == "Deny";
        let own = json!({ "Version": version, "Statement": statement });
        let identity = if denies { json!([own, everything(Slot::Caller)]) } else { json!([own]) };
        let request =
            json!({ "principal": SESSION, "action": action, "resource": resource, "context": context });
        // Keys and trust policies leave it to the account.
        let mut delegating = everything(Slot::Resource);
        delegating["Statement"]["Principal"] = json!({ "AWS": ACCOUNT });
        json!({
            "id": "random",
            "name": "random",
            "request": request,
            "policies": { "identity": identity, "resource": delegating },
            "expected": "allow",
        })
    })
}

/// A resource policy that names somebody, and a caller with or without policies, a boundary and a session policy.
fn of_a_resource() -> impl Strategy<Value = Value> {
    let excepted = subsequence(&[USER, ROLE, SESSION, FEDERATED, ROOT, ACCOUNT][..], 1..=5);
    let names = prop_oneof![
        3 => named().prop_map(|named| json!({ "Effect": "Allow", "Principal": named })),
        1 => excepted.prop_map(|named| json!({ "Effect": "Deny", "NotPrincipal": { "AWS": named } })),
    ];
    let open = || prop_oneof![Just(json!([])), Just(json!([everything(Slot::Caller)]))];
    let limit = || prop_oneof![1 => Just(Value::Null), 1 => open()];
    let owner = one(&[ACCOUNT, ACCOUNT, OTHER]);
    let asked = prop_oneof![
        2 => Just((json!("s3:GetObject"), json!("arn:aws:s3:::orders/1"))),
        1 => asked(),
    ];
    (principal(), asked, names, conditions(), open(), limit(), limit(), owner, context()).prop_map(
        |(principal, (action, resource), mut own, conditions, identity, boundary, session, owner, context)| {
            own["Action"] = json!("*");
            own["Resource"] = json!("*");
            own["Condition"] = conditions.into();
            let mut statements = vec![acceptable(own)];
            if statements[0]["Effect"] == "Deny" {
                statements.push(everything(Slot::Resource)["Statement"].clone());
            }
            let resource_policy = json!({ "Version": "2012-10-17", "Statement": statements });
            json!({
                "id": "random",
                "name": "random",
                "request": {
                    "principal": principal, "action": action, "resource": resource, "resource_account": owner,
                    "context": context,
                },
                "policies": {
                    "identity": identity, "resource": resource_policy, "boundary": boundary, "session": session,
                },
                "expected": "allow",
            })
        },
    )
}

fn of_every_layer() -> impl Strategy<Value = Value> {
    let kind =
        prop_oneof![6 => Just(Value::Null), 2 => one(&["session_token", "none", "role", "federation"])];
    let mfa = prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from)];
    let owner = prop_oneof![1 => Just(Value::Null), 4 => one(&[ACCOUNT, ACCOUNT, ACCOUNT, OTHER])];
    let managing = prop_oneof![7 => Just(false), 1 => Just(true)];
    let request = (principal(), asked(), context(), owner, kind, mfa, managing);
    let policies = (
        list(Slot::Caller),
        perhaps(document(Slot::Resource)),
        perhaps(list(Slot::Caller)),
        perhaps(list(Slot::Caller)),
        levels(Slot::Caller),
        levels(Slot::Limit),
        perhaps(list(Slot::Limit)),
    );
    (request, policies).prop_map(|((principal, (action, resource), context, owner, kind, mfa, managing), policies)| {
        let (identity, of_resource, boundary, session, scp, rcp, endpoint) = policies;
        // The others' ARNs tell theirs.
        let may = principal.as_str().is_some_and(|arn| arn.ends_with(":root") || arn.contains(":user/"));
        let kind = if may { kind } else { Value::Null };
        json!({
            "id": "random",
            "name": "random",
            "request": {
                "principal": principal, "action": action, "resource": resource, "resource_account": owner,
                "context": context, "session_kind": kind, "mfa": mfa, "management_account": managing,
            },
            "policies": {
                "identity": identity, "resource": of_resource, "boundary": boundary, "session": session, "scp": scp,
                "rcp": rcp, "vpc_endpoint": endpoint,
            },
            "expected": "allow",
        })
    })
}
