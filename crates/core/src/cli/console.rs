//! Where a command prints.

use std::fmt;
use std::io::{self, IsTerminal, Write};

use anstream::AutoStream;

/// The streams of a command line.
pub struct Console<'a> {
    /// What was asked for.
    pub out: &'a mut dyn Write,
    /// What went wrong, and what is said beside.
    pub err: &'a mut dyn Write,
    /// Whether a person reads `out`: secrets are shown to nobody who did not ask for them.
    pub terminal: bool,
}

impl fmt::Debug for Console<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Console").field("terminal", &self.terminal).finish_non_exhaustive()
    }
}

/// Calls `work` with the process's own streams, coloured where a terminal shows it.
pub(super) fn of_process<T>(work: impl FnOnce(&mut Console<'_>) -> T) -> T {
    let terminal = io::stdout().is_terminal();
    let (mut out, mut err) = (AutoStream::auto(io::stdout()), AutoStream::auto(io::stderr()));
    work(&mut Console { out: &mut out, err: &mut err, terminal })
}
