//! The command line: one file per command. The binary and the Python and Node packages run this very code.

mod completions;
mod config;
mod console;
mod creds;
mod explain;
mod hint;
mod iam;
mod table;
mod warnings;

use std::ffi::OsString;
use std::io;

use clap::builder::styling::{AnsiColor, Style};
use clap::{Parser, Subcommand};

pub use self::console::Console;
use crate::context::Context;
use crate::error::{Error, ErrorKind};

const OK: u8 = 0;
const FAILED: u8 = 1;
const BAD_INPUT: u8 = 2;

/// Short-lived AWS credentials from HashiCorp Vault or OpenBao.
#[derive(Parser)]
#[command(name = "leasekey", version, arg_required_else_help = true, max_term_width = 80)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// One set of credentials, printed: for people, programs and shells
    Creds(creds::Arguments),
    /// The settings in force, and the schema of settings files
    Config(config::Arguments),
    /// What an error code means, its likely causes, and what to do
    Explain(explain::Arguments),
    /// Policies of AWS IAM: decided, looked at, compared, and made as small as can be
    Iam(iam::Arguments),
    /// A completion script for a shell, printed
    Completions(completions::Arguments),
}

/// What a command that does not end well ends with.
enum Failure {
    /// The answer was printed, and it is one that the exit code tells too.
    Answered(u8),
    /// What the user is told.
    Told(Error),
    /// Nobody reads what is printed any more.
    Unheard(io::Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Told(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Unheard(error)
    }
}

type Outcome = Result<(), Failure>;

/// Runs a command line, the program's name first, on the process's own streams.
///
/// What comes back is the exit code: 0 when it was done, 1 when it failed, 2 when the input was wrong.
pub fn main(args: impl IntoIterator<Item = OsString>) -> u8 {
    console::of_process(|console| run(args, &Context::system(), console))
}

/// Runs a command line in this world, on these streams.
pub fn run(args: impl IntoIterator<Item = OsString>, context: &Context, console: &mut Console<'_>) -> u8 {
    let line = match Line::try_parse_from(args) {
        Ok(line) => line,
        Err(answer) => return usage(&answer, console),
    };
    let outcome = match line.command {
        Command::Config(arguments) => config::run(&arguments, context, console),
        Command::Creds(arguments) => creds::run(&arguments, context, console),
        Command::Explain(arguments) => explain::run(&arguments, console),
        Command::Iam(arguments) => iam::run(&arguments, context, console),
        Command::Completions(arguments) => completions::run(&arguments, console),
    };
    // What was answered must be read before the exit code counts.
    let mut flushed = || console.out.flush().map_err(Failure::from);
    let outcome = match outcome {
        Ok(()) => flushed(),
        Err(Failure::Answered(code)) => flushed().and(Err(Failure::Answered(code))),
        failure => failure,
    };
    match outcome {
        Ok(()) => OK,
        Err(Failure::Answered(code)) => code,
        Err(Failure::Told(error)) => tell(&error, console),
        // As after `| head`: whoever stopped reading knows.
        Err(Failure::Unheard(error)) if error.kind() == io::ErrorKind::BrokenPipe => FAILED,
        Err(Failure::Unheard(error)) => {
            let unwritten = Error::new(ErrorKind::Bug, "the output cannot be written").with_source(error);
            tell(&unwritten.with_hint("Check where the output goes, then run this again"), console)
        }
    }
}

// Clap's answer to wrong words, and to --help and --version.
fn usage(answer: &clap::Error, console: &mut Console<'_>) -> u8 {
    let text = answer.render();
    let stream = if answer.use_stderr() { &mut *console.err } else { &mut *console.out };
    match write!(stream, "{}", text.ansi()).and_then(|()| stream.flush()) {
        Err(_) => FAILED,
        Ok(()) if answer.use_stderr() => BAD_INPUT,
        Ok(()) => OK,
    }
}

const ALARM: Style = AnsiColor::Red.on_default().bold();

fn tell(error: &Error, console: &mut Console<'_>) -> u8 {
    let code = error.code();
    let mut text = format!("{ALARM}{code}{ALARM:#} {}\n  {}\n", error.message(), hint::of(error));
    if let Some(id) = error.vault_request_id() {
        text += &format!("  Vault's request: {id}\n");
    }
    let mut cause = std::error::Error::source(error);
    while let Some(source) = cause {
        text += &format!("  caused by: {source}\n");
        cause = source.source();
    }
    text += &format!("  More: leasekey explain {code}\n");
    // There is nowhere else to tell that this could not be written; the exit code still says it.
    let _unheard = console.err.write_all(text.as_bytes()).and_then(|()| console.err.flush());
    exit_code(error.kind())
}

// What is wrong before anybody was asked is the input.
fn exit_code(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::InvalidName
        | ErrorKind::InvalidPolicy
        | ErrorKind::InvalidRequest
        | ErrorKind::InvalidSetting
        | ErrorKind::NoAuth
        | ErrorKind::NotConfigured
        | ErrorKind::TtlOutOfRange => BAD_INPUT,
        _ => FAILED,
    }
}

#[cfg(test)]
mod tests;
