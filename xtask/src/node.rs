//! The npm package `leasekey`: what it is made with, how it is built, and its tests.

use std::env::consts::{ARCH, DLL_PREFIX, DLL_SUFFIX, OS};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::cargo::{cargo, without_own_variables};
use crate::failure::{Doing, Failure, Result};
use crate::leaks::Traces;
use crate::stack::{Exports, OwnStack, Recipe, Server, Shape, fingerprint};
use crate::{paths, process};

/// Where the tests find the library with a scripted world.
const STAGE: &str = "LEASEKEY_NODE_STAGE";
const OLDEST: u32 = 20;
/// Where they find other releases of Node, each under its number.
const RUNTIMES: &str = "LEASEKEY_NODE_RUNTIMES";
/// The one before the oldest, and those after it.
const OTHERS: [u32; 4] = [18, 22, 24, 26];

/// What npm installs for the package's own tests and builds: once for each lock file, in the cache.
fn install() -> Result<()> {
    let package = paths::node_package();
    let read = |name: &str| {
        let path = package.join(name);
        fs::read_to_string(&path).doing(|| format!("cannot read {}", path.display()))
    };
    let [manifest, lock, settings] = ["package.json", "package-lock.json", ".npmrc"].map(read);
    let texts = [manifest?, lock?, settings?];
    let name = format!("node-{}-{OS}-{ARCH}", fingerprint(&texts.each_ref().map(String::as_str)));
    let recipe =
        Recipe { name, about: "vitest, tsdown and the AWS SDK for JavaScript from npm (a minute, once)" };
    let installed = recipe.folder(|kitchen| {
        check_node()?;
        for (name, text) in ["package.json", "package-lock.json", ".npmrc"].iter().zip(&texts) {
            let path = kitchen.folder.join(name);
            fs::write(&path, text).doing(|| format!("cannot write {}", path.display()))?;
        }
        // Not `npm ci`: it misses optional packages of other platforms, which npm itself leaves out of the lock file.
        let words = ["install", "--no-progress", "--ignore-scripts"];
        kitchen.step(Command::new("npm").args(words).current_dir(&kitchen.folder))
    })?;
    link(&installed.join("node_modules"), &package.join("node_modules"))
}

/// Other releases of Node, of the packages that bring one for this platform.
fn runtimes() -> Result<PathBuf> {
    let os = if OS == "macos" { "darwin" } else { OS };
    let arch = if ARCH == "aarch64" { "arm64" } else { "x64" };
    let package = |release: u32| format!("{release}@npm:node-{os}-{arch}@{release}");
    let packages = OTHERS.map(package);
    let name = format!("node-runtimes-{}-{OS}-{ARCH}", fingerprint(&packages.each_ref().map(String::as_str)));
    let recipe = Recipe { name, about: "other releases of Node from npm (half a minute, once)" };
    let installed = recipe.folder(|kitchen| {
        let words = ["install", "--prefix", ".", "--no-progress", "--ignore-scripts", "--no-save"];
        kitchen.step(Command::new("npm").args(words).args(&packages).current_dir(&kitchen.folder))
    })?;
    Ok(installed.join("node_modules"))
}

fn check_node() -> Result<()> {
    let version = Command::new("node").arg("--version").stderr(Stdio::null()).output();
    let version = version.map(|out| String::from_utf8_lossy(&out.stdout).into_owned()).unwrap_or_default();
    if major(&version).is_some_and(|major| major >= OLDEST) {
        return Ok(());
    }
    let why =
        if version.is_empty() { "there is no node on the PATH".into() } else { format!("it is {version}") };
    Err(Failure::new("cannot build the npm package", why)
        .next(format!("install Node {OLDEST} or later, with npm, and run the same command again")))
}

/// 20 of `v20.20.2`.
fn major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

/// Makes `link` lead to `to`; a folder that somebody installed there by hand stays.
fn link(to: &PathBuf, link: &PathBuf) -> Result<()> {
    if fs::read_link(link).is_ok_and(|old| old == *to) || link.is_dir() && !link.is_symlink() {
        return Ok(());
    }
    if link.is_symlink() {
        fs::remove_file(link).doing(|| format!("cannot remove {}", link.display()))?;
    }
    symlink(to, link).doing(|| format!("cannot link {}", link.display()))
}

/// A program that npm installed, run in the package's folder.
fn tool(name: &str, words: &[&str]) -> Command {
    let package = paths::node_package();
    let mut command = Command::new(package.join("node_modules/.bin").join(name));
    command.args(words).current_dir(package);
    without_own_variables(&mut command);
    command
}

/// Builds the package: its native half with this profile, and its TypeScript half.
fn build(profile: &str) -> Result<()> {
    install()?;
    assemble(&library(profile, &[])?)?;
    quietly(
        &mut tool("tsdown", &["--logLevel", "warn"]),
        "the TypeScript half of the npm package does not build",
    )
}

/// Has cargo build the native half.
fn library(profile: &str, features: &[&str]) -> Result<PathBuf> {
    let mut build = cargo(&["build", "--quiet", "--package", "leasekey-node", "--profile", profile]);
    build.args(["--features", &features.join(",")]);
    quietly(&mut build, "the native half of the npm package does not build")?;
    let folder = if profile == "dev" { "debug" } else { profile };
    Ok(paths::target()?.join(folder).join(format!("{DLL_PREFIX}leasekey_node{DLL_SUFFIX}")))
}

/// Puts the native half beside its loader, which the tool writes.
fn assemble(library: &Path) -> Result<()> {
    let mut node = Command::new("node");
    node.arg("assemble.mjs").arg(library).current_dir(paths::node_package());
    quietly(&mut node, "the loader of the native half cannot be written")
}

/// The tests of the npm package, ready to run.
pub(crate) struct NodeTests {
    stage: PathBuf,
    runtimes: PathBuf,
}

impl NodeTests {
    /// Builds what the tests need.
    pub(crate) fn build() -> Result<Self> {
        let library = library("dev", &["test-util"])?;
        let stage = paths::target()?.join("node-stage.node");
        fs::copy(&library, &stage).doing(|| format!("cannot copy {}", library.display()))?;
        build("dev")?;
        Ok(Self { stage, runtimes: runtimes()? })
    }

    /// Runs the tests whose names hold one of `filters`; whether they passed. `line` gets what they print, TAP.
    pub(crate) fn run(
        &self,
        exports: &Exports,
        traces: &Traces,
        filters: &[String],
        line: impl FnMut(&str),
    ) -> Result<bool> {
        let mut vitest = tool("vitest", &["run", "--reporter=tap-flat", "--passWithNoTests"]);
        if !filters.is_empty() {
            vitest.args(["--testNamePattern", &filters.join("|")]);
        }
        exports.give(&mut vitest);
        traces.give(&mut vitest);
        vitest.env(STAGE, &self.stage).env(RUNTIMES, &self.runtimes);
        Ok(process::run_lines(&mut vitest, line)?.success())
    }
}

/// The group of benches of this package.
pub(crate) const GROUP: &str = "node";

/// Measures the package as it is released, on servers of its own.
pub(crate) fn bench(part: Option<&str>, json: Option<&Path>) -> Result<()> {
    build("dist")?;
    let stack = OwnStack::start(Server::Openbao, Shape::default(), "bench")?;
    let mut benches = Command::new("node");
    benches.arg("bench/index.mjs").current_dir(paths::node_package());
    benches.args(part.iter().flat_map(|part| ["--part", part]));
    if let Some(file) = json {
        benches.arg("--json").arg(file);
    }
    stack.exports().give(&mut benches);
    let ran = process::run(&mut benches);
    let failed = !ran.as_ref().is_ok_and(std::process::ExitStatus::success);
    stack.end(failed)?;
    match ran? {
        status if status.success() => Ok(()),
        status => Err(Failure::new("the benches of the npm package failed", status)),
    }
}

/// Runs a step whose output only matters if it fails.
fn quietly(command: &mut Command, what: &str) -> Result<()> {
    let mut output = String::new();
    let status = process::run_lines(command, |line| {
        output.push_str(line);
        output.push('\n');
    })?;
    if status.success() { Ok(()) } else { Err(Failure::new(what, output).code(101)) }
}

#[cfg(test)]
mod tests {
    use super::major;

    #[test]
    fn node_says_its_version_with_a_v() {
        assert_eq!(major("v20.20.2\n"), Some(20));
        assert_eq!(major(""), None);
    }
}
