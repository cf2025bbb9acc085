//! Leasekey leases short-lived AWS credentials from HashiCorp Vault or OpenBao and keeps them fresh.
//!
//! [`VaultCredentialsProvider`] is the way in. It implements the AWS SDK's `ProvideCredentials`; put it into an
//! SDK configuration with [`ConfigLoaderExt`] and into a client with [`VaultCredentialsProvider::heal`].
//!
//! ```no_run
//! use aws_config::BehaviorVersion;
//! use leasekey::{ConfigLoaderExt, VaultCredentialsProvider};
//!
//! # async fn example() -> leasekey::Result<()> {
//! let vault = VaultCredentialsProvider::from_env().role("orders").start().await?;
//! let aws = aws_config::defaults(BehaviorVersion::latest()).leasekey(&vault).load().await;
//! let s3 = aws_sdk_s3::Client::new(&aws);
//! # Ok(())
//! # }
//! ```
//!
//! # What it promises
//!
//! - Once the first set is there, no caller waits for Vault: sets are replaced in the background, after 40 to
//!   60 % of their life.
//! - A failed or refused refresh never shortens or empties the set in hand, and no set is served at or after
//!   its expiry. Lifetimes are judged on the boot clock.
//! - All callers share one attempt. Their cancellations, runtimes, drops and panics do not touch it.
//! - Errors carry a code, what, where, why and the next command ([`ErrorKind`]), and never a secret.
//!
//! # Features
//!
//! - `vault` (default): everything that needs the network.
//! - `iam`: policies of AWS IAM, read, decided and explained ([`iam`]).
//! - `managed-policies`: the AWS managed policies by their ARNs, as they were on a day.
//! - `cli`: the command line, `leasekey`.
//! - `test-util`: a scripted clock, network and Vault for tests of programs that use Leasekey
//!   ([`context`]).
//!
//! Without default features no network crate is built.

#![deny(clippy::disallowed_methods)]
#![forbid(unsafe_code)]

#[cfg(feature = "vault")]
mod auth;
#[cfg(feature = "vault")]
mod aws;
// The command line is no part of the API: it is open to the binary and the bindings.
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
pub mod config;
pub mod context;
mod error;
mod event;
#[cfg(feature = "iam")]
pub mod iam;
#[cfg(feature = "vault")]
mod lease;
#[cfg(feature = "vault")]
mod provider;
// The engine is no part of the API: it is open to this repository's own tests, benches and bindings.
#[doc(hidden)]
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
#[cfg(feature = "vault")]
pub use lease::{CredentialKind, Lease};
#[cfg(feature = "vault")]
pub use provider::{Builder, ConfigLoaderExt, Heal, Stats, VaultCredentialsProvider};
pub use refresh::Phase;
pub use secret::{SecretBytes, SecretString};

// Runs the code block of the page on policies.
#[cfg(all(doctest, feature = "iam"))]
#[doc = include_str!("../../../docs/iam.md")]
struct IamPage;

// Compiles the code blocks of the README.
#[cfg(all(doctest, feature = "vault"))]
#[doc = include_str!("../../../README.md")]
struct Readme;
