//! Calls of cargo, on this repository.

use std::process::Command;

use crate::paths;

/// `cargo` with these words, at the root of the repository.
pub(crate) fn cargo(words: &[&str]) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.args(words).current_dir(paths::repository());
    without_own_variables(&mut command);
    command
}

/// What `cargo xtask` was told about itself says nothing about what it calls.
pub(crate) fn without_own_variables(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CARGO_PKG_") || name == "CARGO_MANIFEST_DIR" {
            command.env_remove(name);
        }
    }
}
