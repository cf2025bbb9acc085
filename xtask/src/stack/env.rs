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

    /// One more.
    pub(crate) fn add(&mut self, name: &str, value: impl Into<String>) {
        self.0.push((name.to_owned(), value.into()));
    }

    /// These and the other's, whose names begin with `prefix` from now on.
    pub(crate) fn join(&mut self, prefix: &str, other: &Self) {
        self.0.extend(other.0.iter().map(|(name, value)| (format!("{prefix}{name}"), value.clone())));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_in_a_value_stays_a_quote_in_the_shell() {
        let exports = Exports::new([("PLAIN", "a b".into()), ("QUOTED", "it's".into())]);
        assert_eq!(exports.shell(), "export PLAIN='a b'\nexport QUOTED='it'\\''s'\n");
    }

    #[test]
    fn a_command_gets_the_exports_and_no_other_variable_of_their_families() {
        let exports = Exports::new([("VAULT_ADDR", "http://127.0.0.1:1".into())]);
        let mut command = Command::new("env");
        command.env("HOME", "/");
        exports.give(&mut command);
        let output =
            command.output().map(|out| String::from_utf8_lossy(&out.stdout).into_owned()).unwrap_or_default();
        let ours: Vec<&str> =
            output.lines().filter(|line| OURS.iter().any(|prefix| line.starts_with(prefix))).collect();
        assert_eq!(ours, ["VAULT_ADDR=http://127.0.0.1:1"]);
    }
}
