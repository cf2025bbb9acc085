//! Runtimes that come and go: the background thread is Leasekey's own.

use leasekey::VaultCredentialsProvider;
use leasekey_tests::log;
use leasekey_tests::stack::{AppRole, Stack};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

use crate::SECOND;

const ORDERS: &str = r#"path "aws/creds/orders" { capabilities = ["update"] }"#;

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn role(stack: &Stack) -> AppRole {
    current_thread().block_on(stack.new_approle(ORDERS))
}

async fn works(provider: &VaultCredentialsProvider) {
    let old = provider.credentials().await.unwrap();
    let new = provider.refresh().await.unwrap();
    assert_ne!(old.access_key_id(), new.access_key_id());
}

#[test]
fn row_43_a_provider_outlives_the_runtime_that_it_was_started_in() {
    let (stack, _logs) = (Stack::from_env(), log::watch());
    let role = role(&stack);
    let first = Runtime::new().unwrap();
    let provider = first.block_on(stack.builder().auth(role.auth()).start()).unwrap();
    drop(first);
    current_thread().block_on(works(&provider));
    stack.kept_pace(&role);
}

#[test]
fn row_43_one_provider_serves_two_runtimes_at_once() {
    let (stack, _logs) = (Stack::from_env(), log::watch());
    let (role, one) = (role(&stack), current_thread());
    let provider = one.block_on(stack.builder().auth(role.auth()).start()).unwrap();
    let other = provider.clone();
    let elsewhere = std::thread::spawn(move || {
        Runtime::new().unwrap().block_on(async move {
            for _ in 0..100 {
                other.credentials().await.unwrap();
                tokio::task::yield_now().await;
            }
        })
    });
    one.block_on(works(&provider));
    elsewhere.join().unwrap();
    assert_eq!(provider.stats().logins, 1);
    stack.kept_pace(&role);
}

#[test]
fn row_43_no_runtime_at_all_is_enough() {
    let (stack, _logs) = (Stack::from_env(), log::watch());
    let role = role(&stack);
    pollster::block_on(async {
        let provider = stack.builder().auth(role.auth()).start().await.unwrap();
        works(&provider).await;
        provider.close().await.unwrap();
    });
    stack.kept_pace(&role);
}

#[test]
fn row_43_a_runtime_that_is_dropped_while_it_waits_stops_nothing() {
    let (stack, _logs) = (Stack::from_env(), log::watch());
    let (role, first) = (role(&stack), Runtime::new().unwrap());
    let provider = stack.builder().auth(role.auth()).build().unwrap();
    let waiting = provider.clone();
    first.spawn(async move { waiting.credentials().await.map(drop) });
    first.shutdown_background();
    pollster::block_on(provider.credentials()).unwrap();
    assert_eq!(stack.trail(&role.name).asked("aws/creds/orders"), 1);
    stack.kept_pace(&role);
}

#[test]
fn row_44_a_provider_dropped_in_the_middle_of_a_refresh_revokes_nothing() {
    let (stack, _logs) = (Stack::from_env(), log::watch());
    let (role, runtime) = (role(&stack), current_thread());
    let mut events = runtime.block_on(async {
        let provider = stack.builder().auth(role.auth()).start().await.unwrap();
        let _cancelled = timeout(SECOND / 1000, provider.refresh()).await;
        provider.events()
    });
    drop(runtime);
    // They end with the background's work.
    let ended = async { while events.next().await.is_some() {} };
    current_thread().block_on(async { timeout(10 * SECOND, ended).await }).unwrap();
    let trail = stack.trail(&role.name);
    assert_eq!(trail.asked("auth/token/revoke-self") + trail.asked("sys/leases/revoke"), 0);
    stack.kept_pace(&role);
}
