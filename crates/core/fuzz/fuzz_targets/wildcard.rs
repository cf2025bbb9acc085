//! A pattern and a text, against a matcher that tries everything.
#![no_main]

use leasekey::iam::{Outcome, PolicyDocument, PolicySet, Principal, Request};
use libfuzzer_sys::fuzz_target;

/// Tries every way, row by row.
fn fits(pattern: &[char], text: &[char]) -> bool {
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for sign in pattern {
        let mut next = vec![false; text.len() + 1];
        for at in 0..=text.len() {
            let from = at.checked_sub(1);
            next[at] = match (sign, from) {
                ('*', _) => reached[at] || from.is_some_and(|from| next[from]),
                (_, None) => false,
                ('?', Some(from)) => reached[from],
                (c, Some(from)) => reached[from] && text[from] == *c,
            };
        }
        reached = next;
    }
    reached[text.len()]
}

fuzz_target!(|lines: &str| {
    let Some((pattern, text)) = lines.split_once('\n') else { return };
    if pattern.contains(['"', '\\']) || pattern.chars().any(char::is_control) || lines.len() > 400 {
        return;
    }
    let document = format!(
        r#"{{"Statement": {{"Effect": "Allow", "Action": "*", "Resource": "*",
        "Condition": {{"StringLike": {{"k": "{pattern}"}}}}}}}}"#
    );
    let set = PolicySet::builder().identity([PolicyDocument::parse(&document).unwrap()]).build().unwrap();
    let ann = Principal::parse("arn:aws:iam::111122223333:user/ann").unwrap();
    let request = Request::new(ann, "s3:GetObject", "*").unwrap().context("k", text);
    let chars = |text: &str| text.chars().collect::<Vec<_>>();
    assert_eq!(set.outcome(&request) == Outcome::Allow, fits(&chars(pattern), &chars(text)));
});
