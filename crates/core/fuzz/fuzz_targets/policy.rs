//! Any text as a policy document, in every slot.
#![no_main]

use leasekey::iam::{PolicyDocument, PolicySet, Principal, Request};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(document) = PolicyDocument::parse(text) else { return };
    let session = Principal::parse("arn:aws:sts::111122223333:assumed-role/orders/s").unwrap();
    let request = Request::new(session, "s3:GetObject", "arn:aws:s3:::orders/1").unwrap();
    let one = || [document.clone()];
    for set in [
        PolicySet::builder().identity(one()).boundary(one()).session(one()).scp("root", one()),
        PolicySet::builder().resource(document.clone()).rcp("root", one()).vpc_endpoint(one()),
    ] {
        let Ok(set) = set.build() else { continue };
        for request in [request.clone(), request.clone().partial_context()] {
            let decision = set.evaluate(&request);
            assert_eq!(set.outcome(&request), decision.outcome);
            let _ = set.explain(&request, &decision).to_string();
        }
    }
});
