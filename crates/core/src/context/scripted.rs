//! A scripted world for tests: a clock that moves only when told to, variables and files from a table, and
//! a network that answers as the test says.
#![allow(clippy::disallowed_methods, reason = "tokio's paused clock is what makes the script's time virtual")]

mod happening;
mod stage;
mod vault;

use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use tokio::time::Instant;

pub use self::happening::{Happening, Shift, Span, TokenLife};
pub use self::stage::Stage;
pub use self::vault::{ScriptedVault, VaultAsk, VaultMood};
use super::{
    Capabilities, Context, Env, FileRead, Files, HttpConnect, HttpFault, HttpOptions, HttpRequest,
    HttpResponse, HttpSend, Launch, Random,
};
use crate::error::Result;
use crate::secret::SecretBytes;
use crate::time::{BootInstant, Draw, Sleep, TimeSource};

type Answer = Arc<dyn Fn(&HttpRequest) -> ScriptedReply + Send + Sync>;

/// What the scripted network answers, and after how long.
#[derive(Debug)]
pub struct ScriptedReply {
    /// The time until the reply is there.
    pub after: Duration,
    /// The reply.
    pub outcome: Result<HttpResponse, HttpFault>,
}

impl ScriptedReply {
    /// A reply with this status and JSON body, after 5 ms.
    pub fn json(status: u16, body: &str) -> Self {
        let body = SecretBytes::from(body.as_bytes().to_vec());
        let response = HttpResponse { status, headers: http::HeaderMap::new(), body };
        Self { after: Duration::from_millis(5), outcome: Ok(response) }
    }

    /// No reply: the server is down.
    pub fn refused() -> Self {
        let fault = HttpFault::Connect("connection refused".into());
        Self { after: Duration::from_millis(1), outcome: Err(fault) }
    }

    /// The same, after another time.
    #[must_use]
    pub fn after(self, after: Duration) -> Self {
        Self { after, ..self }
    }
}

/// A scripted world. Make it inside a tokio runtime whose clock is paused
/// (`#[tokio::test(start_paused = true)]`): background work runs on that runtime, and time moves with it.
#[derive(Clone)]
pub struct Scripted(Arc<World>);

struct World {
    started: Instant,
    script: Mutex<Script>,
}

struct Script {
    vars: HashMap<String, String>,
    files: HashMap<PathBuf, (u32, Vec<u8>)>,
    answer: Answer,
    suspended: Duration,
    wall: SystemTime,
    draws: Draw,
    process: u32,
}

impl Scripted {
    /// A world at one hour after the boot, on 2026-01-01, with no variables, no files and a dead network.
    #[expect(clippy::new_without_default, reason = "it needs a runtime, which a default should not")]
    pub fn new() -> Self {
        let script = Script {
            vars: HashMap::new(),
            files: HashMap::new(),
            answer: Arc::new(|_| ScriptedReply::refused()),
            suspended: Duration::from_secs(3600),
            wall: SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600),
            draws: Draw::new(1),
            process: 1,
        };
        Self(Arc::new(World { started: Instant::now(), script: Mutex::new(script) }))
    }

    /// A context of this world.
    pub fn context(&self) -> Context {
        Context::new(Capabilities {
            time: Box::new(self.clone()),
            sleep: Box::new(self.clone()),
            env: Box::new(self.clone()),
            files: Box::new(self.clone()),
            random: Box::new(self.clone()),
            launch: Box::new(self.clone()),
            http: Box::new(self.clone()),
        })
    }

    /// Sets an environment variable.
    pub fn set_var(&self, name: &str, value: &str) {
        self.script().vars.insert(name.into(), value.into());
    }

    /// Writes a file with these permission bits, owned by the process's user.
    pub fn set_file(&self, path: impl Into<PathBuf>, mode: u32, content: &[u8]) {
        self.script().files.insert(path.into(), (mode, content.to_vec()));
    }

    /// Answers every request from now on.
    pub fn answer(&self, answer: impl Fn(&HttpRequest) -> ScriptedReply + Send + Sync + 'static) {
        self.script().answer = Arc::new(answer);
    }

    /// Sets the wall clock; the boot clock goes on as before.
    pub fn set_wall(&self, wall: SystemTime) {
        let ran = self.0.started.elapsed();
        self.script().wall = wall.checked_sub(ran).unwrap_or(SystemTime::UNIX_EPOCH);
    }

    /// Suspends the machine: the boot clock jumps, timers do not.
    pub fn suspend(&self, span: Duration) {
        let mut script = self.script();
        script.suspended += span;
        script.wall += span;
    }

    /// Whoever calls from now on is a forked child. The parent's background work stands still: its threads are
    /// not in the child.
    pub fn fork(&self) {
        self.script().process += 1;
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.0.script.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Scripted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scripted").finish_non_exhaustive()
    }
}

impl TimeSource for Scripted {
    fn boot(&self) -> BootInstant {
        BootInstant::default().plus(self.script().suspended + self.0.started.elapsed())
    }

    fn wall(&self) -> SystemTime {
        self.script().wall + self.0.started.elapsed()
    }
}

impl Sleep for Scripted {
    fn sleep(&self, span: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(span))
    }
}

impl Env for Scripted {
    fn var(&self, name: &str) -> io::Result<Option<String>> {
        Ok(self.script().vars.get(name).cloned())
    }

    fn home(&self) -> Option<PathBuf> {
        Some("/srv/user".into())
    }

    fn working_directory(&self) -> Option<PathBuf> {
        Some("/srv/app".into())
    }

    fn process_id(&self) -> u32 {
        self.script().process
    }
}

impl Files for Scripted {
    fn read(&self, path: &Path, limit: u64) -> io::Result<FileRead> {
        let script = self.script();
        let (mode, content) = script.files.get(path).ok_or(io::ErrorKind::NotFound)?;
        let size = content.len() as u64;
        let content = (size <= limit).then(|| SecretBytes::from(content.clone()));
        Ok(FileRead { regular: true, link: false, mode: Some(*mode), own: true, size, content })
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<PathBuf>> {
        let script = self.script();
        let paths: Vec<_> =
            script.files.keys().filter(|path| path.parent() == Some(directory)).cloned().collect();
        if paths.is_empty() { Err(io::ErrorKind::NotFound.into()) } else { Ok(paths) }
    }

    fn write(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        self.set_file(path, 0o644, content);
        Ok(())
    }
}

impl Random for Scripted {
    fn bits(&self) -> u64 {
        let unit = self.script().draws.unit();
        (unit * u64::MAX as f64) as u64
    }
}

impl Launch for Scripted {
    fn launch(&self, work: Pin<Box<dyn Future<Output = ()> + Send>>) -> io::Result<()> {
        let (world, process, mut work) = (self.clone(), self.process_id(), work);
        tokio::spawn(poll_fn(move |context| {
            if world.process_id() == process { work.as_mut().poll(context) } else { Poll::Pending }
        }));
        Ok(())
    }
}

impl HttpConnect for Scripted {
    fn open(&self, _: &HttpOptions) -> Result<Arc<dyn HttpSend>> {
        Ok(Arc::new(self.clone()))
    }
}

#[async_trait]
impl HttpSend for Scripted {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpFault> {
        // Not called under the lock: what answers may ask the clock.
        let answer = self.script().answer.clone();
        let reply = answer(&request);
        tokio::time::sleep(reply.after.min(request.deadline)).await;
        if reply.after > request.deadline {
            return Err(HttpFault::Timeout);
        }
        match reply.outcome {
            Ok(response) if response.body.expose().len() > request.body_cap => Err(HttpFault::TooLarge),
            outcome => outcome,
        }
    }
}
