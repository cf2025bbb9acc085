//! A walk through a new stack: log in, lease, list, read, be refused. It says where a broken one is broken.

use serde_json::json;

use super::aws::{Aws, BUCKET, OBJECTS};
use super::env::Exports;
use super::http::{Door, text_at};
use crate::failure::{Failure, Result};

/// Fails unless the leased keys do what they should, and no more.
pub(crate) fn verify(door: &Door, exports: &Exports) -> Result<()> {
    let login =
        json!({ "role_id": exports.get("LEASEKEY_ROLE_ID"), "secret_id": exports.get("LEASEKEY_SECRET_ID") });
    let login = door.vault("").write("auth/approle/login", &login)?;
    let vault = door.vault(text_at(&login, "/auth/client_token")?);
    let lease = vault.write("aws/creds/orders", &json!({}))?;
    let [key, secret] = [text_at(&lease, "/data/access_key")?, text_at(&lease, "/data/secret_key")?];
    let session = text_at(&lease, "/data/security_token")?;
    let aws = Aws::new(exports.get("AWS_ENDPOINT_URL"), key, secret, Some(session));
    let [(object, content), ..] = OBJECTS;
    expect(&aws, "GET", &format!("{BUCKET}?list-type=2"), 200, object)?;
    expect(&aws, "GET", &format!("{BUCKET}/{object}"), 200, content)?;
    expect(&aws, "PUT", &format!("{BUCKET}/{object}"), 403, "AccessDenied")?;
    vault.write("auth/token/revoke-self", &json!({}))?;
    Ok(())
}

fn expect(aws: &Aws, method: &str, path: &str, status: u16, content: &str) -> Result<()> {
    let answer = aws.s3(method, path, "")?;
    if answer.status == status && answer.body.contains(content) {
        return Ok(());
    }
    let why = format!("expected {status} and {content:?}, got {} and {:?}", answer.status, answer.body);
    Err(Failure::new(
        format!("the stack does not do what it should: {method} {path} with the leased keys"),
        why,
    ))
}
