//! `sys/leases`: renewing, revoking and looking up one lease.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::client::VaultClient;
use super::endpoint::Post;
use super::fault::Operation;
use super::json::Seconds;
use crate::refresh::{Allowance, Fault};
use crate::secret::SecretString;
use crate::time::BootInstant;

/// What Vault says of a lease.
#[derive(Debug)]
pub(crate) struct LeaseInfo {
    /// How long it lasts, counted from `started`.
    pub(crate) ttl: Duration,
    pub(crate) renewable: bool,
    pub(crate) request_id: String,
    pub(crate) warnings: Vec<String>,
    pub(crate) started: BootInstant,
    pub(crate) rtt: Duration,
}

#[derive(Serialize)]
struct Renew<'a> {
    lease_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    increment: Option<u64>,
}

#[derive(Serialize)]
struct Revoke<'a> {
    lease_id: &'a str,
    sync: bool,
}

#[derive(Serialize)]
struct Lookup<'a> {
    lease_id: &'a str,
}

#[derive(Deserialize)]
struct Found {
    #[serde(default)]
    ttl: Seconds,
    #[serde(default)]
    renewable: bool,
}

/// Renews a lease; `increment` is a wish, counted from now.
pub(crate) async fn renew(
    client: &VaultClient,
    token: &SecretString,
    lease_id: &str,
    increment: Option<Duration>,
    allowance: &Allowance,
) -> Result<LeaseInfo, Fault> {
    let increment = increment.map(|increment| increment.as_secs());
    let post = Post::new("sys/leases/renew", &Renew { lease_id, increment })?;
    let envelope = client.call(Operation::Lease, &post, Some(token), allowance).await?;
    let ttl = envelope.lease_duration.span();
    let ttl = ttl.ok_or_else(|| {
        envelope.unusable(&format!("renews a lease for a lease_duration {}", envelope.lease_duration))
    })?;
    Ok(LeaseInfo {
        ttl,
        renewable: envelope.renewable,
        request_id: envelope.request_id,
        warnings: envelope.warnings,
        started: envelope.started,
        rtt: envelope.rtt,
    })
}

/// Revokes a lease; one that is gone already is revoked. `sync` waits until AWS has deleted the user.
pub(crate) async fn revoke(
    client: &VaultClient,
    token: &SecretString,
    lease_id: &str,
    sync: bool,
    allowance: &Allowance,
) -> Result<(), Fault> {
    let post = Post::new("sys/leases/revoke", &Revoke { lease_id, sync })?;
    client.call(Operation::Revoke, &post, Some(token), allowance).await.map(drop)
}

/// Looks a lease up. Behind a caching Agent this, not the reply, knows how long it lasts.
pub(crate) async fn lookup(
    client: &VaultClient,
    token: &SecretString,
    lease_id: &str,
    allowance: &Allowance,
) -> Result<LeaseInfo, Fault> {
    let post = Post::new("sys/leases/lookup", &Lookup { lease_id })?;
    let envelope = client.call(Operation::Lease, &post, Some(token), allowance).await?;
    let found: Found = envelope.data()?;
    let ttl = found.ttl.span();
    Ok(LeaseInfo {
        ttl: ttl.ok_or_else(|| envelope.unusable(&format!("has the ttl {}", found.ttl)))?,
        renewable: found.renewable,
        request_id: envelope.request_id,
        warnings: envelope.warnings,
        started: envelope.started,
        rtt: envelope.rtt,
    })
}
