//! What the tests of the repository share.

pub mod audit;
pub mod aws;
pub mod log;
pub mod proxy;
pub mod scenario;
pub mod scripted;
pub mod stack;
