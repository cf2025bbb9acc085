//! Processes known by pid and start, so that a pid that was given to another process is never mistaken for ours.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};

use crate::paths;

const GENTLE: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(20);

/// A process, and the group it leads.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Process {
    /// What it is to a person: `openbao`, `aws`.
    pub(crate) label: String,
    pub(crate) pid: i32,
    /// When it started, as the system tells it.
    started: String,
    /// Where its output goes.
    pub(crate) log: PathBuf,
}

impl Process {
    /// The process that runs as `pid` now.
    pub(crate) fn of(label: &str, pid: u32, log: &Path) -> Option<Self> {
        let pid = i32::try_from(pid).ok()?;
        Some(Self { label: label.into(), pid, started: system::started(pid)?, log: log.into() })
    }

    /// This xtask itself.
    pub(crate) fn own() -> Option<Self> {
        Self::of("xtask", std::process::id(), Path::new(""))
    }

    /// Whether it still runs; a pid that was reused is not it.
    pub(crate) fn is_alive(&self) -> bool {
        system::started(self.pid).is_some_and(|started| started == self.started)
    }

    /// Ends it and what it started: asks first, then insists.
    pub(crate) fn end(&self) {
        if self.is_alive() {
            signal(self.pid, Signal::TERM);
            // One that was frozen would not hear it.
            self.thaw();
            let until = Instant::now() + GENTLE;
            while self.is_alive() && Instant::now() < until {
                thread::sleep(POLL);
            }
        }
        if self.is_alive() {
            signal(self.pid, Signal::KILL);
        }
        for orphan in self.orphans() {
            signal(orphan, Signal::KILL);
        }
    }

    /// Kills it on the spot, with what it started, as a machine that loses its power.
    pub(crate) fn kill(&self) {
        self.send(Signal::KILL);
        let until = Instant::now() + GENTLE;
        while self.is_alive() && Instant::now() < until {
            thread::sleep(POLL);
        }
        for orphan in self.orphans() {
            signal(orphan, Signal::KILL);
        }
    }

    /// Stops it where it is: its connections stay open and nothing answers.
    pub(crate) fn freeze(&self) {
        self.send(Signal::STOP);
    }

    /// Lets it go on.
    pub(crate) fn thaw(&self) {
        self.send(Signal::CONT);
    }

    fn send(&self, what: Signal) {
        if self.is_alive() {
            signal(self.pid, what);
        }
    }

    /// Plugins outlive a server that was killed. They are in its group and run from our cache.
    fn orphans(&self) -> Vec<i32> {
        let Ok(cache) = paths::cache().map(|cache| cache.canonicalize().unwrap_or(cache)) else {
            return Vec::new();
        };
        system::group(self.pid).into_iter().filter(|pid| system::runs_from(*pid, &cache)).collect()
    }
}

fn signal(pid: i32, signal: Signal) {
    if let Some(pid) = Pid::from_raw(pid) {
        // It may have ended by itself in the meantime.
        let _gone = kill_process(pid, signal);
    }
}

#[cfg(target_os = "linux")]
mod system {
    use super::{Path, fs};

    /// Boot and tick at which `pid` started; none if it has ended.
    pub(super) fn started(pid: i32) -> Option<String> {
        let fields = stat(pid)?;
        let (state, ticks) = (fields.first()?, fields.get(19)?);
        if matches!(state.as_str(), "Z" | "X") {
            return None;
        }
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        Some(format!("{}:{ticks}", boot.trim()))
    }

    /// The pids of a process group.
    pub(super) fn group(leader: i32) -> Vec<i32> {
        let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
        let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
        let leader = leader.to_string();
        pids.filter(|pid| stat(*pid).is_some_and(|fields| fields.get(2) == Some(&leader))).collect()
    }

    /// Whether the program of `pid` lies under `folder`.
    pub(super) fn runs_from(pid: i32, folder: &Path) -> bool {
        fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|program| program.starts_with(folder))
    }

    /// The fields of `/proc/PID/stat` after the program's name: state, parent, group and so on.
    fn stat(pid: i32) -> Option<Vec<String>> {
        let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (_, rest) = text.rsplit_once(')')?;
        Some(rest.split_whitespace().map(str::to_owned).collect())
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use super::Path;
    use std::process::Command;

    /// When `pid` started; none if it has ended.
    pub(super) fn started(pid: i32) -> Option<String> {
        let (state, started) = ps(&["-o", "stat=,lstart=", "-p", &pid.to_string()]).pop()?;
        (!state.starts_with('Z')).then_some(started)
    }

    /// The pids of a process group.
    pub(super) fn group(leader: i32) -> Vec<i32> {
        let all = ps(&["-axo", "pid=,pgid="]).into_iter();
        let ours = all.filter(|(_, group)| *group == leader.to_string());
        ours.filter_map(|(pid, _)| pid.parse().ok()).collect()
    }

    /// Whether the program of `pid` lies under `folder`.
    pub(super) fn runs_from(pid: i32, folder: &Path) -> bool {
        let output = Command::new("ps").args(["-o", "comm=", "-p", &pid.to_string()]).output();
        output.is_ok_and(|out| Path::new(String::from_utf8_lossy(&out.stdout).trim()).starts_with(folder))
    }

    /// The lines of `ps`, each as its first word and the rest.
    fn ps(words: &[&str]) -> Vec<(String, String)> {
        let Ok(output) = Command::new("ps").args(words).output() else { return Vec::new() };
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let split =
            |line: &str| line.trim().split_once(' ').map(|(a, b)| (a.to_owned(), b.trim().to_owned()));
        text.lines().filter_map(split).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_process_of_the_same_pid_that_started_at_another_time_is_not_ours() {
        let mut child = Command::new("sleep").arg("30").spawn().ok();
        let process = child.as_ref().and_then(|child| Process::of("sleep", child.id(), Path::new("")));
        let ours = process.as_ref().map(Process::is_alive);
        let stranger =
            process.as_ref().map(|process| Process { started: "earlier".into(), ..process.clone() });
        if let Some(stranger) = &stranger {
            stranger.end();
        }
        let spared = process.as_ref().map(Process::is_alive);
        if let Some(process) = &process {
            process.end();
        }
        let ended = process.as_ref().map(Process::is_alive);
        let _reaped = child.as_mut().map(std::process::Child::wait);
        assert_eq!((ours, spared, ended), (Some(true), Some(true), Some(false)));
    }
}
