//! Masks for GitHub Actions: what a step prints lands in a log that many can read.

use std::io;

use aws_credential_types::Credentials;

use super::Format;
use crate::cli::Console;
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};

pub(super) fn is_wanted(context: &Context) -> Result<bool> {
    let name = "GITHUB_ACTIONS";
    let told = context.env.var(name);
    let told = told.map_err(|_| Error::new(ErrorKind::InvalidSetting, format!("{name} is not UTF-8")))?;
    Ok(told.as_deref() == Some("true"))
}

/// Has the runner mask each secret from now on.
///
/// The runner reads commands from both streams of a step and hides the command itself (`ScriptHandler.cs` of
/// actions/runner). What a machine reads must stay as it is, and `$(...)` would keep commands on the standard
/// output from the runner: those masks go to the standard error. A table's go before it on its own stream:
/// the runner reads the streams side by side, and only within one does it know the mask in time.
pub(super) fn print(credentials: &Credentials, format: Format, console: &mut Console<'_>) -> io::Result<()> {
    let stream = if format == Format::Table { &mut *console.out } else { &mut *console.err };
    for secret in [Some(credentials.secret_access_key()), credentials.session_token()].into_iter().flatten() {
        writeln!(stream, "::add-mask::{}", Data(secret))?;
    }
    stream.flush()
}

/// A command's data as the runner decodes it.
struct Data<'a>(&'a str);

impl std::fmt::Display for Data<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '%' => f.write_str("%25"),
            '\r' => f.write_str("%0D"),
            '\n' => f.write_str("%0A"),
            _ => write!(f, "{c}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(format: Format, token: Option<String>) -> (String, String) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let set = Credentials::new("ASIAEXAMPLEEXAMPLE00", "s3cret%/+", token, None, "test");
        let mut console = Console { out: &mut out, err: &mut err, terminal: false };
        print(&set, format, &mut console).unwrap();
        (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    #[test]
    fn a_table_is_preceded_by_its_masks_and_machine_formats_are_left_as_they_are() {
        let masks = "::add-mask::s3cret%25/+\n::add-mask::t0ken\n".to_owned();
        assert_eq!(masked(Format::Table, Some("t0ken".into())), (masks.clone(), String::new()));
        for format in [Format::Json, Format::Env, Format::CredentialProcess] {
            assert_eq!(masked(format, Some("t0ken".into())), (String::new(), masks.clone()));
        }
    }

    #[test]
    fn a_set_without_a_session_token_has_one_mask() {
        assert_eq!(masked(Format::Json, None).1.lines().count(), 1);
    }
}
