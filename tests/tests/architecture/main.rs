//! The architecture of the repository, proved on its text: floors, cycles, sizes, the root's names, and who may
//! name which crate. Each rule is also shown to catch a planted violation.
#![allow(clippy::print_stdout, reason = "a test reads files and reports sizes")]
#![allow(clippy::panic, clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may fail loudly")]

mod imports;
mod sizes;
mod source;
mod surface;

use std::path::{Path, PathBuf};

use crate::source::Source;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The Rust files below a folder of the repository, named from there.
fn sources(folder: &str) -> Vec<Source> {
    let root = repository().join(folder);
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push(Source::new(path.strip_prefix(&root).unwrap().to_str().unwrap(), &text));
            }
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    let tests: Vec<_> = found.iter().flat_map(|source| source.test_modules.clone()).collect();
    found.retain(|source| !tests.iter().any(|test| source.module.starts_with(test)));
    assert!(!found.is_empty(), "{folder} has no Rust files");
    found
}

fn core() -> Vec<Source> {
    sources("crates/core/src")
}

fn holds(violations: &[String]) {
    assert!(violations.is_empty(), "\n{}\n", violations.join("\n"));
}

#[test]
fn modules_import_from_lower_floors_only() {
    holds(&imports::floors(&core()));
}

#[test]
fn no_modules_import_each_other_in_a_circle() {
    holds(&imports::cycles(&core()));
}

#[test]
fn no_module_reaches_into_the_insides_of_another() {
    holds(&imports::insides(&core()));
}

#[test]
fn files_and_functions_keep_their_sizes() {
    for folder in [
        "crates/core/src",
        "crates/node/src",
        "crates/py/src",
        "xtask/src",
        "tests/src",
        "benches/src",
        "examples/rust/src",
    ] {
        let sources = sources(folder);
        println!("{folder}: {}", sizes::report(&sources));
        holds(&sizes::too_large(&sources));
    }
}

#[test]
fn the_root_stays_small() {
    holds(&surface::root(core().iter().find(|source| source.name == "lib.rs").unwrap()));
}

#[test]
fn crates_are_named_behind_their_doors_only() {
    holds(&surface::doors(&core()));
}

#[test]
fn nothing_is_instrumented_with_its_arguments() {
    holds(&surface::instrumented(&core()));
}
