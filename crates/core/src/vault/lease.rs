//! `sys/leases`: renewing, looking up and giving back one lease.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::client::VaultClient;
use super::endpoint::Post;
use super::envelope::Envelope;
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
    pub(crate) started: BootInstant,
    pub(crate) rtt: Duration,
}

#[derive(Serialize)]
struct Lease<'a> {
    lease_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sync: Option<bool>,
}

#[derive(Deserialize)]
struct Found {
    #[serde(default)]
    ttl: Seconds,
    #[serde(default)]
    renewable: bool,
}

/// Renews a lease by as much as Vault gives.
pub(crate) async fn renew(
    client: &VaultClient,
    token: &SecretString,
    lease_id: &str,
    allowance: &Allowance,
) -> Result<LeaseInfo, Fault> {
    let post = Post::new("sys/leases/renew", &Lease { lease_id, sync: None })?;
    let envelope = client.call(Operation::Lease, &post, Some(token), allowance).await?;
    let (said, renewable) = (envelope.lease_duration.clone(), envelope.renewable);
    info(&envelope, &said, renewable)
}

/// Looks a lease up: behind a caching Vault Agent the reply that issued it says nothing of its renewals.
pub(crate) async fn lookup(
    client: &VaultClient,
    token: &SecretString,
    lease_id: &str,
    allowance: &Allowance,
) -> Result<LeaseInfo, Fault> {
    let post = Post::new("sys/leases/lookup", &Lease { lease_id, sync: None })?;
    let envelope = client.call(Operation::Lease, &post, Some(token), allowance).await?;
    let found: Found = envelope.data()?;
    info(&envelope, &found.ttl, found.renewable)
}

fn info(envelope: &Envelope, said: &Seconds, renewable: bool) -> Result<LeaseInfo, Fault> {
    let ttl = said.span().ok_or_else(|| envelope.unusable(&format!("has a lease that lasts {said}")))?;
    Ok(LeaseInfo { ttl, renewable, started: envelope.started, rtt: envelope.rtt })
}

/// Revokes a lease, and waits until AWS has deleted what is deleted with it. One that is gone is revoked.
pub(crate) async fn revoke(
    client: &VaultClient,
    token: &SecretString,
    lease_id: &str,
    allowance: &Allowance,
) -> Result<(), Fault> {
    let post = Post::new("sys/leases/revoke", &Lease { lease_id, sync: Some(true) })?;
    client.call(Operation::Revoke, &post, Some(token), allowance).await.map(drop)
}
