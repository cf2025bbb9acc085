//! `leasekey creds`: one set, printed. Nothing keeps it fresh, and nothing that was printed is revoked.

mod format;
mod mask;

use clap::builder::{NonEmptyStringValueParser, PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use tokio::runtime::{self, Runtime};

use super::{Console, Failure, Outcome, warnings};
use crate::config::{Config, ConfigKey, Overrides};
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result, printable};
use crate::lease::{CredentialKind, LeaseSpec};
use crate::provider::{Once, lease_once, spec_of};
use crate::secret::SecretString;

// An empty value is what a variable that is not set leaves: it must not stand for the setting of another role.
#[derive(Args)]
pub(super) struct Arguments {
    /// The role of the AWS secrets engine
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    role: Option<String>,
    /// Where the AWS secrets engine is mounted
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    mount: Option<String>,
    /// The kind that the role must give; unset, it is learnt
    #[arg(long, value_parser = kinds())]
    kind: Option<String>,
    /// How long the set should live, 15m; unset, the role decides
    #[arg(long, allow_hyphen_values = true, value_parser = NonEmptyStringValueParser::new().try_map(ttl))]
    ttl: Option<String>,
    /// The AWS role to assume, where Vault's role allows several
    #[arg(long, value_name = "ARN", value_parser = NonEmptyStringValueParser::new())]
    role_arn: Option<String>,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// The second factor of a role of kind session-token
    #[arg(long, value_name = "CODE", value_parser = NonEmptyStringValueParser::new())]
    mfa_code: Option<String>,
    /// Show the secrets: in the table, and on a terminal
    #[arg(long)]
    show_secret: bool,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
enum Format {
    /// For people, secrets hidden
    #[default]
    Table,
    /// All that is known, as JSON
    Json,
    /// For a shell: eval "$(leasekey creds --format env)"
    Env,
    /// For credential_process in ~/.aws/config
    CredentialProcess,
}

impl Arguments {
    fn overrides(&self) -> Overrides {
        let mut overrides = Overrides::default();
        for (key, given) in [
            (ConfigKey::Role, &self.role),
            (ConfigKey::Mount, &self.mount),
            (ConfigKey::Kind, &self.kind),
            (ConfigKey::Ttl, &self.ttl),
            (ConfigKey::RoleArn, &self.role_arn),
        ] {
            if let Some(given) = given {
                overrides.set(key, given.as_str());
            }
        }
        overrides
    }

    /// Whether the secrets themselves are printed.
    fn shows_secrets(&self) -> bool {
        self.show_secret || self.format != Format::Table
    }
}

// With hyphens, as options are; Vault's own spelling is accepted.
fn kinds() -> PossibleValuesParser {
    let words = ConfigKey::Kind.words();
    let kinds = CredentialKind::ALL.into_iter().filter_map(|kind| {
        let is_option = |word: &&&str| !word.contains('_') && word.parse().ok() == Some(kind);
        words.iter().find(is_option).map(|word| PossibleValue::new(*word).alias(kind.name()))
    });
    PossibleValuesParser::new(kinds)
}

// Judged here, so that the message names the option.
fn ttl(text: String) -> Result<String, String> {
    let mut overrides = Overrides::default();
    overrides.set(ConfigKey::Ttl, text.as_str());
    Config::of(overrides).map(|_| text).map_err(|error| error.hint().to_owned())
}

pub(super) fn run(arguments: &Arguments, context: &Context, console: &mut Console<'_>) -> Outcome {
    if console.terminal && arguments.format != Format::Table && !arguments.show_secret {
        let what = "this format would show the secrets on the terminal";
        let hint = "Pipe the output to where it is needed, or pass --show-secret";
        return Err(Error::new(ErrorKind::InvalidSetting, what).with_hint(hint).into());
    }
    let config = Config::load(context, arguments.overrides())?;
    let spec = spec(arguments, &config)?;
    let mfa_code = arguments.mfa_code.as_deref().map(SecretString::from);
    let runtime = runtime()?;
    let (set, mut warned) =
        warnings::collected(|| runtime.block_on(lease_once(context, &config, spec, mfa_code)));
    warned.extend(set.iter().flat_map(|set| set.warnings.iter().map(|warning| printable(warning))));
    let heard = warned.iter().try_for_each(|warning| writeln!(console.err, "warning: {warning}"));
    let set = set?;
    let printed = heard.map_err(Failure::from).and_then(|()| print(&set, arguments, context, console));
    if printed.is_err() {
        runtime.block_on(set.give_back());
    }
    printed
}

fn runtime() -> Result<Runtime> {
    let mut builder = runtime::Builder::new_current_thread();
    // Tests sleep in virtual time.
    #[cfg(test)]
    builder.start_paused(true);
    builder.enable_all().build().map_err(|error| {
        let what = "the runtime that asks Vault cannot be started";
        let hint = "Check the limits of open files and of memory: ulimit -a";
        Error::new(ErrorKind::Bug, what).with_hint(hint).with_source(error)
    })
}

fn print(set: &Once, arguments: &Arguments, context: &Context, console: &mut Console<'_>) -> Outcome {
    if arguments.shows_secrets() && mask::is_wanted(context)? {
        mask::print(&set.credentials, arguments.format, console)?;
    }
    format::print(set, arguments, context.time.wall(), console)?;
    Ok(console.out.flush()?)
}

fn spec(arguments: &Arguments, config: &Config) -> Result<LeaseSpec> {
    if config.text(ConfigKey::Role).is_none() {
        let error = Error::new(ErrorKind::InvalidSetting, "no role of the AWS secrets engine is named");
        return Err(error.with_hint("Pass --role, or set LEASEKEY_ROLE"));
    }
    let spec = spec_of(config)?;
    match spec.kind {
        Some(kind) if arguments.mfa_code.is_some() && kind != CredentialKind::SessionToken => {
            let what = format!("--mfa-code is for sets of kind session_token, not {kind}");
            Err(Error::new(ErrorKind::InvalidSetting, what).with_hint("Leave --mfa-code out"))
        }
        _ => Ok(spec),
    }
}
