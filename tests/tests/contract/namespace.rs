//! Namespaces: the same names in two namespaces are two different things.

use leasekey::AppRoleAuth;
use leasekey_tests::expect::refused;
use leasekey_tests::stack::{Stack, new_name, text_at};
use serde_json::json;

use crate::{ORDERS, begin};

/// A namespace with an AWS engine, a role and an AppRole of its own; the login.
async fn furnish(stack: &Stack, namespace: &str) -> AppRoleAuth {
    let at = |path: &str| format!("{namespace}/{path}");
    stack.vault_write(&format!("sys/namespaces/{namespace}"), json!({})).await;
    stack.mount_aws(&format!("{namespace}/"), "aws", json!({}), &stack.aws_endpoint).await;
    stack.vault_write(&at("sys/policies/acl/orders"), json!({ "policy": ORDERS })).await;
    stack.vault_write(&at("sys/auth/approle"), json!({ "type": "approle" })).await;
    stack.vault_write(&at("auth/approle/role/orders"), json!({ "token_policies": ["orders"] })).await;
    let role_id = stack.vault_read(&at("auth/approle/role/orders/role-id")).await;
    let secret_id = stack.vault_write(&at("auth/approle/role/orders/secret-id"), json!({})).await;
    AppRoleAuth::new(text_at(&role_id, "/data/role_id"), text_at(&secret_id, "/data/secret_id"))
}

#[tokio::test]
async fn login_and_lease_stay_in_their_namespace() {
    let (stack, _logs) = begin();
    if !stack.is_openbao() {
        println!("skipped: HashiCorp Vault has namespaces in its Enterprise edition only");
        return;
    }
    let namespace = new_name("team");
    let auth = furnish(&stack, &namespace).await;
    let vault = stack.builder().namespace(&namespace).auth(auth).start().await.unwrap();
    let entry = stack.audited(&vault.lease().unwrap().vault_request_id).unwrap();
    assert_eq!(text_at(&entry, "/request/namespace/path"), format!("{namespace}/"));
    vault.close().await.unwrap();
}

#[tokio::test]
async fn a_login_of_another_namespace_is_rejected_and_the_namespace_named() {
    let (stack, _logs) = begin();
    if !stack.is_openbao() {
        println!("skipped: HashiCorp Vault has namespaces in its Enterprise edition only");
        return;
    }
    let role = stack.new_approle(ORDERS).await;
    let error = refused(stack.builder().namespace("nowhere/at-all").auth(role.auth()).start().await);
    assert!(["LK-0122", "LK-0105"].contains(&error.code()), "{error}");
    assert!(error.message().contains("in namespace nowhere/at-all/"), "{error}");
}
