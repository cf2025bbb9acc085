//! The real world. The only file that touches it.
#![allow(clippy::disallowed_methods, reason = "this file is where the real world is allowed")]

use std::error::Error as StdError;
use std::future::Future;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use rustix::time::{ClockId, clock_gettime};

#[cfg(any(target_os = "linux", target_os = "android"))]
use super::coarse::Coarse;
use super::{
    Capabilities, Context, Env, FileRead, Files, HttpConnect, HttpFault, HttpOptions, HttpRequest,
    HttpResponse, HttpSend, Launch, Random, TlsOptions,
};
use crate::error::{Error, ErrorKind, Result};
use crate::secret::SecretBytes;
use crate::time::{BootInstant, Sleep, TimeSource};

const CONNECT: Duration = Duration::from_secs(2);
const IDLE: Duration = Duration::from_secs(90);

pub(super) fn context() -> Context {
    static SYSTEM: LazyLock<Context> = LazyLock::new(|| {
        Context::new(Capabilities {
            time: Box::new(System),
            sleep: Box::new(System),
            env: Box::new(System),
            files: Box::new(System),
            random: Box::new(System),
            launch: Box::new(System),
            http: Box::new(System),
        })
    });
    SYSTEM.clone()
}

#[derive(Debug)]
struct System;

// Linux counts suspension in CLOCK_BOOTTIME only, macOS in CLOCK_MONOTONIC.
#[cfg(any(target_os = "linux", target_os = "android"))]
const BOOT_CLOCK: ClockId = ClockId::Boottime;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const BOOT_CLOCK: ClockId = ClockId::Monotonic;

impl TimeSource for System {
    fn boot(&self) -> BootInstant {
        let now = clock_gettime(BOOT_CLOCK);
        let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
        let nanos = u64::try_from(now.tv_nsec).unwrap_or(0);
        BootInstant::from_nanos(seconds.saturating_mul(1_000_000_000).saturating_add(nanos))
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn boot_coarse(&self) -> BootInstant {
        static COARSE: Coarse = Coarse::new();
        COARSE.now(|| self.boot())
    }

    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }
}

impl Sleep for System {
    fn sleep(&self, span: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(span))
    }
}

impl Env for System {
    fn var(&self, name: &str) -> io::Result<Option<String>> {
        match std::env::var(name) {
            Ok(value) => Ok(Some(value)),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(error) => Err(io::Error::other(error)),
        }
    }

    fn home(&self) -> Option<PathBuf> {
        std::env::home_dir()
    }

    fn working_directory(&self) -> Option<PathBuf> {
        std::env::current_dir().ok()
    }

    fn process_id(&self) -> u32 {
        std::process::id()
    }
}

impl Random for System {
    fn bits(&self) -> u64 {
        let mut bits = [0; 8];
        // aws-lc's generator notices a fork. It fails only where the system has no entropy at all; then
        // the clock is random enough for jitter, the one thing these bits are used for.
        match aws_lc_rs::rand::fill(&mut bits) {
            Ok(()) => u64::from_ne_bytes(bits),
            Err(_) => self.boot().as_nanos(),
        }
    }
}

impl Files for System {
    fn read(&self, path: &Path, limit: u64) -> io::Result<FileRead> {
        use rustix::fs::{FileType, Mode, OFlags, fstat, open};

        let link = std::fs::symlink_metadata(path)?.file_type().is_symlink();
        // Non-blocking: opening a FIFO that nobody writes to would hang for ever.
        let file = open(path, OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK, Mode::empty())?;
        let facts = fstat(&file)?;
        let regular = FileType::from_raw_mode(facts.st_mode).is_file();
        let size = u64::try_from(facts.st_size).unwrap_or(u64::MAX);
        let content = (regular && size <= limit)
            .then(|| {
                let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0) + 1);
                std::fs::File::from(file).take(limit + 1).read_to_end(&mut bytes)?;
                io::Result::Ok(SecretBytes::from(bytes))
            })
            .transpose()?;
        let own = facts.st_uid == rustix::process::geteuid().as_raw();
        Ok(FileRead { regular, link, mode: Some(facts.st_mode & 0o777), own, size, content })
    }
}

impl Launch for System {
    fn launch(&self, work: Pin<Box<dyn Future<Output = ()> + Send>>) -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::Builder::new().name("leasekey".into()).spawn(move || runtime.block_on(work)).map(drop)
    }
}

impl HttpConnect for System {
    fn open(&self, options: &HttpOptions) -> Result<Arc<dyn HttpSend>> {
        let tls = |error: reqwest::Error| {
            Error::new(ErrorKind::Tls, "a certificate or key cannot be used")
                .with_source(Plain(story(&error)))
        };
        let client = builder(options).map_err(tls)?.build().map_err(tls)?;
        Ok(Arc::new(Client(client)))
    }
}

fn builder(options: &HttpOptions) -> reqwest::Result<reqwest::ClientBuilder> {
    let mut builder = reqwest::Client::builder()
        .connect_timeout(CONNECT)
        .pool_idle_timeout(IDLE)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .tls_backend_rustls()
        .tls_version_min(reqwest::tls::Version::TLS_1_2);
    if let Some(proxy) = &options.proxy {
        builder = builder.proxy(reqwest::Proxy::all(proxy.clone())?);
    }
    if options.uses_tls { verify(builder, &options.tls) } else { Ok(builder.tls_certs_only([])) }
}

fn verify(mut builder: reqwest::ClientBuilder, tls: &TlsOptions) -> reqwest::Result<reqwest::ClientBuilder> {
    if !tls.ca.is_empty() {
        let mut roots = Vec::new();
        for pem in &tls.ca {
            roots.extend(reqwest::Certificate::from_pem_bundle(pem.expose())?);
        }
        builder = builder.tls_certs_only(roots);
    }
    if let Some(identity) = &tls.identity {
        builder = builder.identity(reqwest::Identity::from_pem(identity.expose())?);
    }
    Ok(if tls.skip_verify { builder.tls_danger_accept_invalid_certs(true) } else { builder })
}

#[derive(Debug)]
struct Client(reqwest::Client);

#[async_trait]
impl HttpSend for Client {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpFault> {
        let deadline = request.deadline;
        match tokio::time::timeout(deadline, self.exchange(request)).await {
            Ok(done) => done,
            Err(_) => Err(HttpFault::Timeout),
        }
    }
}

impl Client {
    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, HttpFault> {
        let cap = request.body_cap;
        let body = bytes::Bytes::from_owner(Body(request.body));
        let mut reply = self
            .0
            .request(request.method, request.url)
            .headers(request.headers)
            .body(body)
            .send()
            .await
            .map_err(fault)?;
        let status = reply.status().as_u16();
        let headers = std::mem::take(reply.headers_mut());
        let mut bytes = zeroize::Zeroizing::new(Vec::with_capacity(4096));
        while let Some(chunk) = reply.chunk().await.map_err(fault)? {
            if bytes.len() + chunk.len() > cap {
                return Err(HttpFault::TooLarge);
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(HttpResponse { status, headers, body: SecretBytes::from(std::mem::take(&mut *bytes)) })
    }
}

// Lets the transport borrow the body, so that no copy of it outlives the request.
struct Body(SecretBytes);

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        self.0.expose()
    }
}

fn fault(error: reqwest::Error) -> HttpFault {
    let told = story(&error);
    // rustls's words: a certificate that fails, an alert from the server, an answer that is not TLS at all.
    // Once connected, TLS 1.3 servers still alert; an end without a farewell is a cut and nothing else.
    let refused = ["certificate", "corrupt message", "fatal alert"].iter().any(|sign| told.contains(sign));
    if refused || (error.is_connect() && told.contains("TLS")) {
        return HttpFault::Tls(told);
    }
    if error.is_connect() {
        return HttpFault::Connect(told);
    }
    if error.is_timeout() { HttpFault::Timeout } else { HttpFault::Cut(told) }
}

// The causes only: the outermost text of reqwest names the address, which may hold what it should not.
fn story(error: &reqwest::Error) -> String {
    let mut causes = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        causes.push(cause.to_string());
        next = cause.source();
    }
    crate::error::printable(&causes.join(": "))
}

#[derive(Debug)]
struct Plain(String);

impl std::fmt::Display for Plain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for Plain {}
