//! Leasekey leases short-lived AWS credentials from HashiCorp Vault or OpenBao and keeps them fresh.

#![forbid(unsafe_code)]

#[cfg(feature = "vault")]
pub mod auth;
#[cfg(feature = "vault")]
mod aws;
pub mod config;
pub mod context;
mod error;
pub mod event;
#[cfg(feature = "vault")]
pub mod lease;
#[cfg(feature = "vault")]
mod provider;
pub mod refresh;
mod secret;
pub mod time;
#[cfg(feature = "vault")]
mod vault;

#[cfg(feature = "vault")]
pub use auth::{AppRoleAuth, AuthMethod, Login, LoginContext, TokenAuth};
pub use error::{Error, ErrorKind, Result};
pub use event::{Event, EventKind};
#[cfg(feature = "vault")]
pub use event::{EventSink, Events};
#[cfg(feature = "vault")]
pub use lease::{CredentialKind, Lease};
#[cfg(feature = "vault")]
pub use provider::{Builder, ConfigLoaderExt, Heal, Stats, VaultCredentialsProvider};
pub use secret::{SecretBytes, SecretString};
