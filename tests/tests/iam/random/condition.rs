//! Random conditions, of every operator, and contexts that they meet.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

use super::some;

/// Operators that compare the same things: their names, the keys that they are asked of, and values of policies.
pub(crate) struct Form {
    pub(crate) operators: &'static [&'static str],
    keys: &'static [&'static str],
    values: &'static [&'static str],
    /// Values that the operators cannot read, or not in every document: a Deny may not have them.
    unreadable: &'static [&'static str],
    /// What a Deny has instead.
    instead: &'static str,
}

pub(crate) const NUMERIC: &[&str] = &[
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
];

pub(crate) const DATE: &[&str] = &[
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
];

pub(crate) const FORMS: &[Form] = &[
    Form {
        operators: &[
            "StringEquals",
            "StringNotEquals",
            "StringLike",
            "StringNotLike",
            "StringEqualsIgnoreCase",
            "StringNotEqualsIgnoreCase",
        ],
        keys: &[
            "aws:username",
            "aws:PrincipalTag/team",
            "s3:prefix",
            "aws:TagKeys",
            "AWS:PRINCIPALARN",
            "aws:userid",
        ],
        values: &[
            "ann",
            "Ann",
            "orders",
            "a*",
            "*",
            "?nn",
            "",
            "${aws:username}",
            "${aws:PrincipalTag/team, 'ann'}",
            "${*}",
            "arn:aws:iam::111122223333:role/orders",
            "arn:aws:iam::111122223333:role/pay/orders",
            "arn:*:role/*/orders",
            "arn:aws:iam::*:user/*",
        ],
        unreadable: &[],
        instead: "",
    },
    Form {
        operators: &["ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike"],
        keys: &["AWS:PRINCIPALARN", "aws:SourceArn", "aws:SourceArn", "s3:prefix"],
        values: &[
            "arn:aws:iam::111122223333:role/orders",
            "arn:aws:iam::*:user/*",
            "arn:aws:iam::*:role/pay/*",
            "arn:aws:iam::*:role/*",
            "arn:aws:*:*:*:*${aws:username}",
            "arn:aws:sns:eu-west-?:111122223333:t:*",
            "arn:aws:s3:::*",
            "${aws:SourceArn}",
            "orders",
        ],
        unreadable: &["${aws:SourceArn}", "orders"],
        instead: "arn:aws:s3:::orders",
    },
    Form {
        operators: &["Bool"],
        keys: &["aws:SecureTransport", "aws:MultiFactorAuthPresent"],
        values: &["true", "false", "TRUE", "maybe"],
        unreadable: &["maybe"],
        instead: "false",
    },
    Form {
        operators: NUMERIC,
        keys: &["s3:max-keys"],
        values: &["9", "10", "10.0", "010", "+11", "-1", "ten"],
        unreadable: &["ten"],
        instead: "100",
    },
    Form {
        operators: DATE,
        keys: &["aws:CurrentTime"],
        values: &[
            "2026-01-01T00:00:00Z",
            "2026-03-01",
            "2026",
            "1772323200",
            "2026-03-01T02:00+02:00",
            "2026-06-01T00:00:00Z",
            "2026-*",
        ],
        unreadable: &["2026-*"],
        instead: "2028-02-29",
    },
    Form {
        operators: &["IpAddress", "NotIpAddress"],
        keys: &["aws:SourceIp"],
        values: &[
            "203.0.113.0/24",
            "203.0.113.6/31",
            "203.0.113.7",
            "198.51.100.0/24",
            "0.0.0.0/0",
            "2001:db8::/33",
            "2001:db8::7",
            "203.0.113.*",
        ],
        unreadable: &["203.0.113.*"],
        instead: "198.51.100.1/32",
    },
    Form {
        operators: &["BinaryEquals"],
        keys: &["x:digest"],
        values: &["QUJD", "QUJE", "qujd"],
        unreadable: &[],
        instead: "",
    },
];

/// Values that context keys may have.
pub(crate) const CONTEXT: &[(&str, &[&str])] = &[
    ("aws:username", &["ann", "orders", "*"]),
    ("aws:PrincipalTag/team", &["ann", "orders", ""]),
    ("s3:prefix", &["ann", "Ann", "a*", "", "*"]),
    ("aws:TagKeys", &["ann", "orders", "x"]),
    ("aws:SecureTransport", &["true", "false", "maybe"]),
    ("aws:MultiFactorAuthPresent", &["true", "false"]),
    ("s3:max-keys", &["9", "10", "11", "many"]),
    ("aws:CurrentTime", &["2026-01-01T00:00:00Z", "2026-03-01T00:00:00Z", "1772323200", "soon"]),
    ("aws:SourceIp", &["203.0.113.7", "203.0.113.8", "198.51.100.1", "2001:db8::7", "here"]),
    ("aws:SourceArn", &["arn:aws:s3:::orders", "arn:aws:sns:eu-west-1:111122223333:t:1", "arn:aws:s3", "t"]),
    ("aws:userid", &["AROAEXAMPLEORDERS1:s1", "AIDAEXAMPLEANN0001", "orders"]),
    ("x:digest", &["QUJD", "QUJE"]),
    (
        "aws:PrincipalArn",
        &[
            "arn:aws:iam::111122223333:role/aws-service-role/x.amazonaws.com/orders",
            "arn:aws:iam::111122223333:role/pay/orders",
        ],
    ),
];

fn clause(form: &'static Form) -> impl Strategy<Value = (String, String, Value)> {
    let set = select(&["", "", "", "ForAllValues:", "ForAnyValue:"][..]);
    let exists = select(&["", "", "IfExists"][..]);
    let lower = prop_oneof![9 => Just(false), 1 => Just(true)];
    (set, select(form.operators), exists, select(form.keys), some(form.values), lower).prop_map(
        |(set, operator, exists, key, values, lower)| {
            let name = format!("{set}{operator}{exists}");
            (if lower { name.to_lowercase() } else { name }, key.to_owned(), values)
        },
    )
}

fn null() -> impl Strategy<Value = (String, String, Value)> {
    let keys: Vec<_> = CONTEXT.iter().map(|(key, _)| *key).collect();
    (select(keys), some(&["true", "false"]))
        .prop_map(|(key, values)| ("Null".to_owned(), key.to_owned(), values))
}

pub(super) fn conditions() -> impl Strategy<Value = Option<Value>> {
    prop_oneof![1 => Just(None), 1 => block().prop_map(Some)]
}

/// A `Condition` element.
pub(super) fn block() -> impl Strategy<Value = Value> {
    let of = |form: &'static Form| {
        let weight = u32::try_from(form.operators.len()).unwrap();
        (weight, clause(form).boxed())
    };
    let all = FORMS.iter().map(of).chain([(1, null().boxed())]);
    let clauses = proptest::collection::vec(proptest::strategy::Union::new_weighted(all.collect()), 1..3);
    clauses.prop_map(|clauses| {
        let mut block = Map::new();
        for (operator, key, values) in clauses {
            block.entry(operator).or_insert_with(|| json!({}))[key] = values;
        }
        Value::Object(block)
    })
}

/// Puts values that their operators can read in the place of those that they cannot.
pub(super) fn readable(conditions: &mut Value) {
    for (operator, keys) in conditions.as_object_mut().into_iter().flatten() {
        let operator = operator.to_lowercase();
        let is = |known: &&str| operator.contains(&known.to_lowercase());
        let Some(form) = FORMS.iter().find(|form| form.operators.iter().any(is)) else { continue };
        let mend = |value: &mut Value| {
            if value.as_str().is_some_and(|text| form.unreadable.contains(&text)) {
                *value = json!(form.instead);
            }
        };
        for values in keys.as_object_mut().into_iter().flat_map(Map::values_mut) {
            match values {
                Value::Array(all) => all.iter_mut().for_each(mend),
                one => mend(one),
            }
        }
    }
}

pub(crate) fn context() -> impl Strategy<Value = Value> {
    let value = |(key, of): &(&str, &'static [&'static str])| {
        let (often, seldom) = if *key == "aws:PrincipalArn" { (30, 1) } else { (1, 1) };
        prop_oneof![
            often => Just(None),
            2 * seldom => select(*of).prop_map(|one| Some(json!(one))),
            seldom => subsequence(*of, 0..=2).prop_map(|several| Some(json!(several))),
        ]
        .boxed()
    };
    let values: Vec<_> = CONTEXT.iter().map(value).collect();
    values.prop_map(|values| {
        let given =
            CONTEXT.iter().zip(values).filter_map(|((key, _), value)| Some(((*key).to_owned(), value?)));
        Value::Object(given.collect())
    })
}
