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
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use url::Url;

#[cfg(any(target_os = "linux", target_os = "android"))]
use super::coarse::Coarse;
use super::names::LastAddresses;
use super::{
    Capabilities, Context, Env, FileRead, Files, HttpConnect, HttpFault, HttpOptions, HttpRequest,
    HttpResponse, HttpSend, Launch, NamedServer, Pem, Random, TlsFault, TlsOptions,
};
use crate::error::{Error, ErrorKind, Result};
use crate::secret::SecretBytes;
use crate::time::{BootInstant, Sleep, TimeSource};

const CONNECT: Duration = Duration::from_secs(2);
// The look-up is part of the connecting, and leaves it time for the last addresses.
const LOOK_UP: Duration = Duration::from_secs(1);
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

#[cfg(any(target_os = "linux", target_os = "android"))]
static COARSE: Coarse = Coarse::new();

impl TimeSource for System {
    fn boot(&self) -> BootInstant {
        let now = clock_gettime(BOOT_CLOCK);
        let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
        let nanos = u64::try_from(now.tv_nsec).unwrap_or(0);
        let now = BootInstant::from_nanos(seconds.saturating_mul(1_000_000_000).saturating_add(nanos));
        #[cfg(any(target_os = "linux", target_os = "android"))]
        COARSE.learn(now);
        now
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    #[inline]
    fn boot_coarse(&self) -> BootInstant {
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

    fn list(&self, directory: &Path) -> io::Result<Vec<PathBuf>> {
        std::fs::read_dir(directory)?.map(|entry| entry.map(|entry| entry.path())).collect()
    }

    fn write(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        std::fs::write(path, content)
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
        let client = builder(options)?.build().map_err(|error| unusable(&error, options))?;
        Ok(Arc::new(Client { client, named: options.named.clone() }))
    }
}

fn builder(options: &HttpOptions) -> Result<reqwest::ClientBuilder> {
    let towards = options.named.as_ref().map(|named| named.host.clone());
    let mut builder = reqwest::Client::builder()
        .connect_timeout(CONNECT)
        .pool_idle_timeout(IDLE)
        .dns_resolver(Arc::new(Names { towards, last: Arc::default() }))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .tls_backend_rustls()
        .tls_version_min(reqwest::tls::Version::TLS_1_2);
    if let Some(proxy) = &options.proxy {
        let proxy = reqwest::Proxy::all(proxy.clone()).map_err(|error| unusable(&error, options))?;
        builder = builder.proxy(proxy);
    }
    if options.uses_tls { verify(builder, &options.tls) } else { Ok(builder.tls_certs_only([])) }
}

fn verify(mut builder: reqwest::ClientBuilder, tls: &TlsOptions) -> Result<reqwest::ClientBuilder> {
    if !tls.ca.is_empty() {
        let mut roots = Vec::new();
        for pem in &tls.ca {
            let found = reqwest::Certificate::from_pem_bundle(pem.text.expose()).unwrap_or_default();
            if found.is_empty() {
                return Err(not_pem(pem, "certificate"));
            }
            roots.extend(found);
        }
        builder = builder.tls_certs_only(roots);
    }
    if let Some(identity) = &tls.identity {
        let (certificate, key) = (identity.certificate.text.expose(), identity.key.text.expose());
        if CertificateDer::from_pem_slice(certificate).is_err() {
            return Err(not_pem(&identity.certificate, "certificate"));
        }
        let both = zeroize::Zeroizing::new([certificate, b"\n", key].concat());
        let identity =
            reqwest::Identity::from_pem(&both).map_err(|_| not_pem(&identity.key, "private key"))?;
        builder = builder.identity(identity);
    }
    Ok(if tls.skip_verify { builder.tls_danger_accept_invalid_certs(true) } else { builder })
}

fn not_pem(pem: &Pem, what: &str) -> Error {
    Error::new(ErrorKind::Tls, format!("{} holds no {what} in PEM that can be read", pem.place))
        .with_hint(format!("Give it a {what} that begins with -----BEGIN; a key must not be encrypted"))
}

// What the making of a client fails of, once all PEM could be read.
fn unusable(error: &reqwest::Error, options: &HttpOptions) -> Error {
    let told = story(error);
    let error = match &options.tls.identity {
        Some(identity) if told.contains("KeyMismatch") => {
            let (certificate, key) = (&identity.certificate.place, &identity.key.place);
            let what = format!("the private key of {key} does not fit the certificate of {certificate}");
            Error::new(ErrorKind::Tls, what).with_hint("Give both of one pair, as they were issued")
        }
        _ => Error::new(ErrorKind::Tls, "a certificate, key or proxy cannot be used"),
    };
    error.with_source(Plain(told))
}

/// Looks hosts up; every one as `towards`, where that is a server's address and its certificate calls it
/// otherwise.
#[derive(Debug)]
struct Names {
    towards: Option<String>,
    last: Arc<LastAddresses>,
}

impl reqwest::dns::Resolve for Names {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let host = self.towards.clone().unwrap_or_else(|| name.as_str().to_owned());
        let last = self.last.clone();
        Box::pin(async move {
            // The port is the address's own.
            let found = in_time(tokio::net::lookup_host((host.as_str(), 0))).await.map(Iterator::collect);
            Ok(Box::new(last.or_last(&host, found)?.into_iter()) as reqwest::dns::Addrs)
        })
    }
}

// A name server that says nothing is asked for 5 s and more.
async fn in_time<T>(look_up: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    let found = tokio::time::timeout(LOOK_UP, look_up).await;
    found.unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, "no name server answers")))
}

#[derive(Debug)]
struct Client {
    client: reqwest::Client,
    named: Option<NamedServer>,
}

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
        let (url, mut headers) = (self.named(&request.url), request.headers);
        if url != request.url
            && let Ok(host) = request.url.authority().parse()
        {
            headers.insert(http::header::HOST, host);
        }
        let sent = self.client.request(request.method, url).headers(headers).body(body).send();
        let mut reply = sent.await.map_err(fault)?;
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

    // The address with the name that TLS is to ask for in the place of the host.
    fn named(&self, url: &Url) -> Url {
        let mut renamed = url.clone();
        match &self.named {
            Some(named) if url.scheme() == "https" && renamed.set_host(Some(&named.name)).is_ok() => renamed,
            _ => renamed,
        }
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
    // A TLS 1.3 server refuses a client's certificate only once connected; any other fault then is a cut.
    match TlsFault::among(&error) {
        Some(fault) if error.is_connect() || matches!(fault, TlsFault::Refused(_)) => {
            return HttpFault::Tls(fault);
        }
        _ => {}
    }
    let told = story(&error);
    // What the first bytes of an alert look like to a reader of HTTP.
    let plain = error.url().is_some_and(|url| url.scheme() == "http");
    if plain && told.contains("invalid HTTP version") {
        return HttpFault::Tls(TlsFault::OnlyTls);
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

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    #[derive(Debug)]
    struct TwoAddresses;

    impl reqwest::dns::Resolve for TwoAddresses {
        fn resolve(&self, _: reqwest::dns::Name) -> reqwest::dns::Resolving {
            let addresses = [[127, 0, 0, 2], [127, 0, 0, 1]].map(|ip: [u8; 4]| SocketAddr::from((ip, 0_u16)));
            Box::pin(async move { Ok(Box::new(addresses.into_iter()) as reqwest::dns::Addrs) })
        }
    }

    async fn answer_once(listener: TcpListener) {
        let (mut stream, _) = listener.accept().await.unwrap();
        assert!(stream.read(&mut [0; 1024]).await.unwrap() > 0);
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn row_10_a_look_up_that_never_ends_leaves_time_to_connect_to_the_last_addresses() {
        let (last, known) = (LastAddresses::default(), vec![SocketAddr::from(([10, 0, 0, 1], 0))]);
        last.or_last("vault", Ok(known.clone())).unwrap();
        let asked = tokio::time::Instant::now();
        let found = in_time(std::future::pending()).await;
        assert!(asked.elapsed() <= CONNECT / 2, "{:?}", asked.elapsed());
        assert_eq!(last.or_last("vault", found).unwrap(), known);
    }

    #[tokio::test]
    async fn row_10_a_dead_first_address_is_passed_over_within_the_attempt() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://vault.test:{}/", listener.local_addr().unwrap().port()).parse().unwrap();
        tokio::spawn(answer_once(listener));
        let client = builder(&HttpOptions::default()).unwrap().dns_resolver(Arc::new(TwoAddresses)).build();
        let request = HttpRequest {
            method: http::Method::GET,
            url,
            headers: http::HeaderMap::new(),
            body: SecretBytes::default(),
            deadline: Duration::from_secs(10),
            body_cap: 0,
        };
        let client = Client { client: client.unwrap(), named: None };
        assert_eq!(client.send(request).await.unwrap().status, 204);
    }
}
