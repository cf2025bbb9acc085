//! Folders of the cache that are built once: each is whole or not there.

use std::fs::{self, File, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::failure::{Doing, Failure, Result};
use crate::{paths, process};

const TELL_EVERY: Duration = Duration::from_secs(60);
const LOG_TAIL: usize = 12;

/// What a folder of the cache is made of.
pub(crate) struct Recipe<'a> {
    /// The folder's name; holds every version that matters.
    pub(crate) name: String,
    /// What is made, and about how long that takes.
    pub(crate) about: &'a str,
}

impl Recipe<'_> {
    /// The finished folder; `build` fills a new one if this is the first time.
    pub(crate) fn folder(&self, build: impl FnOnce(&Kitchen) -> Result<()>) -> Result<PathBuf> {
        let cache = paths::cache()?;
        let ready = cache.join(&self.name);
        if ready.is_dir() {
            return Ok(ready);
        }
        private_dir(&cache)?;
        let _lock = lock(&cache.join(format!("{}.lock", self.name)), || {
            println!("  waiting     another run is making {}", self.about);
        })?;
        if ready.is_dir() {
            return Ok(ready);
        }
        println!("  installing  {}", self.about);
        // Under the lock, what is left of an earlier attempt is nobody's.
        let kitchen = Kitchen {
            folder: cache.join(format!("{}.part", self.name)),
            log: cache.join(format!("{}.log", self.name)),
        };
        clear(&kitchen.folder)?;
        private_dir(&kitchen.folder)?;
        private_file(&kitchen.log)?;
        build(&kitchen)?;
        fs::rename(&kitchen.folder, &ready)
            .doing(|| format!("cannot move {} into place", ready.display()))?;
        Ok(ready)
    }
}

/// Where a folder is being made.
pub(crate) struct Kitchen {
    /// To be filled; renamed when whole.
    pub(crate) folder: PathBuf,
    log: PathBuf,
}

impl Kitchen {
    /// Runs one step, with its output in the log, and says now and then that it is still at it.
    pub(crate) fn step(&self, command: &mut Command) -> Result<()> {
        let log = File::options().append(true).open(&self.log);
        let log = log.doing(|| format!("cannot write {}", self.log.display()))?;
        let twin = log.try_clone().doing(|| format!("cannot write {}", self.log.display()))?;
        command.stdin(Stdio::null()).stdout(log).stderr(twin);
        let mut told = TELL_EVERY;
        let status = process::run_with(command, |took| {
            if took >= told {
                println!("              still at it after {} min", took.as_secs() / 60);
                told += TELL_EVERY;
            }
        })?;
        if status.success() {
            return Ok(());
        }
        let why = format!("{status}; the end of {}:\n{}", self.log.display(), tail(&self.log, LOG_TAIL));
        Err(Failure::new(format!("`{}` failed", spelled(command)), why)
            .next("check the network and the disk, then run the same command again"))
    }
}

/// Takes the lock of `path`, calling `waiting` first if somebody holds it. It ends with the returned file.
pub(crate) fn lock(path: &Path, waiting: impl FnOnce()) -> Result<File> {
    let what = || format!("cannot lock {}", path.display());
    let file = File::options().create(true).truncate(false).write(true).mode(0o600).open(path).doing(what)?;
    match file.try_lock() {
        Ok(()) => return Ok(file),
        Err(TryLockError::WouldBlock) => waiting(),
        Err(TryLockError::Error(error)) => return Err(Failure::new(what(), error)),
    }
    loop {
        process::pause(Duration::from_millis(200))?;
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => (),
            Err(TryLockError::Error(error)) => return Err(Failure::new(what(), error)),
        }
    }
}

/// Creates a folder, and those above it, that only its owner can enter.
pub(crate) fn private_dir(path: &Path) -> Result<()> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.doing(|| format!("cannot create the folder {}", path.display()))
}

/// Creates an empty file that only its owner can read.
pub(crate) fn private_file(path: &Path) -> Result<File> {
    let opened = File::options().create(true).truncate(true).write(true).mode(0o600).open(path);
    opened.doing(|| format!("cannot write {}", path.display()))
}

/// Removes a folder and all in it, if it is there.
pub(crate) fn clear(path: &Path) -> Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::new(format!("cannot remove {}", path.display()), error))
        }
        _ => Ok(()),
    }
}

/// The last lines of a file.
pub(crate) fn tail(path: &Path, lines: usize) -> String {
    let text = fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let all: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let from = all.len().saturating_sub(lines);
    all.get(from..).unwrap_or_default().join("\n")
}

/// A short name for these texts: they changed if it did.
pub(crate) fn fingerprint(texts: &[&str]) -> String {
    // FNV-1a, 64 bits: the same on every machine and with every compiler.
    let bytes = texts.iter().flat_map(|text| text.bytes().chain([0]));
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}").split_off(6)
}

fn spelled(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let words = command.get_args().map(|word| word.to_string_lossy());
    format!("{} {}", program.to_string_lossy(), words.collect::<Vec<_>>().join(" "))
}
