//! G12: no output of anything public shows a byte of a secret.

use std::error::Error as _;
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};

use aws_credential_types::provider::ProvideCredentials;
use leasekey::config::{Config, ConfigKey, Overrides};
use leasekey::{AppRoleAuth, Login, SecretBytes, SecretString, TokenAuth};
use leasekey_tests::expect::refused;
use leasekey_tests::scripted::{SECRET_ID, SECRET_KEY, SESSION_TOKEN, TOKEN};

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
        show(&vault.world.context()),
    ];
    let provider = builder.auth(app_role).build().unwrap();
    let mut events = provider.events();
    let set = provider.credentials().await.unwrap();
    assert_eq!((set.secret_access_key(), set.session_token()), (SECRET_KEY, Some(SESSION_TOKEN)));
    provider.refresh().await.unwrap();
    texts.extend([show(&provider), show(&provider.heal()), show(&provider.lease()), show(&provider.stats())]);
    texts.extend([show(&set), show(&events), show(&provider.fallback_on_interrupt())]);
    provider.close().await.unwrap();
    while let Some(event) = events.next_now() {
        texts.push(format!("{event} {} {:?}", show(&event), event.fields()));
    }
    assert!(texts.len() > 18, "no events");
    for (text, secret) in
        texts.iter().flat_map(|text| [SECRET_KEY, SESSION_TOKEN, TOKEN, SECRET_ID].map(|s| (text, s)))
    {
        assert!(!text.contains(secret), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn g12_no_error_shows_a_secret_that_a_server_sends_back() {
    let (vault, _logs) = scripted();
    for status in [400, 403, 404, 405, 412, 429, 500, 502, 503, 307, 200] {
        for body in [
            format!(r#"{{"errors":["{TOKEN} {SECRET_ID} is wrong"]}}"#),
            format!(r#"{{"data":"{SECRET_KEY}","auth":"{SESSION_TOKEN}"}}"#),
            format!(
                r#"{{"data":{{"secret_key":["{SECRET_KEY}"]}},"auth":{{"client_token":["{SESSION_TOKEN}"]}}}}"#
            ),
            format!("{SECRET_KEY} {SESSION_TOKEN}"),
        ] {
            let answer = move |_: &leasekey::context::HttpRequest| {
                Some(leasekey::context::ScriptedReply::json(status, &body))
            };
            vault.rule(answer.clone());
            refused(vault.builder().start().await);
            refused(vault.bare_builder().role("orders").auth(TokenAuth::new(TOKEN)).start().await);
            vault.up();
            let provider = vault.builder().session_name("name").start().await.unwrap();
            vault.rule(answer);
            let error = refused(provider.refresh().await);
            let mut source = error.source();
            while let Some(cause) = source {
                show(&cause);
                source = cause.source();
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn g12_a_panic_message_of_a_failed_unwrap_shows_no_secret() {
    let (vault, _logs) = scripted();
    vault.always(400, r#"{"errors":["hvs.canary-vault-token-33b0e2 canary-secret-id-c4471b"]}"#);
    let started = vault.builder().start().await;
    let panic = catch_unwind(AssertUnwindSafe(|| started.unwrap())).unwrap_err();
    tracing::info!("{}", panic.downcast_ref::<String>().unwrap());
}
