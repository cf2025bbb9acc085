//! `leasekey iam diff`: what a change of a policy gives and takes.

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Style};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::{file, lint};
use crate::cli::table::{self, Wrap};
use crate::cli::{Console, FAILED, Failure, Outcome};
use crate::context::Context;
use crate::error::printable;
use crate::iam::{Catalog, Change, Difference, PolicyKind, difference};

#[derive(Args)]
pub(super) struct Arguments {
    /// The policy as it was: a JSON document, or the ARN of an AWS managed policy
    old: PathBuf,
    /// The policy as it is to be
    new: PathBuf,
    /// What the policies are attached to; unset, told from their elements
    #[arg(long = "type", value_name = "TYPE", value_parser = lint::kinds())]
    kind: Option<PolicyKind>,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

const GAIN: Style = AnsiColor::Yellow.on_default().bold();
const LOSS: Style = AnsiColor::Cyan.on_default().bold();

pub(super) fn run(arguments: &Arguments, context: &Context, console: &mut Console<'_>) -> Outcome {
    let old = file::policy(&arguments.old, context)?;
    let new = file::policy(&arguments.new, context)?;
    let difference = difference(&old, &new, arguments.kind)?;
    match arguments.format {
        Format::Json => json(&difference, console)?,
        Format::Text => text(&difference, console)?,
    }
    if difference.is_empty() { Ok(()) } else { Err(Failure::Answered(FAILED)) }
}

fn text(difference: &Difference, console: &mut Console<'_>) -> Outcome {
    for (title, style, changes) in [("gained", GAIN, &difference.gained), ("lost", LOSS, &difference.lost)] {
        for change in changes {
            let what = printable(&change.resource);
            let on = if change.resource == "*" { "every resource" } else { what.as_str() };
            writeln!(console.out, "{style}{title}{style:#} on {on}")?;
            let wrap = if console.terminal { Wrap::Columns } else { Wrap::Nothing };
            let facts = [("actions", actions(change)), ("e.g.", printable(&change.witness.to_string()))];
            table::facts(console.out, wrap, facts)?;
            writeln!(console.out)?;
        }
    }
    let date = Catalog::bundled()?.date();
    match difference.undecided {
        0 if difference.is_empty() => {
            writeln!(console.out, "No access gained or lost (actions as of {date})")?
        }
        0 => {}
        1 => writeln!(
            console.out,
            "1 statement differs; no request was found that shows it (actions as of {date})"
        )?,
        count => {
            let told = "no request was found that tells them apart";
            writeln!(console.out, "{count} statements differ; {told} (actions as of {date})")?;
        }
    }
    Ok(())
}

fn actions(change: &Change) -> String {
    const MANY: usize = 12;
    let shown: Vec<_> = change.actions.iter().take(MANY).map(String::as_str).collect();
    let more = change.actions.len().saturating_sub(MANY);
    let mut text = shown.join(", ");
    if more > 0 {
        text += &format!(" and {more} more");
    }
    if change.is_sample {
        text += "; one of each service and access level was looked at";
    }
    text
}

fn json(difference: &Difference, console: &mut Console<'_>) -> Outcome {
    let changes = |changes: &[Change]| -> Vec<Value> { changes.iter().map(value).collect() };
    let answer = json!({ "gained": changes(&difference.gained), "lost": changes(&difference.lost), "undecided": difference.undecided });
    Ok(writeln!(console.out, "{answer:#}")?)
}

fn value(change: &Change) -> Value {
    json!({
        "actions": change.actions,
        "sample": change.is_sample,
        "resource": change.resource,
        "witness": lint::request(&change.witness),
        "witness_policies": lint::beside(&change.witness),
    })
}
