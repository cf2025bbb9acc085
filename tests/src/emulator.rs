//! An AWS emulator of a test's own: its accounts, users and buckets are that test's alone.

#![allow(clippy::panic, reason = "a test cannot go on without its emulator")]

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::aws::Caller;
use crate::stack::{Stack, new_name};

/// The emulator, empty; it ends when it is dropped.
pub struct Emulator {
    /// Where it answers, `http://127.0.0.1:1234`.
    pub address: String,
    /// Whoever asks it without keys.
    pub nobody: Caller,
    process: Child,
    folder: PathBuf,
}

impl Emulator {
    /// One that enforces IAM and has these services, `iam,s3,sts`.
    ///
    /// # Panics
    /// If it does not answer within 30 s.
    pub async fn with(stack: &Stack, services: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("leasekey-{}", new_name("emulator")));
        let started = start(stack, services, &folder);
        let (process, address) = started.unwrap_or_else(|error| panic!("the emulator: {error}"));
        let emulator = Self { nobody: Caller::nobody(&address), address, process, folder };
        let http = reqwest::Client::builder().no_proxy().build();
        let http = http.unwrap_or_else(|error| panic!("the emulator's client: {error}"));
        for _ in 0..300 {
            let ready = http.get(format!("{}/_ministack/ready", emulator.address));
            if ready.send().await.is_ok_and(|reply| reply.status() == 200) {
                return emulator;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the emulator does not answer at {}", emulator.address);
    }

    /// Forgets everything.
    ///
    /// # Panics
    /// If it does not answer.
    pub async fn reset(&self) {
        let reset = self.nobody.s3("us-east-1", "POST", "_ministack/reset", "").await;
        let _done = reset.accepted("reset");
    }

    /// The root user of an account: the emulator takes the account's id for its key.
    #[must_use]
    pub fn root(&self, account: &str) -> Caller {
        self.nobody.with(account, SECRET, None)
    }
}

const SECRET: &str = "test";

fn start(stack: &Stack, services: &str, folder: &Path) -> std::io::Result<(Child, String)> {
    std::fs::create_dir_all(folder)?;
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    let mut command = Command::new(&stack.aws_program);
    command.args(["-m", "ministack"]).env_clear().env("HOME", folder).env("TMPDIR", folder);
    command.env("PATH", "/usr/bin:/bin").current_dir(folder);
    command.env("AUTH", "true").env("SERVICES", services);
    command.env("BIND_HOST", "127.0.0.1").env("GATEWAY_PORT", port.to_string());
    command.env("AWS_ACCESS_KEY_ID", SECRET).env("AWS_SECRET_ACCESS_KEY", SECRET);
    command.env("SFTP_ENABLED", "0").env("IOT_MTLS_ENABLED", "0");
    // It ends containers it takes for its own; there is no daemon for it to find here.
    command.env("DOCKER_HOST", format!("unix://{}", folder.join("no-docker.sock").display()));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    Ok((command.spawn()?, format!("http://127.0.0.1:{port}")))
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // It has ended already, or the folder is gone: there is nothing left to do.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
