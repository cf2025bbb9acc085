//! The real servers that the tests run on: OpenBao or HashiCorp Vault, and an AWS emulator that enforces IAM.

mod aws;
mod cache;
mod env;
mod http;
mod install;
mod pid;
mod record;
mod server;
mod vault;
mod verify;

use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

pub(crate) use env::Exports;
use install::Programs;
use pid::Process;
use record::Record;
pub(crate) use record::check_name;

use crate::failure::{Failure, Result};
use crate::process;

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

/// A stack that goes with the chore it was started for, whatever becomes of that.
pub(crate) struct OwnStack {
    name: String,
    exports: Exports,
    ended: bool,
}

impl OwnStack {
    /// Starts a stack named after the chore and this process.
    pub(crate) fn start(server: Server, chore: &str) -> Result<Self> {
        end_abandoned()?;
        let name = format!("{chore}-{}", std::process::id());
        let exports = start(server, &name, Process::own())?;
        Ok(Self { name, exports, ended: false })
    }

    /// What programs need to use it.
    pub(crate) fn exports(&self) -> &Exports {
        &self.exports
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

/// `cargo xtask stack up`.
pub(crate) fn up(server: Server, name: &str) -> Result<()> {
    end_abandoned()?;
    let exports = start(server, name, None)?;
    let name = name_option(name);
    println!("Ready.");
    println!("  server      {} at {}", server.title(), exports.get("VAULT_ADDR"));
    println!("  aws         emulator at {}", exports.get("AWS_ENDPOINT_URL"));
    println!("  use it      eval \"$(cargo xtask stack env{name})\"");
    println!("  end it      cargo xtask stack down{name}");
    Ok(())
}

/// `cargo xtask stack down`.
pub(crate) fn down(name: &str) -> Result<()> {
    let _hold = record::hold()?;
    if end(name)? {
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
        let state = if record.is_up() { "up" } else { "broken" };
        let show = |name: &str| record.exports.as_ref().map_or("-", |exports| exports.get(name)).to_owned();
        let (vault, aws) = (show("VAULT_ADDR"), show("AWS_ENDPOINT_URL"));
        let _infallible =
            writeln!(table, "{:20} {:8} {state:10} {vault:24} {aws}", record.name, record.server.as_str());
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

/// Installs, starts and fills a stack, unless it is up already.
fn start(server: Server, name: &str, owner: Option<Process>) -> Result<Exports> {
    let programs = install::programs(server)?;
    let _hold = record::hold()?;
    if let Some(exports) = running(server, name)? {
        println!("  ready       stack {name} was up already");
        return Ok(exports);
    }
    let since = Instant::now();
    println!("  starting    {} and the AWS emulator", server.title());
    let mut record = fresh_record(server, name, owner)?;
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
fn running(server: Server, name: &str) -> Result<Option<Exports>> {
    let Some(record) = Record::load(name)?.filter(Record::is_up) else { return Ok(None) };
    if record.server == server {
        return Ok(record.exports);
    }
    let why = format!("a stack of this name is up and runs {}", record.server.title());
    Err(Failure::new(format!("cannot start {} as stack {name}", server.title()), why)
        .next(format!("cargo xtask stack down{}, or choose another --name", name_option(name))))
}

/// Ends what an earlier stack of this name left, and writes a new record.
fn fresh_record(server: Server, name: &str, owner: Option<Process>) -> Result<Record> {
    if let Some(left) = Record::load(name)? {
        end_processes(&left);
    }
    let folder = record::folder(name)?;
    cache::clear(&folder)?;
    cache::private_dir(&folder)?;
    let record = Record { name: name.into(), server, owner, processes: Vec::new(), exports: None };
    record.save()?;
    Ok(record)
}

/// Every process is on record before it is waited for, so that `down` finds it whatever happens next.
fn start_and_fill(programs: &Programs, record: &mut Record) -> Result<Exports> {
    let folder = record::folder(&record.name)?;
    let token = server::random_token()?;
    let mut emulator = server::start_aws(programs, &folder)?;
    record.processes.push(emulator.process.clone());
    record.save()?;
    let mut server = server::start_server(record.server, programs, &token, &folder)?;
    record.processes.push(server.process.clone());
    record.save()?;
    emulator.wait("/_ministack/ready")?;
    server.wait("/v1/sys/health")?;
    let exports = fill(record.server, &folder, (&server.address, &token), &emulator.address)?;
    verify::verify(&exports)?;
    record.exports = Some(exports.clone());
    record.save()?;
    Ok(exports)
}

fn fill(
    server: Server,
    folder: &Path,
    (address, token): (&str, &str),
    aws_endpoint: &str,
) -> Result<Exports> {
    let (access_key, secret_key) = aws::provision(aws_endpoint)?;
    let audit_log = folder.join("audit.log").display().to_string();
    let setting = vault::Setting {
        server,
        aws_endpoint,
        access_key: &access_key,
        secret_key: &secret_key,
        audit_log: &audit_log,
    };
    let (role_id, secret_id) = vault::provision(&http::Vault::new(address, token), &setting)?;
    Ok(Exports::new([
        ("VAULT_ADDR", address.into()),
        ("AWS_ENDPOINT_URL", aws_endpoint.into()),
        ("AWS_REGION", aws::REGION.into()),
        ("LEASEKEY_ROLE_ID", role_id),
        ("LEASEKEY_SECRET_ID", secret_id),
        ("LEASEKEY_ROLE", "orders".into()),
        ("LEASEKEY_BUCKET", aws::BUCKET.into()),
        ("LEASEKEY_STACK_SERVER", server.as_str().into()),
        ("LEASEKEY_STACK_ROOT_TOKEN", token.into()),
        ("LEASEKEY_STACK_AUDIT_LOG", audit_log),
        ("LEASEKEY_STACK_AWS_ACCOUNT", aws::ACCOUNT.into()),
        ("LEASEKEY_STACK_AWS_ADMIN_KEY", server::AWS_ADMIN.0.into()),
        ("LEASEKEY_STACK_AWS_ADMIN_SECRET", server::AWS_ADMIN.1.into()),
    ]))
}

/// Ends a stack and removes what it left. False if there was none.
fn end(name: &str) -> Result<bool> {
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
fn end_abandoned() -> Result<()> {
    for record in Record::all()? {
        if record.owner.as_ref().is_some_and(|owner| !owner.is_alive()) {
            end(&record.name)?;
        }
    }
    record::sweep_old_logs()
}

fn name_option(name: &str) -> String {
    if name == DEFAULT_NAME { String::new() } else { format!(" --name {name}") }
}

/// The name of a stack that was given none.
pub(crate) const DEFAULT_NAME: &str = "default";
