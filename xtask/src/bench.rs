//! `cargo xtask bench`: Leasekey side by side with its peers, on servers of its own.

use std::path::{Path, PathBuf};

use crate::cargo::cargo;
use crate::failure::{Doing, Failure, Result};
use crate::stack::{OwnStack, Server, Shape};
use crate::test::CLI;
use crate::{node, paths, process, python};

/// Runs one group of measurements, or all, or a part; rows go to `json` if it is given.
pub(crate) fn bench(only: Option<&str>, part: Option<&str>, json: Option<&Path>) -> Result<()> {
    let json = json.map(absolute).transpose()?;
    if only == Some(node::GROUP) {
        return node::bench(part, json.as_deref());
    }
    if only == Some(python::GROUP) {
        return python::bench(part, json.as_deref());
    }
    let mut build = cargo(&["build", "--quiet", "--release", "--package", "leasekey-benches"]);
    expect(process::run(&mut build)?, "compiling the benches failed")?;
    // On its own: what the command line needs must not weigh on what is measured of the library.
    let mut build = cargo(&["build", "--quiet", "--release", "--package", "leasekey", "--features", "cli"]);
    expect(process::run(&mut build)?, "compiling the command line failed")?;
    let stack = OwnStack::start(Server::Openbao, Shape::default(), "bench")?;
    let cluster = OwnStack::start(Server::Openbao, Shape::CLUSTER, "bench-ha")?;
    cluster.freeze()?;
    let mut benches = cargo(&["run", "--quiet", "--release", "--package", "leasekey-benches", "--"]);
    if let Some(group) = only {
        benches.args(["--only", group]);
    }
    if let Some(part) = part {
        benches.args(["--part", part]);
    }
    if let Some(file) = &json {
        benches.arg("--json").arg(file);
    }
    stack.exports_with(Some(&cluster))?.give(&mut benches);
    benches.env(CLI, paths::command_line("release")?);
    let ran = process::run(&mut benches).and_then(|status| expect(status, "the benches failed"));
    let ended = stack.end(ran.is_err()).and(cluster.end(ran.is_err()));
    ran.and(ended)
}

fn expect(status: std::process::ExitStatus, what: &str) -> Result<()> {
    if status.success() { Ok(()) } else { Err(Failure::new(what, status)) }
}

/// The benches run elsewhere than the caller.
fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).doing(|| format!("cannot tell where {} is", path.display()))
}
