//! Every chore of the repository: `cargo xtask --help`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool talks to a person")]

mod bench;
mod cargo;
mod check;
mod demo;
mod failure;
mod iam_data;
mod leaks;
mod node;
mod paths;
mod process;
mod python;
mod stack;
mod test;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::failure::Result;
use crate::stack::{Server, Shape};
use crate::test::Part;

/// Every chore of the repository.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Run the quickstart on servers of its own.
    Demo {
        #[command(flatten)]
        on: On,
    },
    /// Run every test of the repository on servers of its own; the failing ones are named last.
    Test {
        #[command(flatten)]
        on: On,
        /// Only the contract tests.
        #[arg(long)]
        contract: bool,
        /// Only the tests of the Python package.
        #[arg(long, conflicts_with = "contract")]
        python: bool,
        /// Only the tests of the npm package.
        #[arg(long, conflicts_with_all = ["contract", "python"])]
        node: bool,
        /// Only tests whose names hold one of these.
        filters: Vec<String>,
    },
    /// Look at format, lints, docs and architecture; needs no server.
    Check,
    /// Measure Leasekey beside its peers, on servers of its own.
    Bench {
        /// One group: core, node, python
        #[arg(long, value_name = "GROUP")]
        only: Option<String>,
        /// Only the parts of a group whose names hold this: warm, signed, cold, outage, latency, creds, rotating,
        /// lost, cluster, fleet, roles.
        #[arg(long)]
        part: Option<String>,
        /// Write the rows to this file; benches/result.schema.json describes them.
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
    },
    /// Read the packages with AWS's actions and managed policies anew, and write the data of `leasekey::iam`.
    UpdateIamData,
    /// Start, end and look at the real servers that the tests run on.
    #[command(subcommand)]
    Stack(Stack),
}

#[derive(Subcommand)]
enum Stack {
    /// Install what is needed, start the servers and fill them.
    Up {
        #[command(flatten)]
        on: On,
        #[command(flatten)]
        shape: Shape,
        #[command(flatten)]
        which: Name,
    },
    /// End the servers and remove what they left.
    Down(Name),
    /// List the stacks that are up.
    Status,
    /// Print the variables programs need, as `export` lines.
    Env(Name),
    /// Kill, freeze, thaw or start one node of a stack of three, to see what becomes of its clients.
    Node {
        /// What to do to it.
        #[arg(value_enum)]
        action: stack::Action,
        /// Which: 1, 2 or 3.
        number: usize,
        #[command(flatten)]
        which: Name,
    },
}

#[derive(clap::Args)]
struct On {
    /// Which server answers as Vault.
    #[arg(long, value_enum, default_value = "openbao")]
    server: Server,
}

#[derive(clap::Args)]
struct Name {
    /// Several stacks can run side by side.
    #[arg(long, default_value = stack::DEFAULT_NAME, value_parser = name)]
    name: String,
}

fn name(text: &str) -> Result<String, String> {
    stack::check_name(text).map(|()| text.to_owned())
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match process::watch_signals().and_then(|()| run(cli.chore)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}

fn run(chore: Chore) -> Result<()> {
    match chore {
        Chore::Demo { on } => demo::demo(on.server),
        Chore::Test { on, contract, python, node, filters } => {
            let part = match (contract, python, node) {
                (true, ..) => Part::Contract,
                (_, true, _) => Part::Python,
                (.., true) => Part::Node,
                _ => Part::All,
            };
            test::test(&test::Plan { server: on.server, part, filters })
        }
        Chore::Check => check::check(),
        Chore::Bench { only, part, json } => bench::bench(only.as_deref(), part.as_deref(), json.as_deref()),
        Chore::UpdateIamData => iam_data::update(),
        Chore::Stack(Stack::Up { on, shape, which }) => stack::up(on.server, shape, &which.name),
        Chore::Stack(Stack::Down(which)) => stack::down(&which.name),
        Chore::Stack(Stack::Status) => stack::status(),
        Chore::Stack(Stack::Env(which)) => stack::env(&which.name),
        Chore::Stack(Stack::Node { action, number, which }) => stack::node(action, number, &which.name),
    }
}
