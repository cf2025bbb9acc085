//! Secrets in what a test run printed and logged.
//!
//! The tests write all logs of all crates at TRACE into the folder of `LEASEKEY_TEST_LOGS`, `PROGRAM-PID.log`, and
//! every secret that they planted on a line of `PROGRAM-PID.planted`. None of these, and none of the stack's own, may
//! be in any log or in what the run printed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Doing, Result};

const FOLDER: &str = "LEASEKEY_TEST_LOGS";
// Shorter ones would be found by chance.
const SHORTEST: usize = 8;

/// What a run leaves behind.
pub(crate) struct Traces {
    folder: PathBuf,
    printed: File,
}

impl Traces {
    /// Collects into this folder, which is there.
    pub(crate) fn into(folder: PathBuf) -> Result<Self> {
        let path = folder.join("printed.log");
        let printed = File::create(&path).doing(|| format!("cannot write {}", path.display()))?;
        Ok(Self { folder, printed })
    }

    /// Tells the tests where.
    pub(crate) fn give(&self, command: &mut Command) {
        command.env(FOLDER, &self.folder);
    }

    /// Keeps a line that was printed.
    pub(crate) fn line(&mut self, line: &str) {
        // A full disk fails the run where the logs are read.
        let _lost = writeln!(self.printed, "{line}");
    }

    /// Where one of `secrets` or of what the tests planted was logged or printed.
    pub(crate) fn leaks(&self, secrets: &[&str]) -> Result<Vec<String>> {
        let what = || format!("cannot read {}", self.folder.display());
        let mut paths = Vec::new();
        for entry in fs::read_dir(&self.folder).doing(what)? {
            paths.push(entry.doing(what)?.path());
        }
        let mut wanted: BTreeSet<String> = secrets.iter().map(|secret| (*secret).to_owned()).collect();
        for path in with_extension(&paths, "planted") {
            wanted.extend(fs::read_to_string(path).doing(what)?.lines().map(str::to_owned));
        }
        wanted.retain(|secret| secret.len() >= SHORTEST);
        let mut leaks = Vec::new();
        for path in with_extension(&paths, "log") {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let lines = lines_with(&fs::read(path).doing(what)?, &wanted);
            leaks.extend(lines.into_iter().map(|line| format!("{name} line {line}")));
        }
        Ok(leaks)
    }
}

fn with_extension<'a>(paths: &'a [PathBuf], extension: &str) -> impl Iterator<Item = &'a PathBuf> {
    paths.iter().filter(move |path| Path::extension(path).is_some_and(|found| found == extension))
}

/// The numbers of the lines that hold one of these, which have two bytes at least.
fn lines_with(text: &[u8], wanted: &BTreeSet<String>) -> BTreeSet<usize> {
    let mut starts = vec![false; 1 << 16];
    let mut by_start = BTreeMap::<usize, Vec<&[u8]>>::new();
    for secret in wanted {
        let start = start(secret.as_bytes());
        by_start.entry(start).or_default().push(secret.as_bytes());
        if let Some(known) = starts.get_mut(start) {
            *known = true;
        }
    }
    let mut found = BTreeSet::new();
    for (number, line) in (1..).zip(text.split(|byte| *byte == b'\n')) {
        let mut candidates =
            line.windows(2).enumerate().filter(|(_, two)| starts.get(start(two)) == Some(&true));
        let leaks = |(at, two): (usize, &[u8])| {
            let rest = line.get(at..).unwrap_or_default();
            by_start
                .get(&start(two))
                .is_some_and(|secrets| secrets.iter().any(|secret| rest.starts_with(secret)))
        };
        if candidates.any(leaks) {
            found.insert(number);
        }
    }
    found
}

fn start(bytes: &[u8]) -> usize {
    bytes.iter().take(2).fold(0, |number, byte| (number << 8) | usize::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traces(name: &str) -> (Traces, PathBuf) {
        let folder = std::env::temp_dir().join(format!("leasekey-xtask-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        (Traces::into(folder.clone()).unwrap(), folder)
    }

    #[test]
    fn secrets_are_found_where_they_were_logged_and_printed() {
        let (mut traces, folder) = traces("leaks");
        fs::write(folder.join("faults-1.planted"), "canary-of-a-test\nshort\n").unwrap();
        fs::write(folder.join("faults-1.log"), "all is well, and short\nheader=\"canary-of-a-test\"\n")
            .unwrap();
        traces.line("all is well");
        traces.line("the token is root-of-the-stack");
        let mut leaks = traces.leaks(&["root-of-the-stack", "secret-id-of-the-stack"]).unwrap();
        leaks.sort();
        fs::remove_dir_all(folder).unwrap();
        assert_eq!(leaks, ["faults-1.log line 2", "printed.log line 2"]);
    }

    #[test]
    fn what_only_begins_like_a_secret_is_none() {
        let wanted = BTreeSet::from(["canary-1".to_owned(), "cabbage-2".to_owned()]);
        assert!(lines_with(b"canary-2 cabbage-1 can ca c\n\nca", &wanted).is_empty());
        assert_eq!(lines_with(b"\ncacanary-1", &wanted), BTreeSet::from([2]));
    }
}
