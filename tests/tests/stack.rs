//! The stack is what the other tests take it for.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may stop, and reads files")]

use leasekey_tests::stack::{Stack, text_at};
use reqwest::Method;
use serde_json::{Value, json};

const NARROW: &str = r#"path "aws/creds/orders" { capabilities = ["update"] }"#;

#[tokio::test]
async fn an_approle_of_a_tests_own_has_its_policy_and_no_more() {
    let stack = Stack::from_env();
    let role = stack.new_approle(NARROW).await;
    let login = json!({ "role_id": role.role_id, "secret_id": role.secret_id });
    let login = stack.vault_call("", Method::POST, "auth/approle/login", Some(&login)).await;
    let token = text_at(&login.body, "/auth/client_token");
    let orders = stack.vault_call(&token, Method::POST, "aws/creds/orders", Some(&json!({}))).await;
    assert_eq!((orders.status, text_at(&orders.body, "/data/access_key").get(..4)), (200, Some("ASIA")));
    let user = stack.vault_call(&token, Method::POST, "aws/creds/orders-user", Some(&json!({}))).await;
    assert_eq!(user.status, 403);
}

#[tokio::test]
async fn every_kind_of_role_issues_to_the_approle_of_the_example() {
    let stack = Stack::from_env();
    let login = json!({ "role_id": stack.role_id, "secret_id": stack.secret_id });
    let login = stack.vault_call("", Method::POST, "auth/approle/login", Some(&login)).await;
    let token = text_at(&login.body, "/auth/client_token");
    for path in
        ["creds/orders", "creds/orders-user", "creds/orders-fed", "creds/orders-session", "sts/orders"]
    {
        let reply = stack.vault_call(&token, Method::POST, &format!("aws/{path}"), Some(&json!({}))).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.body);
        let lease = json!({ "lease_id": text_at(&reply.body, "/lease_id") });
        let found = stack.vault_call(&token, Method::POST, "sys/leases/lookup", Some(&lease)).await;
        assert_eq!(found.status, 200, "{path}: {}", found.body);
        let revoked = stack.vault_call(&token, Method::POST, "sys/leases/revoke", Some(&lease)).await;
        assert_eq!(revoked.status, 204, "{path}: {}", revoked.body);
    }
    let reply = stack.vault_call(&token, Method::GET, "aws/static-creds/orders-static", None).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
}

#[tokio::test]
async fn the_audit_log_tells_who_asked_for_what_and_no_secret() {
    let stack = Stack::from_env();
    let token = stack.new_token(NARROW).await;
    let orders = stack.vault_call(&token, Method::POST, "aws/creds/orders", Some(&json!({}))).await;
    let id = text_at(&orders.body, "/request_id");
    let ours = |entry: &&Value| entry.pointer("/request/id").and_then(Value::as_str) == Some(&id);
    let entries = stack.audit_entries();
    let kinds: Vec<String> = entries.iter().filter(ours).map(|entry| text_at(entry, "/type")).collect();
    assert_eq!(kinds, ["request", "response"]);
    let secret = text_at(&orders.body, "/data/secret_key");
    let log = std::fs::read_to_string(&stack.audit_log).unwrap();
    assert!(!log.contains(&token) && !log.contains(&secret));
}

#[tokio::test]
async fn what_is_written_can_be_listed_read_and_deleted() {
    let stack = Stack::from_env();
    let role =
        json!({ "credential_type": "assumed_role", "role_arns": ["arn:aws:iam::000000000000:role/orders"] });
    stack.vault_write("aws/roles/short-lived", role).await;
    assert!(stack.vault_list("aws/roles").await.contains(&"short-lived".to_owned()));
    let role = stack.vault_read("aws/roles/short-lived").await;
    assert_eq!(text_at(&role, "/data/credential_type"), "assumed_role");
    stack.vault_delete("aws/roles/short-lived").await;
    assert!(!stack.vault_list("aws/roles").await.contains(&"short-lived".to_owned()));
    assert!(stack.vault_list("aws/roles/nothing-here").await.is_empty());
}
