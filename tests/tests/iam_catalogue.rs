//! Deciding never reads the catalogue. A program of its own: what lints reads it for the whole program.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use leasekey::iam::{Catalog, read_cases};
use leasekey_tests::cases;

#[test]
fn deciding_and_explaining_never_read_the_catalogue() {
    for (path, text) in cases::files() {
        for case in read_cases(&text, &path.to_string_lossy()).unwrap() {
            let (request, set) = case.question().unwrap();
            let decision = set.evaluate(request);
            assert_eq!(set.outcome(request), decision.outcome, "{}", case.id);
            assert!(!set.explain(request, &decision).to_string().is_empty(), "{}", case.id);
        }
    }
    assert!(!Catalog::is_loaded());
    assert!(Catalog::bundled().is_ok() && Catalog::is_loaded());
}
