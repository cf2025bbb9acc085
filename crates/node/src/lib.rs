//! The native half of the npm package `leasekey`. It converts, calls the library and maps its errors; what JavaScript
//! sees is in `ts/`.
#![deny(clippy::disallowed_methods)]
#![cfg_attr(test, allow(dead_code, reason = "functions are registered for Node, which no test build is for"))]

mod background;
mod calls;
mod errors;
mod events;
mod facts;
mod hand;
mod iam;
mod provider;
#[cfg(feature = "test-util")]
mod stage;

use napi_derive::napi;

/// Runs the command line, the program's name first; what comes back is the exit code.
#[napi]
pub fn run_command_line(words: Vec<String>) -> u8 {
    leasekey::cli::main(words.into_iter().map(Into::into))
}
