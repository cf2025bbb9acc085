//! Statuses that ask for patience, for another node, or for a person.

use std::time::Duration;

use leasekey::context::{ScriptedReply, VaultAsk, VaultMood};
use leasekey::{EventKind, Phase, VaultCredentialsProvider};
use leasekey_tests::expect::{next_within, refused, served};
use leasekey_tests::scripted::{LIFE, RuledVault, is_issue};
use tokio::time::{Instant, sleep};

use crate::{SECOND, scripted};

fn errors(status: u16, text: &str) -> VaultMood {
    VaultMood::Raw(status, Vec::new(), format!(r#"{{"errors":["{text}"]}}"#))
}

/// Refreshes while Vault issues in this mood: the error's code, and how long it is until the next request.
async fn pause_after(
    vault: &RuledVault,
    provider: &VaultCredentialsProvider,
    mood: VaultMood,
) -> (&'static str, Duration) {
    vault.set_mood(VaultAsk::Issue, mood);
    let (key, error) = (served(provider).await, refused(provider.refresh().await));
    let (asked, failed) = (vault.sent().len(), Instant::now());
    while vault.sent().len() == asked {
        assert_eq!(served(provider).await, key);
        sleep(Duration::from_millis(10)).await;
    }
    (error.code(), failed.elapsed())
}

/// After the fault a new set serves within this time, and nobody noticed anything.
async fn recovers(vault: &RuledVault, provider: &VaultCredentialsProvider, within: Duration) {
    let mut events = provider.events();
    vault.up();
    next_within(&mut events, EventKind::Swapped, within).await;
    assert_eq!(provider.phase(), Phase::Fresh);
}

#[tokio::test(start_paused = true)]
async fn row_16_a_429_is_waited_out_for_1_s_at_least_and_a_quarter_of_what_remains_at_most() {
    let waits: [(Option<&str>, [u32; 2]); 7] = [
        (None, [5, 8]),
        (Some("0"), [1, 2]),
        (Some("-1"), [1, 2]),
        (Some("7"), [7, 8]),
        (Some("1000000000"), [59, 61]),
        (Some("Sun, 06 Nov 1994 08:49:37 GMT"), [1, 2]),
        (Some("Tue, 01 Jan 2126 00:00:00 GMT"), [59, 61]),
    ];
    for (wait, [least, most]) in waits {
        let (vault, _logs) = scripted();
        let provider = vault.builder().start().await.unwrap();
        let (code, pause) = pause_after(&vault, &provider, VaultMood::Throttles(wait.map(Into::into))).await;
        assert_eq!(code, "LK-0109");
        assert!(pause >= least * SECOND && pause <= most * SECOND, "Retry-After {wait:?}: {pause:?}");
        recovers(&vault, &provider, 61 * SECOND).await;
    }
}

#[tokio::test(start_paused = true)]
async fn row_16_near_the_end_of_a_set_no_retry_after_is_waited_out_past_a_quarter_of_the_rest() {
    let (vault, _logs) = scripted();
    let provider = vault.builder().start().await.unwrap();
    let limit = VaultMood::Throttles(Some("1000000000".into()));
    vault.set_mood(VaultAsk::Issue, limit);
    sleep(LIFE - 40 * SECOND).await;
    let asked = vault.asked(VaultAsk::Issue);
    sleep(30 * SECOND).await;
    assert!(vault.asked(VaultAsk::Issue) - asked >= 3, "{:?}", vault.moments());
    recovers(&vault, &provider, 5 * SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn row_17_what_is_not_replicated_yet_is_asked_again_at_once_and_of_the_active_node() {
    let (vault, _logs) = scripted();
    let provider = vault.builder().start().await.unwrap();
    vault.rule(|request| {
        let forwarded = request.headers.get("x-vault-inconsistent");
        let lags = is_issue(request) && forwarded.is_none_or(|value| value != "forward-active-node");
        lags.then(|| ScriptedReply::json(412, r#"{"errors":["required index state not present"]}"#))
    });
    sleep(60 * SECOND).await;
    let (old, asked) = (served(&provider).await, Instant::now());
    let error = refused(provider.refresh().await);
    assert_eq!(error.code(), "LK-0109");
    assert!(error.message().contains("has not replicated yet"), "{error}");
    while served(&provider).await == old {
        sleep(Duration::from_millis(10)).await;
    }
    assert!(asked.elapsed() <= 2 * SECOND, "{:?}", asked.elapsed());
    assert_eq!(provider.stats().failures, 1);
}

#[tokio::test(start_paused = true)]
async fn row_17_a_cluster_that_goes_on_lagging_is_not_hammered() {
    let (vault, _logs) = scripted();
    let provider = vault.builder().start().await.unwrap();
    vault.set_mood(VaultAsk::Issue, errors(412, "required index state not present"));
    let key = served(&provider).await;
    for _ in 0..600 {
        sleep(SECOND).await;
        assert_eq!(served(&provider).await, key);
    }
    recovers(&vault, &provider, 15 * SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn row_18_a_node_that_cannot_serve_is_passed_over() {
    for status in [472, 473, 474, 501, 530] {
        let (vault, _logs) = scripted();
        vault.rule(move |request| {
            let first = request.url.host_str() == Some("a");
            first.then(|| ScriptedReply::json(status, r#"{"errors":["not this node"]}"#))
        });
        let provider = vault.builder().address("https://a:8200,https://b:8200").start().await.unwrap();
        provider.refresh().await.unwrap();
        assert_eq!((provider.stats().issues, provider.stats().failures), (2, 0), "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn row_18_nobody_asks_for_a_nodes_health_so_no_standby_reads_as_a_rate_limit() {
    let (vault, _logs) = scripted();
    let provider = vault.builder().address("https://a:8200,https://b:8200").start().await.unwrap();
    sleep(LIFE * 4).await;
    served(&provider).await;
    assert!(!vault.sent().iter().any(|sent| sent.contains("sys/health")), "{:?}", vault.sent());
}

#[tokio::test(start_paused = true)]
async fn row_19_aws_throttling_vault_is_waited_out_and_no_other_node_is_asked() {
    let (vault, _logs) = scripted();
    let provider = vault.builder().address("https://a:8200,https://b:8200").start().await.unwrap();
    let throttled = errors(502, "Error assuming role: Throttling: Rate exceeded");
    let (code, pause) = pause_after(&vault, &provider, throttled).await;
    assert_eq!(code, "LK-0109");
    assert!(pause >= 5 * SECOND && pause <= 8 * SECOND, "{pause:?}");
    assert!(!vault.sent().iter().any(|sent| sent.contains("//b:")), "{:?}", vault.sent());
    recovers(&vault, &provider, 61 * SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn row_20_an_outage_of_aws_in_a_400_is_transient() {
    for text in [
        "Error assuming role: RequestError: send request failed",
        "Error assuming role: ServiceUnavailable: try again",
        "Error assuming role: RequestLimitExceeded: slow down",
        "Error assuming role: ExpiredToken: the token of Vault itself has expired",
    ] {
        let (vault, _logs) = scripted();
        let provider = vault.builder().start().await.unwrap();
        let (code, pause) = pause_after(&vault, &provider, errors(400, text)).await;
        assert_eq!(code, "LK-0109", "{text}");
        assert!(pause >= 5 * SECOND && pause <= 60 * SECOND, "{text}: {pause:?}");
        assert_ne!(provider.phase(), Phase::Denied);
        recovers(&vault, &provider, 60 * SECOND).await;
    }
}
