//! What a program needs to use a stack, as environment variables.

use std::env;
use std::process::Command;

use serde::{Deserialize, Serialize};

/// Variables of these programs come from the stack alone, never from the caller's shell.
const OURS: [&str; 4] = ["AWS_", "BAO_", "LEASEKEY_", "VAULT_"];

/// The variables, in the order they are printed.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Exports(Vec<(String, String)>);

impl Exports {
    /// Takes names and values.
    pub(crate) fn new<const N: usize>(values: [(&str, String); N]) -> Self {
        Self(values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// One value.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// Gives them to `command`, without anything of the same family from the caller's environment.
    pub(crate) fn give(&self, command: &mut Command) {
        for (name, _) in env::vars_os() {
            if OURS.iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
                command.env_remove(name);
            }
        }
        command.envs(self.0.iter().map(|(name, value)| (name, value)));
    }

    /// Lines for `eval` in a shell.
    pub(crate) fn shell(&self) -> String {
        let quoted = |value: &str| value.replace('\'', r"'\''");
        self.0.iter().map(|(name, value)| format!("export {name}='{}'\n", quoted(value))).collect()
    }
}
