//! Keys that are renewed, verified and revoked, or rotated by Vault: IAM users and static roles.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use leasekey::config::ConfigKey;
use leasekey::context::{HttpRequest, ScriptedReply, ScriptedVault, VaultAsk, VaultMood};
use leasekey::{Builder, CredentialKind, EventKind};
use leasekey_tests::expect::{next_within, refused, served};
use leasekey_tests::log::Watch;
use leasekey_tests::scenario::refuses;
use leasekey_tests::scripted::{LIFE, RuledVault, is_issue};
use tokio::time::{Instant, sleep};

use crate::{SECOND, scripted, serves_for};

const CYCLE: Duration = Duration::from_secs(541);

/// A Vault whose role gives IAM users, and an AWS that knows them.
fn users() -> (RuledVault, Watch) {
    let (vault, logs) = scripted();
    vault.set_token_life(86_400 * SECOND, 10 * 86_400 * SECOND);
    for field in ["data.session_token", "data.arn"] {
        vault.set_field(field, None);
    }
    vault.set_field("renewable", Some("true"));
    vault.rule(as_usual);
    (vault, logs)
}

fn builder(vault: &RuledVault) -> Builder {
    let builder = vault.builder().kind(CredentialKind::IamUser).deadline(30 * SECOND);
    builder.set(ConfigKey::Region, "eu-central-1")
}

/// Renewals and AWS's answers, which the scripted Vault leaves to the tests.
fn as_usual(request: &HttpRequest) -> Option<ScriptedReply> {
    match request.url.path() {
        "/v1/sys/leases/renew" => Some(renewed(LIFE)),
        "/" => Some(caller_identity()),
        _ => None,
    }
}

fn renewed(left: Duration) -> ScriptedReply {
    let left = left.as_secs();
    ScriptedReply::json(200, &format!(r#"{{"request_id":"r","lease_duration":{left},"renewable":true}}"#))
}

fn caller_identity() -> ScriptedReply {
    let arn = "arn:aws:iam::111122223333:user/vault-orders";
    ScriptedReply::json(200, &format!("<R><Account>111122223333</Account><Arn>{arn}</Arn></R>"))
}

fn is_renewal(request: &HttpRequest) -> bool {
    request.url.path() == "/v1/sys/leases/renew"
}

fn count(vault: &RuledVault, path: &str) -> usize {
    vault.sent().iter().filter(|sent| sent.ends_with(path)).count()
}

#[tokio::test(start_paused = true)]
async fn row_09_the_lease_of_a_lost_reply_ends_with_its_token() {
    let (vault, _logs) = users();
    let provider = builder(&vault).start().await.unwrap();
    let mut events = provider.events();
    vault.set_mood(VaultAsk::Issue, VaultMood::LostReply);
    refused(provider.refresh().await);
    next_within(&mut events, EventKind::ReplyLost, SECOND).await;
    vault.set_mood(VaultAsk::Issue, VaultMood::Well);
    next_within(&mut events, EventKind::Swapped, CYCLE).await;
    serves_for(&provider, LIFE).await;
    assert!(vault.asked(VaultAsk::RevokeSelf) >= 1, "{:?}", vault.sent());
    assert!(vault.asked(VaultAsk::Login) >= 2);
}

#[tokio::test(start_paused = true)]
async fn row_09_no_refresh_waits_for_a_login_that_is_not_to_be_had_yet() {
    let (vault, _logs) = scripted();
    vault.set_token_life(36_000 * SECOND, 10 * 36_000 * SECOND);
    let provider = vault.builder().start().await.unwrap();
    for _ in 0..6 {
        vault.set_mood(VaultAsk::Issue, VaultMood::LostReply);
        refused(provider.refresh().await);
        vault.set_mood(VaultAsk::Issue, VaultMood::Well);
        sleep(400 * SECOND).await;
        let began = Instant::now();
        provider.refresh().await.unwrap();
        assert!(began.elapsed() < SECOND, "{:?}", began.elapsed());
    }
    assert!((2..=3).contains(&provider.stats().logins), "{:?}", provider.stats());
}

#[tokio::test(start_paused = true)]
async fn row_26_a_token_that_reaches_its_max_ttl_takes_no_set_with_it_that_serves() {
    let (vault, _logs) = users();
    vault.set_token_life(1200 * SECOND, 3600 * SECOND);
    let provider = builder(&vault).start().await.unwrap();
    serves_for(&provider, 3 * 3600 * SECOND).await;
    assert!(provider.stats().logins >= 3 && provider.stats().issues >= 3, "{:?}", provider.stats());
    assert_eq!(provider.stats().failures, 0);
}

#[tokio::test(start_paused = true)]
async fn row_28_a_lease_that_an_operator_revoked_is_replaced_at_its_next_renewal() {
    let (vault, _logs) = users();
    let provider = builder(&vault).start().await.unwrap();
    let (old, mut events) = (served(&provider).await, provider.events());
    vault.rule(|request| {
        let gone = || ScriptedReply::json(400, r#"{"errors":["lease not found"]}"#);
        if is_renewal(request) { Some(gone()) } else { as_usual(request) }
    });
    next_within(&mut events, EventKind::RefreshFailed, CYCLE).await;
    sleep(SECOND).await;
    assert_eq!(vault.issued(), 2);
    next_within(&mut events, EventKind::Swapped, 15 * SECOND).await;
    assert_ne!(served(&provider).await, old);
}

#[tokio::test(start_paused = true)]
async fn row_29_a_lease_that_stops_growing_is_replaced_before_its_end() {
    let (vault, _logs) = users();
    let provider = builder(&vault).start().await.unwrap();
    let (began, key) = (Instant::now(), served(&provider).await);
    let ends = began + 1800 * SECOND;
    vault.rule(move |request| {
        let left = ends.saturating_duration_since(Instant::now()).min(LIFE);
        if is_renewal(request) { Some(renewed(left)) } else { as_usual(request) }
    });
    serves_for(&provider, 1790 * SECOND).await;
    assert!(count(&vault, "sys/leases/renew") >= 2);
    assert_ne!(served(&provider).await, key, "a key was served whose lease is about to end");
    assert_eq!(provider.stats().failures, 0);
}

#[tokio::test(start_paused = true)]
async fn row_31_an_iam_user_of_32_days_is_given_back_and_refused_unless_allowed() {
    let (vault, _logs) = users();
    vault.set_field("lease_duration", Some("2764800"));
    let error = refused(builder(&vault).start().await);
    assert_eq!(error.code(), "LK-0108");
    assert!(error.message().contains("its lease was given back"), "{error}");
    assert_eq!(vault.asked(VaultAsk::RevokeLease), 1);
    builder(&vault).max_lease(33 * 86_400 * SECOND).start().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn row_33_a_temporary_set_that_claims_to_be_renewable_is_replaced_and_never_renewed() {
    let (vault, _logs) = scripted();
    vault.set_field("renewable", Some("true"));
    let provider = vault.builder().start().await.unwrap();
    serves_for(&provider, 2 * LIFE).await;
    assert_eq!(count(&vault, "sys/leases/renew"), 0);
    assert!(provider.stats().issues >= 3);
}

/// AWS knows a key only so long after it was first asked for it.
fn spreads(after: Duration) -> impl Fn(&HttpRequest) -> Option<ScriptedReply> + Send + 'static {
    let known = std::sync::Mutex::new(std::collections::HashMap::new());
    move |request| {
        if request.url.path() != "/" {
            return as_usual(request);
        }
        let header = request.headers.get("authorization")?.to_str().unwrap();
        let key = header.split('/').next()?.to_owned();
        let first = *known.lock().unwrap().entry(key).or_insert_with(Instant::now);
        let unknown = "<Error><Code>InvalidClientTokenId</Code></Error>";
        let early = first.elapsed() < after;
        Some(if early { ScriptedReply::json(403, unknown) } else { caller_identity() })
    }
}

#[tokio::test(start_paused = true)]
async fn row_34_a_first_key_is_waited_for_until_aws_knows_it() {
    let (vault, _logs) = users();
    vault.rule(spreads(15 * SECOND));
    let provider = builder(&vault).build().unwrap();
    let asked = Instant::now();
    provider.credentials().await.unwrap();
    assert!((15..=30).contains(&asked.elapsed().as_secs()), "{:?}", asked.elapsed());
    assert_eq!(vault.issued(), 1);
}

#[tokio::test(start_paused = true)]
async fn row_34_the_old_key_serves_until_aws_knows_the_new_one() {
    let (vault, _logs) = users();
    let provider = builder(&vault).start().await.unwrap();
    sleep(60 * SECOND).await;
    vault.rule(spreads(15 * SECOND));
    let (old, refresher) = (served(&provider).await, provider.clone());
    let refresh = tokio::spawn(async move { refresher.refresh().await.map(drop) });
    for _ in 0..14 {
        sleep(SECOND).await;
        assert_eq!(served(&provider).await, old);
    }
    refresh.await.unwrap().unwrap();
    assert_ne!(served(&provider).await, old);
}

#[tokio::test(start_paused = true)]
async fn row_35_a_user_that_was_deleted_is_replaced_as_soon_as_aws_says_so() {
    let (vault, _logs) = users();
    let provider = builder(&vault).start().await.unwrap();
    sleep(60 * SECOND).await;
    let (old, mut events) = (served(&provider).await, provider.events());
    let (reported, issued) = (Instant::now(), vault.issued());
    refuses(&provider, &old, "eu-central-1", "InvalidClientTokenId").unwrap();
    next_within(&mut events, EventKind::Healed, SECOND).await;
    while vault.issued() == issued {
        sleep(SECOND / 10).await;
    }
    assert!(reported.elapsed() <= 2 * SECOND, "{:?}", reported.elapsed());
    next_within(&mut events, EventKind::Swapped, 5 * SECOND).await;
    assert_ne!(served(&provider).await, old);
}

/// A static role of a rotation period of 10 minutes, whose key this switch rotates.
fn rotates(request: &HttpRequest, rotated: &AtomicBool) -> Option<ScriptedReply> {
    let number = if rotated.load(Ordering::Relaxed) { 2 } else { 1 };
    let secret = format!("{}/secret/key/{number}", ScriptedVault::CANARY);
    match request.url.path() {
        "/v1/aws/static-creds/orders" => Some(ScriptedReply::json(
            200,
            &format!(
                r#"{{"request_id":"r","lease_id":"","lease_duration":0,"renewable":false,
                    "data":{{"access_key":"AKIASTATIC000000000{number}","secret_key":"{secret}"}}}}"#
            ),
        )),
        "/v1/aws/static-roles/orders" => {
            Some(ScriptedReply::json(200, r#"{"request_id":"r","data":{"rotation_period":600}}"#))
        }
        _ => as_usual(request),
    }
}

#[tokio::test(start_paused = true)]
async fn row_38_a_key_that_vault_rotates_in_silence_is_found_within_a_quarter_of_its_period() {
    let (vault, _logs) = scripted();
    let rotated = Arc::new(AtomicBool::new(false));
    let switch = rotated.clone();
    vault.rule(move |request| rotates(request, &switch));
    let provider = vault.builder().kind(CredentialKind::Static).start().await.unwrap();
    let old = served(&provider).await;
    serves_for(&provider, 600 * SECOND).await;
    assert_eq!(served(&provider).await, old);
    rotated.store(true, Ordering::Relaxed);
    serves_for(&provider, 150 * SECOND).await;
    assert_ne!(served(&provider).await, old);
    assert!(!vault.sent().iter().any(|sent| sent.contains("revoke")), "a static key is never revoked");
    assert!(!vault.sent().iter().any(|sent| sent.contains("/creds/")));
}

#[tokio::test(start_paused = true)]
async fn row_38_a_static_key_that_aws_refuses_is_looked_at_at_once() {
    let (vault, _logs) = scripted();
    let rotated = Arc::new(AtomicBool::new(false));
    let switch = rotated.clone();
    vault.rule(move |request| rotates(request, &switch));
    let provider = vault.builder().kind(CredentialKind::Static).start().await.unwrap();
    sleep(20 * SECOND).await;
    let (old, mut events) = (served(&provider).await, provider.events());
    rotated.store(true, Ordering::Relaxed);
    refuses(&provider, &old, "eu-central-1", "InvalidClientTokenId").unwrap();
    // It is verified twice, 2 s apart.
    next_within(&mut events, EventKind::Swapped, 3 * SECOND).await;
    assert_ne!(served(&provider).await, old);
}

#[tokio::test(start_paused = true)]
async fn row_09_no_more_than_three_sets_are_lost_with_their_replies_in_a_sixth_of_a_life() {
    let (vault, _logs) = scripted();
    let provider = vault.builder().start().await.unwrap();
    vault.rule(|request| {
        let lost = leasekey::context::HttpFault::Cut("connection reset".into());
        is_issue(request).then(|| ScriptedReply { after: SECOND / 10, outcome: Err(lost) })
    });
    let asked = || count(&vault, "creds/orders");
    let before = asked();
    for _ in 0..150 {
        served(&provider).await;
        let _lost = tokio::time::timeout(SECOND, provider.refresh()).await;
    }
    assert!(asked() - before <= 4, "{} issues may have been made", asked() - before);
}
