//! `sys/leases`: giving one lease back.

use serde::Serialize;

use super::client::VaultClient;
use super::endpoint::Post;
use super::fault::Operation;
use crate::refresh::{Allowance, Fault};
use crate::secret::SecretString;

#[derive(Serialize)]
struct Revoke<'a> {
    lease_id: &'a str,
}

/// Revokes a lease; one that is gone already is revoked.
pub(crate) async fn revoke(
    client: &VaultClient,
    token: &SecretString,
    lease_id: &str,
    allowance: &Allowance,
) -> Result<(), Fault> {
    let post = Post::new("sys/leases/revoke", &Revoke { lease_id })?;
    client.call(Operation::Revoke, &post, Some(token), allowance).await.map(drop)
}
