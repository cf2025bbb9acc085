//! The tables of `docs/` are generated from the code: these tests compare, and `UPDATE=1` writes them.
//!
//! ```console
//! $ UPDATE=1 cargo test -p leasekey --test docs
//! ```
#![allow(clippy::expect_used, clippy::panic, reason = "a test outside the library")]

use std::path::{Path, PathBuf};

use leasekey::config::{ConfigKey, json_schema};
use leasekey::{ErrorKind, Event, EventKind};

fn page(name: &str) -> (PathBuf, String) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("docs/{name}: {error}"));
    (path, text)
}

/// Compares the part of a page between the two marks with `table`, or writes it.
fn keeps(name: &str, table: &str) {
    const BEGIN: &str = "<!-- generated from the code: UPDATE=1 cargo test -p leasekey --test docs -->\n";
    const END: &str = "<!-- end of the generated part -->";
    let (path, text) = page(name);
    let (before, rest) = text.split_once(BEGIN).expect("the page has a generated part");
    let (old, after) = rest.split_once(END).expect("the generated part has an end");
    if old == table {
        return;
    }
    update(&path, &format!("{before}{BEGIN}{table}{END}{after}"));
}

/// Writes a page that is not what the code says, if that was asked for.
fn update(path: &Path, text: &str) {
    if std::env::var_os("UPDATE").is_none() {
        let name = path.file_name().unwrap_or_default().display();
        panic!("docs/{name} is not what the code says. Run: UPDATE=1 cargo test -p leasekey --test docs");
    }
    std::fs::write(path, text).expect("the page can be written");
}

fn row<const N: usize>(cells: [String; N]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

fn code(text: impl AsRef<str>) -> String {
    format!("`{}`", text.as_ref())
}

#[test]
fn the_settings_page_lists_the_schema() {
    let mut table = String::from(
        "| Keyword | Variables, the winner first | Value | Default | Notes | What it does |\n|---|---|---|---|---|---|\n",
    );
    for key in ConfigKey::ALL {
        let names: Vec<_> = key.env_names().iter().map(code).collect();
        let notes = [(key.is_secret(), "never quoted"), (key.is_from_found_file(), "any file")];
        let notes: Vec<_> = notes.into_iter().filter(|(is, _)| *is).map(|(_, note)| note).collect();
        table += &row([
            code(key.keyword()),
            names.join(" "),
            format!("{:?}", key.form()).to_lowercase(),
            key.default_text().map(code).unwrap_or_default(),
            notes.join(", "),
            key.doc().to_owned(),
        ]);
    }
    keeps("settings.md", &table);
}

#[test]
fn the_schema_of_settings_files_is_the_schema() {
    let (path, text) = page("leasekey.schema.json");
    if text != json_schema() {
        update(&path, &json_schema());
    }
}

#[test]
fn the_events_page_lists_the_kinds_and_their_fields() {
    let mut table = String::from("| Event | Severity | When |\n|---|---|---|\n");
    for kind in EventKind::ALL {
        let severity = format!("{:?}", kind.severity()).to_lowercase();
        table += &row([code(kind.name()), severity, kind.meaning().to_owned()]);
    }
    table += "\n| Field | What it is |\n|---|---|\n";
    let always =
        [("kind", "What happened."), ("at", "When, on the wall clock."), ("subject", "What it happened to.")];
    for (name, meaning) in always.iter().chain(Event::FIELDS) {
        table += &row([code(name), (*meaning).to_owned()]);
    }
    keeps("events.md", &table);
}

#[cfg(feature = "iam")]
#[test]
fn the_lint_page_lists_the_rules_and_the_ways_to_more_rights() {
    use leasekey::iam::lint::{escalations, rules};
    let mut table = String::from("| Rule | Severity at most | What it looks for |\n|---|---|---|\n");
    for rule in rules() {
        table += &row([code(rule.id), rule.severity.name().to_owned(), rule.about.to_owned()]);
    }
    let ways: Vec<_> = escalations().collect();
    table += &format!("\n## Privilege escalation\n\n{} ways are looked for. ", ways.len());
    table += "Each needs all of its actions.\n\n| Way | Actions | Whoever has them |\n|---|---|---|\n";
    for way in ways {
        let actions: Vec<_> = way.actions.iter().map(code).collect();
        table += &row([code(way.id), actions.join(" "), way.how.to_owned()]);
    }
    keeps("iam-lint.md", &table);
}

#[test]
fn the_errors_page_lists_and_explains_the_codes() {
    let mut table =
        String::from("| Code | `ErrorKind` | May pass by itself | What to do |\n|---|---|---|---|\n");
    for kind in ErrorKind::ALL {
        let link = format!("[{0}](#{1})", kind.code(), kind.code().to_lowercase());
        let retry = if kind.is_retryable() { "yes" } else { "" };
        table += &row([link, code(format!("{kind:?}")), retry.to_owned(), kind.hint().to_owned()]);
    }
    for kind in ErrorKind::ALL {
        let causes: String = kind.causes().iter().map(|cause| format!("- {cause}\n")).collect();
        let (code, meaning, example) = (kind.code(), kind.meaning(), kind.example());
        table += &format!("\n## {code}\n\n{meaning}\n\n{causes}\n```text\n{code}: {example}\n```\n");
    }
    keeps("errors.md", &table);
}
