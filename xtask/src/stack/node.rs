//! `cargo xtask stack node`: what can befall one node of a cluster.

use clap::ValueEnum;

use super::cluster::{self, Cluster, NodeState};
use super::record::{self, Record};
use super::{install, name_option};
use crate::failure::{Failure, Result};

/// What is done to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Action {
    /// End it on the spot.
    Kill,
    /// Stop it where it is: its connections stay open and nothing answers.
    Freeze,
    /// Let it go on.
    Thaw,
    /// Start it again and unseal it.
    Start,
}

/// Does it, to node `number` of the stack of this name.
pub(crate) fn node(action: Action, number: usize, name: &str) -> Result<()> {
    let _hold = record::hold()?;
    let mut record = Record::load(name)?.ok_or_else(|| {
        Failure::new(format!("there is no stack {name}"), "it is not up")
            .next(format!("cargo xtask stack up --ha{}", name_option(name)))
    })?;
    let label = cluster::label(record.server, number);
    record.cluster()?.door(number)?;
    let process = record.processes.iter().find(|process| process.label == label && process.is_alive());
    match (action, process) {
        (Action::Start, None) => cluster::restart(&install::programs(record.server)?, &mut record, number)?,
        (Action::Start, Some(_)) => println!("Node {number} runs; nothing to do."),
        (Action::Kill, Some(process)) => process.kill(),
        (Action::Freeze, Some(process)) => process.freeze(),
        (Action::Thaw, Some(process)) => process.thaw(),
        (_, None) => println!("Node {number} does not run; nothing to do."),
    }
    Ok(())
}

/// Number, address and state of every node.
pub(super) fn states(cluster: &Cluster) -> impl Iterator<Item = (usize, &str, NodeState)> {
    let states = (1..).zip(&cluster.addresses);
    states.map(|(number, address)| (number, address.as_str(), cluster.state(number)))
}
