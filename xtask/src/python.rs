//! The Python package: its wheel, and its tests in environments that are made once and kept in the cache.
//!
//! boto3 and aiobotocore want different botocores, so each has an environment of its own, and so have the libraries
//! that need neither. The wheel is put into a
//! folder beside them, so that they stay as their pins made them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Doing, Failure, Result};
use crate::stack::{Exports, OwnStack, Server, Shape, clear, python_environment};
use crate::{paths, process};

/// An environment and the tests that run in it.
struct Suite {
    /// That of its requirements, `crates/py/tests/requirements/NAME.txt`.
    name: &'static str,
    /// Only tests with this mark.
    mark: &'static str,
    /// The files that can be read without what only another environment has.
    files: &'static [&'static str],
}

const SUITES: [Suite; 3] = [
    Suite { name: "boto3", mark: "not aio and not storage", files: &["tests"] },
    Suite { name: "aio", mark: "aio", files: &["tests/test_aio.py", "tests/test_readme.py"] },
    Suite { name: "storage", mark: "storage", files: &["tests/test_storage.py", "tests/test_readme.py"] },
];

/// The tests of the Python package, ready to run.
pub(crate) struct PythonTests {
    wheel: PathBuf,
}

/// Builds the wheel with what tests need.
pub(crate) fn build(profile: &str, features: &[&str]) -> Result<PathBuf> {
    let wheels = paths::target()?.join("python/wheels").join(profile);
    clear(&wheels)?;
    let mut maturin = Command::new(environment("boto3")?.join("bin/maturin"));
    maturin.current_dir(paths::repository().join("crates/py"));
    maturin.args(["build", "--quiet", "--profile", profile, "--interpreter"]);
    maturin.arg(environment("boto3")?.join("bin/python3")).arg("--out").arg(&wheels);
    if !features.is_empty() {
        maturin.args(["--features", &features.join(",")]);
    }
    maturin.env("CARGO_TARGET_DIR", paths::target()?);
    let built = process::run(&mut maturin)?;
    if !built.success() {
        return Err(Failure::new("the wheel of the Python package cannot be built", "see above").code(101));
    }
    let found = fs::read_dir(&wheels).doing(|| format!("cannot read {}", wheels.display()))?;
    found
        .flatten()
        .map(|entry| entry.path())
        .next()
        .ok_or_else(|| Failure::new("the wheel of the Python package is not there", wheels.display()))
}

/// Python of the environment of this name, which has all that its requirements name and pin.
pub(crate) fn environment(name: &str) -> Result<PathBuf> {
    let requirements = paths::repository().join(format!("crates/py/tests/requirements/{name}.txt"));
    let about = format!("what the Python tests need, {name} among it (a minute, once)");
    python_environment(&format!("py-{name}"), &requirements, &about)
}

impl PythonTests {
    /// Compiles what the tests need.
    pub(crate) fn build() -> Result<Self> {
        Ok(Self { wheel: build("dev", &["test-util"])? })
    }

    /// Runs the tests whose names hold one of `filters`; whether they passed. `line` gets what they print.
    pub(crate) fn run(
        &self,
        exports: &Exports,
        filters: &[String],
        mut line: impl FnMut(&str),
    ) -> Result<bool> {
        let mut passed = true;
        for suite in SUITES {
            let mut pytest = suite.pytest(&self.wheel, filters)?;
            exports.give(&mut pytest);
            // The tests themselves run Python in fresh environments and need the wheel for that.
            pytest.env("LEASEKEY_PY_WHEEL", &self.wheel).env("CARGO_TARGET_DIR", paths::target()?);
            let ended = process::run_lines(&mut pytest, &mut line)?;
            // 5: no test has such a name.
            passed &= ended.success() || ended.code() == Some(5);
        }
        Ok(passed)
    }
}

impl Suite {
    fn pytest(&self, wheel: &Path, filters: &[String]) -> Result<Command> {
        let python = environment(self.name)?.join("bin/python3");
        let site = paths::target()?.join("python/site").join(self.name);
        install(&python, wheel, &site)?;
        let mut pytest = Command::new(python);
        pytest.current_dir(paths::repository().join("crates/py"));
        pytest.env("PYTHONPATH", &site).env("PYTHONDONTWRITEBYTECODE", "1");
        pytest.args(["-m", "pytest", "-p", "no:cacheprovider", "-q", "-rfE", "-m", self.mark]);
        pytest.args(self.files);
        if !filters.is_empty() {
            pytest.args(["-k", &filters.join(" or ")]);
        }
        Ok(pytest)
    }
}

/// The group of benches of this package.
pub(crate) const GROUP: &str = "python";

/// Measures the wheel as it is released, on servers of its own.
pub(crate) fn bench(part: Option<&str>, json: Option<&Path>) -> Result<()> {
    let wheel = build("release", &[])?;
    let python = environment("boto3")?.join("bin/python3");
    let site = paths::target()?.join("python/site/bench");
    install(&python, &wheel, &site)?;
    let stack = OwnStack::start(Server::Openbao, Shape::default(), "bench")?;
    let mut benches = Command::new(python);
    benches.current_dir(paths::repository().join("crates/py"));
    benches.args(["-m", "pytest", "benches", "-p", "no:cacheprovider", "-q", "--benchmark-quiet"]);
    benches.args(part.iter().flat_map(|part| ["-k", part]));
    if let Some(file) = json {
        benches.arg("--rows").arg(file);
    }
    stack.exports().give(&mut benches);
    benches.env("PYTHONPATH", &site).env("LEASEKEY_PY_WHEEL", &wheel).env("PYTHONDONTWRITEBYTECODE", "1");
    let ran = process::run(&mut benches);
    let failed = !ran.as_ref().is_ok_and(std::process::ExitStatus::success);
    stack.end(failed)?;
    match ran? {
        status if status.success() => Ok(()),
        status => Err(Failure::new("the benches of the Python package failed", status)),
    }
}

/// Puts the wheel alone into a folder.
pub(crate) fn install(python: &Path, wheel: &Path, site: &Path) -> Result<()> {
    clear(site)?;
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "install", "--quiet", "--no-input", "--no-deps", "--no-index", "--target"]);
    let installed = process::run(pip.arg(site).arg(wheel))?;
    if installed.success() {
        return Ok(());
    }
    Err(Failure::new("the wheel of the Python package cannot be installed", wheel.display()).code(101))
}
