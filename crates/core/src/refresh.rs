//! The refresh engine: keeps one value fresh. It knows neither Vault nor AWS.

mod fault;

pub use fault::{Allowance, Class, Fault};
