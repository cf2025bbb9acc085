//! Logging in: AppRole in its three forms, tokens in theirs.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use leasekey::config::ConfigKey;
use leasekey::{AppRoleAuth, EventKind, TokenAuth};
use leasekey_tests::expect::{next, refused};
use leasekey_tests::stack::{AppRole, Stack};
use reqwest::Method;
use serde_json::json;

use crate::{ORDERS, begin};

/// A file of this test's own with this content, for its owner alone.
fn file(name: &str, content: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("leasekey-{name}-{}", std::process::id()));
    std::fs::write(&path, content).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    path
}

fn remove(path: &Path) {
    std::fs::remove_file(path).unwrap();
}

async fn wrapped_secret_id(stack: &Stack, role: &AppRole) -> String {
    stack.wrapped(&format!("auth/approle/role/{}/secret-id", role.name)).await
}

#[tokio::test]
async fn a_secret_id_is_given_or_read_from_a_file_at_each_login() {
    let (stack, logs) = begin();
    let role = stack.new_approle(ORDERS).await;
    logs.planted("the secret id", &role.secret_id);
    stack.builder().auth(role.auth()).start().await.unwrap();
    let path = file("secret-id", &format!("{}\n", role.secret_id));
    let vault = stack.builder().auth(AppRoleAuth::file(role.role_id.as_str(), &path)).start().await.unwrap();
    assert_eq!(vault.stats().logins, 1);
    remove(&path);
}

#[tokio::test]
async fn a_login_by_settings_alone_works() {
    let (stack, _logs) = begin();
    let role = stack.new_approle(ORDERS).await;
    let settings = stack.builder().set(ConfigKey::RoleId, role.role_id.as_str());
    settings.set(ConfigKey::SecretId, role.secret_id.as_str()).start().await.unwrap();
}

#[tokio::test]
async fn a_wrong_secret_id_is_rejected_without_being_shown() {
    let (stack, logs) = begin();
    let role = stack.new_approle(ORDERS).await;
    let wrong = "canary-wrong-secret-id-2f9c";
    logs.planted("the wrong secret id", wrong);
    let error = refused(stack.builder().auth(AppRoleAuth::new(role.role_id, wrong)).start().await);
    assert_eq!(error.code(), "LK-0122");
    assert!(error.message().contains("auth/approle/login"), "{error}");
    // HashiCorp Vault gives a refused login no request id in its reply.
    assert!(!error.message().contains(wrong));
}

#[tokio::test]
async fn a_wrapped_secret_id_is_unwrapped_after_its_origin_is_checked() {
    let (stack, logs) = begin();
    let role = stack.new_approle(ORDERS).await;
    let token = wrapped_secret_id(&stack, &role).await;
    logs.planted("the wrapping token", &token);
    let at = format!("auth/approle/role/{}/secret-id", role.name);
    let auth = AppRoleAuth::new(role.role_id.as_str(), token).wrapped_at(at);
    let vault = stack.builder().auth(auth).start().await.unwrap();
    vault.refresh().await.unwrap();
    assert_eq!(vault.stats().logins, 1);
}

#[tokio::test]
async fn a_wrapping_token_that_was_used_or_forged_is_a_security_event() {
    let (stack, logs) = begin();
    let role = stack.new_approle(ORDERS).await;
    let used = wrapped_secret_id(&stack, &role).await;
    let unwrapped = stack.vault_call(&used, Method::POST, "sys/wrapping/unwrap", None).await;
    assert_eq!(unwrapped.status, 200);
    let forged = "hvs.CAESIJforgedforgedforgedforgedforgedforgedforged";
    for token in [used.as_str(), forged, "s.forgedforgedforgedforged"] {
        logs.planted("the wrapping token", token);
        let vault = stack.builder().auth(AppRoleAuth::new(role.role_id.as_str(), token).wrapped());
        let vault = vault.build().unwrap();
        let mut events = vault.events();
        let error = refused(vault.credentials().await);
        assert_eq!(error.code(), "LK-0119", "{error}");
        assert!(error.hint().contains("stolen"), "{error}");
        let event = next(&mut events, EventKind::Security).await;
        assert_eq!(event.code, Some("LK-0119"));
    }
}

#[tokio::test]
async fn a_token_that_wraps_something_else_is_not_used_up() {
    let (stack, _logs) = begin();
    let (role, other) = (stack.new_approle(ORDERS).await, stack.new_approle(ORDERS).await);
    let elsewhere = stack.wrapped("auth/token/create").await;
    let of_other = wrapped_secret_id(&stack, &other).await;
    let exactly = format!("auth/approle/role/{}/secret-id", role.name);
    for (token, auth) in [
        (&elsewhere, AppRoleAuth::new(role.role_id.as_str(), elsewhere.as_str()).wrapped()),
        (&of_other, AppRoleAuth::new(role.role_id.as_str(), of_other.as_str()).wrapped_at(exactly)),
    ] {
        let error = refused(stack.builder().auth(auth).start().await);
        assert_eq!(error.code(), "LK-0119");
        assert!(error.message().contains("was not unwrapped"), "{error}");
        let still = stack.vault_call(token, Method::POST, "sys/wrapping/unwrap", None).await;
        assert_eq!(still.status, 200, "the token was used up: {}", still.body);
    }
}

#[tokio::test]
async fn a_token_is_used_from_a_text_or_a_file() {
    let (stack, logs) = begin();
    let token = stack.new_token(ORDERS).await;
    logs.planted("the token", &token);
    stack.builder().auth(TokenAuth::new(token.as_str())).start().await.unwrap();
    stack.builder().set(ConfigKey::Token, token.as_str()).start().await.unwrap();
    let path = file("token", &format!("{token}\n"));
    stack.builder().auth(TokenAuth::file(&path)).start().await.unwrap();
    remove(&path);
}

#[tokio::test]
async fn a_token_without_the_default_policy_is_used_although_it_may_not_look_itself_up() {
    let (stack, _logs) = begin();
    let token = stack.new_token_with(ORDERS, json!({ "no_default_policy": true })).await;
    let looked = stack.vault_call(&token, Method::GET, "auth/token/lookup-self", None).await;
    assert_eq!(looked.status, 403);
    let vault = stack.builder().auth(TokenAuth::new(token)).start().await.unwrap();
    assert_eq!((vault.stats().logins, vault.stats().issues), (1, 1));
}

#[tokio::test]
async fn an_approle_without_the_default_policy_works_until_its_close() {
    let (stack, _logs) = begin();
    let role = stack.new_approle_with(ORDERS, json!({ "token_no_default_policy": true })).await;
    let vault = stack.builder().auth(role.auth()).start().await.unwrap();
    vault.refresh().await.unwrap();
    vault.close().await.unwrap();
}

#[tokio::test]
async fn a_batch_token_works_and_its_close_asks_for_nothing_impossible() {
    let (stack, _logs) = begin();
    let role = stack.new_approle_with(ORDERS, json!({ "token_type": "batch" })).await;
    let vault = stack.builder().auth(role.auth()).start().await.unwrap();
    vault.refresh().await.unwrap();
    vault.close().await.unwrap();
    assert_eq!(stack.trail(&role.name).asked("auth/token/revoke-self"), 0, "a batch token cannot be revoked");
}

#[tokio::test]
async fn a_token_with_the_root_policy_is_refused_unless_allowed() {
    let (stack, _logs) = begin();
    let error = refused(stack.builder().auth(TokenAuth::new(stack.root_token.as_str())).start().await);
    assert_eq!(error.code(), "LK-0103");
    assert!(error.message().contains("root policy") && error.hint().contains("allow_root_token"), "{error}");
    let allowed = TokenAuth::new(stack.root_token.as_str()).allow_root_token();
    stack.builder().auth(allowed).start().await.unwrap();
}

#[tokio::test]
async fn a_bogus_token_is_refused_and_nothing_else_is_tried() {
    let (stack, logs) = begin();
    let role = stack.new_approle(ORDERS).await;
    let bogus = "hvs.canary-bogus-token-77aa01";
    logs.planted("the bogus token", bogus);
    let both = stack.builder().set(ConfigKey::RoleId, role.role_id).set(ConfigKey::SecretId, role.secret_id);
    let error = refused(both.auth(TokenAuth::new(bogus)).start().await);
    assert_eq!(error.code(), "LK-0103");
    assert_eq!(stack.trail(&role.name).paths(), [""; 0]);
}
