//! The command line of Leasekey; everything it does is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(leasekey::cli::main(std::env::args_os()))
}
