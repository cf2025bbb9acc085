//! What is known of a stack, on disk, so that any later command can end it.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::cache::{clear, lock, private_dir, private_file};
use super::cluster::Cluster;
use super::env::Exports;
use super::pid::Process;
use super::{Server, Shape};
use crate::failure::{Doing, Failure, Result};
use crate::paths;

const FILE: &str = "stack.json";

/// One stack, as written to `run/NAME/stack.json`.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) name: String,
    pub(crate) server: Server,
    /// Records of before there were shapes have none.
    #[serde(default)]
    pub(crate) shape: Shape,
    /// The chore it was started for and goes with; none if a person started it.
    pub(crate) owner: Option<Process>,
    pub(crate) processes: Vec<Process>,
    /// Missing for a server in development mode.
    pub(crate) cluster: Option<Cluster>,
    /// Missing until the stack is ready.
    pub(crate) exports: Option<Exports>,
}

impl Record {
    /// Whether it was provisioned and its processes run; three nodes are up while one of them is.
    pub(crate) fn is_up(&self) -> bool {
        self.exports.is_some() && (self.is_whole() || self.is_crippled())
    }

    /// Whether it goes on without some of its nodes. The emulator is no node, and the first of the processes.
    pub(crate) fn is_crippled(&self) -> bool {
        let mut alive = self.processes.iter().map(Process::is_alive);
        self.shape.ha && !self.is_whole() && alive.next() == Some(true) && alive.any(|alive| alive)
    }

    fn is_whole(&self) -> bool {
        self.processes.iter().all(Process::is_alive)
    }

    /// Its cluster.
    pub(crate) fn cluster(&self) -> Result<&Cluster> {
        self.cluster.as_ref().ok_or_else(|| {
            Failure::new(format!("stack {} has no nodes", self.name), "it is one server in development mode")
                .next(format!("cargo xtask stack up --ha --name {}-ha", self.name))
        })
    }

    /// Whether the chore it was started for has ended without it.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.owner.as_ref().is_some_and(|owner| !owner.is_alive())
    }

    /// Writes it whole or not at all; only the owner can read it.
    pub(crate) fn save(&self) -> Result<()> {
        let folder = folder(&self.name)?;
        let (temp, path) = (folder.join("stack.json.part"), folder.join(FILE));
        let text = serde_json::to_vec_pretty(self).doing(|| "cannot describe the stack".into())?;
        let written = private_file(&temp)?.write_all(&text).and_then(|()| fs::rename(&temp, &path));
        written.doing(|| format!("cannot write {}", path.display()))
    }

    /// The stack of this name, if one was started.
    pub(crate) fn load(name: &str) -> Result<Option<Self>> {
        let path = folder(name)?.join(FILE);
        let Ok(text) = fs::read(&path) else { return Ok(None) };
        let record = serde_json::from_slice(&text).map_err(|error| {
            Failure::new(format!("cannot read {}", path.display()), error).next(format!(
                "end its processes by hand, then rm -r {}",
                path.parent().unwrap_or(&path).display()
            ))
        })?;
        Ok(Some(record))
    }

    /// Removes the record and the secrets in it.
    pub(crate) fn forget(&self) -> Result<()> {
        let path = folder(&self.name)?.join(FILE);
        fs::remove_file(&path).doing(|| format!("cannot remove {}", path.display()))
    }

    /// Every stack there is a record of, by name.
    pub(crate) fn all() -> Result<Vec<Self>> {
        let mut names: Vec<String> = folders()?.into_iter().map(|(name, _)| name).collect();
        names.sort();
        names.iter().filter_map(|name| Self::load(name).transpose()).collect()
    }
}

/// Where the stack of this name keeps its record and logs.
pub(crate) fn folder(name: &str) -> Result<PathBuf> {
    Ok(runs()?.join(name))
}

/// Lets one command at a time start or end stacks: ports and records stay free of races while the file is held.
pub(crate) fn hold() -> Result<File> {
    private_dir(&runs()?)?;
    lock(&paths::cache()?.join("run.lock"), || {
        eprintln!("  waiting     another command is starting or ending a stack");
    })
}

/// Names become folders and words in a shell line.
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.len() <= 40 && name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(fits) {
        return Ok(());
    }
    Err("a name has 1 to 40 letters, digits, - or _, and starts with a letter or digit".into())
}

/// Removes logs that failed runs left more than a day ago.
pub(crate) fn sweep_old_logs() -> Result<()> {
    for (_, path) in folders()? {
        let old = age_in_hours(&path).is_some_and(|hours| hours > 24);
        if old && !path.join(FILE).exists() {
            clear(&path)?;
        }
    }
    Ok(())
}

fn runs() -> Result<PathBuf> {
    Ok(paths::cache()?.join("run"))
}

fn folders() -> Result<Vec<(String, PathBuf)>> {
    let Ok(entries) = fs::read_dir(runs()?) else { return Ok(Vec::new()) };
    let folders = entries.flatten().filter(|entry| entry.path().is_dir());
    Ok(folders.map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path())).collect())
}

fn age_in_hours(path: &Path) -> Option<u64> {
    let changed = fs::metadata(path).ok()?.modified().ok()?;
    Some(SystemTime::now().duration_since(changed).ok()?.as_secs() / 3600)
}

#[cfg(test)]
mod tests {
    use super::check_name;

    #[test]
    fn a_name_cannot_leave_its_folder_or_break_a_shell_line() {
        for name in ["default", "test-12345", "a_B-9"] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        for name in ["", "..", "a/b", "-rf", "a b", "a;b", "ü", &"a".repeat(41)] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }
}
