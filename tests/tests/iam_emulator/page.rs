//! docs/iam-emulator.md: how many cases were compared, why the others were not, and every difference.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

/// How many cases were compared, and how many were not for which reason.
#[derive(Debug, Default, Eq, PartialEq)]
pub(crate) struct Counts(BTreeMap<String, usize>);

impl Counts {
    pub(crate) fn compared(&mut self, same: bool) {
        self.add(if same { "compared, the same answer" } else { "compared, another answer" });
    }

    pub(crate) fn left_out(&mut self, why: &str) {
        self.add(&format!("not compared: {why}"));
    }

    fn add(&mut self, what: &str) {
        *self.0.entry(what.to_owned()).or_default() += 1;
    }

    fn table(&self) -> String {
        self.0.iter().map(|(what, count)| format!("| {what} | {count} |\n")).collect()
    }
}

/// A case that the engine and the emulator decide otherwise.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Difference {
    /// Whether the engine allows, and so the emulator does not.
    pub(crate) ours: bool,
    /// The page of AWS's documentation that the case is of.
    pub(crate) page: String,
}

impl Difference {
    fn row(&self, id: &str) -> String {
        let word = |allows| if allows { "allow" } else { "deny" };
        format!("| {id} | {} | {} | {} | why? |", word(self.ours), word(!self.ours), self.page)
    }
}

/// The tables of the page.
#[derive(Debug)]
pub(crate) struct Page {
    counts: Counts,
    differences: BTreeMap<String, Difference>,
}

pub(crate) fn read() -> Page {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/iam-emulator.md");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("docs/iam-emulator.md: {error}"));
    let mut page = Page { counts: Counts::default(), differences: BTreeMap::new() };
    for line in text.lines() {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        match cells.as_slice() {
            [what, count] if count.parse::<usize>().is_ok() => {
                page.counts.0.insert((*what).to_owned(), count.parse().unwrap());
            }
            [id, ours @ ("allow" | "deny"), theirs @ ("allow" | "deny"), rule, why] => {
                assert!(!why.is_empty() && *why != "why?", "{id} is not explained");
                assert_ne!(ours, theirs, "{id} is no difference");
                let difference = Difference { ours: *ours == "allow", page: (*rule).to_owned() };
                let twice = page.differences.insert((*id).to_owned(), difference);
                assert!(twice.is_none(), "{id} stands there twice");
            }
            _ => {}
        }
    }
    page
}

impl Page {
    /// Fails with the rows that are wrong or missing.
    pub(crate) fn agrees_with(&self, counts: &Counts, differences: &BTreeMap<String, Difference>) {
        let rows = |of: &BTreeMap<String, Difference>, but: &BTreeMap<String, Difference>| {
            let unlike = of.iter().filter(|(id, difference)| but.get(*id) != Some(difference));
            unlike.map(|(id, difference)| difference.row(id)).collect::<Vec<_>>().join("\n")
        };
        let unexplained = rows(differences, &self.differences);
        let vanished = rows(&self.differences, differences);
        assert!(
            unexplained.is_empty() && vanished.is_empty(),
            "docs/iam-emulator.md\nnot explained there:\n{unexplained}\nexplained there, and not so:\n{vanished}\n{}",
            counts.table()
        );
        assert_eq!(&self.counts, counts, "docs/iam-emulator.md; the counts are\n{}", counts.table());
    }
}

pub(crate) fn text(case: &Value, part: &str) -> String {
    case[part].as_str().unwrap_or_default().to_owned()
}
