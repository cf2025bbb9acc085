//! Names that end up in a request's path or parameters, judged where they enter: what cannot be written
//! down here cannot reach a path, so no name changes what is asked of Vault.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, ErrorKind, Result, printable};

const LONGEST: usize = 128;

macro_rules! names {
    ($($(#[$doc:meta])+ $name:ident = $judge:expr;)+) => {$(
        $(#[$doc])+
        #[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub(crate) struct $name(String);

        impl $name {
            /// The name as text.
            pub(crate) fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = Error;

            /// # Errors
            /// `LK-0115` naming the character and its place.
            fn from_str(text: &str) -> Result<Self> {
                let judge: fn(&str) -> Result<&str, String> = $judge;
                match judge(text) {
                    Ok(name) => Ok(Self(name.to_owned())),
                    Err(why) => Err(invalid(stringify!($name), text, &why)),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

names! {
    /// Where a secrets engine or an auth method is mounted, `aws` or `team-a/aws`, without slashes around it.
    MountPath = |text| path(text, LONGEST).map(|()| text);
    /// A namespace, `pay/eu`; a slash at its end is dropped.
    Namespace = |text| {
        let text = text.strip_suffix('/').unwrap_or(text);
        path(text, LONGEST).map(|()| text)
    };
    /// A role of an engine: letters, digits, `_`, and inside also `-`, `.`, `@`, as Vault's own rule has it.
    RoleName = |text| role(text).map(|()| text);
    /// The session name of an assumed role: 2 to 64 letters, digits and `_+=,.@-`, as STS has it.
    SessionName = |text| session(text).map(|()| text);
}

fn invalid(what: &str, text: &str, why: &str) -> Error {
    let what = match what {
        "MountPath" => "mount",
        "RoleName" => "role",
        "SessionName" => "session name",
        _ => "namespace",
    };
    let shown: String = text.chars().take(40).collect();
    Error::new(ErrorKind::InvalidName, format!("the {what} \"{}\" {why}", printable(&shown)))
}

/// Judges a path of segments: letters, digits, `_`, `.` and `-`, no segment empty, `.` or `..`.
pub(super) fn path(text: &str, longest: usize) -> Result<(), String> {
    alphabet(text, "_.-/")?;
    length(text, 1, longest)?;
    match text.split('/').find(|segment| matches!(*segment, "" | "." | "..")) {
        None => Ok(()),
        Some("") => Err("has an empty segment: no slash may stand first, last or doubled".into()),
        Some(dots) => Err(format!("has the segment \"{dots}\", which means another path")),
    }
}

// framework.GenericNameWithAtRegex: \w(([\w-.@]+)?\w)?
fn role(text: &str) -> Result<(), String> {
    alphabet(text, "_-.@")?;
    length(text, 1, LONGEST)?;
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if text.starts_with(word) && text.ends_with(word) {
        return Ok(());
    }
    Err("begins or ends with a character that Vault allows only inside".into())
}

fn session(text: &str) -> Result<(), String> {
    alphabet(text, "_+=,.@-")?;
    length(text, 2, 64)
}

fn alphabet(text: &str, others: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || others.contains(c);
    match text.chars().enumerate().find(|(_, c)| !allowed(*c)) {
        None => Ok(()),
        Some((place, c)) => {
            Err(format!("has '{}' as character {}, which is not allowed", c.escape_default(), place + 1))
        }
    }
}

fn length(text: &str, least: usize, most: usize) -> Result<(), String> {
    match text.len() {
        0 => Err("is empty".into()),
        n if n < least || n > most => Err(format!("has {n} characters; {least} to {most} are allowed")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refused<T: FromStr<Err = Error> + fmt::Debug>(text: &str) -> String {
        let error = text.parse::<T>().unwrap_err();
        assert_eq!(error.code(), "LK-0115");
        error.message().to_owned()
    }

    #[test]
    fn ordinary_names_are_kept_as_they_are() {
        assert_eq!("team-a/aws".parse::<MountPath>().unwrap().as_str(), "team-a/aws");
        assert_eq!("orders.read@eu".parse::<RoleName>().unwrap().as_str(), "orders.read@eu");
        assert_eq!("a+b=c,d.e@f-g_".parse::<SessionName>().unwrap().as_str(), "a+b=c,d.e@f-g_");
    }

    #[test]
    fn a_slash_at_the_end_of_a_namespace_is_dropped() {
        assert_eq!("pay/eu/".parse::<Namespace>().unwrap().as_str(), "pay/eu");
        refused::<Namespace>("pay//");
        refused::<Namespace>("/");
    }

    #[test]
    fn names_that_would_change_the_path_are_refused() {
        for text in ["../../sys/mounts", "a/../b", ".", "a//b", "/aws", "aws/", "", "r?x", "%2f", "a%2fb"] {
            refused::<MountPath>(text);
            refused::<RoleName>(text);
        }
        for text in ["a\r\nX-Vault-Token: b", "a b", "a#b", "a\\b", "ä", "a/b", "-a", "a.", ".."] {
            refused::<RoleName>(text);
        }
        refused::<MountPath>(&"x".repeat(10 * 1024));
        refused::<RoleName>(&"x".repeat(129));
    }

    #[test]
    fn session_names_have_2_to_64_characters() {
        refused::<SessionName>("a");
        refused::<SessionName>(&"a".repeat(65));
        refused::<SessionName>("a b");
        assert!("a".repeat(64).parse::<SessionName>().is_ok());
    }

    #[test]
    fn the_message_names_the_character_and_its_place() {
        assert_eq!(
            refused::<RoleName>("or\ndrs"),
            "the role \"or\\ndrs\" has '\\n' as character 3, which is not allowed"
        );
        assert_eq!(
            refused::<SessionName>("a"),
            "the session name \"a\" has 1 characters; 2 to 64 are allowed"
        );
    }

    proptest! {
        #[test]
        fn a_mount_is_one_path_that_no_url_parser_changes(text in "\\PC{0,20}|[a./%-]{1,8}") {
            if let Ok(mount) = text.parse::<MountPath>() {
                let url = url::Url::parse(&format!("https://v/v1/{mount}/creds/r")).unwrap();
                prop_assert_eq!(url.path(), format!("/v1/{text}/creds/r"));
            }
        }
    }
}
