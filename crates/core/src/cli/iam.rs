//! `leasekey iam`: policies of AWS IAM.

mod actions;
mod diff;
mod eval;
mod file;
mod lint;
mod minimize;

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
    Eval(Box<eval::Arguments>),
    /// What is wrong in policies, or wider than it need be
    Lint(lint::Arguments),
    /// What a pattern of actions stands for
    Actions(actions::Arguments),
    /// The access that a change of a policy gives and takes
    Diff(diff::Arguments),
    /// The smallest policy that allows what a list names, and nothing else
    Minimize(minimize::Arguments),
}

pub(super) fn run(arguments: &Arguments, context: &Context, console: &mut Console<'_>) -> Outcome {
    match &arguments.command {
        Command::Eval(arguments) => eval::run(arguments, context, console),
        Command::Lint(arguments) => lint::run(arguments, context, console),
        Command::Actions(arguments) => actions::run(arguments, console),
        Command::Diff(arguments) => diff::run(arguments, context, console),
        Command::Minimize(arguments) => minimize::run(arguments, context, console),
    }
}

#[cfg(test)]
mod tests;
