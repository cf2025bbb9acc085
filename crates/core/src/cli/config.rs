//! `leasekey config`: the settings in force, and the schema of settings files.

mod show;

use clap::{Args, Subcommand};

use super::{Console, Outcome};
use crate::config::json_schema;
use crate::context::Context;

#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The settings that are set, secrets hidden
    Show(show::Arguments),
    /// The JSON schema of leasekey.toml, for editors and checks
    Schema,
}

pub(super) fn run(arguments: &Arguments, context: &Context, console: &mut Console<'_>) -> Outcome {
    match &arguments.command {
        Command::Show(arguments) => show::run(arguments, context, console),
        Command::Schema => Ok(console.out.write_all(json_schema().as_bytes())?),
    }
}
