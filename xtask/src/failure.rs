//! What went wrong in a chore, why, and what to do next.

use std::fmt;

pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;

/// A chore that could not be done, told to a person.
#[derive(Debug)]
pub(crate) struct Failure {
    what: String,
    why: String,
    next: Option<String>,
    code: u8,
}

impl Failure {
    /// `what` could not be done because of `why`.
    pub(crate) fn new(what: impl Into<String>, why: impl fmt::Display) -> Self {
        Self { what: what.into(), why: why.to_string(), next: None, code: 1 }
    }

    /// Stopped by a signal; the exit code is the shell's convention for it.
    pub(crate) fn interrupted(signal: i32) -> Self {
        let code = u8::try_from(128 + signal).unwrap_or(1);
        let why = if signal == 2 { "Ctrl-C was pressed".into() } else { format!("signal {signal} came in") };
        Self { code, ..Self::new("stopped before the end", why) }
    }

    /// Names the command or step that helps.
    pub(crate) fn next(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }

    /// Leaves with this exit code instead of 1.
    pub(crate) fn code(mut self, code: u8) -> Self {
        self.code = code;
        self
    }

    /// The exit code of the process.
    pub(crate) fn exit_code(&self) -> u8 {
        self.code
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}\n  why:  {}", self.what, self.why.trim_end().replace('\n', "\n        "))?;
        match &self.next {
            Some(next) => write!(f, "\n  next: {next}"),
            None => Ok(()),
        }
    }
}

/// Adds what was being done to an error of the standard library or another crate.
pub(crate) trait Doing<T> {
    /// `what` names the file, address or command too.
    fn doing(self, what: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: fmt::Display> Doing<T> for std::result::Result<T, E> {
    fn doing(self, what: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| Failure::new(what(), error))
    }
}
