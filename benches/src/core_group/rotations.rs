//! Ten thousand rotations under a thousand callers, while the leader of a real raft cluster is killed every 30 s.

use std::collections::HashMap;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use bytes::Bytes;
use http::Response;
use http::header::CONTENT_LENGTH;
use jiff::{SignedDuration, Timestamp};
use leasekey::VaultCredentialsProvider;
use leasekey::time::BootInstant;
use leasekey_tests::ha::Cluster;
use leasekey_tests::proxy::{Fate, Proxy};
use leasekey_tests::stack::Stack;
use reqwest::Method;
use serde_json::{Value, json};

use crate::Outcome;
use crate::report::{Report, Row, say};
use crate::watched::Watched;

const PROVIDERS: usize = 1000;
const CALLERS: usize = 1000;
const ROTATIONS: u64 = 10_000;
/// Of each set. AWS gives 15 minutes at least; Vault leases for what STS states. A set is replaced before 60 % of its
/// life, and what is left must outlast an election: a node waits for 3 to 6 s before it stands, and again after a
/// split vote, so that a life of 20 s leaves too little.
const LIFE: SignedDuration = SignedDuration::from_secs(60);
const MOUNT: &str = "aws-short";
const KILLED_EVERY: Duration = Duration::from_secs(30);
const CALL_EVERY: Duration = Duration::from_millis(100);
const LATE: Duration = Duration::from_millis(1);
// Of so many providers the leases are counted each half second, in turns.
const LISTED: usize = 20;

/// What the callers met.
#[derive(Debug, Default)]
struct Calls {
    done: AtomicBool,
    all: AtomicU64,
    failed: AtomicU64,
    pending: AtomicU64,
    ours: Times,
    peers: Times,
}

/// How many calls took over 1 ms, and how long all others took together.
#[derive(Debug, Default)]
struct Times {
    late: AtomicU64,
    nanos: AtomicU64,
}

impl Times {
    fn count(&self, took: Duration) {
        let late = took > LATE;
        self.late.fetch_add(u64::from(late), Ordering::Relaxed);
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.nanos.fetch_add(if late { 0 } else { nanos }, Ordering::Relaxed);
    }

    fn read(&self) -> (f64, f64) {
        (self.late.load(Ordering::Relaxed) as f64, self.nanos.load(Ordering::Relaxed) as f64)
    }
}

impl Calls {
    fn count(&self, (ours, theirs): &(Timed, Timed)) {
        let count =
            |counter: &AtomicU64, counts: bool| counter.fetch_add(u64::from(counts), Ordering::Relaxed);
        count(&self.all, true);
        count(&self.failed, ours.failed);
        count(&self.pending, ours.pending);
        self.ours.count(ours.took);
        self.peers.count(theirs.took);
    }
}

/// Rotations, what callers noticed of them, and what the server and Vault had of it.
pub(super) async fn measure(report: &mut Report) -> Outcome {
    let cluster = Cluster::alone().await;
    let stack = cluster.at(cluster.leader().await);
    let sts = Proxy::of(&stack.aws_endpoint).await;
    sts.rule(|_| Fate::Rewritten(short_lived));
    stack.mount_aws("", MOUNT, json!({}), &sts.address).await;
    let watched = Watched::recorded(leasekey::context::Context::system());
    let providers = start(&cluster, &stack, &watched).await?;
    let calls = Arc::new(Calls::default());
    let callers = callers(&providers, &calls);
    let killed = rotate(&cluster, &providers).await;
    calls.done.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.join().map_err(|_| "a caller panicked")?;
    }
    let most_leases = killed?;
    tell(report, &providers, &calls, most_leases, fullest_window(&watched.sent()));
    for provider in providers {
        provider.close().await?;
    }
    Ok(())
}

/// A role each, so that the server's list tells the leases of one provider from another's.
async fn start(
    cluster: &Cluster,
    stack: &Stack,
    watched: &Watched,
) -> Outcome<Vec<VaultCredentialsProvider>> {
    let context = watched.context();
    let login = stack.new_approle(r#"path "+/creds/+" { capabilities = ["update"] }"#).await;
    let arn = format!("arn:aws:iam::{}:role/orders", stack.aws_account);
    let role = json!({ "credential_type": "assumed_role", "role_arns": [arn] });
    let mut providers = Vec::with_capacity(PROVIDERS);
    for index in 0..PROVIDERS {
        stack.vault_write(&format!("{MOUNT}/roles/{}", name(index)), role.clone()).await;
        let one =
            cluster.builder(0).context(context.clone()).auth(login.auth()).mount(MOUNT).role(&name(index));
        providers.push(one.start().await?);
    }
    Ok(providers)
}

/// What STS answers, with the end of the session brought forward.
fn short_lived(reply: Response<Bytes>) -> Response<Bytes> {
    let (mut parts, body) = reply.into_parts();
    let text = String::from_utf8_lossy(&body);
    let short = match (text.split_once("<Expiration>"), text.split_once("</Expiration>")) {
        (Some((before, _)), Some((_, after))) => {
            format!("{before}<Expiration>{:.0}</Expiration>{after}", Timestamp::now() + LIFE)
        }
        _ => return Response::from_parts(parts, body),
    };
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, short.into())
}

fn name(index: usize) -> String {
    format!("rotating-{index}")
}

/// Four threads of 250 callers each: every caller asks ten times a second.
fn callers(providers: &[VaultCredentialsProvider], calls: &Arc<Calls>) -> Vec<thread::JoinHandle<()>> {
    const THREADS: usize = 4;
    let of = |first: usize| {
        let (calls, providers) = (calls.clone(), providers.to_vec());
        move || {
            let peers: Vec<_> = providers.iter().map(|_| static_keys()).collect();
            let mut ours_first = false;
            while !calls.done.load(Ordering::Relaxed) {
                let next = Instant::now() + CALL_EVERY;
                for caller in (first..CALLERS).step_by(THREADS) {
                    let at = caller % PROVIDERS;
                    if let (Some(provider), Some(peer)) = (providers.get(at), peers.get(at)) {
                        ours_first = !ours_first;
                        calls.count(&pair(provider, peer, ours_first));
                    }
                }
                thread::sleep(next.saturating_duration_since(Instant::now()));
            }
        }
    };
    (0..THREADS).map(|first| thread::spawn(of(first))).collect()
}

fn static_keys() -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(Credentials::new("AKIA", "static", None, None, "static"))
}

/// One call, and right before or after it the same of static keys: what the machine adds to either.
fn pair(
    provider: &VaultCredentialsProvider,
    peer: &SharedCredentialsProvider,
    ours_first: bool,
) -> (Timed, Timed) {
    if ours_first {
        (timed(provider), timed(peer))
    } else {
        let theirs = timed(peer);
        (timed(provider), theirs)
    }
}

/// A call as its caller meets it.
struct Timed {
    took: Duration,
    failed: bool,
    pending: bool,
}

fn timed(provider: &impl ProvideCredentials) -> Timed {
    let since = Instant::now();
    let answer = pin!(provider.provide_credentials()).poll(&mut Context::from_waker(Waker::noop()));
    let took = since.elapsed();
    Timed { took, failed: matches!(answer, Poll::Ready(Err(_))), pending: answer.is_pending() }
}

/// Kills the leader every 30 s until all rotations are done; the most leases that one provider had at once.
async fn rotate(cluster: &Cluster, providers: &[VaultCredentialsProvider]) -> Outcome<usize> {
    let (mut most_leases, mut turn) = (0, 0);
    for kills in 0.. {
        let next = Instant::now() + KILLED_EVERY;
        let rotations = rotations(providers);
        say("", &format!("{rotations:>6} rotations, {kills} leaders killed"));
        if rotations >= ROTATIONS {
            break;
        }
        let leader = cluster.leader().await;
        cluster.kill(leader);
        let restarted = cluster.start(leader);
        while Instant::now() < next {
            for index in (turn..turn + LISTED).map(|index| index % PROVIDERS) {
                most_leases = most_leases.max(leases(cluster, index).await);
            }
            turn += LISTED;
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        restarted.join().map_err(|_| "a node could not be started again")?;
    }
    Ok(most_leases)
}

fn rotations(providers: &[VaultCredentialsProvider]) -> u64 {
    providers.iter().map(|provider| provider.stats().issues.saturating_sub(1)).sum()
}

/// The leases of one provider in the server's own list; 0 while nobody leads.
async fn leases(cluster: &Cluster, index: usize) -> usize {
    for node in 0..cluster.addresses.len() {
        let stack = cluster.at(node);
        if stack.status_of("sys/health").await == Some(200) {
            let list = format!("sys/leases/lookup/{MOUNT}/creds/{}?list=true", name(index));
            let reply = stack.vault_call(&stack.root_token, Method::GET, &list, None).await;
            return reply.body.pointer("/data/keys").and_then(Value::as_array).map_or(0, Vec::len);
        }
    }
    0
}

/// The most requests of one provider within any 10 s.
fn fullest_window(sent: &[(String, BootInstant)]) -> usize {
    const WINDOW: Duration = Duration::from_secs(10);
    let mut moments = HashMap::<&str, Vec<BootInstant>>::new();
    for (of, at) in sent {
        moments.entry(of).or_default().push(*at);
    }
    let peak = |moments: &Vec<BootInstant>| {
        let within =
            |from: &BootInstant| moments.iter().filter(|at| *at >= from && **at < from.plus(WINDOW)).count();
        moments.iter().map(within).max().unwrap_or(0)
    };
    moments.values().map(peak).max().unwrap_or(0)
}

fn tell(
    report: &mut Report,
    providers: &[VaultCredentialsProvider],
    calls: &Calls,
    most_leases: usize,
    window: usize,
) {
    let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed) as f64;
    let rotations = rotations(providers) as f64;
    let mut add = |name, value: f64, unit, target, met| {
        report.add(Row::alone(name, value, unit, target).met(met));
    };
    add("core/rotations", rotations, "rotations", ">= 10,000", rotations >= ROTATIONS as f64);
    add("core/rotation_failures", read(&calls.failed), "calls", "= 0", read(&calls.failed) == 0.0);
    add("core/rotation_waits", read(&calls.pending), "calls", "= 0", read(&calls.pending) == 0.0);
    report.add(late(&calls.ours, &calls.peers));
    let mut add = |name, value: f64, unit, target, met| {
        report.add(Row::alone(name, value, unit, target).met(met));
    };
    add("core/rotation_leases", most_leases as f64, "per provider", "<= 3", most_leases <= 3);
    add("core/rotation_requests", window as f64, "in any 10 s", "<= 10", window <= 10);
}

/// The machine puts either aside by chance, as often as time passes in it. By that the static keys tell how many of
/// ours to expect; a count strays from its expectation by three times its root in three runs of a thousand.
fn late(ours: &Times, theirs: &Times) -> Row {
    let ((late, nanos), (peers_late, peers_nanos)) = (ours.read(), theirs.read());
    let longer = nanos / peers_nanos.max(1.0);
    let expected = peers_late * longer;
    let strays = (late.max(expected) + expected * longer).sqrt() * 3.0;
    let row = Row::alone("core/rotation_late", late, "calls", "<= by chance").met(late - expected <= strays);
    row.beside("static, per time", expected.round(), late / expected.max(1.0))
}
