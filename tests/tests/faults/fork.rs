//! Children of one parent, which begin with the same memory.

use std::collections::HashSet;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

use leasekey::context::{Context, ScriptedReply, VaultAsk, VaultMood};
use leasekey::refresh::{Event, Grant, Now, Phase, Plan, State, step};
use leasekey::time::BootInstant;
use leasekey::{AppRoleAuth, VaultCredentialsProvider};
use leasekey_tests::scripted::{RuledVault, SECRET_ID};
use tokio::time::{Instant, sleep};

use super::scripted;

const CHILDREN: usize = 100;
const LIFE: Duration = Duration::from_secs(900);

/// What a fork of this process draws first.
#[expect(unsafe_code, reason = "what a child does between fork and exec is unsafe to set")]
fn drawn_by_a_child() -> u64 {
    let mut child = Command::new("true");
    // Safety: it draws, opens, writes and returns, and the thread that forked is the one that goes on.
    unsafe {
        child.pre_exec(|| {
            let drawn = Context::system().random.bits();
            std::fs::File::options().write(true).open("/dev/stdout")?.write_all(&drawn.to_ne_bytes())
        });
    }
    let drawn = child.output().unwrap().stdout;
    u64::from_ne_bytes(drawn.try_into().unwrap())
}

#[test]
#[ignore = "row_54 runs it in a process of its own"]
fn child_of_row_54() {
    // The parent has drawn: what it would draw next is what all children would draw.
    let mut drawn = HashSet::from([Context::system().random.bits()]);
    drawn.extend((0..CHILDREN).map(|_| drawn_by_a_child()));
    drawn.insert(Context::system().random.bits());
    assert_eq!(drawn.len(), CHILDREN + 2);
}

#[test]
fn row_54_forked_children_draw_different_numbers() {
    let mut forking = Command::new(std::env::current_exe().unwrap());
    // No other thread may hold a lock that the children would wait for.
    forking.args(["--exact", "--ignored", "--test-threads=1", "fork::child_of_row_54"]);
    let forked = forking.output().unwrap();
    assert!(forked.status.success(), "{}", String::from_utf8_lossy(&forked.stdout));
}

#[test]
fn row_54_children_that_draw_differently_refresh_at_different_times_and_soon_enough() {
    let start = BootInstant::default();
    let now = |after, random| Now { at: start.plus(after), random };
    let (state, _) = step(State::new(Plan::STS), Event::Wanted(start), now(Duration::ZERO, 7));
    let (state, _) = step(state, Event::Woken, now(Duration::from_secs(1), 7));
    let grant = Grant { started: start, lifetime: LIFE, changed: true, requests: 1, ..Grant::default() };
    let (parent, _) = step(state, Event::Granted(1, grant), now(Duration::from_secs(1), 7));
    let forked_at = Duration::from_secs(300);
    let point = |random| {
        let (child, _) = step(parent.clone(), Event::Forked, now(forked_at, random));
        child.next_attempt_at(start.plus(forked_at)).unwrap()
    };
    let points: HashSet<BootInstant> = (0..CHILDREN as u64).map(point).collect();
    assert_eq!(points.len(), CHILDREN);
    assert!(points.iter().all(|at| at.since(start) > forked_at && at.since(start) <= LIFE * 6 / 10));
}

/// From now on the calls are those of a forked child, which asks Vault at a pace of its own.
fn fork(vault: &RuledVault) {
    let _another_process = vault.context();
    vault.world.fork();
}

fn key(provider: &VaultCredentialsProvider) -> String {
    provider.credentials_now().unwrap().access_key_id().to_owned()
}

#[tokio::test(start_paused = true)]
async fn row_45_a_child_serves_what_it_inherited_and_takes_its_own_lease_in_its_own_time() {
    let (vault, _logs) = scripted();
    let provider = vault.builder().start().await.unwrap();
    let (inherited, forked) = (key(&provider), Instant::now());
    fork(&vault);
    assert_eq!((key(&provider), provider.phase()), (inherited.clone(), Phase::Inherited));
    assert!(!provider.is_kept_here());
    while key(&provider) == inherited {
        assert!(forked.elapsed() < LIFE * 7 / 10, "no lease of its own after {:?}", forked.elapsed());
        sleep(Duration::from_secs(1)).await;
    }
    assert!(forked.elapsed() > LIFE * 4 / 10, "not before {:?}", forked.elapsed());
    assert_eq!((vault.asked(VaultAsk::Login), vault.asked(VaultAsk::Issue)), (2, 2));
    assert_eq!((provider.phase(), provider.stats().issues), (Phase::Fresh, 1));
    assert!(provider.is_kept_here());
    sleep(LIFE).await;
    provider.close().await.unwrap();
    let revoked = vault.asked(VaultAsk::RevokeLease) + vault.asked(VaultAsk::RevokeSelf);
    assert_eq!(revoked, 1, "the child's own token alone");
}

#[tokio::test(start_paused = true)]
async fn row_45_a_child_of_a_dead_vault_serves_what_it_inherited_to_its_end() {
    let (vault, _logs) = scripted();
    let provider = vault.builder().start().await.unwrap();
    let inherited = key(&provider);
    vault.set_moods(&VaultMood::Down);
    fork(&vault);
    for _ in 0..(LIFE.as_secs() - 5) {
        assert_eq!(key(&provider), inherited);
        sleep(Duration::from_secs(1)).await;
    }
    sleep(Duration::from_secs(5)).await;
    assert_eq!(provider.credentials().await.unwrap_err().code(), "LK-0117");
    vault.set_moods(&VaultMood::Well);
    sleep(Duration::from_secs(15)).await;
    assert_ne!(key(&provider), inherited);
}

#[tokio::test(start_paused = true)]
async fn row_45_a_child_that_is_forked_before_the_first_set_or_in_mid_refresh_gets_its_own() {
    let (vault, _logs) = scripted();
    vault.set_moods(&VaultMood::Slow(Duration::from_secs(2)));
    let provider = vault.builder().build().unwrap();
    let parents = provider.clone();
    let waiting = tokio::spawn(async move { parents.credentials().await });
    sleep(Duration::from_secs(1)).await;
    fork(&vault);
    provider.credentials().await.unwrap();
    waiting.abort();
    let inherited = key(&provider);
    provider.refresh().await.unwrap();
    assert_ne!(key(&provider), inherited);
    let parents = provider.clone();
    let waiting = tokio::spawn(async move { parents.refresh().await });
    sleep(Duration::from_secs(1)).await;
    fork(&vault);
    let inherited = key(&provider);
    for _ in 0..2 * LIFE.as_secs() {
        provider.credentials_now().expect("a set at every second");
        sleep(Duration::from_secs(1)).await;
    }
    assert_ne!(key(&provider), inherited);
    waiting.abort();
}

#[tokio::test(start_paused = true)]
async fn row_45_children_drop_and_close_what_is_their_parents_without_a_word() {
    let (vault, _logs) = scripted();
    let (dropped, closed) = (vault.builder(), vault.builder().role("billing"));
    let (dropped, closed) = (dropped.start().await.unwrap(), closed.start().await.unwrap());
    let sent = vault.sent().len();
    vault.world.fork();
    drop(dropped);
    closed.close().await.unwrap();
    assert_eq!(closed.credentials().await.unwrap_err().code(), "LK-0118");
    sleep(Duration::from_secs(60)).await;
    assert_eq!(vault.sent().len(), sent);
}

#[tokio::test(start_paused = true)]
async fn row_45_a_login_that_works_once_is_told_to_the_child_and_serves_what_it_inherited() {
    let (vault, _logs) = scripted();
    let wrapped = vault.builder().auth(AppRoleAuth::new("role-id", SECRET_ID).wrapped());
    let lookup = r#"{"request_id":"r","data":{"creation_path":"auth/approle/role/orders/secret-id"}}"#;
    let unwrap = format!(r#"{{"request_id":"r","data":{{"secret_id":"{SECRET_ID}"}}}}"#);
    vault.rule(move |request| match request.url.path() {
        "/v1/sys/wrapping/lookup" => Some(ScriptedReply::json(200, lookup)),
        "/v1/sys/wrapping/unwrap" => Some(ScriptedReply::json(200, &unwrap)),
        _ => None,
    });
    let provider = wrapped.start().await.unwrap();
    let inherited = key(&provider);
    fork(&vault);
    let error = provider.refresh().await.unwrap_err();
    assert_eq!(error.code(), "LK-0112");
    assert!(error.message().contains("process 1"), "{error}");
    assert_eq!(key(&provider), inherited);
}
