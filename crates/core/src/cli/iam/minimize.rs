//! `leasekey iam minimize`: the smallest policy for what is used.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::file;
use crate::cli::{Console, Outcome};
use crate::context::Context;
use crate::error::{Result, printable};
use crate::iam::{Catalog, Minimized, PolicyKind, minimal_policy, read_allowed};

#[derive(Args)]
pub(super) struct Arguments {
    /// What is to be allowed: a JSON array of {"action", "resource", "context"}
    #[arg(long, value_name = "FILE")]
    allowed: PathBuf,
    /// What the policy is for, which says how long it may be
    #[arg(long = "type", value_enum, value_name = "TYPE", default_value_t)]
    kind: Kind,
    /// Where the policy goes; several are numbered, policy-1.json. Printed if left out
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum Kind {
    /// A user, a group or a role: up to ten managed policies
    #[default]
    Identity,
    /// A session: one policy
    Session,
    /// A permissions boundary: one policy
    Boundary,
}

impl From<Kind> for PolicyKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Identity => Self::Identity,
            Kind::Session => Self::Session,
            Kind::Boundary => Self::Boundary,
        }
    }
}

pub(super) fn run(arguments: &Arguments, context: &Context, console: &mut Console<'_>) -> Outcome {
    let path = &arguments.allowed;
    let allowed = read_allowed(&file::read(path, context)?)
        .map_err(|error| file::within(&path.to_string_lossy(), &error))?;
    let minimized = minimal_policy(&allowed, arguments.kind.into())
        .map_err(|error| file::within(&path.to_string_lossy(), &error))?;
    match &arguments.out {
        Some(out) => write(&minimized, out, context)?,
        None => {
            for policy in &minimized.policies {
                writeln!(console.out, "{}", policy.text)?;
            }
        }
    }
    tell(allowed.len(), &minimized, console)
}

fn write(minimized: &Minimized, out: &Path, context: &Context) -> Result<()> {
    for (at, policy) in minimized.policies.iter().enumerate() {
        let text = format!("{}\n", policy.text);
        match minimized.policies.len() {
            1 => file::write(out, &text, context)?,
            _ => file::write(&numbered(out, at + 1), &text, context)?,
        }
    }
    Ok(())
}

/// `policy-2.json` for `policy.json`.
fn numbered(path: &Path, number: usize) -> PathBuf {
    let part = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
    let (stem, extension) = (part(path.file_stem()), part(path.extension()));
    let dot = if extension.is_empty() { "" } else { "." };
    path.with_file_name(format!("{stem}-{number}{dot}{extension}"))
}

fn tell(requests: usize, minimized: &Minimized, console: &mut Console<'_>) -> Outcome {
    let policies = &minimized.policies;
    let statements: usize = policies.iter().map(|policy| policy.document.statements().len()).sum();
    let sizes: Vec<_> = policies.iter().map(|policy| policy.document.size().to_string()).collect();
    let date = Catalog::bundled()?.date();
    writeln!(
        console.err,
        "{}",
        counted(&[(requests, "request"), (statements, "statement")], policies.len())
    )?;
    writeln!(console.err, "{} characters without white space", sizes.join(" + "))?;
    writeln!(console.err, "proved by the engine: all of the list is allowed, and nothing else as of {date}")?;
    if !minimized.patterns.is_empty() {
        let patterns = minimized.patterns.join(", ");
        writeln!(console.err, "patterns that stand for listed actions only as of {date}: {patterns}")?;
    }
    for wider in &minimized.wider {
        writeln!(console.err, "wider: {}", printable(&wider.to_string()))?;
    }
    for action in &minimized.unknown {
        writeln!(console.err, "unknown: {} is no action of AWS's as of {date}", printable(action))?;
    }
    Ok(())
}

fn counted(counts: &[(usize, &str)], policies: usize) -> String {
    let counts: Vec<_> = counts
        .iter()
        .map(|(count, what)| format!("{count} {what}{}", if *count == 1 { "" } else { "s" }))
        .collect();
    let policies = if policies == 1 { String::new() } else { format!(" in {policies} policies") };
    format!("{}{policies}", counts.join(", "))
}
