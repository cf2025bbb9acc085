//! Tokens that cannot be renewed, or need not be.

use leasekey::context::{ScriptedReply, VaultAsk, VaultMood};
use leasekey::{EventKind, TokenAuth};
use leasekey_tests::expect::{next_within, refused};
use leasekey_tests::scripted::{LIFE, RuledVault, TOKEN};
use tokio::time::sleep;

use crate::{SECOND, scripted, serves_for};

const DENIED: &str = r#"{"errors":["1 error occurred:\n\t* permission denied\n\n"]}"#;

fn denied() -> VaultMood {
    VaultMood::Raw(403, Vec::new(), DENIED.into())
}

#[tokio::test(start_paused = true)]
async fn row_25_a_token_whose_renewal_is_denied_is_replaced_by_a_login_before_its_end() {
    let (vault, _logs) = scripted();
    vault.set_token_life(20 * 60 * SECOND, 3600 * SECOND);
    let provider = vault.builder().start().await.unwrap();
    let mut events = provider.events();
    vault.set_mood(VaultAsk::RenewSelf, denied());
    let failed = next_within(&mut events, EventKind::LoginFailed, 20 * 60 * SECOND).await;
    assert_eq!(failed.code, Some("LK-0106"));
    next_within(&mut events, EventKind::LoggedIn, 60 * SECOND).await;
    serves_for(&provider, 2 * 3600 * SECOND).await;
    let (renewals, logins) = (vault.asked(VaultAsk::RenewSelf), vault.asked(VaultAsk::Login));
    assert!(renewals <= logins && logins <= 18, "{renewals} renewals and {logins} logins in 2 h");
}

#[tokio::test(start_paused = true)]
async fn row_25_a_renewal_that_is_denied_while_nobody_can_log_in_is_not_hammered() {
    let (vault, _logs) = scripted();
    vault.set_token_life(20 * 60 * SECOND, 3600 * SECOND);
    let provider = vault.builder().start().await.unwrap();
    vault.set_mood(VaultAsk::RenewSelf, denied());
    vault.set_mood(VaultAsk::Login, VaultMood::Rejects);
    serves_for(&provider, LIFE).await;
    let asked = vault.asked(VaultAsk::RenewSelf) + vault.asked(VaultAsk::Login);
    assert!((2..=90).contains(&asked), "{asked} requests in {LIFE:?}");
}

fn looked_up(vault: &RuledVault, data: &str) {
    let body = format!(r#"{{"request_id":"request-1","data":{data}}}"#);
    vault.set_mood(VaultAsk::LookupSelf, VaultMood::Raw(200, Vec::new(), body));
}

#[tokio::test(start_paused = true)]
async fn row_27_a_token_is_kept_as_its_kind_allows_and_a_ttl_of_0_is_for_ever() {
    let kinds = [
        ("a batch token", r#"{"type":"batch","ttl":86400,"renewable":false,"policies":["orders"]}"#, false),
        ("not renewable", r#"{"type":"service","ttl":86400,"renewable":false,"policies":["orders"]}"#, false),
        ("a ttl of 0", r#"{"type":"service","ttl":0,"renewable":true,"policies":["orders"]}"#, false),
        ("periodic", r#"{"ttl":3600,"period":3600,"renewable":true,"policies":["orders"]}"#, true),
    ];
    for (name, data, renewed) in kinds {
        let (vault, _logs) = scripted();
        vault.set_token_life(3600 * SECOND, 365 * 86_400 * SECOND);
        vault.add_token(TOKEN);
        looked_up(&vault, data);
        let provider = vault.bare_builder().role("orders").auth(TokenAuth::new(TOKEN)).start().await.unwrap();
        serves_for(&provider, 3000 * SECOND).await;
        assert_eq!(vault.asked(VaultAsk::RenewSelf) > 0, renewed, "{name}");
        assert_eq!((provider.stats().logins, provider.stats().failures), (1, 0), "{name}");
        provider.close().await.unwrap();
        assert_eq!(vault.asked(VaultAsk::RevokeSelf), 0, "{name}: the user's token is the user's");
    }
}

#[tokio::test(start_paused = true)]
async fn row_27_a_root_token_is_refused_unless_allowed() {
    let (vault, _logs) = scripted();
    looked_up(&vault, r#"{"ttl":0,"renewable":false,"policies":["root"]}"#);
    let refusing = vault.bare_builder().role("orders").auth(TokenAuth::new(TOKEN)).start().await;
    assert_eq!(refused(refusing).code(), "LK-0103");
    let allowed = TokenAuth::new(TOKEN).allow_root_token();
    vault.bare_builder().role("orders").auth(allowed).start().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn row_27_a_token_that_ends_and_cannot_be_renewed_ends_in_a_typed_error_and_no_loop() {
    let (vault, _logs) = scripted();
    vault.add_token(TOKEN);
    let body = r#"{"request_id":"request-1","data":{"type":"batch","ttl":600,"renewable":false}}"#;
    vault.rule(move |request| {
        request.url.path().ends_with("lookup-self").then(|| ScriptedReply::json(200, body))
    });
    let provider = vault.bare_builder().role("orders").auth(TokenAuth::new(TOKEN)).start().await.unwrap();
    vault.revoke_tokens();
    vault.set_mood(VaultAsk::LookupSelf, VaultMood::DeadToken);
    vault.rule(|_| None);
    sleep(LIFE + 60 * SECOND).await;
    let error = refused(provider.credentials().await);
    assert_eq!(error.code(), "LK-0117");
    let asked = vault.sent().len();
    sleep(600 * SECOND).await;
    assert!(vault.sent().len() - asked <= 45, "{} requests in 600 s", vault.sent().len() - asked);
}
