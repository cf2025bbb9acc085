//! The log of the unit tests: every crate's, at TRACE, searched for planted secrets as it is written.
//!
//! A secret of a unit test holds one of [`MARKS`]. A line that shows one ends the whole test run, because the
//! thread that logs may be one whose panics the engine catches.

use std::io::{self, Write};
use std::sync::Once;

use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

const MARKS: [&str; 3] = ["c4nary", "s3cret", "hvs."];

/// Watches from the first context of the test run on.
pub(super) fn watch() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(|| Searched);
        tracing_subscriber::registry().with(LevelFilter::TRACE).with(layer).init();
    });
}

struct Searched;

impl Write for Searched {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        if let Some(told) = leak(&text) {
            let thread = std::thread::current();
            // Not eprintln!, which the test harness keeps to itself until the test's end.
            let _ = writeln!(
                io::stderr(),
                "a planted secret was logged after: {told}\ntest {}",
                thread.name().unwrap_or("unknown")
            );
            std::process::exit(101);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The line up to the secret that it shows.
fn leak(line: &str) -> Option<&str> {
    let at = MARKS.iter().filter_map(|mark| line.find(mark)).min()?;
    line.get(..at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_shows_a_planted_secret_is_told_without_it() {
        assert_eq!(leak("TRACE hyper: x-vault-token: hvs.s3cret"), Some("TRACE hyper: x-vault-token: "));
        assert_eq!(leak("TRACE hyper: x-vault-token: Sensitive"), None);
    }

    #[test]
    fn every_level_of_every_crate_is_watched_once_there_is_a_context() {
        let _context = crate::context::Context::system();
        assert!(tracing::dispatcher::has_been_set());
        assert!(tracing::enabled!(target: "any_crate", tracing::Level::TRACE));
    }
}
