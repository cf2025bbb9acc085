//! The real servers that the tests run on: OpenBao or HashiCorp Vault, and an AWS emulator that enforces IAM.

mod aws;
mod cache;
mod certificates;
mod cluster;
mod env;
mod fill;
mod http;
mod install;
mod life;
mod node;
mod pid;
mod record;
mod server;
mod vault;
mod verify;

use std::fmt::Write as _;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

pub(crate) use cache::{Recipe, clear, fingerprint};
pub(crate) use env::Exports;
pub(crate) use install::python_environment;
pub(crate) use life::OwnStack;
pub(crate) use node::{Action, node};
use record::Record;
pub(crate) use record::check_name;

use crate::failure::{Failure, Result};

/// The name of a stack that was given none.
pub(crate) const DEFAULT_NAME: &str = "default";

/// Which server answers as Vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Server {
    /// OpenBao, with Vault's AWS engine as a plugin.
    Openbao,
    /// HashiCorp Vault 1.16, compiled from source once.
    Vault,
}

impl Server {
    /// As people write it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Openbao => "OpenBao",
            Self::Vault => "HashiCorp Vault",
        }
    }

    /// As it is typed.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Openbao => "openbao",
            Self::Vault => "vault",
        }
    }
}

/// How many servers answer as Vault, and how they are reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::Args, Serialize, Deserialize)]
pub(crate) struct Shape {
    /// Speak TLS, with certificates of a CA of its own.
    #[arg(long)]
    pub(crate) tls: bool,
    /// Start three nodes that elect a leader among themselves.
    #[arg(long)]
    pub(crate) ha: bool,
}

impl Shape {
    /// The cluster whose nodes tests and benches kill.
    pub(crate) const CLUSTER: Self = Self { tls: true, ha: true };

    /// How many nodes keep their data in raft; none is a server in development mode.
    fn nodes(self) -> usize {
        match self {
            Self { ha: true, .. } => 3,
            Self { tls: true, .. } => 1,
            Self { .. } => 0,
        }
    }

    fn words(self) -> &'static str {
        match (self.ha, self.tls) {
            (true, true) => " on three nodes with TLS",
            (true, false) => " on three nodes",
            (false, true) => " with TLS",
            (false, false) => "",
        }
    }
}

/// `cargo xtask stack up`.
pub(crate) fn up(server: Server, shape: Shape, name: &str) -> Result<()> {
    life::end_abandoned()?;
    let exports = life::start(server, shape, name, None)?;
    let name = name_option(name);
    println!("Ready.");
    let address = if shape.ha { "LEASEKEY_ADDRS" } else { "VAULT_ADDR" };
    println!("  server      {} at {}", server.title(), exports.get(address));
    println!("  aws         emulator at {}", exports.get("AWS_ENDPOINT_URL"));
    println!("  use it      eval \"$(cargo xtask stack env{name})\"");
    println!("  end it      cargo xtask stack down{name}");
    Ok(())
}

/// `cargo xtask stack down`.
pub(crate) fn down(name: &str) -> Result<()> {
    let _hold = record::hold()?;
    if life::end(name)? {
        println!("Stack {name} is down.");
    } else {
        println!("Stack {name} is not up; nothing to do.");
    }
    Ok(())
}

/// `cargo xtask stack status`.
pub(crate) fn status() -> Result<()> {
    let mut table =
        format!("{:20} {:8} {:10} {:24} {}\n", "NAME", "SERVER", "STATE", "VAULT_ADDR", "AWS_ENDPOINT_URL");
    let records = Record::all()?;
    for record in &records {
        let state = match record {
            _ if record.is_abandoned() => "abandoned",
            _ if record.is_up() && record.is_crippled() => "crippled",
            _ if record.is_up() => "up",
            _ => "broken",
        };
        let show = |name: &str| record.exports.as_ref().map_or("-", |exports| exports.get(name)).to_owned();
        let (vault, aws) = (show("VAULT_ADDR"), show("AWS_ENDPOINT_URL"));
        let _infallible =
            writeln!(table, "{:20} {:8} {state:10} {vault:24} {aws}", record.name, record.server.as_str());
        for (number, address, state) in record.cluster.iter().flat_map(node::states) {
            let _infallible = writeln!(table, "  node {number:13} {:8} {:10} {address}", "", state.as_str());
        }
    }
    if records.is_empty() {
        println!("No stack is up. Start one: cargo xtask stack up");
    } else {
        print!("{table}");
    }
    Ok(())
}

/// `cargo xtask stack env`.
pub(crate) fn env(name: &str) -> Result<()> {
    let exports = Record::load(name)?.filter(Record::is_up).and_then(|record| record.exports);
    let exports = exports.ok_or_else(|| {
        Failure::new(format!("cannot print the environment of stack {name}"), "it is not up")
            .next(format!("cargo xtask stack up{}", name_option(name)))
    })?;
    print!("{}", exports.shell());
    Ok(())
}

/// ` --name NAME`, unless it is the default.
fn name_option(name: &str) -> String {
    if name == DEFAULT_NAME { String::new() } else { format!(" --name {name}") }
}
