//! Servers that keep what they are told in raft: three that elect a leader, or one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::certificates::Certificates;
use super::http::{Door, Vault, text_at};
use super::install::{Programs, SECRETS_PLUGIN};
use super::record::{self, Record};
use super::server::{self, Started, free_port};
use super::{Server, cache};
use crate::failure::{Doing, Failure, Result};
use crate::process;

const WITHIN: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(50);

/// What is known of a cluster once it is started.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Cluster {
    /// The nodes' addresses; the first is node 1.
    pub(crate) addresses: Vec<String>,
    /// The CA of their certificates, if they have any.
    pub(crate) ca: Option<PathBuf>,
    /// What unseals each.
    key: String,
}

/// How a node is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum NodeState {
    Leader,
    Standby,
    Sealed,
    Down,
}

impl NodeState {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Leader => "leader",
            Self::Standby => "standby",
            Self::Sealed => "sealed",
            Self::Down => "down",
        }
    }
}

impl Cluster {
    /// The way to node `number`, counted from 1.
    pub(crate) fn door(&self, number: usize) -> Result<Door> {
        let address = number.checked_sub(1).and_then(|at| self.addresses.get(at)).ok_or_else(|| {
            Failure::new(format!("there is no node {number}"), format!("it has {}", self.addresses.len()))
        })?;
        Door::to(address, self.ca.as_deref())
    }

    /// How node `number` is.
    pub(crate) fn state(&self, number: usize) -> NodeState {
        match self.door(number).ok().and_then(|door| door.status("/v1/sys/health")) {
            Some(200) => NodeState::Leader,
            Some(429 | 472..=474) => NodeState::Standby,
            Some(_) => NodeState::Sealed,
            None => NodeState::Down,
        }
    }

    fn unseal(&self, number: usize) -> Result<()> {
        let door = self.door(number)?;
        wait(&format!("node {number} is not unsealed"), || {
            // Until it has heard from the leader that it joins, it takes the key and stays sealed.
            let taken = door.vault("").write("sys/unseal", &json!({ "key": self.key }));
            taken.is_ok() && door.status("/v1/sys/health?standbyok=true") == Some(200)
        })
    }
}

/// Starts a cluster of `nodes`; the record knows of each of its processes before it is waited for. Its root token
/// comes back.
pub(crate) fn start(programs: &Programs, record: &mut Record, nodes: usize) -> Result<String> {
    let folder = record::folder(&record.name)?;
    let certificates = Certificates::of(&folder);
    if record.shape.tls {
        certificates.make()?;
    }
    let mut started = Vec::new();
    for number in 1..=nodes {
        let place = configure(programs, record, number)?;
        started.push(launch(programs, record, number, &place)?);
    }
    for node in &mut started {
        node.wait("/v1/sys/seal-status")?;
    }
    let ca = record.shape.tls.then(|| certificates.file("ca.pem"));
    let addresses: Vec<String> = started.into_iter().map(|node| node.door.address).collect();
    let mut cluster = Cluster { addresses, ca, key: String::new() };
    let door = cluster.door(1)?;
    let made = door.vault("").write("sys/init", &json!({ "secret_shares": 1, "secret_threshold": 1 }))?;
    let (key, token) = (text_at(&made, "/keys_base64/0")?, text_at(&made, "/root_token")?.to_owned());
    cluster.key = key.into();
    record.cluster = Some(cluster.clone());
    record.save()?;
    cluster.unseal(1)?;
    let vault = door.vault(&token);
    wait("no leader was elected", || door.status("/v1/sys/health") == Some(200))?;
    join(&cluster, &vault, record.shape.tls.then(|| certificates.ca()).transpose()?)?;
    if let Some(plugins) = &programs.plugins {
        register(&vault, plugins)?;
    }
    Ok(token)
}

/// Brings the others in, and waits until the death of any one of the nodes can be borne.
fn join(cluster: &Cluster, vault: &Vault, ca: Option<String>) -> Result<()> {
    let nodes = cluster.addresses.len();
    if nodes == 1 {
        return Ok(());
    }
    // Else a node that joins has no vote for ten seconds.
    let settled = json!({ "server_stabilization_time": "1s" });
    vault.write("sys/storage/raft/autopilot/configuration", &settled)?;
    let leader = json!({ "leader_api_addr": cluster.addresses.first(), "leader_ca_cert": ca });
    for number in 2..=nodes {
        cluster.door(number)?.vault("").write("sys/storage/raft/join", &leader)?;
        cluster.unseal(number)?;
    }
    wait("not every node has a vote", || {
        let known = vault.read("sys/storage/raft/configuration").unwrap_or_default();
        let servers = known.pointer("/data/config/servers").and_then(Value::as_array);
        servers.is_some_and(|all| {
            let votes = |node: &&Value| node.pointer("/voter") == Some(&Value::Bool(true));
            all.iter().filter(votes).count() == nodes
        })
    })
}

fn register(vault: &Vault, plugins: &Path) -> Result<()> {
    let path = plugins.join(SECRETS_PLUGIN);
    let program = fs::read(&path).doing(|| format!("cannot read {}", path.display()))?;
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &program);
    let sha256: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let plugin = json!({ "sha256": sha256, "command": SECRETS_PLUGIN });
    vault.write(&format!("sys/plugins/catalog/secret/{SECRETS_PLUGIN}"), &plugin).map(drop)
}

/// Starts a node again that was ended, and unseals it.
pub(crate) fn restart(programs: &Programs, record: &mut Record, number: usize) -> Result<()> {
    let cluster = record.cluster()?.clone();
    let label = label(record.server, number);
    record.processes.retain(|process| process.label != label);
    let address = cluster.door(number)?.address;
    launch(programs, record, number, &address)?.wait("/v1/sys/seal-status")?;
    cluster.unseal(number)
}

/// The label of the process of node `number`.
pub(crate) fn label(server: Server, number: usize) -> String {
    format!("{}-{number}", server.as_str())
}

fn launch(programs: &Programs, record: &mut Record, number: usize, address: &str) -> Result<Started> {
    let folder = record::folder(&record.name)?;
    let ca = record.shape.tls.then(|| Certificates::of(&folder).file("ca.pem"));
    let mut command = Command::new(&programs.server);
    command.arg("server").arg(format!("-config={}", config_file(&folder, number).display())).env_clear();
    let door = Door::to(address, ca.as_deref())?;
    let node = server::start(command, &label(record.server, number), door, &folder)?;
    record.processes.push(node.process.clone());
    record.save()?;
    Ok(node)
}

fn config_file(folder: &Path, number: usize) -> PathBuf {
    folder.join(format!("node-{number}.json"))
}

/// Writes the settings of node `number`; its address comes back.
fn configure(programs: &Programs, record: &Record, number: usize) -> Result<String> {
    let (folder, port) = (record::folder(&record.name)?, free_port()?);
    let address = format!("{}://127.0.0.1:{port}", if record.shape.tls { "https" } else { "http" });
    let mut config = json!({
        "storage": { "raft": storage(&folder, number)? },
        "listener": [{ "tcp": listener(&folder, record.shape.tls, port) }],
        "api_addr": address,
        "cluster_addr": format!("https://127.0.0.1:{}", port + 1),
    });
    let further = match (record.server, &programs.plugins) {
        // A standby that reads would have AWS issue a set, and then fail to write its lease down:
        // https://github.com/openbao/openbao-plugins/issues/74
        (Server::Openbao, plugins) => json!({
            "plugin_directory": plugins,
            "audit": server::audit(&folder),
            "disable_standby_reads": true,
        }),
        (Server::Vault, _) => json!({ "disable_mlock": true }),
    };
    if let (Some(config), Value::Object(further)) = (config.as_object_mut(), further) {
        config.extend(further);
    }
    let path = config_file(&folder, number);
    fs::write(&path, config.to_string()).doing(|| format!("cannot write {}", path.display()))?;
    Ok(address)
}

/// As quick to elect, and to give a vote to a node that joins, as the servers can be.
fn storage(folder: &Path, number: usize) -> Result<Value> {
    let name = format!("node-{number}");
    let raft = folder.join(&name);
    cache::private_dir(&raft)?;
    Ok(json!({
        "path": raft,
        "node_id": name,
        "performance_multiplier": "1",
        "autopilot_reconcile_interval": "200ms",
        "autopilot_update_interval": "200ms",
    }))
}

fn listener(folder: &Path, tls: bool, port: u16) -> Value {
    let (address, cluster) = (format!("127.0.0.1:{port}"), format!("127.0.0.1:{}", port + 1));
    if !tls {
        return json!({ "address": address, "cluster_address": cluster, "tls_disable": true });
    }
    let certificates = Certificates::of(folder);
    json!({
        "address": address,
        "cluster_address": cluster,
        "tls_cert_file": certificates.file("server.pem"),
        "tls_key_file": certificates.file("server.key"),
        // A client may show a certificate; the cert auth method asks for one.
        "tls_client_ca_file": certificates.file("ca.pem"),
    })
}

fn wait(failing: &str, mut done: impl FnMut() -> bool) -> Result<()> {
    let until = Instant::now() + WITHIN;
    while !done() {
        if Instant::now() > until {
            return Err(Failure::new(failing, format!("waited for {} s", WITHIN.as_secs())));
        }
        process::pause(POLL)?;
    }
    Ok(())
}
