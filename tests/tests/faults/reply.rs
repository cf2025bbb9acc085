//! Names that would change the request, and replies that are somebody else's, of no life or of too much.

use std::time::{Duration, SystemTime};

use leasekey::context::VaultAsk;
use leasekey::time::TimeSource;
use leasekey::{CredentialKind, EventKind};
use leasekey_tests::expect::{next, refused, served};
use tokio::time::sleep;

use crate::scripted;

#[tokio::test(start_paused = true)]
async fn row_30_a_life_that_is_none_is_refused_and_the_set_in_hand_kept() {
    let lives = [
        "0",
        "-1",
        "9223372036854775808",
        "18446744073709551616",
        "1e400",
        "\"NaN\"",
        "\"soon\"",
        "null",
        "true",
        "[]",
        "{}",
        "NaN",
    ];
    for life in lives {
        let (vault, _logs) = scripted();
        let provider = vault.builder().start().await.unwrap();
        let key = served(&provider).await;
        vault.set_field("lease_duration", Some(life));
        assert_eq!(refused(provider.refresh().await).code(), "LK-0113", "{life}");
        assert_eq!(served(&provider).await, key);
    }
}

#[tokio::test(start_paused = true)]
async fn row_30_a_missing_life_is_refused_and_the_lease_given_back() {
    let (vault, _logs) = scripted();
    vault.set_field("lease_duration", None);
    assert_eq!(refused(vault.builder().start().await).code(), "LK-0113");
    assert!(vault.sent().iter().any(|sent| sent.ends_with("sys/leases/revoke")), "{:?}", vault.sent());
}

#[tokio::test(start_paused = true)]
async fn row_30_a_life_of_years_is_clamped_and_told() {
    let (vault, _logs) = scripted();
    vault.set_field("lease_duration", Some("100000000"));
    let provider = vault.builder().build().unwrap();
    let mut events = provider.events();
    let set = provider.credentials().await.unwrap();
    assert_eq!(
        next(&mut events, EventKind::LeaseTooLong).await.reason.as_deref(),
        Some("Vault stated 100000000 s")
    );
    let world: &dyn TimeSource = &vault.world;
    let life = set.expiry().unwrap().duration_since(world.wall()).unwrap_or_default();
    assert!(life <= Duration::from_secs(36 * 3600), "{life:?}");
    assert!(set.expiry().unwrap() > SystemTime::UNIX_EPOCH);
}

#[tokio::test(start_paused = true)]
async fn row_31_a_life_of_32_days_is_clamped_to_what_the_kind_can_live_and_told() {
    for (kind, most) in [(CredentialKind::AssumedRole, 12), (CredentialKind::SessionToken, 36)] {
        let (vault, _logs) = scripted();
        vault.set_field("lease_duration", Some("2764800"));
        if kind == CredentialKind::SessionToken {
            vault.set_field("data.arn", None);
        }
        let provider = vault.builder().kind(kind).build().unwrap();
        let mut events = provider.events();
        let set = provider.credentials().await.unwrap();
        next(&mut events, EventKind::LeaseTooLong).await;
        let world: &dyn TimeSource = &vault.world;
        let life = set.expiry().unwrap().duration_since(world.wall()).unwrap();
        assert!(life <= Duration::from_secs(most * 3600), "{kind}: {life:?}");
        assert!(life > Duration::from_secs(most * 3600 - 60), "{kind}: {life:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn row_32_a_life_of_5_s_works_with_one_refresh_in_2_s_at_most() {
    let (vault, _logs) = scripted();
    vault.set_field("lease_duration", Some("5"));
    let provider = vault.builder().build().unwrap();
    let mut events = provider.events();
    provider.credentials().await.unwrap();
    next(&mut events, EventKind::LeaseTooShort).await;
    let before = vault.issued();
    for _ in 0..600 {
        served(&provider).await;
        sleep(Duration::from_millis(100)).await;
    }
    let issues = vault.issued() - before;
    assert!((12..=30).contains(&issues), "{issues} sets in 60 s");
}

#[tokio::test(start_paused = true)]
async fn row_60_keys_with_control_or_ansi_characters_are_not_stored_and_not_shown_raw() {
    let planted = [
        ("data.access_key", r#""ASIA\u001b[31m00000001""#),
        ("data.access_key", r#""ASIACANARY00000\r\n""#),
        ("data.secret_key", r#""c4nary-5f0c1e\u0007key""#),
        ("data.session_token", r#""c4nary-5f0c1e\u009b31m""#),
        ("lease_id", r#""aws/creds/orders/\u001b]0;title""#),
    ];
    for (field, text) in planted {
        let (vault, _logs) = scripted();
        let provider = vault.builder().start().await.unwrap();
        let (key, mut events) = (served(&provider).await, provider.events());
        vault.set_field(field, Some(text));
        let error = refused(provider.refresh().await);
        assert_eq!(error.code(), "LK-0113", "{field}");
        assert!(!error.to_string().contains(char::is_control), "{error}");
        assert!(!next(&mut events, EventKind::RefreshFailed).await.to_string().contains(char::is_control));
        assert_eq!(served(&provider).await, key);
    }
}

#[tokio::test(start_paused = true)]
async fn row_60_what_is_only_told_is_escaped() {
    let (vault, logs) = scripted();
    vault.set_field("data.arn", Some(r#""arn:aws:sts::1:assumed-role/orders/\u001b[31mred""#));
    vault.set_field("warnings", Some(r#"["\u001b[2Jcleared"]"#));
    let provider = vault.builder().start().await.unwrap();
    tracing::info!("{:?}", provider.lease());
    let arn = provider.lease().unwrap().arn.unwrap();
    assert!(!arn.contains(char::is_control), "{arn:?}");
    assert!(logs.saw("cleared") && !logs.saw("\u{1b}[2J"));
}

#[tokio::test(start_paused = true)]
async fn row_61_a_reply_to_somebody_elses_request_is_refused_and_their_lease_left_alone() {
    let others = [
        ("lease_id", r#""aws/creds/billing/lease9""#),
        ("lease_id", r#""aws-eu/creds/orders/lease9""#),
        ("lease_id", r#""database/creds/orders/lease9""#),
        ("lease_id", r#""auth/approle/login/lease9""#),
    ];
    for (field, text) in others {
        let (vault, _logs) = scripted();
        let provider = vault.builder().start().await.unwrap();
        let key = served(&provider).await;
        vault.set_field(field, Some(text));
        let error = refused(provider.refresh().await);
        assert_eq!(error.code(), "LK-0113");
        assert!(error.message().contains("which is not one of aws/creds/orders"), "{error}");
        assert_eq!((served(&provider).await, vault.asked(VaultAsk::RevokeLease)), (key, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn row_61_a_login_in_place_of_credentials_and_a_set_of_another_kind_are_refused() {
    let (vault, logs) = scripted();
    logs.planted("the other's token", "hvs.canary-of-another-77");
    let provider = vault.builder().kind(CredentialKind::AssumedRole).start().await.unwrap();
    let key = served(&provider).await;
    vault.set_field("renewable", Some(r#"false,"auth":{"client_token":"hvs.canary-of-another-77"}"#));
    assert_eq!(refused(provider.refresh().await).code(), "LK-0113");
    vault.set_field("renewable", Some("false"));
    vault.set_field("data.session_token", None);
    let error = refused(provider.refresh().await);
    assert_eq!(error.code(), "LK-0113");
    assert!(error.message().contains("its lease was given back"), "{error}");
    assert_eq!(served(&provider).await, key);
}

#[tokio::test(start_paused = true)]
async fn row_57_names_that_mean_another_path_are_refused_and_never_sent() {
    let (vault, _logs) = scripted();
    let long = "x".repeat(10 * 1024);
    let names = [
        "../../sys/mounts",
        "r?x",
        "%2f",
        "a%2e%2e",
        "a\r\nX-Vault-Token: b",
        "a//b",
        "..",
        "ä",
        "a b",
        &long,
    ];
    for name in names {
        let (role, mount) = (vault.builder().role(name).build(), vault.builder().mount(name).build());
        for built in [role, mount, vault.builder().namespace(name).build()] {
            let error = refused(built);
            assert_eq!(error.code(), "LK-0115", "{name:?}");
            assert!(!error.message().contains(['\r', '\n']) && error.message().len() < 300, "{error}");
        }
    }
    for name in ["a", &"a".repeat(65), "a b", "a/b", "a\nb"] {
        assert_eq!(refused(vault.builder().session_name(name).build()).code(), "LK-0115", "{name:?}");
    }
    assert_eq!(refused(vault.builder().role("").build()).code(), "LK-0116", "an empty role is no role");
    assert_eq!(vault.sent(), [""; 0]);
}
