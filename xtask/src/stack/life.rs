//! How a stack begins and ends.

use std::path::PathBuf;
use std::time::Instant;

use super::certificates::{Certificates, SERVER_NAME};
use super::env::Exports;
use super::http::Door;
use super::install::Programs;
use super::node::{Action, node};
use super::pid::Process;
use super::record::Record;
use super::{Server, Shape, cache, cluster, fill, install, name_option, record, server, verify};
use crate::failure::{Failure, Result};
use crate::{paths, process};

/// A stack that goes with the chore it was started for, whatever becomes of that.
pub(crate) struct OwnStack {
    name: String,
    exports: Exports,
    ended: bool,
}

impl OwnStack {
    /// Starts a stack named after the chore and this process.
    pub(crate) fn start(server: Server, shape: Shape, chore: &str) -> Result<Self> {
        end_abandoned()?;
        let name = format!("{chore}-{}", std::process::id());
        let exports = start(server, shape, &name, Process::own())?;
        Ok(Self { name, exports, ended: false })
    }

    /// What programs need to use it.
    pub(crate) fn exports(&self) -> &Exports {
        &self.exports
    }

    /// The same and, under names of their own, what they need to use a cluster, kill its nodes and have them
    /// started again.
    pub(crate) fn exports_with(&self, cluster: Option<&Self>) -> Result<Exports> {
        let mut exports = self.exports.clone();
        if let Some(cluster) = cluster {
            let program = paths::own_program()?;
            exports.join("LEASEKEY_HA_", &cluster.exports);
            exports.add("LEASEKEY_HA_STACK", cluster.name.as_str());
            exports.add("LEASEKEY_HA_XTASK", program.display().to_string());
        }
        Ok(exports)
    }

    /// Stops its nodes where they are until somebody lets them go on: what waits for its turn must not disturb what
    /// is measured before it.
    pub(crate) fn freeze(&self) -> Result<()> {
        (1..=Shape::CLUSTER.nodes()).try_for_each(|number| node(Action::Freeze, number, &self.name))
    }

    /// A new folder of this name beside what its servers write; it stays and goes with their logs.
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf> {
        let folder = record::folder(&self.name)?.join(name);
        cache::private_dir(&folder)?;
        Ok(folder)
    }

    /// Ends it; the servers' logs stay for a day if something failed.
    pub(crate) fn end(mut self, failed: bool) -> Result<()> {
        self.ended = true;
        if !failed || process::check_interrupted().is_err() {
            return end(&self.name).map(|_| ());
        }
        end_keeping_logs(&self.name)?;
        println!("  logs        of the servers: {}", record::folder(&self.name)?.display());
        Ok(())
    }
}

impl Drop for OwnStack {
    fn drop(&mut self) {
        if !self.ended
            && let Err(failure) = end(&self.name)
        {
            eprintln!("{failure}");
        }
    }
}

/// Installs, starts and fills a stack, unless it is up already.
pub(super) fn start(server: Server, shape: Shape, name: &str, owner: Option<Process>) -> Result<Exports> {
    let programs = install::programs(server)?;
    let _hold = record::hold()?;
    if let Some(exports) = running(server, shape, name)? {
        println!("  ready       stack {name} was up already");
        return Ok(exports);
    }
    let since = Instant::now();
    println!("  starting    {}{} and the AWS emulator", server.title(), shape.words());
    let mut record = fresh_record(server, shape, name, owner)?;
    match start_and_fill(&programs, &mut record) {
        Ok(exports) => {
            println!("  ready       after {:.1} s", since.elapsed().as_secs_f32());
            Ok(exports)
        }
        Err(failure) => {
            end_keeping_logs(name)?;
            Err(failure)
        }
    }
}

/// The exports of the stack of this name, if it is up and runs this server.
fn running(server: Server, shape: Shape, name: &str) -> Result<Option<Exports>> {
    let Some(record) = Record::load(name)?.filter(Record::is_up) else { return Ok(None) };
    if (record.server, record.shape) == (server, shape) {
        return Ok(record.exports);
    }
    let title = |server: Server, shape: Shape| format!("{}{}", server.title(), shape.words());
    let why = format!("a stack of this name is up and runs {}", title(record.server, record.shape));
    Err(Failure::new(format!("cannot start {} as stack {name}", title(server, shape)), why)
        .next(format!("cargo xtask stack down{}, or choose another --name", name_option(name))))
}

/// Ends what an earlier stack of this name left, and writes a new record.
fn fresh_record(server: Server, shape: Shape, name: &str, owner: Option<Process>) -> Result<Record> {
    if let Some(left) = Record::load(name)? {
        end_processes(&left);
    }
    let folder = record::folder(name)?;
    cache::clear(&folder)?;
    cache::private_dir(&folder)?;
    let name = name.into();
    let record = Record { name, server, shape, owner, processes: Vec::new(), cluster: None, exports: None };
    record.save()?;
    Ok(record)
}

/// Every process is on record before it is waited for, so that `down` finds it whatever happens next.
fn start_and_fill(programs: &Programs, record: &mut Record) -> Result<Exports> {
    let folder = record::folder(&record.name)?;
    let mut emulator = server::start_aws(programs, &folder)?;
    record.processes.push(emulator.process.clone());
    record.save()?;
    let (door, token) = match record.shape.nodes() {
        0 => start_alone(programs, record)?,
        nodes => {
            let token = cluster::start(programs, record, nodes)?;
            (record.cluster()?.door(1)?, token)
        }
    };
    emulator.wait("/_ministack/ready")?;
    let mut exports = fill::fill(record.server, &folder, programs, (&door, &token), &emulator.door.address)?;
    verify::verify(&door, &exports)?;
    tell_of_nodes(record, &mut exports)?;
    record.exports = Some(exports.clone());
    record.save()?;
    Ok(exports)
}

fn start_alone(programs: &Programs, record: &mut Record) -> Result<(Door, String)> {
    let token = server::random_token()?;
    let folder = record::folder(&record.name)?;
    let mut server = server::start_server(record.server, programs, &token, &folder)?;
    record.processes.push(server.process.clone());
    record.save()?;
    server.wait("/v1/sys/health")?;
    Ok((server.door, token))
}

fn tell_of_nodes(record: &Record, exports: &mut Exports) -> Result<()> {
    if record.shape.ha {
        exports.add("LEASEKEY_ADDRS", record.cluster()?.addresses.join(","));
    }
    if record.shape.tls {
        let certificates = Certificates::of(&record::folder(&record.name)?);
        for (variable, file) in [
            ("VAULT_CACERT", "ca.pem"),
            ("VAULT_CLIENT_CERT", "client.pem"),
            ("VAULT_CLIENT_KEY", "client.key"),
        ] {
            exports.add(variable, certificates.file(file).display().to_string());
        }
        exports.add("LEASEKEY_STACK_SERVER_NAME", SERVER_NAME);
    }
    Ok(())
}

/// Ends a stack and removes what it left. False if there was none.
pub(super) fn end(name: &str) -> Result<bool> {
    let Some(record) = Record::load(name)? else { return Ok(false) };
    end_processes(&record);
    cache::clear(&record::folder(name)?)?;
    Ok(true)
}

/// Ends a stack and forgets it, but for what its servers wrote.
fn end_keeping_logs(name: &str) -> Result<()> {
    if let Some(record) = Record::load(name)? {
        end_processes(&record);
        record.forget()?;
    }
    Ok(())
}

fn end_processes(record: &Record) {
    for process in record.processes.iter().rev() {
        process.end();
    }
}

/// Ends stacks whose chore was killed before it could.
pub(super) fn end_abandoned() -> Result<()> {
    for record in Record::all()? {
        if record.is_abandoned() {
            end(&record.name)?;
        }
    }
    record::sweep_old_logs()
}
