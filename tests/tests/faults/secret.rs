//! G12: no output of anything public shows a byte of a secret.

use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};

use aws_credential_types::provider::ProvideCredentials;
use leasekey::config::{Config, ConfigKey, Overrides};
use leasekey::context::{HttpRequest, ScriptedReply};
use leasekey::{AppRoleAuth, Login, SecretBytes, SecretString, TokenAuth};
use leasekey_tests::expect::refused;
use leasekey_tests::scripted::{CANARY, SECRET_ID, TOKEN, is_issue};

use crate::scripted;

/// Every text there is; the log is searched for what they show.
fn show(what: &dyn Debug) -> String {
    let text = format!("{what:?} {what:#?}");
    tracing::info!("{text}");
    text
}

#[tokio::test(start_paused = true)]
async fn g12_no_debug_text_shows_a_secret() {
    let (vault, _logs) = scripted();
    let (app_role, token) = (AppRoleAuth::new("role-id", SECRET_ID), TokenAuth::new(TOKEN));
    let mut overrides = Overrides::default();
    overrides.set(ConfigKey::Token, TOKEN);
    overrides.set(ConfigKey::SecretId, SECRET_ID);
    let builder = vault.builder().set(ConfigKey::Token, TOKEN);
    let mut texts = vec![
        show(&builder),
        show(&app_role),
        show(&token),
        show(&Login::token(TOKEN)),
        show(&SecretString::from(TOKEN)),
        show(&SecretBytes::from(TOKEN.as_bytes().to_vec())),
        show(&overrides),
        show(&Config::of(overrides.clone()).unwrap()),
        show(&vault.context()),
    ];
    let provider = builder.auth(app_role).build().unwrap();
    let mut events = provider.events();
    let set = provider.credentials().await.unwrap();
    let (key, token) = (format!("{CANARY}/secret/key/1"), format!("{CANARY}/session/token/1"));
    assert_eq!((set.secret_access_key(), set.session_token()), (key.as_str(), Some(token.as_str())));
    provider.refresh().await.unwrap();
    texts.extend([show(&provider), show(&provider.heal()), show(&provider.lease()), show(&provider.stats())]);
    texts.extend([show(&set), show(&events), show(&provider.fallback_on_interrupt())]);
    provider.close().await.unwrap();
    while let Some(event) = events.next_now() {
        texts.push(format!("{event} {} {:?}", show(&event), event.fields()));
    }
    assert!(texts.len() > 18, "no events");
    for (text, secret) in texts.iter().flat_map(|text| [CANARY, TOKEN, SECRET_ID].map(|s| (text, s))) {
        assert!(!text.contains(secret), "{text}");
    }
}

/// The token and the body of the request, as some servers quote them.
fn echo(status: u16, request: &HttpRequest) -> ScriptedReply {
    let token = request.headers.get("x-vault-token").map_or("", |token| token.to_str().unwrap());
    let body = String::from_utf8_lossy(request.body.expose());
    ScriptedReply::json(status, &serde_json::json!({ "errors": [format!("no {token}"), body] }).to_string())
}

#[tokio::test(start_paused = true)]
async fn g12_no_error_shows_a_secret_that_a_server_quotes() {
    let (vault, logs) = scripted();
    for status in [400, 403, 404, 405, 412, 429, 500, 502, 503] {
        vault.rule(move |request| Some(echo(status, request)));
        refused(vault.builder().start().await);
        refused(vault.bare_builder().role("orders").auth(TokenAuth::new(TOKEN)).start().await);
        refused(
            vault
                .bare_builder()
                .role("orders")
                .auth(AppRoleAuth::new("r", SECRET_ID).wrapped())
                .start()
                .await,
        );
        vault.up();
        let provider = vault.builder().session_name("name").start().await.unwrap();
        vault.rule(move |request| is_issue(request).then(|| echo(status, request)));
        refused(provider.refresh().await);
    }
    assert!(logs.saw("[secret]"));
}

#[tokio::test(start_paused = true)]
async fn g12_no_error_shows_a_secret_of_a_reply_that_cannot_be_used() {
    let (vault, _logs) = scripted();
    for status in [200, 307, 400, 403, 500] {
        for body in [
            format!(r#"{{"data":"{CANARY}","auth":"{TOKEN}"}}"#),
            format!(r#"{{"data":{{"secret_key":["{CANARY}"]}},"auth":{{"client_token":["{TOKEN}"]}}}}"#),
            format!(
                r#"{{"data":{{"secret_key":"{CANARY}","session_token":"{CANARY}","access_key":"{CANARY}"}}}}"#
            ),
            format!("{CANARY} {TOKEN}"),
        ] {
            let answer = move |_: &HttpRequest| Some(ScriptedReply::json(status, &body));
            vault.rule(answer.clone());
            refused(vault.builder().start().await);
            refused(vault.bare_builder().role("orders").auth(TokenAuth::new(TOKEN)).start().await);
            vault.up();
            let provider = vault.builder().session_name("name").start().await.unwrap();
            vault.rule(move |request| is_issue(request).then(|| answer(request)).flatten());
            refused(provider.refresh().await);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn g12_a_panic_message_of_a_failed_unwrap_shows_no_secret() {
    let (vault, _logs) = scripted();
    vault.rule(|request| Some(echo(400, request)));
    let started = vault.builder().start().await;
    let panic = catch_unwind(AssertUnwindSafe(|| started.unwrap())).unwrap_err();
    tracing::info!("{}", panic.downcast_ref::<String>().unwrap());
}
