//! `parity.toml` is true: each capability has a name in each language, which is there, or a reason.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test reads files and may stop")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use toml::Table;

/// A language, where its sources are, and how their files end.
const LANGUAGES: [(&str, &str, &str); 3] = [
    ("rust", "crates/core/src", "rs"),
    ("python", "crates/py/python/leasekey", "py"),
    ("node", "crates/node/ts", "ts"),
];

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn capabilities() -> Vec<Table> {
    let text = std::fs::read_to_string(repository().join("tests/parity.toml")).unwrap();
    let mut table: Table = text.parse().unwrap();
    let rows = table.remove("capability").unwrap();
    rows.as_array().unwrap().iter().map(|row| row.as_table().unwrap().clone()).collect()
}

fn text<'a>(row: &'a Table, field: &str) -> &'a str {
    row.get(field).and_then(|value| value.as_str()).unwrap_or_default()
}

/// Every word in the sources below this folder.
fn words(folder: &Path, extension: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(words(&path, extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            let text = std::fs::read_to_string(path).unwrap();
            let is_separator = |c: char| !c.is_alphanumeric() && c != '_';
            found.extend(text.split(is_separator).map(str::to_owned));
        }
    }
    found
}

#[test]
fn every_capability_has_a_name_or_a_reason_in_every_language() {
    for row in capabilities() {
        for (language, ..) in LANGUAGES {
            let (name, reason) = (text(&row, language), text(&row, &format!("no_{language}")));
            assert!(name.is_empty() != reason.is_empty(), "{}: {language}", text(&row, "about"));
        }
    }
}

#[test]
fn every_name_is_in_the_sources_of_its_language() {
    for (language, folder, extension) in LANGUAGES {
        let words = words(&repository().join(folder), extension);
        for row in capabilities() {
            let name = text(&row, language);
            let last = name.rsplit(['.', ':']).next().unwrap_or_default();
            assert!(name.is_empty() || words.contains(last), "{language} has no {name}");
        }
    }
}

#[test]
fn every_function_of_the_provider_is_a_capability() {
    let source = std::fs::read_to_string(repository().join("crates/core/src/provider.rs")).unwrap();
    let functions = source.split("    pub ").skip(1).filter_map(|rest| {
        let rest = rest.strip_prefix("async ").unwrap_or(rest).strip_prefix("fn ")?;
        rest.split_once(['(', '<']).map(|(name, _)| name)
    });
    let rows = capabilities();
    let known: BTreeSet<&str> = rows.iter().map(|row| text(row, "rust")).collect();
    for name in functions {
        assert!(known.contains(format!("VaultCredentialsProvider::{name}").as_str()), "{name} is missing");
    }
}
