//! Files that a command is given.

use std::io;
use std::path::Path;

use crate::context::Context;
use crate::error::{Error, ErrorKind, Result, printable};
use crate::iam::{ManagedPolicies, PolicyDocument};

/// No policy is a hundredth of it.
const MOST: u64 = 64 << 20;

/// The text of a file.
pub(super) fn read(path: &Path, context: &Context) -> Result<String> {
    let name = printable(&path.to_string_lossy());
    let refused = |why: &str| {
        Error::new(ErrorKind::InvalidSetting, format!("{name} {why}")).with_hint("Correct the path")
    };
    let file = context.files.read(path, MOST).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => refused("does not exist"),
        _ => refused("cannot be read").with_source(error),
    })?;
    let content = file.content.ok_or_else(|| refused("is no regular file of at most 64 MiB"))?;
    let text = std::str::from_utf8(content.expose()).map_err(|_| refused("is not UTF-8"))?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text).to_owned())
}

/// Writes what goes to the file of --out.
pub(super) fn write(path: &Path, text: &str, context: &Context) -> Result<()> {
    context.files.write(path, text.as_bytes()).map_err(|error| {
        let what = format!("{} cannot be written", printable(&path.to_string_lossy()));
        Error::new(ErrorKind::InvalidSetting, what).with_source(error).with_hint("Correct the path of --out")
    })
}

/// Whether the ARN of a policy stands in the place of a file.
pub(super) fn is_managed(path: &Path) -> bool {
    path.to_string_lossy().starts_with("arn:")
}

/// The policy of a file, named after it; or the AWS managed policy of an ARN.
pub(super) fn policy(path: &Path, context: &Context) -> Result<PolicyDocument> {
    let name = path.to_string_lossy().into_owned();
    if is_managed(path) {
        return managed(&name);
    }
    let document = PolicyDocument::parse(&read(path, context)?).map_err(|error| within(&name, &error))?;
    Ok(document.named(name))
}

fn managed(arn: &str) -> Result<PolicyDocument> {
    let policies = ManagedPolicies::bundled()?;
    let policy = policies.find(arn).ok_or_else(|| {
        let (arn, date) = (printable(arn), policies.date());
        let what =
            format!("no AWS managed policy is {arn} in the data of {date}, which is of the partition aws");
        Error::new(ErrorKind::InvalidName, what).with_hint("Write its document to a file, and name that")
    })?;
    policy.read()
}

/// An error of a file's text, with the file's name before the place.
pub(super) fn within(name: &str, error: &Error) -> Error {
    Error::new(error.kind(), format!("{}, {}", printable(name), error.message())).with_hint(error.hint())
}
