//! `docs/faults.md` is true: every row of the catalogue is in it, and the tests that it names are those that are.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The rows of the catalogue.
fn catalogue() -> Vec<u32> {
    (1..=62).collect()
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The tests that the table names, by row.
fn table() -> BTreeMap<u32, BTreeSet<String>> {
    let text = std::fs::read_to_string(repository().join("docs/faults.md")).unwrap();
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").collect();
        let number = cells.first()?.trim().parse().ok()?;
        let tests = cells.last()?.split('`').skip(1).step_by(2);
        Some((number, tests.map(str::to_owned).collect()))
    };
    text.lines().filter(|line| line.starts_with("| ")).filter_map(row).collect()
}

/// Every function in the sources below this folder.
fn functions(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            functions(&path, found);
            continue;
        }
        let (word, end) = match path.extension().and_then(|extension| extension.to_str()) {
            Some("rs") => ("fn ", '('),
            Some("py") => ("def test_", '('),
            Some("ts") => ("test(\"", '"'),
            _ => continue,
        };
        let text = std::fs::read_to_string(&path).unwrap();
        let named = text.split(word).skip(1).filter_map(|rest| rest.split_once(end));
        found.extend(named.map(|(name, _)| name.to_owned()));
    }
}

fn all_functions() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for folder in ["crates/core/src", "crates/node/test", "crates/py/tests", "tests/tests"] {
        functions(&repository().join(folder), &mut found);
    }
    found
}

#[test]
fn every_row_of_the_catalogue_is_in_the_table() {
    assert_eq!(table().into_keys().collect::<Vec<_>>(), catalogue());
}

#[test]
fn every_test_of_the_table_exists() {
    let (table, functions) = (table(), all_functions());
    for (row, tests) in &table {
        assert!(!tests.is_empty(), "row {row} names no test");
        let missing: Vec<_> = tests.difference(&functions).collect();
        assert!(missing.is_empty(), "row {row}: there is no test {missing:?}");
    }
}

#[test]
fn every_test_that_is_named_after_a_row_is_in_the_table() {
    let table = table();
    for name in all_functions() {
        let Some(row) = name.strip_prefix("row_").and_then(|rest| rest.get(..2)?.parse().ok()) else {
            continue;
        };
        assert!(table.get(&row).is_some_and(|tests| tests.contains(&name)), "row {row} lacks {name}");
    }
}
