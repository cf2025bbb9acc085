//! `leasekey completions`.

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use super::{Console, Line, Outcome};

#[derive(Args)]
pub(super) struct Arguments {
    /// The shell that reads the script
    shell: Shell,
}

pub(super) fn run(arguments: &Arguments, console: &mut Console<'_>) -> Outcome {
    // Into memory first: the generator panics where a stream cannot be written.
    let mut script = Vec::new();
    generate(arguments.shell, &mut Line::command(), "leasekey", &mut script);
    Ok(console.out.write_all(&script)?)
}
