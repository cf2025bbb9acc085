//! Bad input: an error with a place, or an answer in time, and never an Allow.

use leasekey::iam::{Outcome, PolicyDocument, PolicySet, Principal, Request};
use proptest::prelude::*;

fn request(resource: &str) -> Request {
    let ann = Principal::parse("arn:aws:iam::111122223333:user/ann").unwrap();
    Request::new(ann, "s3:GetObject", resource).unwrap()
}

fn set(text: &str) -> leasekey::Result<PolicySet> {
    PolicySet::builder().identity([PolicyDocument::parse(text)?]).build()
}

fn statement(resource: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"*","Resource":"{resource}"}}]}}"#
    )
}

fn refused(text: &str) -> String {
    let error = set(text).unwrap_err();
    assert_eq!(error.code(), "LK-0201");
    assert!(error.message().starts_with("line "), "{error}");
    error.message().to_owned()
}

#[test]
fn a_hundred_thousand_statements_are_decided() {
    let statement =
        r#"{"Effect":"Allow","Action":"sqs:Get*","Resource":"arn:aws:sqs:*:*:q*"},"#.repeat(100_000);
    let last = r#"{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::orders/*"}"#;
    let set = set(&format!("{{\"Statement\":[{statement}{last}]}}")).unwrap();
    let decision = set.evaluate(&request("arn:aws:s3:::orders/1"));
    assert_eq!(decision.outcome, Outcome::Allow);
    // Each of them was judged once.
    assert_eq!(decision.statements.len(), 100_001);
    assert_eq!(decision.decided_by.unwrap().statement, 100_000);
    assert_eq!(set.outcome(&request("arn:aws:s3:::other/1")), Outcome::ImplicitDeny);
}

#[test]
fn thousands_of_conditions_and_of_values_on_which_a_request_depends_are_told() {
    let all = |of: &str, count: usize| {
        (0..count).map(|n| of.replace('#', &n.to_string())).collect::<Vec<_>>().join(",")
    };
    let statement = |effect: &str, condition: &str| {
        format!(r#"{{"Effect":"{effect}","Action":"*","Resource":"*","Condition":{condition}}}"#)
    };
    let equals = |keys: &str| format!(r#"{{"StringEquals":{{{keys}}}}}"#);
    let like = |keys: &str| format!(r#"{{"StringLike":{{{keys}}}}}"#);
    let keys = all(r#""k#":"a""#, 3_000);
    let (allow, deny) =
        (statement("Allow", &equals(&keys)), statement("Deny", &like(&all(r#""k#":"a?""#, 3_000))));
    let of_keys = [allow, [deny.as_str(); 8].join(",")].join(",");
    let values = format!(r#""k":[{}]"#, all(r#""v#""#, 20_000));
    let of_values =
        [statement("Allow", &equals(&values)), statement("Deny", &like(r#""k":"v1*""#))].join(",");
    let of_statements = format!(
        "{},{}",
        all(&statement("Allow", &equals(r#""k":"v#""#)), 20_000),
        statement("Deny", &like(r#""k":"*7""#))
    );
    for (statements, least) in [(of_keys, 27_000), (of_values, 2), (of_statements, 18_001)] {
        let set = set(&format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#)).unwrap();
        let request = request("arn:aws:s3:::orders/1").partial_context();
        let decision = set.evaluate(&request);
        assert_eq!(decision.outcome, Outcome::Depends);
        assert!(decision.missing.len() >= least, "{}", decision.missing.len());
        assert!(set.explain(&request, &decision).summary.starts_with("depends on "));
    }
}

#[test]
fn ten_megabytes_of_anything_are_refused_with_a_place() {
    for text in [
        "[".repeat(1 << 20),
        "{\"a\":".repeat(1 << 18),
        format!("{{\"Statement\": \"{}\"}}", "a".repeat(10 << 20)),
        format!("{{\"Id\": \"{}", "\\u0041".repeat(1 << 18)),
        format!("{}x", " \n".repeat(5 << 20)),
        format!("{{{}}}", (0..100_000).map(|n| format!("\"{n}\":0,")).collect::<String>()),
    ] {
        refused(&text);
    }
}

#[test]
fn hostile_patterns_are_decided_in_time_and_do_not_fit() {
    let long = "a".repeat(100_000);
    for pattern in [
        format!("arn:aws:s3:::{}b", "*a".repeat(50_000)),
        format!("arn:aws:s3:::*{long}b*"),
        format!("arn:aws:s3:::{}b", "*?a".repeat(30_000)),
        format!("arn:{}b", "*:a".repeat(30_000)),
        format!("arn:{}b", "*:".repeat(5)),
        format!("arn:aws:s3:::*{}?b*", "a".repeat(2_046)),
        format!("arn:aws:s3:::*?{}b*", "${aws:username}".repeat(20)),
        format!("arn:aws:s3:::*{}b*", "${aws:username}".repeat(1_000)),
    ] {
        let set = set(&statement(&pattern)).unwrap();
        let request = |resource: &str| request(resource).context("aws:username", "a".repeat(100));
        assert_eq!(set.outcome(&request(&format!("arn:aws:s3:::{long}"))), Outcome::ImplicitDeny);
        assert_eq!(
            set.outcome(&request(&format!("arn:aws:s3:::{}", "a:".repeat(50_000)))),
            Outcome::ImplicitDeny
        );
    }
}

#[test]
fn what_would_take_the_product_of_two_lengths_is_refused() {
    let different: String = (0..30_000).filter_map(|at| char::from_u32(0x4e00 + at)).collect();
    for run in ["a".repeat(2_047) + "?b", different + "?", "?".repeat(30_000)] {
        let told = refused(&statement(&format!("arn:aws:s3:::*{run}*")));
        assert!(told.contains("is longer than 2048 characters"), "{told}");
        let condition = format!(r#""Resource":"*","Condition":{{"StringLike":{{"s3:prefix":"*{run}*"}}}}"#);
        refused(&format!(r#"{{"Statement":[{{"Effect":"Allow","Action":"*",{condition}}}]}}"#));
        let action = format!(r#""Action":"s3:*{run}*","Resource":"*""#);
        refused(&format!(r#"{{"Statement":[{{"Effect":"Allow",{action}}}]}}"#));
    }
    // Without a ? it is a text that is looked for.
    set(&statement(&format!("arn:aws:s3:::*{}*", "a".repeat(30_000)))).unwrap();
}

#[test]
fn what_is_wrong_is_told_with_line_column_and_pointer() {
    for (text, told) in [
        ("{\"Statement\": [\n  {\"Effect\": \"Allow\"", "line 2, column 21 (/Statement/0): the text ends"),
        ("{\"Statement\": [\n  {\"Effect\": Allow}]}", "line 2, column 14 (/Statement/0/Effect): 'A' stands"),
        ("{\"Statement\": [\n  {\"Effect\": true}]}", "line 2, column 14 (/Statement/0/Effect): "),
        ("{\n\"Statement\": \"Allow\"}", "line 2, column 14 (/Statement): "),
        ("{\"Version\": 2012, \"Statement\": []}", "line 1, column 13 (/Version): "),
        (
            "{\"Statement\": [{\"Effect\": \"Allow\",\n\"Action\": [\"*\", {}]}]}",
            "line 2, column 17 (/Statement/0/Action/1): ",
        ),
        (
            "{\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"*\",\n\"Condition\": {\"Bool\": {\"a/b\": [null]}}}]}",
            "line 2, column 32 (/Statement/0/Condition/Bool/a~1b/0): ",
        ),
    ] {
        let message = refused(text);
        assert!(message.starts_with(told), "{message}\n{told}");
    }
}

#[test]
fn no_sign_more_or_less_makes_a_policy_allow() {
    let whole = r#"{"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::orders/*"},
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::other/${aws:username}"},
        {"Effect": "Allow", "NotAction": ["s3:*", "iam:*"], "NotResource": "arn:aws:s3:::orders/*"},
        {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"},
            "NumericLessThan": {"s3:max-keys": ["10"]}, "StringNotEqualsIfExists": {"s3:prefix": "home"}}}]}"#;
    let request = request("arn:aws:s3:::orders/1")
        .context("aws:SecureTransport", "false")
        .context("s3:max-keys", "100")
        .context("s3:prefix", "home");
    assert_eq!(set(whole).unwrap().outcome(&request), Outcome::ImplicitDeny);
    let mut understood = 0;
    for at in 0..=whole.len() {
        let less = format!("{}{}", &whole[..at], whole.get(at + 1..).unwrap_or_default());
        let more = "*?\"',:{}[]$\\0 ".chars().map(|sign| format!("{}{sign}{}", &whole[..at], &whole[at..]));
        for text in more.chain([less]) {
            if let Ok(set) = set(&text) {
                assert_eq!(set.outcome(&request), Outcome::ImplicitDeny, "{text}");
                understood += 1;
            }
        }
    }
    assert!(understood > 100, "{understood}");
}

#[test]
fn what_is_not_understood_is_an_error_or_no_allow() {
    for text in [
        r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringIs":{"a":"b"}}}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Extra":1}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Resource":"*"}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Action":"*"}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Action":"s3","Resource":"*"}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Action":"s?:*","Resource":"*"}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"orders"}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Principal":"*"}]}"#,
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${aws:username"}]}"#,
        r#"{"Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:CurrentTime":"soon"}}}]}"#,
        r#"{"Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.*"}}}]}"#,
    ] {
        refused(text);
    }
    let odd = r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"NumericNotEquals":{"k":"ten"}}}]}"#;
    assert_eq!(set(odd).unwrap().outcome(&request("*").context("k", "1")), Outcome::ImplicitDeny);
}

proptest! {
    #[test]
    fn any_text_is_refused_or_decided(resource in "[*?a:${}',/ ]{0,20}", value in "[*?a1:./${}',+-]{0,12}", text in "\\PC{0,30}") {
        let operators = ["StringLike", "ArnLike", "NumericLessThan", "DateLessThan", "IpAddress", "Bool", "Null"];
        for operator in operators {
            let document = format!(
                r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"*","Resource":"arn:{resource}",
                "Condition":{{"{operator}":{{"k":"{value}"}}}}}}]}}"#
            );
            if let Ok(set) = set(&document) {
                let request = request("arn:aws:s3:::a").context("k", text.as_str());
                prop_assert_eq!(set.outcome(&request), set.evaluate(&request).outcome);
            }
        }
        let _ = PolicyDocument::parse(&text);
        let _ = Principal::parse(&text);
    }
}
