//! A caching agent of the server's own program, in front of it.

#![allow(clippy::panic, reason = "a test cannot go on without its agent")]

use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::json;

use crate::stack::{Stack, new_name};

/// The agent; it ends when it is dropped.
pub struct Agent {
    /// Where it answers, `http://127.0.0.1:1234`.
    pub address: String,
    process: Child,
    folder: PathBuf,
}

impl Agent {
    /// An agent that caches what tokens made through it lease, and renews it.
    ///
    /// # Panics
    /// If it does not answer within 10 s.
    pub async fn of(stack: &Stack) -> Self {
        let folder = std::env::temp_dir().join(format!("leasekey-{}", new_name("agent")));
        let started = start(stack, &folder);
        let (process, address) = started.unwrap_or_else(|error| panic!("the agent: {error}"));
        let agent = Self { address, process, folder };
        let http = reqwest::Client::builder().no_proxy().build();
        let http = http.unwrap_or_else(|error| panic!("the agent's client: {error}"));
        for _ in 0..100 {
            let ready = http.get(format!("{}/v1/sys/health", agent.address));
            if ready.header("X-Vault-Request", "true").send().await.is_ok_and(|reply| reply.status() == 200) {
                return agent;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the agent does not answer at {}", agent.address);
    }
}

fn start(stack: &Stack, folder: &std::path::Path) -> std::io::Result<(Child, String)> {
    std::fs::create_dir_all(folder)?;
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    let address = format!("127.0.0.1:{port}");
    let config = json!({
        "vault": { "address": stack.address },
        "listener": [{ "tcp": { "address": address, "tls_disable": true, "require_request_header": true } }],
        "cache": {},
    });
    let path = folder.join("agent.json");
    std::fs::write(&path, config.to_string())?;
    let mut command = Command::new(&stack.program);
    command.arg("agent").arg(format!("-config={}", path.display())).env_clear().env("HOME", folder);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    Ok((command.spawn()?, format!("http://{address}")))
}

impl Drop for Agent {
    fn drop(&mut self) {
        // It has ended already, or the folder is gone: there is nothing left to do.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
