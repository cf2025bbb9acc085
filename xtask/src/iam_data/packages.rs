//! Packages, fetched by their registries' own clients and unpacked.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::{Doing, Failure, Result};
use crate::process;

/// A folder that is removed at the end.
pub(super) struct Scratch(PathBuf);

/// A package on disk.
pub(super) struct Package {
    pub(super) folder: PathBuf,
    pub(super) version: String,
}

impl Scratch {
    pub(super) fn new() -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("leasekey-iam-data-{}", std::process::id()));
        fs::create_dir_all(&folder).doing(|| format!("cannot create {}", folder.display()))?;
        Ok(Self(folder))
    }

    /// The newest version of a package of npm.
    pub(super) fn npm(&self, name: &str) -> Result<Package> {
        let folder = self.empty("npm")?;
        run(Command::new("npm").args(["pack", "--silent", "--pack-destination"]).arg(&folder).arg(name))?;
        let packed = only_file(&folder)?;
        run(Command::new("tar").arg("-xzf").arg(&packed).arg("-C").arg(&folder))?;
        self.package(folder, &packed)
    }

    /// The newest wheel of a package of PyPI.
    pub(super) fn pip(&self, name: &str) -> Result<Package> {
        let folder = self.empty(name)?;
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest"]);
        run(pip.arg(&folder).arg(name))?;
        let packed = only_file(&folder)?;
        let mut unzip = Command::new("unzip");
        run(unzip.arg("-q").arg(&packed).arg("-d").arg(&folder))?;
        self.package(folder, &packed)
    }

    fn empty(&self, name: &str) -> Result<PathBuf> {
        let folder = self.0.join(name);
        fs::create_dir_all(&folder).doing(|| format!("cannot create {}", folder.display()))?;
        Ok(folder)
    }

    fn package(&self, folder: PathBuf, packed: &Path) -> Result<Package> {
        let name = packed.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let digits = |part: &&str| part.starts_with(|c: char| c.is_ascii_digit());
        let version = name.trim_end_matches(".tgz").split('-').find(digits).unwrap_or_default().to_owned();
        Ok(Package { folder, version })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed is in the folder for such things.
        let _left = fs::remove_dir_all(&self.0);
    }
}

fn run(command: &mut Command) -> Result<()> {
    let status = process::run(command.stdin(Stdio::null()).stdout(Stdio::null()))?;
    if status.success() {
        return Ok(());
    }
    let what = format!("{} cannot fetch or unpack a package", process::name(command));
    Err(Failure::new(what, status).next("check the network and that npm, pip, tar and unzip are there"))
}

fn only_file(folder: &Path) -> Result<PathBuf> {
    let entries = fs::read_dir(folder).doing(|| format!("cannot read {}", folder.display()))?;
    let mut files = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file());
    files.next().ok_or_else(|| Failure::new("a package was not fetched", folder.display()))
}

/// The text of a file of a package.
pub(super) fn text(path: &Path) -> Result<String> {
    fs::read_to_string(path).doing(|| format!("cannot read {}", path.display()))
}
