//! Clocks that jump, and machines that sleep.

use std::time::{Duration, SystemTime};

use leasekey::context::VaultMood;
use leasekey_tests::expect::{refused, served};
use leasekey_tests::scripted::LIFE;
use tokio::time::sleep;

use crate::scripted;

const HOUSEKEEPING: Duration = Duration::from_secs(31);

#[tokio::test(start_paused = true)]
async fn row_52_a_stepped_wall_clock_moves_the_stated_expiry_and_not_the_schedule() {
    let (vault, _logs) = scripted();
    let provider = vault.builder().start().await.unwrap();
    let hour = Duration::from_secs(3600);
    let (now, year) = (SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000), 365 * 86_400);
    let walls = [
        now + hour,
        now - hour,
        SystemTime::UNIX_EPOCH,
        SystemTime::UNIX_EPOCH + Duration::from_secs(136 * year),
        SystemTime::UNIX_EPOCH + Duration::from_secs(8000 * year),
    ];
    for (step, wall) in (1..).zip(walls) {
        vault.world.set_wall(wall);
        sleep(HOUSEKEEPING).await;
        let expiry = provider.credentials().await.unwrap().expiry().unwrap();
        let remaining = expiry.duration_since(wall + HOUSEKEEPING).unwrap();
        let lived = HOUSEKEEPING * step;
        let true_rest = LIFE.checked_sub(lived).unwrap();
        assert!(remaining.abs_diff(true_rest) < Duration::from_secs(5), "{remaining:?} after {lived:?}");
        assert_eq!(vault.issued(), 1);
    }
    let mut issues = 0;
    for _ in 0..3600 {
        served(&provider).await;
        sleep(Duration::from_secs(1)).await;
        issues = vault.issued();
    }
    assert!((7..=11).contains(&issues), "{issues} sets in an hour");
}

#[tokio::test(start_paused = true)]
async fn row_51_no_expired_set_is_served_after_a_suspension() {
    let (vault, _logs) = scripted();
    let provider = vault.builder().start().await.unwrap();
    let before = served(&provider).await;
    vault.world.suspend(Duration::from_secs(3600));
    let after = provider.credentials().await.unwrap();
    assert_ne!(after.access_key_id(), before);
}

#[tokio::test(start_paused = true)]
async fn row_51_a_suspension_to_an_unreachable_vault_ends_in_an_error_and_no_dead_set() {
    let (vault, _logs) = scripted();
    let provider = vault.builder().start().await.unwrap();
    vault.set_moods(&VaultMood::Down);
    vault.world.suspend(LIFE);
    // The first caller shares the attempt that its call begins, the next ones need not wait for another.
    assert_eq!(refused(provider.credentials().await).code(), "LK-0109");
    assert_eq!(refused(provider.credentials().await).code(), "LK-0117");
    vault.up();
    sleep(Duration::from_secs(5)).await;
    served(&provider).await;
}

#[tokio::test(start_paused = true)]
async fn row_51_a_set_that_lives_after_a_suspension_is_served_at_once_and_replaced_in_time() {
    let (vault, _logs) = scripted();
    let provider = vault.builder().start().await.unwrap();
    let before = served(&provider).await;
    vault.world.suspend(LIFE * 3 / 4);
    assert_eq!(served(&provider).await, before);
    // The timer slept through the suspension, but never sleeps for longer than 30 s at once.
    sleep(HOUSEKEEPING).await;
    assert_ne!(served(&provider).await, before);
}
