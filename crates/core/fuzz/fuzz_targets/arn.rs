//! Any texts as a principal and as a resource.
#![no_main]

use leasekey::iam::{Arn, PolicyDocument, PolicySet, Principal, Request};
use libfuzzer_sys::fuzz_target;

const ALL: &str = r#"{"Statement": [
    {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "*", "Resource": "arn:*:s3:*:*:o*/?"},
    {"Effect": "Deny", "NotPrincipal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "*", "Resource": "*"}]}"#;

fuzz_target!(|texts: (&str, &str)| {
    let (principal, resource) = texts;
    let _ = Arn::parse(resource);
    let Ok(principal) = Principal::parse(principal) else { return };
    let Ok(request) = Request::new(principal, "s3:GetObject", resource) else { return };
    let set = PolicySet::builder().resource(PolicyDocument::parse(ALL).unwrap()).build().unwrap();
    assert_eq!(set.outcome(&request), set.evaluate(&request).outcome);
});
