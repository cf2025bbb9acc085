//! The cases of the policy engine, `tests/scenarios/iam`.

#![allow(clippy::panic, reason = "a test cannot go on without its cases")]

use std::path::{Path, PathBuf};

/// Every file and its text, in order.
///
/// # Panics
/// If one cannot be read.
#[must_use]
pub fn files() -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/iam");
    let fail = |error: std::io::Error| -> ! { panic!("{}: {error}", folder.display()) };
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| fail(error));
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap_or_else(|error| fail(error)).path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    let text = |path: &PathBuf| std::fs::read_to_string(path).unwrap_or_else(|error| fail(error));
    paths.into_iter().map(|path| (path.clone(), text(&path))).collect()
}
