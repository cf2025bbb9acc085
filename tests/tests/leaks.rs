//! A secret in the log of any crate fails the test that planted it.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may stop, and reads its sources")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use leasekey_tests::log::{self, Capture};

// Not planted in the program's own log, where `cargo xtask test` would find it.
const CANARY: &str = "canary-7d1f0c55b2";

fn captured(name: &str, logs: impl FnOnce()) -> log::Watch {
    let path = std::env::temp_dir().join(format!("leasekey-{name}-{}", std::process::id()));
    let capture = Capture::open(&path).unwrap();
    std::fs::remove_file(path).unwrap();
    let watch = capture.watch();
    tracing::dispatcher::with_default(&capture.dispatch(), logs);
    watch
}

#[test]
fn a_planted_leak_fails_the_test_and_names_the_place_without_the_secret() {
    let watch = captured("leak", || {
        tracing::trace!(target: "some_crate", "all is well");
        tracing::trace!(target: "some_crate::wire", header = CANARY, "sent");
    });
    watch.planted("the canary", CANARY);
    let panic = catch_unwind(AssertUnwindSafe(|| drop(watch))).unwrap_err();
    let told = panic.downcast_ref::<String>().unwrap();
    assert!(told.contains("the canary: line 2"), "{told}");
    assert!(told.contains("TRACE some_crate::wire: sent header=\"[PLANTED]\""), "{told}");
    assert!(!told.contains(CANARY));
}
