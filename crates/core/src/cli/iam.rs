//! `leasekey iam`: policies of AWS IAM.

mod eval;
mod file;

use clap::{Args, Subcommand};

use super::{Console, Outcome};
use crate::context::Context;

#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Whether policies allow a request, which statement decides, and what would change it
    Eval(eval::Arguments),
}

pub(super) fn run(arguments: &Arguments, context: &Context, console: &mut Console<'_>) -> Outcome {
    match &arguments.command {
        Command::Eval(arguments) => eval::run(arguments, context, console),
    }
}
