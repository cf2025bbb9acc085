//! The driver with a real source under virtual time: what callers see.
#![cfg(feature = "vault")]
#![allow(clippy::disallowed_methods, reason = "the clock is paused")]

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;

use super::{Allowance, Class, Fault, Grant, Kept, Note, Phase, Plan, Reading, Source, Want};
use crate::context::Scripted;
use crate::error::{Error, ErrorKind};
use crate::time::TimeSource;

const LIFE: Duration = Duration::from_secs(900);
const ANY: Want =
    Want { lasts: Duration::ZERO, newer_than: None, doubts: false, within: Duration::from_secs(10) };

#[derive(Clone)]
struct Counter(Arc<Inner>);

struct Inner {
    world: Scripted,
    issues: AtomicU32,
    fail: Mutex<Option<Class>>,
    panic: Mutex<bool>,
    closed: Mutex<Option<u32>>,
    stamps: Mutex<Vec<SystemTime>>,
    phases: Mutex<Vec<Phase>>,
}

impl Counter {
    fn new() -> Self {
        Self(Arc::new(Inner {
            world: Scripted::new(),
            issues: AtomicU32::new(0),
            fail: Mutex::new(None),
            panic: Mutex::new(false),
            closed: Mutex::new(None),
            stamps: Mutex::new(Vec::new()),
            phases: Mutex::new(Vec::new()),
        }))
    }

    fn keep(&self) -> Kept<u32> {
        Kept::new(&self.0.world.context(), Plan::STS, self.clone()).unwrap()
    }

    fn issues(&self) -> u32 {
        self.0.issues.load(Ordering::Relaxed)
    }

    fn fail(&self, class: Option<Class>) {
        *self.0.fail.lock().unwrap() = class;
    }
}

#[async_trait]
impl Source for Counter {
    type Value = u32;

    async fn issue(&self, _: Option<u32>, allowance: &Allowance) -> Result<(u32, Grant), Fault> {
        allowance.take();
        let started = self.0.world.boot();
        let issue = self.0.issues.fetch_add(1, Ordering::Relaxed) + 1;
        tokio::time::sleep(Duration::from_millis(5)).await;
        let panics = std::mem::take(&mut *self.0.panic.lock().unwrap());
        assert!(!panics, "planted");
        if let Some(class) = *self.0.fail.lock().unwrap() {
            return Err(Fault::new(class, Error::new(ErrorKind::VaultUnavailable, "planted")));
        }
        let rtt = Duration::from_millis(5);
        let grant = Grant { started, rtt, lifetime: LIFE, changed: true, ..Grant::default() };
        Ok((issue, grant))
    }

    async fn renew(&self, _: u32, _: &Allowance) -> Result<Grant, Fault> {
        unreachable!("STS sets are not renewed")
    }

    async fn verify(&self, _: u32, _: &Allowance) -> Result<(), Fault> {
        unreachable!("STS sets are not verified")
    }

    async fn revoke(&self, _: u32) -> bool {
        true
    }

    async fn close(&self, last: Option<u32>) {
        *self.0.closed.lock().unwrap() = last;
    }

    fn stamp(&self, value: &u32, expires: SystemTime) -> u32 {
        self.0.stamps.lock().unwrap().push(expires);
        *value
    }

    fn note(&self, note: Note<'_, u32>) {
        if let Note::Phase(phase, _) = note {
            self.0.phases.lock().unwrap().push(phase);
        }
    }
}

fn reads(kept: &Kept<u32>) -> Option<u32> {
    match kept.snapshot().read(kept.now()) {
        Reading::Ready(value) => Some(*value),
        _ => None,
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_asked_before_somebody_wants_a_value() {
    let counter = Counter::new();
    let kept = counter.keep();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!((counter.issues(), reads(&kept)), (0, None));
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_cold_callers_share_one_issue() {
    let counter = Counter::new();
    let kept = Arc::new(counter.keep());
    let callers: Vec<_> = (0..10_000)
        .map(|_| {
            let kept = kept.clone();
            tokio::spawn(async move { kept.wait(ANY).await.map(|snapshot| snapshot.value) })
        })
        .collect();
    for caller in callers {
        assert_eq!(caller.await.unwrap().unwrap(), Some(1));
    }
    assert_eq!(counter.issues(), 1);
}

#[tokio::test(start_paused = true)]
async fn cancelled_callers_do_not_stop_the_attempt() {
    let counter = Counter::new();
    let kept = counter.keep();
    for _ in 0..100 {
        let _ = tokio::time::timeout(Duration::from_millis(1), kept.wait(ANY)).await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!((counter.issues(), reads(&kept)), (1, Some(1)));
}

#[tokio::test(start_paused = true)]
async fn a_warm_value_is_replaced_before_its_end_and_readers_never_wait() {
    let counter = Counter::new();
    let kept = counter.keep();
    kept.wait(ANY).await.unwrap();
    for _ in 0..3600 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(reads(&kept).is_some());
    }
    // 3600 s of sets refreshed after 360 to 540 s each.
    assert!((7..=10).contains(&counter.issues()), "{}", counter.issues());
}

#[tokio::test(start_paused = true)]
async fn a_failing_source_is_asked_five_times_at_most_in_20_s() {
    let counter = Counter::new();
    counter.fail(Some(Class::Node));
    let kept = Arc::new(counter.keep());
    let started = tokio::time::Instant::now();
    while started.elapsed() < Duration::from_secs(20) {
        let error = kept.wait(ANY).await.unwrap_err();
        assert!(matches!(error.code(), "LK-0109" | "LK-0123"), "{error}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(counter.issues() <= 5, "{}", counter.issues());
}

#[tokio::test(start_paused = true)]
async fn an_outage_longer_than_the_life_gives_a_typed_error_and_then_recovers() {
    let counter = Counter::new();
    let kept = counter.keep();
    kept.wait(ANY).await.unwrap();
    counter.fail(Some(Class::Node));
    tokio::time::sleep(LIFE).await;
    let error = kept.wait(ANY).await.unwrap_err();
    assert_eq!(error.code(), "LK-0117");
    counter.fail(None);
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(reads(&kept).is_some());
    let phases = counter.0.phases.lock().unwrap().clone();
    let order = [Phase::Fresh, Phase::Degraded, Phase::Urgent, Phase::Expired, Phase::Fresh];
    assert!(order.iter().all(|phase| phases.contains(phase)), "{phases:?}");
}

#[tokio::test(start_paused = true)]
async fn a_panic_costs_one_attempt_and_keeps_the_value() {
    let counter = Counter::new();
    let kept = counter.keep();
    kept.wait(ANY).await.unwrap();
    *counter.0.panic.lock().unwrap() = true;
    while counter.issues() < 2 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(reads(&kept), Some(1));
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(reads(&kept), Some(3));
}

#[tokio::test(start_paused = true)]
async fn a_forced_refresh_brings_a_newer_value() {
    let counter = Counter::new();
    let kept = counter.keep();
    let first = kept.wait(ANY).await.unwrap();
    tokio::time::sleep(Duration::from_secs(5)).await;
    let second = kept.wait(Want { newer_than: Some(first.generation), ..ANY }).await.unwrap();
    assert_eq!((first.value, second.value, counter.issues()), (Some(1), Some(2), 2));
}

#[tokio::test(start_paused = true)]
async fn a_value_that_must_last_longer_than_any_lives_is_a_clear_error() {
    let counter = Counter::new();
    let kept = counter.keep();
    let error = kept.wait(Want { lasts: Duration::from_secs(1200), ..ANY }).await.unwrap_err();
    assert_eq!(error.code(), "LK-0108");
    assert!(kept.wait(Want { lasts: Duration::from_secs(890), ..ANY }).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_doubted_value_is_replaced_within_2_s_and_only_once() {
    let counter = Counter::new();
    let kept = counter.keep();
    let first = kept.wait(ANY).await.unwrap();
    tokio::time::sleep(Duration::from_secs(5)).await;
    (0..10).for_each(|_| kept.doubt(first.generation));
    tokio::time::sleep(Duration::from_secs(2)).await;
    (0..10).for_each(|_| kept.doubt(first.generation));
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!((counter.issues(), reads(&kept)), (2, Some(2)));
}

#[tokio::test(start_paused = true)]
async fn closing_gives_the_last_value_back_and_refuses_callers() {
    let counter = Counter::new();
    let kept = counter.keep();
    kept.wait(ANY).await.unwrap();
    kept.close().await;
    assert_eq!(*counter.0.closed.lock().unwrap(), Some(1));
    assert_eq!(kept.wait(ANY).await.unwrap_err().code(), "LK-0118");
    kept.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_dropped_value_is_refreshed_no_more() {
    let counter = Counter::new();
    let kept = counter.keep();
    kept.wait(ANY).await.unwrap();
    drop(kept);
    tokio::time::sleep(LIFE * 4).await;
    assert_eq!(counter.issues(), 1);
    assert_eq!(*counter.0.closed.lock().unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn a_stepped_wall_clock_changes_the_stamp_and_not_the_schedule() {
    let counter = Counter::new();
    let kept = counter.keep();
    kept.wait(ANY).await.unwrap();
    let later = counter.0.world.wall() + Duration::from_secs(10 * 365 * 86_400);
    counter.0.world.set_wall(later);
    tokio::time::sleep(Duration::from_secs(31)).await;
    let stamp = *counter.0.stamps.lock().unwrap().last().unwrap();
    assert!(stamp > later + Duration::from_secs(860) && stamp < later + Duration::from_secs(900));
    assert_eq!(counter.issues(), 1);
}

#[tokio::test(start_paused = true)]
async fn after_a_suspension_the_first_caller_never_gets_a_dead_value() {
    let counter = Counter::new();
    let kept = counter.keep();
    kept.wait(ANY).await.unwrap();
    counter.0.world.suspend(Duration::from_secs(3600));
    assert_eq!(reads(&kept), None);
    assert_eq!(kept.wait(ANY).await.unwrap().value, Some(2));
}
