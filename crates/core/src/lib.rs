//! Leasekey leases short-lived AWS credentials from HashiCorp Vault or OpenBao and keeps them fresh.

#![forbid(unsafe_code)]

#[cfg(feature = "vault")]
mod auth;
pub mod config;
pub mod context;
mod error;
mod event;
pub mod refresh;
mod secret;
pub mod time;
#[cfg(feature = "vault")]
mod vault;

#[cfg(feature = "vault")]
pub use auth::{AppRoleAuth, AuthMethod, Login, LoginContext, TokenAuth};
pub use error::{Error, ErrorKind, Result};
pub use event::{Event, EventKind, Severity};
#[cfg(feature = "vault")]
pub use event::{EventSink, Events};
pub use secret::{SecretBytes, SecretString};
