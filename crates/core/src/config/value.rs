//! A value as text, where it came from, and how texts are read.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::ConfigKey;
use crate::error::{Error, ErrorKind, printable};
use crate::secret::SecretString;

/// Where a value came from.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Origin {
    /// The builder or a keyword argument.
    Builder,
    /// This environment variable.
    Env(&'static str),
    /// This line of a settings file.
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// The schema.
    Default,
}

impl Origin {
    /// What a person has to correct: `VAULT_ADDR`, `address=` or `address in /path/leasekey.toml line 3`.
    pub(super) fn place(&self, key: ConfigKey) -> String {
        match self {
            Self::Builder => format!("{}=", key.keyword()),
            Self::Env(name) => (*name).to_owned(),
            Self::File { .. } => format!("{} in {self}", key.keyword()),
            Self::Default => format!("the default of {}", key.keyword()),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Builder => f.write_str("builder"),
            Self::Env(name) => f.write_str(name),
            Self::File { path, line } => {
                write!(f, "{} line {line}", printable(&path.to_string_lossy()))
            }
            Self::Default => f.write_str("default"),
        }
    }
}

/// A setting's text and where it came from. All texts are held as secrets, so that no `Debug` shows one.
#[derive(Clone, Debug)]
pub(super) struct Value {
    pub(super) text: SecretString,
    pub(super) origin: Origin,
}

impl Value {
    pub(super) fn default_of(key: ConfigKey) -> Option<Self> {
        key.default_text().map(|text| Self { text: SecretString::from(text), origin: Origin::Default })
    }

    /// The `LK-0116` of a text that cannot be read; quotes it unless it is secret.
    pub(super) fn not_allowed(&self, key: ConfigKey, allowed: &str) -> Error {
        let place = self.origin.place(key);
        let what = if key.is_secret() {
            format!("{place} has a value that is not allowed")
        } else {
            format!("{place} is \"{}\"", printable(self.text.expose()))
        };
        Error::new(ErrorKind::InvalidSetting, what).with_hint(format!("Allowed is {allowed}"))
    }
}

/// Exactly the words of Go's `strconv.ParseBool`, so that a variable means here what it means to `vault`.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

pub(super) fn duration(text: &str) -> Option<Duration> {
    let seconds = text.parse().map(Duration::from_secs);
    seconds.or_else(|_| humantime::parse_duration(text)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn booleans_are_gos_words_and_no_others() {
        for word in ["1", "t", "T", "TRUE", "true", "True"] {
            assert_eq!(boolean(word), Some(true), "{word}");
        }
        for word in ["0", "f", "F", "FALSE", "false", "False"] {
            assert_eq!(boolean(word), Some(false), "{word}");
        }
        for word in ["yes", "no", "on", "off", "tRUE", "", " 1", "true\n", "2"] {
            assert_eq!(boolean(word), None, "{word:?}");
        }
    }

    #[test]
    fn durations_are_human_or_whole_seconds() {
        for (text, millis) in
            [("15m", 900_000), ("900", 900_000), ("1h 30m", 5_400_000), ("1h30m", 5_400_000), ("500ms", 500)]
        {
            assert_eq!(duration(text), Some(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "-1", "1.5", "15 parsecs", "99999999999999999999", "9999999999999999999h"] {
            assert_eq!(duration(text), None, "{text:?}");
        }
    }

    #[test]
    fn origins_read_as_places() {
        let file = Origin::File { path: "/etc/leasekey/leasekey.toml".into(), line: 3 };
        let places = [Origin::Builder, Origin::Env("VAULT_ADDR"), file].map(|o| o.place(ConfigKey::Address));
        assert_eq!(places, ["address=", "VAULT_ADDR", "address in /etc/leasekey/leasekey.toml line 3"]);
    }
}
