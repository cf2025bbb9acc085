//! Sets, leases and counts as JavaScript gets them.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use leasekey::VaultCredentialsProvider;
use napi_derive::napi;

/// One set of credentials.
#[napi(object)]
pub struct Set {
    /// The id of the access key.
    pub access_key_id: String,
    /// The secret access key.
    pub secret_access_key: String,
    /// The session token; none for the key of an IAM user.
    pub session_token: Option<String>,
    /// The AWS account.
    pub account_id: Option<String>,
    /// The end, in milliseconds since 1970.
    pub expiration: f64,
    /// The kind, `"assumed_role"`.
    pub kind: String,
}

impl Set {
    pub(crate) fn new(credentials: &Credentials, provider: &VaultCredentialsProvider) -> Self {
        Self {
            access_key_id: credentials.access_key_id().into(),
            secret_access_key: credentials.secret_access_key().into(),
            session_token: credentials.session_token().map(Into::into),
            account_id: credentials.account_id().map(|account| account.as_str().into()),
            expiration: credentials.expiry().map_or(0.0, milliseconds),
            kind: provider.lease().map_or_else(String::new, |lease| lease.kind.name().into()),
        }
    }
}

/// The lease in hand, without its secrets.
#[napi(object)]
pub struct Lease {
    /// The kind, `"assumed_role"`.
    pub kind: String,
    /// Counts the sets of one provider, from 1.
    pub generation: f64,
    /// The id of the access key.
    pub access_key_id: String,
    /// The ARN, as Vault tells it.
    pub arn: Option<String>,
    /// The AWS account.
    pub account_id: Option<String>,
    /// The role session's name.
    pub session_name: Option<String>,
    /// The id of the lease in Vault.
    pub lease_id: Option<String>,
    /// The `request_id` of Vault's reply.
    pub vault_request_id: String,
    /// The entity of the login.
    pub vault_entity_id: Option<String>,
    /// When it was asked for, in milliseconds since 1970.
    pub issued_at: f64,
    /// When it ends, in milliseconds since 1970.
    pub expires_at: f64,
}

impl From<leasekey::Lease> for Lease {
    fn from(lease: leasekey::Lease) -> Self {
        Self {
            kind: lease.kind.name().into(),
            generation: lease.generation as f64,
            session_name: lease.session_name().map(Into::into),
            access_key_id: lease.access_key_id,
            arn: lease.arn,
            account_id: lease.account_id,
            lease_id: lease.lease_id,
            vault_request_id: lease.vault_request_id,
            vault_entity_id: lease.vault_entity_id,
            issued_at: milliseconds(lease.issued_at),
            expires_at: milliseconds(lease.expires_at),
        }
    }
}

/// What was done so far.
#[napi(object)]
pub struct Stats {
    /// Sets that Vault issued and that served.
    pub issues: f64,
    /// Logins that succeeded.
    pub logins: f64,
    /// Renewals of leases and tokens.
    pub renewals: f64,
    /// Leases given back one by one.
    pub revocations: f64,
    /// Attempts that failed.
    pub failures: f64,
    /// Sets that AWS refused as if they were dead.
    pub heals: f64,
}

impl From<leasekey::Stats> for Stats {
    fn from(stats: leasekey::Stats) -> Self {
        Self {
            issues: stats.issues as f64,
            logins: stats.logins as f64,
            renewals: stats.renewals as f64,
            revocations: stats.revocations as f64,
            failures: stats.failures as f64,
            heals: stats.heals as f64,
        }
    }
}

pub(crate) fn milliseconds(at: SystemTime) -> f64 {
    at.duration_since(SystemTime::UNIX_EPOCH).map_or(0.0, |since| since.as_millis() as f64)
}
