//! `cargo xtask check`: what can be told without running a server.

use std::time::Instant;

use crate::cargo::cargo;
use crate::failure::{Failure, Result};
use crate::process;

/// A name of at most twelve letters, and the command.
type Step = (&'static str, &'static [&'static str]);

const STEPS: [Step; 5] = [
    ("format", &["fmt", "--all", "--check"]),
    (
        "clippy",
        &["clippy", "--workspace", "--all-targets", "--all-features", "--quiet", "--", "-D", "warnings"],
    ),
    ("docs", &["doc", "--workspace", "--no-deps", "--quiet"]),
    ("no-network", &["check", "--package", "leasekey", "--no-default-features", "--quiet"]),
    ("architecture", &["test", "--package", "leasekey-tests", "--test", "architecture", "--quiet"]),
];

/// Runs the steps in order and stops at the first that fails.
pub(crate) fn check() -> Result<()> {
    for (name, words) in STEPS {
        let since = Instant::now();
        let failure = run(words)?;
        let result = if failure.is_none() { "ok" } else { "FAILED" };
        println!("{name:14}{result:8}{:6.1} s", since.elapsed().as_secs_f32());
        if let Some(output) = failure {
            print!("{output}");
            let why = format!("{name}, which is `cargo {}`; its output is above", words.join(" "));
            return Err(Failure::new("check stopped at a step that failed", why));
        }
    }
    Ok(())
}

/// What the step had to say if it failed.
fn run(words: &[&str]) -> Result<Option<String>> {
    let mut command = cargo(words);
    command.env("RUSTDOCFLAGS", "-D warnings");
    let mut output = String::new();
    let status = process::run_lines(&mut command, |line| {
        output.push_str(line);
        output.push('\n');
    })?;
    Ok((!status.success()).then_some(output))
}
