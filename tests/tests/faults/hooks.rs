//! Users' own code that panics, and providers that are dropped at a bad moment.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use leasekey::context::{ScriptedReply, VaultAsk, VaultMood};
use leasekey::{AuthMethod, Event, EventKind, EventSink, Login, LoginContext};
use leasekey_tests::expect::{next_within, refused, served};
use leasekey_tests::scripted::{TOKEN, is_issue};
use tokio::time::sleep;

use crate::scripted;

/// Its tokens last 300 s, and its second login panics.
#[derive(Debug, Default)]
struct PanicsOnce(AtomicU32);

#[async_trait::async_trait]
impl AuthMethod for PanicsOnce {
    async fn login(&self, _: &LoginContext<'_>) -> leasekey::Result<Login> {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        assert_ne!(number, 1, "planted");
        Ok(Login::token(TOKEN).lasting(Duration::from_secs(300)))
    }
}

#[tokio::test(start_paused = true)]
async fn row_42_a_panic_costs_one_attempt_and_is_told_and_the_set_in_hand_serves() {
    let (vault, _logs) = scripted();
    let provider = vault.bare_builder().role("orders").auth(PanicsOnce::default()).start().await.unwrap();
    let mut events = provider.events();
    let failed = next_within(&mut events, EventKind::LoginFailed, Duration::from_secs(200)).await;
    assert_eq!(failed.code, Some("LK-0199"));
    served(&provider).await;
    next_within(&mut events, EventKind::LoggedIn, Duration::from_secs(20)).await;
    for _ in 0..1800 {
        served(&provider).await;
        sleep(Duration::from_secs(1)).await;
    }
}

#[derive(Debug)]
struct AlwaysPanics;

impl EventSink for AlwaysPanics {
    fn record(&self, event: &Event) {
        panic!("planted at {}", event.kind.name());
    }
}

#[tokio::test(start_paused = true)]
async fn row_42_a_panic_in_an_event_sink_touches_nobody() {
    let (vault, _logs) = scripted();
    let provider = vault.builder().on_event(AlwaysPanics).start().await.unwrap();
    for _ in 0..1800 {
        served(&provider).await;
        sleep(Duration::from_secs(1)).await;
    }
    assert!(provider.stats().issues >= 4);
}

#[tokio::test(start_paused = true)]
async fn row_44_a_drop_at_any_moment_of_a_refresh_is_quiet() {
    for moment in 0..100 {
        let (vault, _logs) = scripted();
        vault.set_mood(VaultAsk::Issue, VaultMood::Slow(Duration::from_secs(3)));
        let provider = vault.builder().start().await.unwrap();
        let refresher = provider.clone();
        let refresh = tokio::spawn(async move { refresher.refresh().await.map(drop) });
        sleep(Duration::from_millis(33 * moment)).await;
        refresh.abort();
        let _cancelled = refresh.await;
        drop(provider);
        let sent = vault.sent().len();
        sleep(Duration::from_secs(3600)).await;
        assert!(vault.sent().len() <= sent + 1, "{:?}", vault.sent());
        assert!(!vault.sent().iter().any(|sent| sent.contains("revoke")), "{:?}", vault.sent());
    }
}

#[tokio::test(start_paused = true)]
async fn row_44_a_close_in_the_middle_of_a_refresh_ends_within_2_s_and_answers_the_waiting() {
    let (vault, _logs) = scripted();
    let provider = vault.builder().start().await.unwrap();
    vault.rule(|request| is_issue(request).then(|| ScriptedReply::refused().after(Duration::from_secs(9))));
    let refresher = provider.clone();
    let refresh = tokio::spawn(async move { refused(refresher.refresh().await) });
    sleep(Duration::from_millis(500)).await;
    let closing = tokio::time::Instant::now();
    provider.close().await.unwrap();
    assert!(closing.elapsed() <= Duration::from_secs(2));
    assert_eq!(refresh.await.unwrap().code(), "LK-0118");
    assert!(vault.sent().iter().any(|sent| sent.ends_with("auth/token/revoke-self")), "{:?}", vault.sent());
}
