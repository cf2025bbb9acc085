//! Clocks that jump.

use std::time::{Duration, SystemTime};

use leasekey_tests::expect::served;
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
async fn row_52_no_expired_set_is_served_after_a_suspension() {
    let (vault, _logs) = scripted();
    let provider = vault.builder().start().await.unwrap();
    let before = served(&provider).await;
    vault.world.suspend(Duration::from_secs(3600));
    let after = provider.credentials().await.unwrap();
    assert_ne!(after.access_key_id(), before);
}
