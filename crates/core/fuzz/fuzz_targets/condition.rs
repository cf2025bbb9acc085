//! Any operator with any values.
#![no_main]

use leasekey::iam::{Effect, Outcome, PolicyDocument, PolicySet, Principal, Request};
use libfuzzer_sys::fuzz_target;

fn quoted(text: &str) -> String {
    let escaped = text.chars().flat_map(|c| match c {
        '"' | '\\' => vec!['\\', c],
        c if c < ' ' => format!("\\u{:04x}", u32::from(c)).chars().collect(),
        c => vec![c],
    });
    format!("\"{}\"", escaped.collect::<String>())
}

fuzz_target!(|lines: &str| {
    let mut lines = lines.split('\n');
    let (Some(operator), Some(wanted), Some(found)) = (lines.next(), lines.next(), lines.next()) else { return };
    for effect in [Effect::Allow, Effect::Deny] {
        let document = format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "{effect:?}", "Action": "*", "Resource": "*",
            "Condition": {{{}: {{"k": {}}}}}}}}}"#,
            quoted(operator),
            quoted(wanted)
        );
        let Ok(document) = PolicyDocument::parse(&document) else { return };
        let Ok(set) = PolicySet::builder().identity([document]).build() else { continue };
        let ann = Principal::parse("arn:aws:iam::111122223333:user/ann").unwrap();
        let request = Request::new(ann, "s3:GetObject", "*").unwrap().context("k", found);
        let outcome = set.outcome(&request);
        assert_eq!(outcome, set.evaluate(&request).outcome);
        assert!(effect == Effect::Allow || outcome != Outcome::Allow);
    }
});
