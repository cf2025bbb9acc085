//! `cargo xtask check`: what can be told without running a server.

use std::process::Command;
use std::time::Instant;

use crate::cargo::cargo;
use crate::failure::{Failure, Result};
use crate::process;

/// A name of at most twelve letters, and what cargo is told.
type Step = (&'static str, &'static str);

const STEPS: [Step; 7] = [
    ("format", "fmt --all --check"),
    ("clippy", "clippy --workspace --all-targets --all-features --quiet -- -D warnings"),
    ("docs", "doc --workspace --no-deps --quiet"),
    ("no-network", "clippy --package leasekey --no-default-features --quiet -- -D warnings"),
    ("iam", "clippy --package leasekey --no-default-features --features iam --tests --quiet -- -D warnings"),
    ("fuzz", "check --manifest-path crates/core/fuzz/Cargo.toml --no-default-features --locked --quiet"),
    ("architecture", "test --package leasekey-tests --test architecture --quiet"),
];

/// The crates that feature `iam` alone brings along.
const IAM_GRAPH: &str = "tree --package leasekey --no-default-features --features iam --edges normal,build --prefix none --format {p}";

/// Crates that open connections, or exist for those that do.
const NETWORK: &[&str] = &[
    "async-std",
    "aws-config",
    "aws-lc-rs",
    "aws-sigv4",
    "curl",
    "h2",
    "http",
    "hyper",
    "hyper-util",
    "mio",
    "native-tls",
    "openssl",
    "quinn",
    "reqwest",
    "ring",
    "rustify",
    "rustls",
    "smol",
    "socket2",
    "tokio",
    "tower",
    "ureq",
    "vaultrs",
];

/// Runs the steps in order and stops at the first that fails.
pub(crate) fn check() -> Result<()> {
    steps()?;
    iam_is_offline()
}

/// The policy engine is used where nothing may be connected to: its graph holds no network crate.
fn iam_is_offline() -> Result<()> {
    let mut graph = Vec::new();
    let status = process::run_lines(&mut told(IAM_GRAPH), |line| graph.push(line.to_owned()))?;
    let why = format!("cargo {IAM_GRAPH}");
    if !status.success() || graph.is_empty() {
        return Err(Failure::new("the crates of feature iam cannot be listed", why));
    }
    match network_crates(&graph).as_slice() {
        [] => {
            println!("{:14}{:8}{:4} crates", "iam-offline", "ok", graph.len());
            Ok(())
        }
        found => Err(Failure::new(
            "feature iam brings network crates along",
            format!("{}; {why}", found.join(", ")),
        )),
    }
}

/// Those of the lines `name v1.2.3` that name a network crate.
fn network_crates(graph: &[String]) -> Vec<&str> {
    let names = graph.iter().filter_map(|line| line.split_whitespace().next());
    names.filter(|name| NETWORK.contains(name)).collect()
}

fn steps() -> Result<()> {
    for (name, words) in STEPS {
        let since = Instant::now();
        let failure = run(words)?;
        let result = if failure.is_none() { "ok" } else { "FAILED" };
        println!("{name:14}{result:8}{:6.1} s", since.elapsed().as_secs_f32());
        if let Some(output) = failure {
            print!("{output}");
            let why = format!("{name}, which is `cargo {words}`; its output is above");
            return Err(Failure::new("check stopped at a step that failed", why));
        }
    }
    Ok(())
}

fn told(words: &str) -> Command {
    cargo(&words.split(' ').collect::<Vec<_>>())
}

/// What the step had to say if it failed.
fn run(words: &str) -> Result<Option<String>> {
    let mut command = told(words);
    command.env("RUSTDOCFLAGS", "-D warnings");
    let mut output = String::new();
    let status = process::run_lines(&mut command, |line| {
        output.push_str(line);
        output.push('\n');
    })?;
    Ok((!status.success()).then_some(output))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_crate_in_the_graph_is_found() {
        let graph = ["leasekey v0.1.0 (/x)", "memchr v2.8.3", "tokio v1.54.0 (*)", "tokio-util v0.7.0"];
        let graph: Vec<_> = graph.map(str::to_owned).into();
        assert_eq!(network_crates(&graph), ["tokio"]);
    }
}
