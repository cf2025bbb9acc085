//! What the tests of the repository share.

#![allow(
    clippy::disallowed_methods,
    reason = "the tests live in the real world; the rule is for the library"
)]

pub mod agent;
pub mod audit;
pub mod aws;
pub mod cases;
pub mod emulator;
pub mod expect;
pub mod ha;
pub mod log;
pub mod pace;
pub mod proxy;
pub mod scenario;
pub mod scripted;
pub mod stack;
pub mod tls;
