//! Vault that is sealed, down or slow, and callers who are many or give up.

use std::time::Duration;

use leasekey::Phase;
use leasekey::context::{ScriptedReply, VaultAsk, VaultMood};
use leasekey::{EventKind, VaultCredentialsProvider};
use leasekey_tests::expect::{next_within, refused, served};
use leasekey_tests::scripted::{LIFE, RuledVault};
use tokio::time::{Instant, sleep, timeout};

use crate::{SECOND, scripted};

const SEALED: &str = r#"{"errors":["Vault is sealed"]}"#;
const CYCLE: Duration = Duration::from_secs(541);

#[tokio::test(start_paused = true)]
async fn row_04_a_sealed_node_is_passed_over() {
    let (vault, _logs) = scripted();
    vault.rule(|request| (request.url.host_str() == Some("a")).then(|| ScriptedReply::json(503, SEALED)));
    let provider = vault.builder().address("https://a:8200,https://b:8200").start().await.unwrap();
    provider.refresh().await.unwrap();
    assert_eq!((provider.stats().issues, provider.stats().failures), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn row_04_a_sealed_cluster_is_told_at_once_and_asked_again_within_15_s() {
    let (vault, _logs) = scripted();
    let provider = vault.builder().address("https://a:8200,https://b:8200").start().await.unwrap();
    let (key, mut events) = (served(&provider).await, provider.events());
    vault.set_moods(&VaultMood::Sealed);
    let failed = next_within(&mut events, EventKind::RefreshFailed, CYCLE).await;
    assert_eq!(failed.code, Some("LK-0109"));
    assert!(failed.reason.unwrap().contains("is sealed (503)"));
    for _ in 0..10 {
        assert_eq!(served(&provider).await, key);
        next_within(&mut events, EventKind::RefreshFailed, 16 * SECOND).await;
    }
    vault.up();
    next_within(&mut events, EventKind::Swapped, 16 * SECOND).await;
    assert_eq!(provider.phase(), Phase::Fresh);
}

#[tokio::test(start_paused = true)]
async fn row_12_an_outage_shorter_than_what_remains_is_noticed_by_no_caller_whenever_it_starts() {
    let (first, _logs) = scripted();
    // 0.4 x 900 s - 30 s, less one.
    let outage = 329;
    let mut worlds = vec![first];
    worlds.resize_with(900, RuledVault::new);
    let mut providers: Vec<VaultCredentialsProvider> = Vec::new();
    for vault in &worlds {
        providers.push(vault.builder().start().await.unwrap());
    }
    for second in 0..900 + outage + 60 {
        for (start, (vault, provider)) in worlds.iter().zip(&providers).enumerate() {
            match second {
                now if now == start => vault.set_moods(&VaultMood::Down),
                now if now == start + outage => vault.up(),
                _ => {}
            }
            served(provider).await;
        }
        sleep(SECOND).await;
    }
    let failures: u64 = providers.iter().map(|provider| provider.stats().failures).sum();
    assert!(failures > 0, "no outage hit a refresh: nothing was shown");
}

#[tokio::test(start_paused = true)]
async fn row_13_an_outage_longer_than_the_life_is_a_typed_error_at_once_and_recovers_within_5_s() {
    let (vault, _logs) = scripted();
    let provider = vault.builder().start().await.unwrap();
    vault.set_moods(&VaultMood::Down);
    sleep(LIFE + 60 * SECOND).await;
    let (asked, sent) = (Instant::now(), vault.sent().len());
    for _ in 0..10_000 {
        let error = refused(provider.credentials().await);
        assert_eq!(error.code(), "LK-0117");
        assert!(
            error.message().contains("expired 6") && error.message().contains("cannot be reached"),
            "{error}"
        );
    }
    assert!(asked.elapsed() < Duration::from_millis(5), "callers waited {:?}", asked.elapsed());
    sleep(10 * SECOND).await;
    assert!(vault.sent().len() - sent <= 10, "{} requests in 10 s", vault.sent().len() - sent);
    vault.up();
    let up = Instant::now();
    while provider.credentials().await.is_err() {
        sleep(Duration::from_millis(100)).await;
    }
    assert!(up.elapsed() <= 5 * SECOND, "recovered after {:?}", up.elapsed());
}

#[tokio::test(start_paused = true)]
async fn row_14_cold_callers_share_one_attempt_and_its_error_while_vault_is_down() {
    let (vault, _logs) = scripted();
    vault.set_moods(&VaultMood::Down);
    let provider = vault.builder().build().unwrap();
    let callers: Vec<_> = (0..1000)
        .map(|_| {
            let provider = provider.clone();
            tokio::spawn(async move { refused(provider.credentials().await) })
        })
        .collect();
    for caller in callers {
        assert_eq!(caller.await.unwrap().code(), "LK-0109");
    }
    assert_eq!(vault.sent().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn row_14_a_cold_caller_waits_no_longer_than_its_own_deadline() {
    let (vault, _logs) = scripted();
    vault.rule(|_| Some(ScriptedReply::refused().after(9 * SECOND)));
    let (patient, hasty) = (vault.builder(), vault.builder().deadline(2 * SECOND));
    let (patient, hasty) = (patient.build().unwrap(), hasty.build().unwrap());
    let asked = Instant::now();
    let (patient, hasty) = tokio::join!(patient.credentials(), async {
        let error = refused(hasty.credentials().await);
        (error, asked.elapsed())
    });
    assert_eq!((hasty.0.code(), hasty.1.as_secs()), ("LK-0123", 2));
    assert_eq!(refused(patient).code(), "LK-0109");
}

#[tokio::test(start_paused = true)]
async fn row_40_ten_thousand_cold_callers_are_one_login_and_one_issue() {
    let (vault, _logs) = scripted();
    let provider = vault.builder().build().unwrap();
    let callers: Vec<_> = (0..10_000)
        .map(|_| {
            let provider = provider.clone();
            tokio::spawn(async move { provider.credentials().await.map(drop) })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap().unwrap();
    }
    assert_eq!((vault.asked(VaultAsk::Login), vault.issued(), vault.sent().len()), (1, 1, 2));
}

#[tokio::test(start_paused = true)]
async fn row_40_a_failing_server_is_asked_five_times_at_most_in_20_s_however_many_callers_there_are() {
    let (vault, _logs) = scripted();
    let failure = r#"{"errors":["internal error"]}"#;
    vault.set_mood(VaultAsk::Issue, VaultMood::Raw(500, Vec::new(), failure.into()));
    let provider = vault.builder().build().unwrap();
    let until = Instant::now() + 20 * SECOND;
    while Instant::now() < until {
        let callers = (0..500).map(|_| {
            let provider = provider.clone();
            tokio::spawn(async move { refused(provider.credentials().await) })
        });
        for caller in callers.collect::<Vec<_>>() {
            assert!(["LK-0109", "LK-0123"].contains(&caller.await.unwrap().code()));
        }
        sleep(Duration::from_millis(200)).await;
    }
    let issues = vault.sent().iter().filter(|sent| sent.contains("/creds/")).count();
    assert!((2..=5).contains(&issues), "{issues} attempts");
    assert_eq!(vault.asked(VaultAsk::Login), 1);
}

#[tokio::test(start_paused = true)]
async fn row_41_callers_that_give_up_do_not_stop_the_attempt() {
    let (vault, _logs) = scripted();
    vault.set_mood(VaultAsk::Issue, VaultMood::Slow(Duration::from_millis(300)));
    let provider = vault.builder().build().unwrap();
    for _ in 0..1000 {
        assert!(
            timeout(Duration::from_millis(20), provider.credentials()).await.is_err()
                || provider.lease().is_some()
        );
    }
    sleep(SECOND).await;
    served(&provider).await;
    assert_eq!((provider.stats().logins, provider.stats().issues, vault.sent().len()), (1, 1, 2));
}
