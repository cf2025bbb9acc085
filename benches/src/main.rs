//! Leasekey measured beside its peers. Run it with `cargo xtask bench`, which starts the servers it needs.
#![allow(clippy::print_stdout, reason = "a table that a person reads is what this program is for")]
#![allow(clippy::disallowed_methods, reason = "a benchmark measures the real clock, in the real environment")]

mod allocator;
mod alternate;
mod audit;
mod components;
mod core_group;
mod failing;
mod iam_group;
mod naive;
mod report;
mod watched;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};

use report::Report;

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// Measures Leasekey beside its peers; needs the environment that `cargo xtask stack env` prints.
#[derive(Parser)]
struct Args {
    /// Measures this group only.
    #[arg(long, value_enum)]
    only: Option<Group>,
    /// Measures only the parts of a group whose names hold this: warm, signed, cold, outage, latency, creds,
    /// rotating, lost, cluster, fleet, roles.
    #[arg(long, default_value = "")]
    part: String,
    /// Writes the rows to this file, as benches/result.schema.json says.
    #[arg(long)]
    json: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Group {
    /// The Rust core: warm reads, cold herds, failing servers, memory.
    Core,
    /// The policy engine, which needs no server.
    Iam,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::say("failed", &story(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

/// The error and its causes: the SDK tells what matters only there.
fn story(mut error: &dyn Error) -> String {
    let mut story = error.to_string();
    while let Some(cause) = error.source() {
        story = format!("{story}: {cause}");
        error = cause;
    }
    story
}

fn run(args: &Args) -> Outcome {
    let mut report = Report::default();
    if args.only.is_none_or(|only| only == Group::Core) {
        core_group::measure(&args.part, &mut report)?;
    }
    if args.only.is_none_or(|only| only == Group::Iam) {
        iam_group::measure(&mut report)?;
    }
    if let Some(file) = &args.json {
        report.write(file)?;
    }
    report.print();
    Ok(())
}

/// A variable of the stack's.
fn variable(name: &str) -> Outcome<String> {
    let hint = "run `cargo xtask bench`, or first: eval \"$(cargo xtask stack env)\"";
    std::env::var(name).map_err(|_| format!("{name} is not set; {hint}").into())
}
