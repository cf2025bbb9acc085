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

fn source(path: &str) -> String {
    std::fs::read_to_string(repository().join(path)).unwrap()
}

/// The names in a text.
fn names(text: &str) -> impl Iterator<Item = String> {
    let names = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    names.filter(|name| !name.is_empty()).map(str::to_owned)
}

/// The names between two texts, wherever they follow each other.
fn listed(text: &str, from: &str, to: &str) -> Vec<String> {
    let lists = text.split(from).skip(1).filter_map(|rest| rest.split_once(to));
    lists.flat_map(|(list, _)| names(list)).collect()
}

/// What a program calls, by its last name: functions and, in Python and Node, what they are imported from.
fn doors(language: &str) -> Vec<String> {
    match language {
        "rust" => {
            let files =
                ["lib.rs", "iam.rs", "iam/lint.rs"].map(|file| source(&format!("crates/core/src/{file}")));
            let used = files.iter().flat_map(|text| text.split("\npub use ").skip(1));
            let used = used.filter_map(|rest| rest.split_once(';')?.0.rsplit_once("::"));
            let used = used.flat_map(|(_, last)| names(last));
            let functions = used.filter(|name| name.starts_with(char::is_lowercase));
            functions.chain(listed(&files[2], "\npub fn ", "(")).collect()
        }
        "python" => {
            let files = ["__init__.py", "iam/__init__.py"];
            let files = files.map(|file| source(&format!("crates/py/python/leasekey/{file}")));
            let exported = files.iter().flat_map(|text| listed(text, "__all__ = [", "]"));
            let functions = exported.filter(|name| name.starts_with(char::is_lowercase));
            functions.chain(listed(&files[0], "if name in (\"aio\"", ")")).collect()
        }
        _ => {
            let files = ["index.ts", "iam.ts"].map(|file| source(&format!("crates/node/ts/{file}")));
            let exported = files.iter().flat_map(|text| listed(text, "export { ", " }"));
            let provider = source("crates/node/ts/provider.ts");
            let (_, interface) = provider.split_once("export interface VaultCredentials {").unwrap();
            let (interface, _) = interface.split_once("\n}").unwrap();
            let members = interface.lines().filter_map(|line| line.strip_prefix("  "));
            let members = members.filter_map(|line| {
                let line = line.strip_prefix("readonly ").unwrap_or(line);
                line.split_once(['(', ':']).map(|(name, _)| name).filter(|name| !name.is_empty())
            });
            let members = members.filter(|name| name.chars().all(char::is_alphanumeric)).map(str::to_owned);
            exported.chain(members).collect()
        }
    }
}

#[test]
fn every_door_of_every_language_is_a_capability() {
    // What the table is about is no capability of its own, nor is a sign to the SDK.
    const OTHERS: [&str; 5] = ["errors", "iam", "memoized", "Symbol", "LeasekeyError"];
    let rows = capabilities();
    for (language, ..) in LANGUAGES {
        let names: Vec<_> = rows.iter().map(|row| text(row, language)).collect();
        let doors = doors(language);
        assert!(doors.len() >= 5, "{language}: {doors:?}");
        for door in doors.iter().filter(|door| !OTHERS.contains(&door.as_str())) {
            let is_named = names.iter().any(|name| name.split(['.', ':']).any(|part| part == door));
            assert!(is_named, "{language}: {door} is in no row of parity.toml");
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
