//! What a new stack is filled with, and what programs are told of it.

use std::path::Path;

use super::env::Exports;
use super::http::Door;
use super::install::Programs;
use super::{Server, aws, server, vault};
use crate::failure::Result;

/// Fills both servers and returns the variables that programs need.
pub(crate) fn fill(
    server: Server,
    folder: &Path,
    programs: &Programs,
    (door, token): (&Door, &str),
    aws_endpoint: &str,
) -> Result<Exports> {
    let (access_key, secret_key) = aws::provision(aws_endpoint)?;
    let audit_log = folder.join("audit.log").display().to_string();
    let setting = vault::Setting {
        server,
        aws_endpoint,
        access_key: &access_key,
        secret_key: &secret_key,
        audit_log: &audit_log,
    };
    let (role_id, secret_id) = vault::provision(&door.vault(token), &setting)?;
    Ok(Exports::new([
        ("VAULT_ADDR", door.address.clone()),
        ("AWS_ENDPOINT_URL", aws_endpoint.into()),
        ("AWS_REGION", aws::REGION.into()),
        ("LEASEKEY_ROLE_ID", role_id),
        ("LEASEKEY_SECRET_ID", secret_id),
        ("LEASEKEY_ROLE", "orders".into()),
        ("LEASEKEY_BUCKET", aws::BUCKET.into()),
        ("LEASEKEY_STACK_SERVER", server.as_str().into()),
        ("LEASEKEY_STACK_PROGRAM", programs.server.display().to_string()),
        ("LEASEKEY_STACK_AWS_PROGRAM", programs.python.display().to_string()),
        ("LEASEKEY_STACK_ROOT_TOKEN", token.into()),
        ("LEASEKEY_STACK_AUDIT_LOG", audit_log),
        ("LEASEKEY_STACK_AWS_ACCOUNT", aws::ACCOUNT.into()),
        ("LEASEKEY_STACK_AWS_ADMIN_KEY", server::AWS_ADMIN.0.into()),
        ("LEASEKEY_STACK_AWS_ADMIN_SECRET", server::AWS_ADMIN.1.into()),
    ]))
}
