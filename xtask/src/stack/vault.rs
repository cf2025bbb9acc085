//! The Vault side: the AWS engine with one role of each kind, and the AppRole that Leasekey logs in with.

use serde_json::{Value, json};

use super::Server;
use super::aws::{ACCOUNT, ORDERS_READ, REGION};
use super::http::{Vault, text_at};
use super::install::SECRETS_PLUGIN;
use crate::failure::Result;

const LEASEKEY_POLICY: &str = include_str!("../../../tests/stack/policies/leasekey.hcl");

/// Where things are and who Vault is at AWS.
pub(crate) struct Setting<'a> {
    pub(crate) server: Server,
    pub(crate) aws_endpoint: &'a str,
    pub(crate) access_key: &'a str,
    pub(crate) secret_key: &'a str,
    pub(crate) audit_log: &'a str,
}

/// Fills the server and returns the role id and secret id of AppRole `orders`.
pub(crate) fn provision(vault: &Vault, setting: &Setting<'_>) -> Result<(String, String)> {
    if setting.server == Server::Vault {
        let options = json!({ "file_path": setting.audit_log });
        vault.write("sys/audit/file", &json!({ "type": "file", "options": options }))?;
    }
    mount_aws(vault, setting)?;
    for (name, role) in roles() {
        vault.write(&format!("aws/roles/{name}"), &role)?;
    }
    vault.write(
        "aws/static-roles/orders-static",
        &json!({ "username": "orders-static", "rotation_period": "1h" }),
    )?;
    app_role(vault)
}

fn mount_aws(vault: &Vault, setting: &Setting<'_>) -> Result<()> {
    let engine = match setting.server {
        Server::Openbao => SECRETS_PLUGIN,
        Server::Vault => "aws",
    };
    vault.write("sys/mounts/aws", &json!({ "type": engine }))?;
    let root = json!({
        "access_key": setting.access_key,
        "secret_key": setting.secret_key,
        "region": REGION,
        "iam_endpoint": setting.aws_endpoint,
        "sts_endpoint": setting.aws_endpoint,
    });
    vault.write("aws/config/root", &root)?;
    vault.write("aws/config/lease", &json!({ "lease": "15m", "lease_max": "1h" }))?;
    Ok(())
}

/// The dynamic roles. A session token carries what Vault's own user may do: AWS takes no policy for it.
fn roles() -> [(&'static str, Value); 4] {
    let times = |mut role: Value| {
        if let Some(fields) = role.as_object_mut() {
            fields.insert("default_sts_ttl".into(), "15m".into());
            fields.insert("max_sts_ttl".into(), "1h".into());
        }
        role
    };
    let role_arn = format!("arn:aws:iam::{ACCOUNT}:role/orders");
    [
        ("orders", times(json!({ "credential_type": "assumed_role", "role_arns": [role_arn] }))),
        ("orders-user", json!({ "credential_type": "iam_user", "policy_document": ORDERS_READ })),
        (
            "orders-fed",
            times(json!({ "credential_type": "federation_token", "policy_document": ORDERS_READ })),
        ),
        ("orders-session", times(json!({ "credential_type": "session_token" }))),
    ]
}

fn app_role(vault: &Vault) -> Result<(String, String)> {
    vault.write("sys/policies/acl/orders", &json!({ "policy": LEASEKEY_POLICY }))?;
    vault.write("sys/auth/approle", &json!({ "type": "approle" }))?;
    let role = json!({ "token_policies": ["orders"], "token_ttl": "1h", "token_max_ttl": "24h" });
    vault.write("auth/approle/role/orders", &role)?;
    let role_id = vault.read("auth/approle/role/orders/role-id")?;
    let secret_id = vault.write("auth/approle/role/orders/secret-id", &json!({}))?;
    Ok((text_at(&role_id, "/data/role_id")?.into(), text_at(&secret_id, "/data/secret_id")?.into()))
}
