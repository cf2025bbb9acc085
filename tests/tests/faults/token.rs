//! Tokens, policies and secret ids that end under us, on the real server.

use std::time::Duration;

use leasekey::Phase;
use leasekey::{AppRoleAuth, EventKind};
use leasekey_tests::expect::{next, refused, served};
use leasekey_tests::log;
use leasekey_tests::stack::{Stack, new_name, text_at};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

const ORDERS: &str = r#"path "aws/creds/orders" { capabilities = ["update"] }"#;
const LOGIN: &str = "auth/approle/login";

#[tokio::test]
async fn row_22_a_revoked_token_is_replaced_at_its_next_use_by_one_login() {
    let (stack, _logs) = (Stack::from_env(), log::watch());
    let role = stack.new_approle(ORDERS).await;
    let provider = stack.builder().auth(role.auth()).start().await.unwrap();
    let (old, mut events) = (served(&provider).await, provider.events());
    assert_eq!(stack.revoke_tokens_of(&role.name).await, 1);
    assert_eq!(served(&provider).await, old);
    // Two sets are never asked for within 2 s, whatever the reason.
    sleep(Duration::from_secs(2)).await;
    let used = Instant::now();
    let new = provider.refresh().await.unwrap();
    assert!(used.elapsed() < Duration::from_secs(2), "{:?}", used.elapsed());
    assert_ne!(new.access_key_id(), old);
    next(&mut events, EventKind::Swapped).await;
    let trail = stack.trail(&role.name);
    assert_eq!((provider.stats().logins, trail.granted(LOGIN)), (2, 2));
    stack.kept_pace(&role);
    provider.close().await.unwrap();
}

#[tokio::test]
async fn row_23_a_removed_policy_is_told_at_once_and_nobody_logs_in_again() {
    let (stack, _logs) = (Stack::from_env(), log::watch());
    let role = stack.new_approle(ORDERS).await;
    let provider = stack.builder().auth(role.auth()).start().await.unwrap();
    let (key, mut events) = (served(&provider).await, provider.events());
    let nothing = json!({ "policy": r#"path "secret/data/x" { capabilities = ["read"] }"# });
    stack.vault_write(&format!("sys/policies/acl/{}", role.name), nothing).await;
    let error = refused(provider.refresh().await);
    assert_eq!(error.code(), "LK-0106");
    assert_eq!(next(&mut events, EventKind::Denied).await.access_key_id.as_deref(), Some(key.as_str()));
    for _ in 0..20 {
        assert_eq!(served(&provider).await, key);
        let _refused_too = tokio::time::timeout(Duration::from_millis(100), provider.refresh()).await;
    }
    assert_eq!(provider.phase(), Phase::Denied);
    let trail = stack.trail(&role.name);
    assert_eq!(trail.granted(LOGIN), 1);
    stack.kept_pace(&role);
    // Who insists is bounded by the requests of 10 s.
    assert!(trail.asked("aws/creds/orders") <= 7, "{:?}", trail.paths());
}

#[tokio::test]
async fn row_24_a_used_up_secret_id_keeps_the_set_and_is_not_hammered() {
    let (stack, logs) = (Stack::from_env(), log::watch());
    let mount = new_name("approle-24");
    stack.vault_write(&format!("sys/auth/{mount}"), json!({ "type": "approle" })).await;
    let policy = stack.new_approle(ORDERS).await.name;
    let role = json!({ "token_policies": [policy], "secret_id_num_uses": 1 });
    stack.vault_write(&format!("auth/{mount}/role/once"), role).await;
    let role_id = stack.vault_read(&format!("auth/{mount}/role/once/role-id")).await;
    let secret_id = stack.vault_write(&format!("auth/{mount}/role/once/secret-id"), json!({})).await;
    let (role_id, secret_id) = (text_at(&role_id, "/data/role_id"), text_at(&secret_id, "/data/secret_id"));
    logs.planted("the secret id", &secret_id);
    let auth = AppRoleAuth::new(role_id, secret_id).mount(&mount);
    let provider = stack.builder().auth(auth).start().await.unwrap();
    let key = served(&provider).await;
    assert_eq!(stack.revoke_tokens_of(&policy).await, 1);
    let error = refused(provider.refresh().await);
    assert_eq!(error.code(), "LK-0122");
    for _ in 0..30 {
        assert_eq!(served(&provider).await, key);
        let _refused_too = tokio::time::timeout(Duration::from_millis(50), provider.refresh()).await;
        sleep(Duration::from_millis(50)).await;
    }
    let at_login = |entry: &Value| {
        entry.pointer("/request/path").is_some_and(|path| *path == format!("auth/{mount}/login"))
            && entry.pointer("/type").is_some_and(|kind| kind == "response")
    };
    let logins = stack.audit_entries().into_iter().filter(at_login).count();
    assert!((2..=3).contains(&logins), "{logins} logins, the first included");
}
