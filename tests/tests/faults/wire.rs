//! Faults below HTTP, and replies without bounds: the real client on a real socket, a scripted Vault behind it.

use std::process::Command;

use leasekey::config::ConfigKey;
use leasekey::context::{ScriptedVault, VaultAsk};
use leasekey::{AppRoleAuth, Builder, EventKind, Events, VaultCredentialsProvider};
use leasekey_tests::expect::{next_within, refused, served};
use leasekey_tests::log::{self, Watch};
use leasekey_tests::pace;
use leasekey_tests::proxy::{Fault, Proxy, Wire};
use leasekey_tests::scripted::{RuledVault, SECRET_ID};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::SECOND;

const MIB: usize = 1024 * 1024;

fn watched() -> Watch {
    let logs = log::watch();
    RuledVault::plant(&logs);
    logs
}

fn builder(address: &str) -> Builder {
    let builder = VaultCredentialsProvider::builder().address(address).role("orders");
    builder.auth(AppRoleAuth::new("role-id", SECRET_ID)).set(ConfigKey::ClientTimeout, "1s")
}

/// A provider with a set in hand, whose every further byte from Vault comes through a relay.
struct World {
    wire: Wire,
    vault: ScriptedVault,
    provider: VaultCredentialsProvider,
    events: Events,
    key: String,
    // Whether the last failure was told as a reply that was lost.
    lost_reply: bool,
    _http: Proxy,
    _logs: Watch,
}

impl World {
    async fn new() -> Self {
        let (logs, (http, vault)) = (watched(), Proxy::vault().await);
        let wire = Wire::of(&http.address).await;
        let provider = builder(&wire.address).start().await.unwrap();
        let (key, events) = (served(&provider).await, provider.events());
        Self { wire, vault, provider, events, key, lost_reply: false, _http: http, _logs: logs }
    }

    /// A refresh under this fault fails within the attempt's deadline and keeps the set; then all is well again.
    async fn keeps_the_set(&mut self, fault: Fault, code: &str) {
        self.wire.breaks(fault.clone());
        let asked = Instant::now();
        let error = refused(self.provider.refresh().await);
        assert_eq!(error.code(), code, "{fault:?}: {error}");
        // The budget of issues may hold the refresh back for 10 s.
        assert!(asked.elapsed() < 9 * SECOND, "{fault:?}: {:?}", asked.elapsed());
        let mut told = Vec::new();
        while told.last() != Some(&EventKind::RefreshFailed) {
            told.push(self.events.next().await.unwrap().kind);
        }
        self.lost_reply = told.contains(&EventKind::ReplyLost);
        assert_eq!(served(&self.provider).await, self.key);
        self.wire.heals();
    }

    /// Each in a world of its own.
    async fn each_keeps_the_set(faults: impl IntoIterator<Item = (Fault, &'static str)>) {
        let mut worlds = JoinSet::new();
        for (fault, code) in faults {
            worlds.spawn(async move { Self::new().await.keeps_the_set(fault, code).await });
        }
        while let Some(kept) = worlds.join_next().await {
            kept.unwrap();
        }
    }

    async fn recovers(&mut self) {
        next_within(&mut self.events, EventKind::Swapped, 20 * SECOND).await;
        assert_ne!(served(&self.provider).await, self.key);
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let peak = pace::peak(&self.wire.moments());
        assert!(peak <= pace::MOST || std::thread::panicking(), "{peak} requests in 10 s");
    }
}

#[tokio::test]
async fn row_06_a_server_that_takes_the_request_and_says_nothing_is_given_up_at_the_deadline() {
    let mut world = World::new().await;
    world.keeps_the_set(Fault::Hang, "LK-0109").await;
    world.recovers().await;
}

#[tokio::test]
async fn row_07_a_reply_of_one_byte_a_second_is_given_up_at_the_deadline() {
    let mut world = World::new().await;
    world.keeps_the_set(Fault::Drip(SECOND), "LK-0109").await;
    assert!(world.lost_reply);
    world.recovers().await;
}

#[tokio::test]
async fn row_08_a_reply_that_breaks_off_is_a_failed_refresh_and_a_lost_reply() {
    for fault in [
        Fault::Cut { after: 0, reset: true },
        Fault::Cut { after: 40, reset: true },
        Fault::Cut { after: 40, reset: false },
    ] {
        let mut world = World::new().await;
        world.keeps_the_set(fault, "LK-0109").await;
        assert!(world.lost_reply);
        assert_eq!(world.vault.issued(), 2, "Vault issued a set that nobody has");
        world.recovers().await;
    }
}

/// A reply of Vault with this header and this body, and then the end.
fn said(head: &str, body: &[u8]) -> Fault {
    let head = [format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n").as_bytes(), body].concat();
    Fault::Say { head, tail: Vec::new(), times: 0 }
}

#[tokio::test]
async fn row_08_a_wrong_content_length_is_a_failed_refresh() {
    let body =
        r#"{"lease_id":"aws/creds/orders/1","lease_duration":900,"data":{"access_key":"ASIASCRIPTED0000"}}"#;
    let lengths = [
        (format!("Content-Length: {}", body.len() + 1), "LK-0109"),
        (format!("Content-Length: {}", body.len() - 1), "LK-0113"),
        ("Content-Length: 18446744073709551616".into(), "LK-0109"),
        ("Content-Length: -1".into(), "LK-0109"),
        ("Content-Length: 10\r\nContent-Length: 20".into(), "LK-0109"),
    ];
    World::each_keeps_the_set(lengths.map(|(head, code)| (said(&head, body.as_bytes()), code))).await;
}

#[tokio::test]
async fn row_11_connections_that_died_at_rest_cost_no_attempt() {
    let world = World::new().await;
    let before = world.wire.connections();
    world.wire.hangs_up().await;
    world.provider.refresh().await.unwrap();
    assert_eq!((world.provider.stats().failures, world.vault.issued()), (0, 2));
    assert_eq!(world.wire.connections(), before + 1);
}

#[tokio::test]
async fn row_56_a_body_of_1_gib_is_not_read_past_1_mib() {
    let chunk = [format!("{:x}\r\n", 64 * 1024).as_bytes(), &[b'y'; 64 * 1024], b"\r\n"].concat();
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let mut world = World::new().await;
    let flood = Fault::Say { head: head.into(), tail: chunk, times: 1024 * MIB / (64 * 1024) };
    world.keeps_the_set(flood, "LK-0113").await;
    // What else was written lies in the sockets' buffers.
    assert!(world.wire.said() < 16 * MIB, "{} bytes were taken", world.wire.said());
}

#[tokio::test]
async fn row_56_ten_million_headers_are_refused() {
    let head = "HTTP/1.1 200 OK\r\n";
    let flood = Fault::Say { head: head.into(), tail: b"x-header: y\r\n".to_vec(), times: 10_000_000 };
    let mut world = World::new().await;
    world.keeps_the_set(flood, "LK-0109").await;
    assert!(world.wire.said() < 16 * MIB, "{} bytes were taken", world.wire.said());
}

#[tokio::test]
async fn row_56_a_gzip_bomb_is_not_inflated() {
    // 1 GiB of zeroes begins like this; nobody asked for it, so nobody reads on.
    let bomb = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xec, 0xc1, 0x01, 0x01, 0, 0, 0, 0x80, 0x90, 0xfe];
    let head = format!("Content-Encoding: gzip\r\nContent-Length: {}", bomb.len());
    World::each_keeps_the_set([(said(&head, &bomb), "LK-0113")]).await;
}

#[tokio::test]
async fn row_56_deep_doubled_and_undecodable_json_is_refused() {
    let replies = [
        format!(r#"{{"data":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000)).into_bytes(),
        br#"{"lease_duration":900,"lease_duration":900}"#.to_vec(),
        br#"{"data":{"access_key":"ASIA1","access_key":"ASIA2"}}"#.to_vec(),
        b"{\"data\":\"\xff\xfe\"}".to_vec(),
    ];
    let faults = replies.map(|body| (said(&format!("Content-Length: {}", body.len()), &body), "LK-0113"));
    World::each_keeps_the_set(faults).await;
}

const VAULT: &str = "LEASEKEY_TEST_VAULT";

/// This program anew, with these variables, in the one test that is only for that.
fn in_a_child(variables: &[(&str, &str)]) -> bool {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "--ignored", "wire::child_of_row_59"]).envs(variables.iter().copied());
    // Its output is not ours: whoever reads that counts tests.
    child.output().unwrap().status.success()
}

#[tokio::test]
#[ignore = "row_59 runs it in a process of its own"]
async fn child_of_row_59() {
    let _logs = watched();
    let address = std::env::var(VAULT).unwrap();
    builder(&address).start().await.unwrap();
    let env = VaultCredentialsProvider::from_env().address(&address).role("orders");
    env.auth(AppRoleAuth::new("role-id", SECRET_ID)).start().await.unwrap();
}

// The child must not wait for a server that waits for it.
#[tokio::test(flavor = "multi_thread")]
async fn row_59_proxies_of_the_environment_are_ignored_unless_named_as_vaults() {
    let _logs = watched();
    let ((vault, script), trap) = (Proxy::vault().await, Wire::of("127.0.0.1:1").await);
    let all = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    let mut variables = all.map(|name| (name, trap.address.as_str())).to_vec();
    variables.push((VAULT, &vault.address));
    assert!(in_a_child(&variables));
    assert_eq!((trap.connections(), script.asked(VaultAsk::Issue)), (0, 2));
    variables.push(("VAULT_PROXY_ADDR", &trap.address));
    assert!(!in_a_child(&variables) && trap.connections() > 0, "a proxy that is named as Vault's is used");
}
