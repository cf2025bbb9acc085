//! What the callers of a raft cluster notice when its leader is killed, deposed or hangs: nothing. The nodes are real,
//! and a test has them for itself.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests"
)]

use std::time::{Duration, Instant};

use leasekey::config::ConfigKey;
use leasekey::{Event, EventKind, Events, Phase, TokenAuth, VaultCredentialsProvider};
use leasekey_tests::expect::served;
use leasekey_tests::ha::{Callers, Cluster};
use leasekey_tests::log::{self, Watch};
use leasekey_tests::stack::AppRole;
use tokio::time::timeout;

/// After the election: what the back-off may take, and what a busy machine adds.
const AFTER_ELECTION: Duration = Duration::from_millis(2000 + 500);
/// An election for which the requests of one window last; after a longer one the next window is waited for.
const ELECTION: Duration = Duration::from_secs(6);
const WINDOW: Duration = Duration::from_secs(10);
const ORDERS: &str = r#"path "aws/creds/orders" { capabilities = ["update"] }"#;

async fn begin() -> (Cluster, Watch) {
    let logs = log::watch();
    let cluster = Cluster::alone().await;
    logs.planted("the root token", &cluster.stack.root_token);
    logs.planted("the secret id", &cluster.stack.secret_id);
    (cluster, logs)
}

/// The same, and a login of the test's own, by which the nodes' audit log tells its requests.
async fn begin_with_login() -> (Cluster, AppRole, Watch) {
    let (cluster, logs) = begin().await;
    let login = cluster.stack.new_approle(ORDERS).await;
    logs.planted("the secret id of its own", &login.secret_id);
    (cluster, login, logs)
}

/// All events until a new set serves, and when it came.
async fn until_swapped(events: &mut Events) -> (Vec<Event>, Instant) {
    let mut told = Vec::new();
    let swapped = async {
        while told.last().is_none_or(|event: &Event| event.kind != EventKind::Swapped) {
            told.push(events.next().await.unwrap());
        }
    };
    assert!(timeout(Duration::from_secs(30), swapped).await.is_ok(), "no new set within 30 s: {told:#?}");
    (told, Instant::now())
}

/// A set is asked for while nobody leads; it must come soon after a node other than `old` does. The events.
async fn refreshed_after_election(
    cluster: &Cluster,
    vault: &VaultCredentialsProvider,
    events: &mut Events,
    old: Option<usize>,
) -> Vec<Event> {
    let began = Instant::now();
    let asked = async {
        // Refused at once while nobody leads; the attempt goes on in the background.
        if let Err(error) = vault.refresh().await {
            assert_eq!(error.code(), "LK-0109", "{error}");
        }
    };
    let leads = async {
        cluster.leader_but(old).await;
        Instant::now()
    };
    let ((), elected, (told, swapped)) = tokio::join!(asked, leads, until_swapped(events));
    let late = swapped.saturating_duration_since(elected);
    println!("elected after {:?}, a new set {late:?} later", elected - began);
    let allowed = if elected - began <= ELECTION { AFTER_ELECTION } else { WINDOW };
    assert!(late <= allowed, "{late:?} after the election: {told:#?}");
    told
}

fn reasons(told: &[Event]) -> Vec<&str> {
    told.iter().filter_map(|event| event.reason.as_deref()).collect()
}

fn critical(told: &[Event]) -> Vec<&Event> {
    told.iter().filter(|event| event.kind.severity() == leasekey::Severity::Critical).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn row_01_a_leader_that_is_killed_is_noticed_by_no_caller() {
    let (cluster, login, _logs) = begin_with_login().await;
    let leader = cluster.leader().await;
    let vault = cluster.builder(leader).auth(login.auth()).start().await.unwrap();
    let (mut events, callers) = (vault.events(), Callers::of(&vault));
    cluster.kill(leader);
    let told = refreshed_after_election(&cluster, &vault, &mut events, Some(leader)).await;
    callers.end();
    assert_eq!((told[0].kind, &*told[0].subject), (EventKind::NodeFailed, &*cluster.addresses[leader]));
    // At once, within the same attempt. A node that is asked may hold the request until it has elected.
    assert!([EventKind::NodeFailed, EventKind::Swapped].contains(&told[1].kind), "{told:#?}");
    assert!(critical(&told).is_empty(), "an alert: {told:#?}");
    assert_eq!(vault.phase(), Phase::Fresh);
    cluster.stack.kept_pace(&login);
}

#[tokio::test(flavor = "multi_thread")]
async fn row_02_a_redirect_to_a_dead_leader_is_no_answer_and_the_next_node_is_asked() {
    let (cluster, login, _logs) = begin_with_login().await;
    let leader = cluster.leader().await;
    let standby = (leader + 1) % cluster.addresses.len();
    let vault = cluster.builder(standby).auth(login.auth()).start().await.unwrap();
    let (mut events, callers) = (vault.events(), Callers::of(&vault));
    cluster.kill(leader);
    let told = refreshed_after_election(&cluster, &vault, &mut events, Some(leader)).await;
    callers.end();
    let dead = format!(
        "{} redirects to {}, which cannot be reached",
        cluster.addresses[standby], cluster.addresses[leader]
    );
    assert!(reasons(&told).iter().any(|reason| *reason == dead), "{told:#?}");
    assert!([EventKind::NodeFailed, EventKind::Swapped].contains(&told[1].kind), "{told:#?}");
    cluster.stack.kept_pace(&login);
}

#[tokio::test(flavor = "multi_thread")]
async fn row_03_a_node_that_restarts_is_passed_over_until_it_knows_its_leader() {
    let (cluster, logs) = begin().await;
    let leader = cluster.leader().await;
    let token = cluster.at(leader).new_token(ORDERS).await;
    logs.planted("the token", &token);
    let standby = (leader + 1) % cluster.addresses.len();
    cluster.kill(standby);
    let restart = cluster.start(standby);
    let mut starts = 0;
    while !restart.is_finished() || starts < 3 {
        let vault = cluster.builder(standby).auth(TokenAuth::new(token.as_str())).start().await.unwrap();
        assert_eq!(vault.stats().failures, 0);
        starts += 1;
    }
    restart.join().unwrap();
    println!("{starts} starts while the node restarted");
}

#[tokio::test(flavor = "multi_thread")]
async fn row_05_a_leader_that_steps_down_is_noticed_by_no_caller() {
    let (cluster, login, _logs) = begin_with_login().await;
    let leader = cluster.leader().await;
    let vault = cluster.builder(leader).auth(login.auth()).start().await.unwrap();
    let (mut events, callers) = (vault.events(), Callers::of(&vault));
    cluster.step_down(leader).await;
    // It may be elected again.
    let told = refreshed_after_election(&cluster, &vault, &mut events, None).await;
    callers.end();
    assert!(critical(&told).is_empty(), "an alert: {told:#?}");
    cluster.stack.kept_pace(&login);
}

#[tokio::test(flavor = "multi_thread")]
async fn row_06_a_leader_that_hangs_costs_half_of_one_attempt() {
    let (cluster, login, _logs) = begin_with_login().await;
    let leader = cluster.leader().await;
    let vault = cluster.builder(leader).auth(login.auth()).start().await.unwrap();
    let (mut events, callers) = (vault.events(), Callers::of(&vault));
    cluster.freeze(leader);
    let asked = Instant::now();
    let (_, (told, swapped)) = tokio::join!(vault.refresh(), until_swapped(&mut events));
    cluster.thaw(leader);
    callers.end();
    let took = swapped - asked;
    println!("a new set after {took:?}");
    assert!(took <= Duration::from_secs(10) + AFTER_ELECTION, "{took:?}: {told:#?}");
    let hung = format!("Vault at {} did not answer in time", cluster.addresses[leader]);
    assert!(reasons(&told).iter().any(|reason| *reason == hung), "{told:#?}");
    cluster.stack.kept_pace(&login);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_answers_under_the_name_of_its_certificate() {
    let (cluster, _logs) = begin().await;
    let named = cluster.builder(0).set(ConfigKey::TlsServerName, cluster.server_name.as_str());
    let vault = named.start().await.unwrap();
    served(&vault).await;
    vault.close().await.unwrap();
}
