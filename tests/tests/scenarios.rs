//! Every refresh scenario holds.
#![allow(
    clippy::disallowed_methods,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test reads files and may stop"
)]

use std::path::{Path, PathBuf};

use leasekey_tests::scenario;

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/refresh");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|e| e == "json")).collect();
    files.sort();
    files
}

#[test]
fn every_scenario_holds() {
    let files = files();
    assert!(files.len() >= 20, "{} scenarios were found", files.len());
    let broken: Vec<_> = files.iter().filter_map(|file| scenario::run(file).err()).collect();
    let told: Vec<_> = broken.iter().map(ToString::to_string).collect();
    assert!(broken.is_empty(), "{} of {} scenarios:\n{}", broken.len(), files.len(), told.join("\n"));
}
