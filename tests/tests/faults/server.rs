//! What an administrator does to the server while a provider lives.

use leasekey::{AppRoleAuth, EventKind, Phase, TokenAuth};
use leasekey_tests::expect::{next, next_within, refused, served};
use serde_json::json;

use crate::SECOND;
use crate::engine::Engine;

#[tokio::test]
async fn row_16_a_rate_quota_of_the_real_server_is_waited_out() {
    let engine = Engine::new().await;
    let (provider, quota) = (engine.provider().await, format!("sys/quotas/rate-limit/{}", engine.mount));
    let limit = json!({ "path": format!("{}/", engine.mount), "rate": 1, "interval": "1h" });
    engine.stack.vault_write(&quota, limit).await;
    let key = provider.refresh().await.unwrap().access_key_id().to_owned();
    let mut events = provider.events();
    let error = refused(provider.refresh().await);
    assert_eq!(error.code(), "LK-0109");
    assert!(error.message().contains("limits the rate of requests (429"), "{error}");
    assert_eq!(served(&provider).await, key);
    engine.stack.vault_delete(&quota).await;
    next_within(&mut events, EventKind::Swapped, 62 * SECOND).await;
    assert_ne!(served(&provider).await, key);
    engine.ends().await;
}

#[tokio::test]
async fn row_21_a_deleted_mount_or_role_keeps_the_set_and_is_told_at_once() {
    let engine = Engine::new().await;
    let (provider, role) = (engine.provider().await, format!("{}/roles/orders", engine.mount));
    let (key, mut events) = (served(&provider).await, provider.events());
    engine.stack.vault_delete(&role).await;
    let error = refused(provider.refresh().await);
    assert_eq!(error.code(), "LK-0105");
    assert_eq!(next(&mut events, EventKind::RefreshFailed).await.code, Some("LK-0105"));
    next(&mut events, EventKind::Denied).await;
    engine.is_deleted().await;
    let error = refused(provider.refresh().await);
    assert_eq!(error.code(), "LK-0105", "{error}");
    assert!(error.message().contains(&engine.mount), "{error}");
    assert_eq!((served(&provider).await, provider.phase()), (key.clone(), Phase::Denied));
    engine.mounts().await;
    provider.refresh().await.unwrap();
    assert_ne!(served(&provider).await, key);
    engine.ends().await;
}

#[tokio::test]
async fn row_27_every_kind_of_token_of_the_real_server_works_and_none_of_the_users_is_revoked() {
    for settings in [
        json!({ "type": "batch", "renewable": false }),
        json!({ "renewable": false }),
        json!({ "period": "1h" }),
        json!({ "explicit_max_ttl": "2h" }),
    ] {
        let engine = Engine::new().await;
        let token = engine.stack.new_token_of(&engine.login.name, settings.clone()).await;
        engine.logs.planted("the token", &token);
        let provider = engine.builder().auth(TokenAuth::new(token.as_str())).start().await.unwrap();
        provider.refresh().await.unwrap();
        assert_eq!((provider.stats().logins, provider.stats().failures), (1, 0), "{settings}");
        provider.close().await.unwrap();
        let alive =
            engine.stack.vault_call(&token, reqwest::Method::GET, "auth/token/lookup-self", None).await;
        assert_eq!(alive.status, 200, "{settings}");
        engine.ends().await;
    }
}

#[tokio::test]
async fn row_39_a_wrapping_token_that_was_used_is_a_security_event_and_its_owner_logs_in_again_without_it() {
    let engine = Engine::new().await;
    let path = format!("auth/approle/role/{}/secret-id", engine.login.name);
    let token = engine.stack.wrapped(&path).await;
    engine.logs.planted("the wrapping token", &token);
    let auth = || AppRoleAuth::new(engine.login.role_id.as_str(), token.as_str()).wrapped();
    let owner = engine.builder().auth(auth()).start().await.unwrap();
    // Another login: one that is the same would share the first.
    let thief = engine.builder().auth(auth().wrapped_at(path)).build().unwrap();
    let mut events = thief.events();
    assert_eq!(refused(thief.credentials().await).code(), "LK-0119");
    assert_eq!(next(&mut events, EventKind::Security).await.code, Some("LK-0119"));
    assert_eq!(engine.stack.revoke_tokens_of(&engine.login.name).await, 1);
    owner.refresh().await.unwrap();
    assert_eq!(owner.stats().logins, 2);
    engine.ends().await;
}
