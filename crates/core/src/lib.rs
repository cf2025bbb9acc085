//! Leasekey leases short-lived AWS credentials from HashiCorp Vault or OpenBao and keeps them fresh.

#![forbid(unsafe_code)]

pub mod config;
pub mod context;
mod error;
pub mod refresh;
mod secret;
pub mod time;

pub use error::{Error, ErrorKind, Result};
pub use secret::{SecretBytes, SecretString};
