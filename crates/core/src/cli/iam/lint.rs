//! `leasekey iam lint`: what is wrong or wider than it need be in policies.

mod report;
mod sarif;

use std::path::{Path, PathBuf};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};

use self::report::Linted;
pub(super) use self::report::{beside, request};
use super::file;
use crate::cli::{BAD_INPUT, Console, FAILED, Failure, Outcome};
use crate::context::Context;
use crate::error::Result;
use crate::iam::PolicyKind;
use crate::iam::lint::{Finding, Options, Severity, Suppressions, lint, lint_text};

#[derive(Args)]
pub(super) struct Arguments {
    /// Policies: a JSON document each, or ARNs of AWS managed policies
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What the policies are attached to; unset, told from their elements
    #[arg(long = "type", value_name = "TYPE", value_parser = kinds())]
    kind: Option<PolicyKind>,
    /// An account of your own, whose principals are no strangers; repeat it for more
    #[arg(long, value_name = "ACCOUNT")]
    own_account: Vec<String>,
    /// The id of an organization of your own, o-a1b2c3d4e5; others that conditions let in are strangers
    #[arg(long, value_name = "ID")]
    own_organization: Vec<String>,
    /// Findings not to tell: a line each of rule, policy and reason
    #[arg(long, value_name = "FILE")]
    suppress: Option<PathBuf>,
    /// The least severity that makes the exit code 1
    #[arg(long, value_enum, default_value_t)]
    fail_on: Level,
    /// How to print the findings
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Clone, Copy, Default, Eq, PartialEq, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
    /// For code scanning: SARIF 2.1.0
    Sarif,
}

/// The rule of what was not looked at in full.
const UNREADABLE: &str = "unreadable";

#[derive(Clone, Copy, Default, ValueEnum)]
enum Level {
    Note,
    #[default]
    Warning,
    Error,
}

impl Level {
    fn severity(self) -> Severity {
        match self {
            Self::Note => Severity::Note,
            Self::Warning => Severity::Warning,
            Self::Error => Severity::Error,
        }
    }
}

/// The kinds of policies by their names.
pub(super) fn kinds() -> impl TypedValueParser<Value = PolicyKind> {
    PossibleValuesParser::new(PolicyKind::ALL.map(PolicyKind::name))
        .map(|name| name.parse().unwrap_or(PolicyKind::Identity))
}

pub(super) fn run(arguments: &Arguments, context: &Context, console: &mut Console<'_>) -> Outcome {
    let options = Options {
        kind: arguments.kind,
        own_accounts: arguments.own_account.clone(),
        own_organizations: arguments.own_organization.clone(),
    };
    let suppressions = match &arguments.suppress {
        Some(path) => Suppressions::parse(&file::read(path, context)?)?,
        None => Suppressions::default(),
    };
    let mut linted = Vec::new();
    // What is wrong with one file hides nothing of the others.
    let mut missing = None;
    for path in &arguments.files {
        let name = path.to_string_lossy().into_owned();
        match findings(path, &options, context) {
            Ok(findings) => linted.extend(findings.into_iter().map(|finding| {
                let reason = suppressions.reason(&name, &finding).map(str::to_owned);
                Linted { policy: name.clone(), finding, suppressed: reason }
            })),
            Err(error) => missing = missing.or(Some(error)),
        }
    }
    if let Some(error) = missing.take_if(|_| linted.is_empty()) {
        return Err(error.into());
    }
    let stale = suppressions.unused(linted.iter().map(|one| (one.policy.as_str(), &one.finding)));
    match arguments.format {
        Format::Text => report::text(&linted, arguments.files.len(), console)?,
        Format::Json => report::json(&linted, console)?,
        Format::Sarif => sarif::print(&linted, console)?,
    }
    for at in stale {
        writeln!(console.err, "warning: line {at} of the suppressions fits no finding any more")?;
    }
    if let Some(error) = missing {
        return Err(error.into());
    }
    if linted.iter().any(|one| one.finding.rule.id == UNREADABLE) {
        return Err(Failure::Answered(BAD_INPUT));
    }
    let least = arguments.fail_on.severity();
    let fails = linted.iter().any(|one| one.suppressed.is_none() && one.finding.severity >= least);
    if fails { Err(Failure::Answered(FAILED)) } else { Ok(()) }
}

fn findings(path: &Path, options: &Options, context: &Context) -> Result<Vec<Finding>> {
    if file::is_managed(path) {
        return lint(&file::policy(path, context)?, options);
    }
    lint_text(&file::read(path, context)?, options)
}
