//! The raft cluster that `cargo xtask test` has started, what can befall its nodes, and callers who must not notice.

#![allow(clippy::panic, reason = "a test cannot go on without its cluster")]

use std::pin::pin;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use aws_credential_types::provider::ProvideCredentials;
use leasekey::config::ConfigKey;
use leasekey::{Builder, VaultCredentialsProvider};
use reqwest::Method;
use serde_json::json;
use tokio::sync::{Mutex, MutexGuard};

use crate::stack::{Stack, export};

const PREFIX: &str = "LEASEKEY_HA_";
const POLL: Duration = Duration::from_millis(20);
const WITHIN: Duration = Duration::from_secs(30);
const LEADS: u16 = 200;

static ALONE: Mutex<()> = Mutex::const_new(());

/// Three nodes, for one test at a time.
pub struct Cluster {
    /// The cluster, asked at its first node.
    pub stack: Stack,
    /// The nodes' addresses.
    pub addresses: Vec<String>,
    /// A name that its certificate has beside the nodes' addresses.
    pub server_name: String,
    ca: String,
    name: String,
    xtask: String,
    _alone: MutexGuard<'static, ()>,
}

impl Cluster {
    /// Waits for its turn, and until all three nodes are well.
    ///
    /// # Panics
    /// If the tests were not started by `cargo xtask test`, or the cluster is beyond help.
    pub async fn alone() -> Self {
        let alone = ALONE.lock().await;
        let file = export(&format!("{PREFIX}VAULT_CACERT"));
        let ca = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
        let cluster = Self {
            stack: Stack::of_cluster(PREFIX, &ca),
            addresses: export(&format!("{PREFIX}LEASEKEY_ADDRS")).split(',').map(str::to_owned).collect(),
            server_name: export(&format!("{PREFIX}LEASEKEY_STACK_SERVER_NAME")),
            ca,
            name: export(&format!("{PREFIX}STACK")),
            xtask: export(&format!("{PREFIX}XTASK")),
            _alone: alone,
        };
        for node in 0..cluster.addresses.len() {
            cluster.befall("thaw", node);
            cluster.befall("start", node);
        }
        cluster.settled().await;
        cluster
    }

    /// A builder of providers that knows all nodes, beginning with `first`, and a login.
    pub fn builder(&self, first: usize) -> Builder {
        let all = self.addresses.iter().cycle().skip(first).take(self.addresses.len());
        let builder = VaultCredentialsProvider::builder().role(&self.stack.role);
        builder
            .address(&all.map(String::as_str).collect::<Vec<_>>().join(","))
            .set(ConfigKey::CaCertBytes, self.ca.as_str())
            .set(ConfigKey::RoleId, self.stack.role_id.as_str())
            .set(ConfigKey::SecretId, self.stack.secret_id.as_str())
    }

    /// Kills the node on the spot.
    pub fn kill(&self, node: usize) {
        self.befall("kill", node);
    }

    /// Stops the node where it is: its connections stay open and nothing answers.
    pub fn freeze(&self, node: usize) {
        self.befall("freeze", node);
    }

    /// Lets it go on.
    pub fn thaw(&self, node: usize) {
        self.befall("thaw", node);
    }

    /// Starts the node again and unseals it, in the background.
    #[must_use]
    pub fn start(&self, node: usize) -> JoinHandle<()> {
        let mut command = self.command("start", node);
        thread::spawn(move || run(&mut command))
    }

    /// Asks the leader to step down, and waits until it has. Vault's may be elected again before anybody sees it.
    ///
    /// # Panics
    /// If it refuses.
    pub async fn step_down(&self, leader: usize) {
        let stack = self.at(leader);
        let done = stack.vault_call(&stack.root_token, Method::PUT, "sys/step-down", Some(&json!({}))).await;
        assert_eq!(done.status, 204, "{}", done.body);
        let until = Instant::now() + Duration::from_secs(1);
        while stack.status_of("sys/health").await == Some(LEADS) && Instant::now() < until {
            tokio::time::sleep(POLL).await;
        }
    }

    /// The cluster, asked at this node.
    #[must_use]
    pub fn at(&self, node: usize) -> Stack {
        let address = self.addresses.get(node).unwrap_or_else(|| panic!("there is no node {node}")).clone();
        self.stack.clone().at(address)
    }

    /// The node that leads, as soon as one does.
    ///
    /// # Panics
    /// If none does within 30 s.
    pub async fn leader(&self) -> usize {
        self.leader_but(None).await
    }

    /// The node other than `old` that leads, as soon as one does.
    ///
    /// # Panics
    /// If none does within 30 s.
    pub async fn leader_but(&self, old: Option<usize>) -> usize {
        let until = Instant::now() + WITHIN;
        while Instant::now() < until {
            for node in (0..self.addresses.len()).filter(|node| Some(*node) != old) {
                if self.at(node).status_of("sys/health").await == Some(LEADS) {
                    return node;
                }
            }
            tokio::time::sleep(POLL).await;
        }
        panic!("no node leads within {WITHIN:?}");
    }

    // A node that says it stands by may not know its leader yet: each must have a request answered by it.
    async fn settled(&self) {
        let until = Instant::now() + WITHIN;
        loop {
            let mut answers = Vec::new();
            for node in 0..self.addresses.len() {
                answers.push(self.at(node).status_of("auth/token/lookup-self").await);
            }
            if answers.iter().all(|status| *status == Some(200)) {
                return;
            }
            assert!(Instant::now() < until, "the cluster is not well: {answers:?}");
            tokio::time::sleep(POLL).await;
        }
    }

    fn befall(&self, what: &str, node: usize) {
        run(&mut self.command(what, node));
    }

    fn command(&self, what: &str, node: usize) -> Command {
        let mut command = Command::new(&self.xtask);
        command.args(["stack", "node", what, &(node + 1).to_string(), "--name", &self.name]);
        command.stdout(Stdio::null());
        command
    }
}

fn run(command: &mut Command) {
    let done = command.status().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(done.success(), "{command:?}: {done}");
}

/// A thread that asks for credentials every millisecond, and fails if it has to wait or is refused.
pub struct Callers {
    done: Arc<AtomicBool>,
    thread: JoinHandle<u64>,
}

impl Callers {
    /// Callers of a provider that has a set.
    #[must_use]
    pub fn of(vault: &VaultCredentialsProvider) -> Self {
        let (done, vault) = (Arc::new(AtomicBool::new(false)), vault.clone());
        let until = done.clone();
        let thread = thread::spawn(move || {
            let mut calls = 0;
            while !until.load(Ordering::Relaxed) {
                // Whoever need not wait is answered at the first look, however slow the machine.
                let mut call = pin!(vault.provide_credentials());
                match call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                    Poll::Ready(Ok(_)) => calls += 1,
                    Poll::Ready(Err(error)) => panic!("a caller was refused: {error:?}"),
                    Poll::Pending => panic!("a caller has to wait"),
                }
                thread::sleep(Duration::from_millis(1));
            }
            calls
        });
        Self { done, thread }
    }

    /// Ends them.
    ///
    /// # Panics
    /// If one had to wait, or was refused, or if there was none.
    pub fn end(self) {
        self.done.store(true, Ordering::Relaxed);
        let calls = self.thread.join().unwrap_or_else(|_| panic!("a caller noticed"));
        assert!(calls > 0, "nobody called");
    }
}
