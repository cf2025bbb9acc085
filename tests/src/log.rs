//! Everything that any crate logs while a test runs, at TRACE, searched for secrets at the test's end.
//!
//! A test begins with `let logs = log::watch()` and names what must not be logged with [`Watch::planted`].
//! `cargo xtask test` keeps the logs and looks for all that was planted once more, in all output of all tests.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tracing::Dispatch;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Where `cargo xtask test` wants the logs.
const FOLDER: &str = "LEASEKEY_TEST_LOGS";

/// A log in a file.
#[derive(Clone)]
pub struct Capture(Arc<File>);

/// Watches the log of the whole program from its making to its end, whichever test or thread logs.
#[must_use]
pub struct Watch {
    capture: Capture,
    from: u64,
    planted: Mutex<Vec<Planted>>,
    // Where `cargo xtask test` reads what was planted.
    told: Option<PathBuf>,
}

struct Planted {
    name: String,
    secret: String,
}

/// Begins to watch.
///
/// # Panics
/// If there can be no log.
pub fn watch() -> Watch {
    let mut watch = capture_all().watch();
    watch.told = folder().map(|_| place().with_extension("planted"));
    watch
}

/// Captures the log of this program from the first call on.
///
/// # Panics
/// If there can be no log.
pub fn capture_all() -> &'static Capture {
    static LOG: OnceLock<Capture> = OnceLock::new();
    LOG.get_or_init(|| {
        let path = place().with_extension("log");
        let capture = Capture::open(&path).unwrap_or_else(|error| fail(&error));
        if folder().is_none() {
            // Nobody else will read it: the open file is all that is needed.
            std::fs::remove_file(&path).unwrap_or_else(|error| fail(&error));
        }
        capture.layered().init();
        capture
    })
}

impl Capture {
    /// A log in a new file.
    ///
    /// # Errors
    /// If the file cannot be made.
    pub fn open(path: &Path) -> io::Result<Self> {
        OpenOptions::new().create(true).append(true).read(true).open(path).map(|file| Self(Arc::new(file)))
    }

    /// What writes into it.
    #[must_use]
    pub fn dispatch(&self) -> Dispatch {
        Dispatch::new(self.layered())
    }

    fn layered(&self) -> impl tracing::Subscriber + Send + Sync + use<> {
        let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(self.0.clone());
        tracing_subscriber::registry().with(LevelFilter::TRACE).with(layer)
    }

    /// Watches it from now on.
    pub fn watch(&self) -> Watch {
        Watch { capture: self.clone(), from: self.end(), planted: Mutex::default(), told: None }
    }

    fn end(&self) -> u64 {
        self.0.metadata().map_or(0, |facts| facts.len())
    }

    fn since(&self, from: u64) -> io::Result<Vec<u8>> {
        let length = self.end().saturating_sub(from);
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
        self.0.read_exact_at(&mut bytes, from)?;
        Ok(bytes)
    }
}

impl Watch {
    /// `secret`, called `name`, must not be logged from the beginning of this watch to its end.
    ///
    /// # Panics
    /// If it is too short to be told from chance.
    pub fn planted(&self, name: &str, secret: &str) {
        assert!(secret.len() >= 8, "{name} is too short to be looked for");
        self.register(secret).unwrap_or_else(|error| fail(&error));
        let planted = Planted { name: name.into(), secret: secret.into() };
        self.planted.lock().unwrap_or_else(PoisonError::into_inner).push(planted);
    }

    /// Whether anything was logged: a watch that sees nothing proves nothing.
    #[must_use]
    pub fn saw(&self, text: &str) -> bool {
        self.capture.since(self.from).is_ok_and(|log| find(&log, text.as_bytes()).is_some())
    }

    /// Where planted secrets were logged, one line each, with the secret blackened.
    ///
    /// # Panics
    /// If the log cannot be read.
    #[must_use]
    pub fn leaks(&self) -> Vec<String> {
        let log = self.capture.since(self.from).unwrap_or_else(|error| fail(&error));
        let planted = self.planted.lock().unwrap_or_else(PoisonError::into_inner);
        planted.iter().filter_map(|planted| planted.leak(&log)).collect()
    }

    fn register(&self, secret: &str) -> io::Result<()> {
        let Some(path) = &self.told else { return Ok(()) };
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        file.write_all(format!("{secret}\n").as_bytes())
    }
}

impl Drop for Watch {
    #[allow(
        clippy::panic,
        clippy::print_stderr,
        reason = "a leak must fail the test, and be told if it failed"
    )]
    fn drop(&mut self) {
        let leaks = self.leaks().join("\n");
        match (leaks.is_empty(), std::thread::panicking()) {
            (true, _) => {}
            (false, true) => eprintln!("secrets were logged:\n{leaks}"),
            (false, false) => panic!("secrets were logged:\n{leaks}"),
        }
    }
}

impl Planted {
    fn leak(&self, log: &[u8]) -> Option<String> {
        const MOST: usize = 400;
        let at = find(log, self.secret.as_bytes())?;
        let (before, after) = log.split_at(at);
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
        let end = after.iter().position(|byte| *byte == b'\n').unwrap_or(after.len());
        let line = [before.get(start..), after.get(..end)].map(Option::unwrap_or_default).concat();
        let line = String::from_utf8_lossy(&line).replace(&self.secret, "[PLANTED]");
        let number = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let line: String = line.chars().take(MOST).collect();
        Some(format!("{}: line {number} of this watch: {line}", self.name))
    }
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    let first = *what.first()?;
    let mut from = 0;
    loop {
        let rest = text.get(from..)?;
        let at = from + rest.iter().position(|byte| *byte == first)?;
        if text.get(at..)?.starts_with(what) {
            return Some(at);
        }
        from = at + 1;
    }
}

/// The file of this program, without an extension.
fn place() -> PathBuf {
    let program = std::env::current_exe().ok();
    let program = program.as_deref().and_then(Path::file_stem).unwrap_or_default().to_string_lossy();
    let folder = folder().unwrap_or_else(std::env::temp_dir);
    folder.join(format!("{program}-{}", std::process::id()))
}

fn folder() -> Option<PathBuf> {
    std::env::var_os(FOLDER).map(PathBuf::from)
}

#[allow(clippy::panic, reason = "a test cannot go on without its log")]
fn fail<T>(error: &io::Error) -> T {
    panic!("the log of the tests: {error}")
}
