//! Where the repository and the caches are.

use std::env;
use std::path::{Path, PathBuf};

use crate::failure::{Doing, Failure, Result};

/// The root of the checkout this xtask was built from.
pub(crate) fn repository() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// This program.
pub(crate) fn own_program() -> Result<PathBuf> {
    env::current_exe().doing(|| "cannot tell the path of this program".into())
}

/// The folder that cargo builds into.
pub(crate) fn target() -> Result<PathBuf> {
    let own = own_program()?;
    Ok(own.ancestors().nth(2).unwrap_or(&own).to_owned())
}

/// The binary `leasekey`, where cargo puts it when it builds this profile.
pub(crate) fn command_line(profile: &str) -> Result<PathBuf> {
    Ok(target()?.join(profile).join(format!("leasekey{}", env::consts::EXE_SUFFIX)))
}

/// The npm package.
pub(crate) fn node_package() -> PathBuf {
    repository().join("crates/node")
}

/// The folder with the stack's own files: `tests/stack`.
pub(crate) fn stack_sources() -> PathBuf {
    repository().join("tests/stack")
}

/// `$XDG_CACHE_HOME/leasekey/stack`, else `~/.cache/leasekey/stack`.
pub(crate) fn cache() -> Result<PathBuf> {
    let base = folder("XDG_CACHE_HOME").or_else(|| Some(folder("HOME")?.join(".cache")));
    let base = base.ok_or_else(|| {
        Failure::new(
            "cannot find a folder for the stack's programs",
            "neither XDG_CACHE_HOME nor HOME names one",
        )
        .next("export XDG_CACHE_HOME=/some/folder and run the same command again")
    })?;
    Ok(base.join("leasekey/stack"))
}

/// An absolute folder named by an environment variable; XDG ignores relative ones.
fn folder(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute())
}
