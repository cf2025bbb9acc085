//! `cargo xtask test`: every test of the repository, on servers of its own.

use std::process::Command;

use crate::cargo::cargo;
use crate::failure::{Failure, Result};
use crate::leaks::Traces;
use crate::node::NodeTests;
use crate::python::PythonTests;
use crate::stack::{Exports, OwnStack, Server, Shape};
use crate::{paths, process};

/// What no log may show of the stack itself.
const SECRETS: [&str; 2] = ["LEASEKEY_SECRET_ID", "LEASEKEY_STACK_ROOT_TOKEN"];

/// Where the tests find the command line.
pub(crate) const CLI: &str = "LEASEKEY_CLI";

/// What to run, and on which server.
pub(crate) struct Plan {
    pub(crate) server: Server,
    pub(crate) part: Part,
    /// Only tests whose names hold one of these; empty for all.
    pub(crate) filters: Vec<String>,
}

/// What of the tests to run.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum Part {
    All,
    /// The contract with a server, and the faults of one.
    Contract,
    /// Those of the npm package.
    Node,
    /// Those of the Python package.
    Python,
}

/// Runs the tests; the names of those that fail are the last lines.
pub(crate) fn test(plan: &Plan) -> Result<()> {
    // Compile first: servers need not wait for that.
    if plan.has_rust() && !process::run(plan.cargo().arg("--no-run"))?.success() {
        return Err(Failure::new("the tests do not compile", "see above").code(101));
    }
    let python = plan.has(Part::Python).then(PythonTests::build).transpose()?;
    let node = plan.has(Part::Node).then(NodeTests::build).transpose()?;
    let stack = OwnStack::start(plan.server, Shape::default(), "test")?;
    let cluster = plan.cluster()?;
    let exports = stack.exports_with(cluster.as_ref())?;
    let mut traces = Traces::into(stack.folder("tests")?)?;
    let mut tally = Tally::default();
    let rust = plan.run_rust(&exports, &mut traces, &mut tally);
    let python = python.map_or(Ok(true), |python| {
        python.run(&exports, &plan.filters, |line| {
            println!("{line}");
            tally.read_python(line);
            traces.line(line);
        })
    });
    let node = node.map_or(Ok(true), |node| {
        let mut printed = Vec::new();
        let ran = node.run(&exports, &traces, &plan.filters, |line| {
            println!("{line}");
            tally.read_node(line);
            printed.push(line.to_owned());
        });
        printed.iter().for_each(|line| traces.line(line));
        ran
    });
    let passed = [&rust, &python, &node].into_iter().all(|ran| ran.as_ref().is_ok_and(|passed| *passed));
    let secrets = SECRETS.iter().flat_map(|name| [(*name).to_owned(), format!("LEASEKEY_HA_{name}")]);
    let secrets: Vec<String> = secrets.map(|name| exports.get(&name).to_owned()).collect();
    let leaks = traces.leaks(&secrets.iter().map(String::as_str).collect::<Vec<_>>())?;
    let failed = !passed || !leaks.is_empty();
    let cluster_ended = cluster.map_or(Ok(()), |cluster| cluster.end(failed));
    stack.end(failed).and(cluster_ended)?;
    rust?;
    python?;
    node?;
    match (passed, leaks.is_empty()) {
        (true, true) => tally.success(plan.server),
        (true, false) => Err(leaked(&leaks)),
        (false, _) => Err(tally.failure(plan.server)),
    }
}

fn leaked(leaks: &[String]) -> Failure {
    let what = "the tests passed, but secrets were logged or printed";
    Failure::new(what, format!("in the folder tests beside the servers' logs:\n{}", leaks.join("\n")))
        .code(101)
}

impl Plan {
    fn has(&self, part: Part) -> bool {
        self.part == Part::All || self.part == part
    }

    fn has_rust(&self) -> bool {
        self.has(Part::Contract)
    }

    /// The three nodes whose leader the tests kill; the contract tests need none.
    fn cluster(&self) -> Result<Option<OwnStack>> {
        if self.part != Part::All {
            return Ok(None);
        }
        OwnStack::start(self.server, Shape::CLUSTER, "test-ha").map(Some)
    }

    /// Runs the tests of Rust; whether they passed.
    fn run_rust(&self, exports: &Exports, traces: &mut Traces, tally: &mut Tally) -> Result<bool> {
        if !self.has_rust() {
            return Ok(true);
        }
        let mut command = self.cargo();
        command.arg("--no-fail-fast").arg("--").args(&self.filters);
        exports.give(&mut command);
        // The feature `cli` has it built with the tests.
        command.env(CLI, paths::command_line("debug")?);
        traces.give(&mut command);
        let ran = process::run_lines(&mut command, |line| {
            println!("{line}");
            tally.read(line);
            traces.line(line);
        })?;
        Ok(ran.success())
    }

    fn cargo(&self) -> Command {
        if self.part == Part::Contract {
            return cargo(&[
                "test",
                "--package",
                "leasekey-tests",
                "--features",
                "stack",
                "--test",
                "contract",
                "--test",
                "faults",
            ]);
        }
        cargo(&["test", "--workspace", "--features", "leasekey-tests/stack,leasekey/cli"])
    }
}

/// What the lines of `cargo test`, pytest and vitest say.
#[derive(Default)]
struct Tally {
    /// The test program that runs now.
    program: String,
    passed: u64,
    failed: Vec<String>,
    /// Programs that ended in failure: one that crashed names no test.
    broken: Vec<String>,
}

impl Tally {
    fn read(&mut self, line: &str) {
        let line = line.trim();
        if line.starts_with("Running ") || line.starts_with("Doc-tests ") {
            self.program = program(line);
        } else if let Some(test) =
            line.strip_prefix("test ").and_then(|line| line.strip_suffix(" ... FAILED"))
        {
            self.failed.push(format!("{}: {test}", self.program));
        } else if let Some(counts) = line.strip_prefix("test result: ") {
            self.passed += passed(counts).unwrap_or(0);
        } else if let Some(words) = line.strip_prefix('`').and_then(|line| line.strip_suffix('`')) {
            self.broken.push(words.to_owned());
        }
    }

    /// What the lines of pytest say.
    fn read_python(&mut self, line: &str) {
        let failed = line.strip_prefix("FAILED ").or(line.strip_prefix("ERROR "));
        if let Some(test) = failed {
            let name = test.split(" - ").next().unwrap_or(test);
            self.failed.push(format!("python: {name}"));
        } else if let Some(count) = line.split(", ").find_map(passed) {
            self.passed += count;
        }
    }

    fn read_node(&mut self, line: &str) {
        if let Some(test) = tap(line, "not ok ") {
            self.failed.push(format!("node: {test}"));
        }
        self.passed += u64::from(tap(line, "ok ").is_some());
    }

    fn success(&self, server: Server) -> Result<()> {
        if self.passed == 0 {
            return Err(Failure::new("no test ran", "no name holds what was asked for").code(101));
        }
        println!("{} tests passed on {}", self.passed, server.title());
        Ok(())
    }

    /// The names come last: that is where people look first.
    fn failure(&self, server: Server) -> Failure {
        let (passed, failed, on) = (self.passed, self.failed.len(), server.title());
        if self.failed.is_empty() {
            let what = format!("a test program crashed on {on}; {passed} tests had passed");
            return Failure::new(what, format!("cargo test {}", self.broken.join("\ncargo test "))).code(101);
        }
        let what = format!("{failed} of {} tests failed on {on}", passed + self.failed.len() as u64);
        Failure::new(what, format!("these:\n{}", self.failed.join("\n"))).code(101)
    }
}

/// `contract` of `Running tests/contract.rs (target/debug/deps/contract-0123456789abcdef)`.
fn program(line: &str) -> String {
    let path = line.rsplit(['/', '(', ' ']).next().unwrap_or(line).trim_end_matches(')');
    let name = path.rsplit_once('-').map_or(path, |(name, _hash)| name);
    if line.starts_with("Doc-tests ") { format!("doc-tests {path}") } else { name.to_owned() }
}

/// The test of a line of TAP, `ok 7 - file > test # time=1ms`; one that was left out is none.
fn tap<'a>(line: &'a str, result: &str) -> Option<&'a str> {
    let (number, test) = line.strip_prefix(result)?.split_once(" - ")?;
    let (test, more) = test.rsplit_once(" # ").unwrap_or((test, ""));
    (number.parse::<u32>().is_ok() && !more.starts_with("SKIP")).then_some(test)
}

/// 12 of `ok. 12 passed; 0 failed; ...`.
fn passed(counts: &str) -> Option<u64> {
    let (before, _) = counts.split_once(" passed")?;
    before.rsplit(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failing_tests_are_named_with_their_program() {
        let mut tally = Tally::default();
        for line in [
            "     Running tests/contract.rs (/target/debug/deps/contract-0123456789abcdef)",
            "test a_lease_is_issued ... ok",
            "test a_denied_path_says_so ... FAILED",
            "test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "   Doc-tests leasekey",
            "test crates/core/src/lib.rs - (line 3) ... FAILED",
            "test result: FAILED. 2 passed; 1 failed; 0 ignored",
        ] {
            tally.read(line);
        }
        assert_eq!(tally.passed, 3);
        let names =
            ["contract: a_denied_path_says_so", "doc-tests leasekey: crates/core/src/lib.rs - (line 3)"];
        assert_eq!(tally.failed, names);
    }

    #[test]
    fn the_tests_of_python_are_counted_and_the_failing_ones_named() {
        let mut tally = Tally::default();
        for line in [
            "FAILED tests/test_boto3.py::test_a_bucket_is_listed - AssertionError: 1 passed",
            "1 failed, 41 passed, 3 deselected in 12.34s",
        ] {
            tally.read_python(line);
        }
        assert_eq!(tally.passed, 41);
        assert_eq!(tally.failed, ["python: tests/test_boto3.py::test_a_bucket_is_listed"]);
    }

    #[test]
    fn tests_of_the_npm_package_are_counted_and_named() {
        let mut tally = Tally::default();
        for line in [
            "TAP version 13",
            "1..3",
            "ok 1 - test/sdk.test.ts > a client > lists a bucket # time=12.01ms",
            "not ok 2 - test/sdk.test.ts > a chain > goes on # time=1.00ms",
            "ok 3 - test/sdk.test.ts > a chain > stops # SKIP",
        ] {
            tally.read_node(line);
        }
        assert_eq!(tally.passed, 1);
        assert_eq!(tally.failed, ["node: test/sdk.test.ts > a chain > goes on"]);
    }

    #[test]
    fn a_crashed_program_is_named_by_how_to_run_it_again() {
        let mut tally = Tally::default();
        tally.read("error: 1 target failed:");
        tally.read("    `-p leasekey-tests --test contract`");
        assert!(tally.failure(Server::Vault).to_string().ends_with("-p leasekey-tests --test contract"));
    }
}
