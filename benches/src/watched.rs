//! A context that counts what Leasekey asks of it: timers alive, requests sent.

use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use leasekey::context::{
    Capabilities, Context, Env, FileRead, Files, HttpConnect, HttpFault, HttpOptions, HttpRequest,
    HttpResponse, HttpSend, Launch, Random,
};
use leasekey::time::{BootInstant, Sleep, TimeSource};
use serde_json::Value;

/// Another context, watched.
#[derive(Clone, Debug)]
pub(crate) struct Watched {
    inner: Context,
    timers: Arc<AtomicU32>,
    requests: Arc<AtomicU32>,
    bits: Option<u64>,
    life: Option<Duration>,
    sent: Option<Sent>,
}

type Sent = Arc<Mutex<Vec<(String, BootInstant)>>>;

impl Watched {
    pub(crate) fn new(inner: Context) -> Self {
        Self { inner, timers: Arc::default(), requests: Arc::default(), bits: None, life: None, sent: None }
    }

    /// With the same random number whenever one is drawn.
    pub(crate) fn with_random(inner: Context, bits: u64) -> Self {
        Self { bits: Some(bits), ..Self::new(inner) }
    }

    /// With leases that Vault says to end after `life`: what they are at AWS stays what it is.
    pub(crate) fn shortened(inner: Context, life: Duration) -> Self {
        Self { life: Some(life), ..Self::new(inner) }
    }

    /// With a record of every request for a lease.
    pub(crate) fn recorded(inner: Context) -> Self {
        Self { sent: Some(Arc::default()), ..Self::new(inner) }
    }

    /// The requests for leases so far: their paths and when.
    pub(crate) fn sent(&self) -> Vec<(String, BootInstant)> {
        let sent = self.sent.as_ref().map(|sent| sent.lock().unwrap_or_else(PoisonError::into_inner).clone());
        sent.unwrap_or_default()
    }

    pub(crate) fn context(&self) -> Context {
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

    /// How many sleeps somebody waits for.
    pub(crate) fn timers(&self) -> u32 {
        self.timers.load(Ordering::Relaxed)
    }

    /// How many requests were sent, or tried to be.
    pub(crate) fn requests(&self) -> u32 {
        self.requests.load(Ordering::Relaxed)
    }
}

struct Counted(Arc<AtomicU32>);

impl Counted {
    fn new(counter: &Arc<AtomicU32>) -> Self {
        counter.fetch_add(1, Ordering::Relaxed);
        Self(counter.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Sleep for Watched {
    fn sleep(&self, span: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let (alive, sleep) = (Counted::new(&self.timers), self.inner.sleep.sleep(span));
        Box::pin(async move {
            let _alive = alive;
            sleep.await;
        })
    }
}

#[derive(Debug)]
struct Sender {
    inner: Arc<dyn HttpSend>,
    watched: Watched,
}

impl HttpConnect for Watched {
    fn open(&self, options: &HttpOptions) -> leasekey::Result<Arc<dyn HttpSend>> {
        let inner = self.inner.http.open(options)?;
        Ok(Arc::new(Sender { inner, watched: self.clone() }))
    }
}

#[async_trait]
impl HttpSend for Sender {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpFault> {
        self.watched.requests.fetch_add(1, Ordering::Relaxed);
        let issues = request.url.path().contains("/creds/");
        if let Some(sent) = self.watched.sent.as_ref().filter(|_| issues) {
            let path = request.url.path().to_owned();
            sent.lock().unwrap_or_else(PoisonError::into_inner).push((path, self.watched.boot()));
        }
        let reply = self.inner.send(request).await?;
        Ok(match self.watched.life.filter(|_| issues) {
            Some(life) => ended_after(reply, life),
            None => reply,
        })
    }
}

fn ended_after(mut reply: HttpResponse, life: Duration) -> HttpResponse {
    if let Ok(mut body) = serde_json::from_slice::<Value>(reply.body.expose()) {
        let seconds = Value::from(life.as_secs());
        for place in ["/lease_duration", "/data/ttl"] {
            body.pointer_mut(place).map(|stated| std::mem::replace(stated, seconds.clone()));
        }
        reply.body = body.to_string().into_bytes().into();
    }
    reply
}

impl TimeSource for Watched {
    fn boot(&self) -> BootInstant {
        self.inner.time.boot()
    }

    fn wall(&self) -> SystemTime {
        self.inner.time.wall()
    }
}

impl Env for Watched {
    fn var(&self, name: &str) -> io::Result<Option<String>> {
        self.inner.env.var(name)
    }

    fn home(&self) -> Option<PathBuf> {
        self.inner.env.home()
    }

    fn working_directory(&self) -> Option<PathBuf> {
        self.inner.env.working_directory()
    }

    fn process_id(&self) -> u32 {
        self.inner.env.process_id()
    }
}

impl Files for Watched {
    fn read(&self, path: &Path, limit: u64) -> io::Result<FileRead> {
        self.inner.files.read(path, limit)
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<PathBuf>> {
        self.inner.files.list(directory)
    }
}

impl Random for Watched {
    fn bits(&self) -> u64 {
        self.bits.unwrap_or_else(|| self.inner.random.bits())
    }
}

impl Launch for Watched {
    fn launch(&self, work: Pin<Box<dyn Future<Output = ()> + Send>>) -> io::Result<()> {
        self.inner.launch.launch(work)
    }
}
