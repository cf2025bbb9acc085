//! Names that would change the request, and replies that state no life.

use leasekey::EventKind;
use leasekey_tests::expect::{next, refused, served};
use std::time::{Duration, SystemTime};

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
    let world: &dyn leasekey::time::TimeSource = &vault.world;
    let life = set.expiry().unwrap().duration_since(world.wall()).unwrap_or_default();
    assert!(life <= Duration::from_secs(36 * 3600), "{life:?}");
    assert!(set.expiry().unwrap() > SystemTime::UNIX_EPOCH);
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
