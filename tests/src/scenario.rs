//! Refresh scenarios: JSON files that say what happens to a Vault and what callers see. The format is told
//! in `tests/scenarios/refresh/README.md`; every language runs the same files.

#![allow(clippy::disallowed_methods, reason = "the clock is paused, and files are read before it starts")]

mod aws;
mod file;
mod run;

use std::fmt;
use std::path::Path;

pub use self::aws::refuses;
use file::Scenario;

/// Why a scenario does not hold.
#[derive(Debug)]
pub struct Broken(String);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Runs the scenario in this file, in virtual time.
///
/// # Errors
/// The file, the step and what was expected of it.
pub fn run(path: &Path) -> Result<(), Broken> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let text = std::fs::read_to_string(path).map_err(|error| Broken(format!("{name}: {error}")))?;
    run_text(&name, &text)
}

/// Runs the scenario that this text is; `name` is for messages.
///
/// # Errors
/// As [`run`].
pub fn run_text(name: &str, text: &str) -> Result<(), Broken> {
    let broken = |why: String| Broken(format!("{name}: {why}"));
    let scenario: Scenario = serde_json::from_str(text).map_err(|error| broken(error.to_string()))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    let runtime = runtime.map_err(|error| broken(error.to_string()))?;
    runtime.block_on(run::scenario(&scenario)).map_err(broken)
}
