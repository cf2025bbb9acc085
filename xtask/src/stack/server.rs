//! The processes of a stack: started on free ports of 127.0.0.1, and waited for.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io::Read;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::Server;
use super::cache::{private_file, tail};
use super::http::Door;
use super::install::Programs;
use super::pid::Process;
use crate::failure::{Doing, Failure, Result};
use crate::process;

const READY_WITHIN: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(50);
const LOG_TAIL: usize = 15;
/// Below the range from which systems take ports for outgoing connections.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// The emulator's own keys; they may do everything.
pub(crate) const AWS_ADMIN: (&str, &str) = ("test", "test");

/// A process that was started and may not be ready yet.
pub(crate) struct Started {
    child: Child,
    /// To be recorded.
    pub(crate) process: Process,
    /// Where it will answer.
    pub(crate) door: Door,
}

impl Started {
    /// Polls `path` until it answers 200.
    pub(crate) fn wait(&mut self, path: &str) -> Result<()> {
        let until = Instant::now() + READY_WITHIN;
        while self.door.status(path) != Some(200) {
            process::pause(POLL)?;
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(self.never_ready(&format!("it ended with {status}")));
            }
            if Instant::now() > until {
                let (url, within) = (&self.door.address, READY_WITHIN.as_secs());
                return Err(self.never_ready(&format!("no answer at {url}{path} within {within} s")));
            }
        }
        Ok(())
    }

    fn never_ready(&self, why: &str) -> Failure {
        let log = &self.process.log;
        let why = format!("{why}; the end of {}:\n{}", log.display(), tail(log, LOG_TAIL));
        Failure::new(format!("{} did not start", self.process.label), why)
            .next("run the same command again; other ports will be chosen")
    }
}

/// Starts the AWS emulator, with its files in `folder`.
pub(crate) fn start_aws(programs: &Programs, folder: &Path) -> Result<Started> {
    let port = free_port()?;
    let (key, secret) = AWS_ADMIN;
    let mut command = Command::new(&programs.python);
    command.args(["-m", "ministack"]).env_clear();
    command.env("AUTH", "true").env("CLOUDTRAIL_RECORDING", "1").env("SERVICES", "cloudtrail,iam,s3,sts");
    command.env("BIND_HOST", "127.0.0.1").env("GATEWAY_PORT", port.to_string());
    command.env("AWS_ACCESS_KEY_ID", key).env("AWS_SECRET_ACCESS_KEY", secret);
    command.env("SFTP_ENABLED", "0").env("IOT_MTLS_ENABLED", "0").env("TMPDIR", folder);
    // It ends containers it takes for its own; there is no daemon for it to find here.
    command.env("DOCKER_HOST", format!("unix://{}", folder.join("no-docker.sock").display()));
    start(command, "aws", Door::plain(&format!("http://127.0.0.1:{port}")), folder)
}

/// Starts OpenBao or Vault in development mode, with its files in `folder`.
pub(crate) fn start_server(
    server: Server,
    programs: &Programs,
    token: &str,
    folder: &Path,
) -> Result<Started> {
    let port = free_port()?;
    let mut command = Command::new(&programs.server);
    command.args(["server", "-dev", "-dev-no-store-token"]).env_clear();
    command.arg(format!("-dev-listen-address=127.0.0.1:{port}"));
    // Not an argument: every user of the machine can read those.
    command.env("BAO_DEV_ROOT_TOKEN_ID", token).env("VAULT_DEV_ROOT_TOKEN_ID", token);
    if let Some(plugins) = &programs.plugins {
        command.arg(format!("-dev-plugin-dir={}", plugins.display()));
    }
    if server == Server::Openbao {
        command.arg(format!("-config={}", audit_config(folder)?));
    }
    start(command, server.as_str(), Door::plain(&format!("http://127.0.0.1:{port}")), folder)
}

fn audit_config(folder: &Path) -> Result<String> {
    let path = folder.join("audit.json");
    let config = serde_json::json!({ "audit": audit(folder) });
    fs::write(&path, config.to_string()).doing(|| format!("cannot write {}", path.display()))?;
    Ok(path.display().to_string())
}

/// OpenBao turns away audit devices made over the API; they are declared.
pub(crate) fn audit(folder: &Path) -> Value {
    let options = BTreeMap::from([("file_path", folder.join("audit.log"))]);
    serde_json::json!([{ "type": "file", "path": "file", "options": options }])
}

/// Starts a server that will answer behind `door`, with its log in `folder`.
pub(crate) fn start(mut command: Command, label: &str, door: Door, folder: &Path) -> Result<Started> {
    process::check_interrupted()?;
    let log = folder.join(format!("{label}.log"));
    let file = private_file(&log)?;
    command.env("HOME", folder).env("PATH", "/usr/bin:/bin").current_dir(folder);
    // The servers print their root token and unseal key to stdout, and log to stderr.
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file).process_group(0);
    let program = process::name(&command);
    let child = command.spawn().map_err(|error| {
        Failure::new(format!("cannot start {program}"), error)
            .next("if it is broken, remove its folder from the cache and run the same command again")
    })?;
    let process = Process::of(label, child.id(), &log)
        .ok_or_else(|| Failure::new(format!("{label} did not start"), "it ended at once"))?;
    Ok(Started { child, process, door })
}

/// A port that is free, and so is the one above: the servers talk among themselves there.
pub(crate) fn free_port() -> Result<u16> {
    for attempt in 0..100_u32 {
        let spread = RandomState::new().hash_one(attempt) % u64::from(PORTS.end - PORTS.start);
        let port = PORTS.start + u16::try_from(spread).unwrap_or(0);
        if is_free(port) && is_free(port + 1) {
            return Ok(port);
        }
    }
    let range = format!("100 ports between {} and {} were tried, all taken", PORTS.start, PORTS.end);
    Err(Failure::new("cannot find a free port on 127.0.0.1", range).next("see who holds them: ss -lnt"))
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// 128 random bits as text.
pub(crate) fn random_token() -> Result<String> {
    let mut bytes = [0_u8; 16];
    let read = fs::File::open("/dev/urandom").and_then(|mut source| source.read_exact(&mut bytes));
    read.doing(|| "cannot read /dev/urandom".into())?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
