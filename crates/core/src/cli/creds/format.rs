//! How a set is printed. Secrets go straight to the stream where nothing has to be measured.

use std::fmt;
use std::io::{self, Write};
use std::time::{Duration, SystemTime};

use serde::Serialize;

use super::{Arguments, Format};
use crate::cli::table::{self, Wrap};
use crate::cli::{Console, Outcome};
use crate::event::rfc3339;
use crate::lease::CredentialKind;
use crate::provider::Once;

// As often as the library looks at a static key whose next rotation Vault does not tell.
const UNTOLD: Duration = Duration::from_secs(300);
const SOONEST: Duration = Duration::from_secs(15);

pub(super) fn print(
    set: &Once,
    arguments: &Arguments,
    now: SystemTime,
    console: &mut Console<'_>,
) -> Outcome {
    let out = &mut *console.out;
    match arguments.format {
        Format::Table if console.terminal && !arguments.show_secret => {
            table::facts(out, Wrap::Columns, facts(set, false, now))?;
        }
        Format::Table => table::facts(out, Wrap::Nothing, facts(set, arguments.show_secret, now))?,
        Format::Json => json(out, &Known::of(set))?,
        Format::Env => env(out, set, now)?,
        Format::CredentialProcess => json(out, &CredentialProcess::of(set, now))?,
    }
    Ok(())
}

/// When a program must ask again, as it reads it. A static key has no end, and an SDK that is told none keeps it
/// for ever: past its rotation it would go on with a key that Vault has deleted.
fn asked_again(set: &Once, now: SystemTime) -> Option<SystemTime> {
    let end = set.credentials.expiry();
    if set.kind != CredentialKind::Static {
        return end;
    }
    let wait =
        end.map_or(UNTOLD, |rotation| (rotation.duration_since(now).unwrap_or_default() / 4).max(SOONEST));
    now.checked_add(wait)
}

fn facts(set: &Once, show_secret: bool, now: SystemTime) -> Vec<(&'static str, String)> {
    let secret = |text: &str| if show_secret { text } else { "(hidden; --show-secret prints it)" }.to_owned();
    let credentials = &set.credentials;
    let facts = [
        ("Access key id", Some(credentials.access_key_id().to_owned())),
        ("Secret access key", Some(secret(credentials.secret_access_key()))),
        ("Session token", credentials.session_token().map(secret)),
        ("Expires", credentials.expiry().map(|end| expires(set, end, now))),
        ("Kind", Some(set.kind.to_string())),
        ("Account", credentials.account_id().map(|account| account.as_str().to_owned())),
        ("ARN", set.arn.clone()),
        ("Lease", set.lease_id.clone()),
        ("Vault's request", Some(set.vault_request_id.clone())),
    ];
    facts.into_iter().filter_map(|(name, fact)| Some((name, fact?))).collect()
}

fn expires(set: &Once, end: SystemTime, now: SystemTime) -> String {
    let left = end.duration_since(now).unwrap_or_default().as_secs();
    let left = humantime::format_duration(Duration::from_secs(left));
    let why =
        if set.ends_with_token { ", when the login's token ends and Vault deletes the user" } else { "" };
    format!("{} (in {left}{why})", rfc3339(end))
}

fn json(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)
}

#[derive(Serialize)]
struct Known<'a> {
    access_key_id: &'a str,
    secret_access_key: &'a str,
    session_token: Option<&'a str>,
    expiration: Option<String>,
    kind: &'static str,
    account_id: Option<&'a str>,
    arn: Option<&'a str>,
    lease_id: Option<&'a str>,
    vault_request_id: &'a str,
}

impl<'a> Known<'a> {
    fn of(set: &'a Once) -> Self {
        let credentials = &set.credentials;
        Self {
            access_key_id: credentials.access_key_id(),
            secret_access_key: credentials.secret_access_key(),
            session_token: credentials.session_token(),
            expiration: credentials.expiry().map(rfc3339),
            kind: set.kind.name(),
            account_id: credentials.account_id().map(|account| account.as_str()),
            arn: set.arn.as_deref(),
            lease_id: set.lease_id.as_deref(),
            vault_request_id: &set.vault_request_id,
        }
    }
}

/// What the AWS SDKs read from a `credential_process`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct CredentialProcess<'a> {
    version: u8,
    access_key_id: &'a str,
    secret_access_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<&'a str>,
}

impl<'a> CredentialProcess<'a> {
    fn of(set: &'a Once, now: SystemTime) -> Self {
        let credentials = &set.credentials;
        Self {
            version: 1,
            access_key_id: credentials.access_key_id(),
            secret_access_key: credentials.secret_access_key(),
            session_token: credentials.session_token(),
            expiration: asked_again(set, now).map(rfc3339),
            account_id: credentials.account_id().map(|account| account.as_str()),
        }
    }
}

// What is not there is unset: a token of an earlier set would make the new key useless.
fn env(out: &mut dyn Write, set: &Once, now: SystemTime) -> io::Result<()> {
    let credentials = &set.credentials;
    let expiration = asked_again(set, now).map(rfc3339);
    for (name, value) in [
        ("AWS_ACCESS_KEY_ID", Some(credentials.access_key_id())),
        ("AWS_SECRET_ACCESS_KEY", Some(credentials.secret_access_key())),
        ("AWS_SESSION_TOKEN", credentials.session_token()),
        ("AWS_CREDENTIAL_EXPIRATION", expiration.as_deref()),
    ] {
        match value {
            Some(value) => writeln!(out, "export {name}={}", Quoted(value))?,
            None => writeln!(out, "unset {name}")?,
        }
    }
    Ok(())
}

/// A text as one word of a POSIX shell.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("'")?;
        for (at, part) in self.0.split('\'').enumerate() {
            f.write_str(if at == 0 { "" } else { r"'\''" })?;
            f.write_str(part)?;
        }
        f.write_str("'")
    }
}

#[cfg(test)]
mod tests;
