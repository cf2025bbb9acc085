//! The fault catalogue, one test per row of `faults-and-security.md`, at the least powerful level that shows it:
//! a scripted world under a paused clock, or the real servers where only they can tell.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests"
)]

#[cfg(feature = "stack")]
mod aws;
mod clock;
#[cfg(feature = "stack")]
mod engine;
mod files;
mod fleet;
#[cfg(target_os = "linux")]
mod fork;
mod hooks;
#[cfg(target_os = "linux")]
mod memory;
mod outage;
mod redirect;
mod renewal;
mod reply;
#[cfg(feature = "stack")]
mod runtime;
mod secret;
#[cfg(feature = "stack")]
mod server;
mod status;
mod table;
mod tls;
#[cfg(feature = "stack")]
mod token;
mod user;
mod wire;

use std::time::Duration;

use leasekey::VaultCredentialsProvider;
use leasekey_tests::expect::served;
use leasekey_tests::log::{self, Watch};
use leasekey_tests::scripted::RuledVault;

const SECOND: Duration = Duration::from_secs(1);

/// A scripted world, and the log with its secrets planted in it.
fn scripted() -> (RuledVault, Watch) {
    let logs = log::watch();
    RuledVault::plant(&logs);
    (RuledVault::new(), logs)
}

/// Callers are served every second of this time.
async fn serves_for(provider: &VaultCredentialsProvider, time: Duration) {
    for _ in 0..time.as_secs() {
        served(provider).await;
        tokio::time::sleep(SECOND).await;
    }
}
