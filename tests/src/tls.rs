//! Certificates made on the spot, good and bad, and a Vault that shows them.

#![allow(clippy::panic, reason = "a test cannot go on without its server")]

use std::convert::Infallible;
use std::fmt::Display;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use leasekey::config::ConfigKey;
use leasekey::context::{HttpRequest, Scripted, ScriptedVault};
use leasekey::{Builder, TokenAuth, VaultCredentialsProvider};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd,
};
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use crate::pace;
use crate::scripted::TOKEN;

/// A CA.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key.
pub struct Pair {
    certificate: Certificate,
    key: KeyPair,
}

impl Authority {
    /// A new one, which nobody trusts.
    ///
    /// # Panics
    /// If it cannot be made.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "no two are the same")]
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        Self(CertifiedIssuer::self_signed(params, key()).unwrap_or_else(fail))
    }

    /// Its certificate.
    #[must_use]
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for these names.
    #[must_use]
    pub fn signs(&self, names: &[&str]) -> Pair {
        self.sign(params(names))
    }

    /// The same, which expired at the end of 2020.
    #[must_use]
    pub fn signed_long_ago(&self, names: &[&str]) -> Pair {
        let mut params = params(names);
        (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
        self.sign(params)
    }

    fn sign(&self, params: CertificateParams) -> Pair {
        let key = key();
        let certificate = params.signed_by(&key, &self.0).unwrap_or_else(fail);
        Pair { certificate, key }
    }
}

impl Pair {
    /// A certificate that signs itself.
    ///
    /// # Panics
    /// If it cannot be made.
    #[must_use]
    pub fn self_signed(names: &[&str]) -> Self {
        let key = key();
        let certificate = params(names).self_signed(&key).unwrap_or_else(fail);
        Self { certificate, key }
    }

    /// The certificate.
    #[must_use]
    pub fn pem(&self) -> String {
        self.certificate.pem()
    }

    /// The private key.
    #[must_use]
    pub fn key_pem(&self) -> String {
        self.key.serialize_pem()
    }

    fn config(self, clients: Option<&Authority>) -> ServerConfig {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config =
            ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions();
        let config = config.unwrap_or_else(fail);
        let config = match clients {
            None => config.with_no_client_auth(),
            Some(authority) => {
                let mut roots = RootCertStore::empty();
                roots.add(authority.0.der().clone()).unwrap_or_else(fail);
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
                config.with_client_cert_verifier(verifier.unwrap_or_else(fail))
            }
        };
        let key = PrivateKeyDer::Pkcs8(self.key.serialize_der().into());
        config.with_single_cert(vec![self.certificate.der().clone()], key).unwrap_or_else(fail)
    }
}

/// A [`ScriptedVault`] on a port of loopback; it ends when it is dropped.
pub struct VaultServer {
    /// `127.0.0.1:1234`
    pub authority: String,
    asked: Arc<Asked>,
    accepting: JoinHandle<()>,
}

/// What a server saw of those who asked it.
struct Asked {
    since: Instant,
    // Of connections and of requests.
    moments: Mutex<Vec<Duration>>,
    requests: AtomicUsize,
    providers: AtomicUsize,
}

impl Asked {
    fn new() -> Arc<Self> {
        let (moments, requests, providers) = Default::default();
        Arc::new(Self { since: Instant::now(), moments, requests, providers })
    }

    fn moments(&self) -> MutexGuard<'_, Vec<Duration>> {
        self.moments.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) {
        self.moments().push(self.since.elapsed());
    }
}

impl VaultServer {
    /// With TLS.
    ///
    /// # Panics
    /// If there is no free port.
    pub async fn with(pair: Pair) -> Self {
        Self::start(Some(pair.config(None))).await
    }

    /// With TLS, for clients that show a certificate of this CA.
    ///
    /// # Panics
    /// If there is no free port.
    pub async fn for_clients_of(clients: &Authority, pair: Pair) -> Self {
        Self::start(Some(pair.config(Some(clients)))).await
    }

    /// Without TLS.
    ///
    /// # Panics
    /// If there is no free port.
    pub async fn plain() -> Self {
        Self::start(None).await
    }

    /// What answers the first bytes of every connection with these and hangs up.
    ///
    /// # Panics
    /// If there is no free port.
    pub async fn saying(answer: &'static [u8]) -> Self {
        let (listener, authority) = listen().await;
        let asked = Asked::new();
        let seen = asked.clone();
        let accepting = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                seen.now();
                let mut hello = [0; 4096];
                let _heard = stream.read(&mut hello).await;
                let _gone = stream.write_all(answer).await;
            }
        });
        Self { authority, asked, accepting }
    }

    async fn start(config: Option<ServerConfig>) -> Self {
        let vault = ScriptedVault::new(&Scripted::new());
        vault.set_token_life(Duration::from_secs(3600), Duration::from_secs(3600));
        vault.add_token(TOKEN);
        let (asked, acceptor) = (Asked::new(), config.map(|config| TlsAcceptor::from(Arc::new(config))));
        let (listener, authority) = listen().await;
        let answering = Answering { vault, asked: asked.clone() };
        let accepting = tokio::spawn(accept(listener, acceptor, answering));
        Self { authority, asked, accepting }
    }

    /// Its address, `https://127.0.0.1:1234`.
    #[must_use]
    pub fn address(&self) -> String {
        format!("https://{}", self.authority)
    }

    /// A builder that knows its address and a token that it knows.
    pub fn builder(&self) -> Builder {
        self.asked.providers.fetch_add(1, Ordering::Relaxed);
        builder(&self.address())
    }

    /// How many requests came through.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.asked.requests.load(Ordering::Relaxed)
    }
}

/// A builder with a token that every [`VaultServer`] knows.
pub fn builder(addresses: &str) -> Builder {
    let builder = VaultCredentialsProvider::builder().address(addresses).role("orders");
    builder.auth(TokenAuth::new(TOKEN)).set(ConfigKey::ClientTimeout, "5s")
}

impl Drop for VaultServer {
    fn drop(&mut self) {
        self.accepting.abort();
        let most = pace::MOST * self.asked.providers.load(Ordering::Relaxed).max(1);
        let peak = pace::peak(&self.asked.moments());
        assert!(peak <= most || std::thread::panicking(), "{peak} connections and requests in 10 s");
    }
}

#[derive(Clone)]
struct Answering {
    vault: ScriptedVault,
    asked: Arc<Asked>,
}

impl Answering {
    async fn reply(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        self.asked.now();
        self.asked.requests.fetch_add(1, Ordering::Relaxed);
        let (parts, body) = request.into_parts();
        let body = body.collect().await.unwrap_or_else(fail).to_bytes();
        let url = format!("https://vault{}", parts.uri).parse().unwrap_or_else(fail);
        let request = HttpRequest {
            method: parts.method,
            url,
            headers: parts.headers,
            body: body.to_vec().into(),
            deadline: Duration::from_secs(10),
            body_cap: usize::MAX,
        };
        let answer = self.vault.answer(&request).outcome.unwrap_or_else(|fault| fail(format!("{fault:?}")));
        let mut reply = Response::new(Full::new(answer.body.expose().to_vec().into()));
        *reply.status_mut() = answer.status.try_into().unwrap_or_else(fail);
        reply
    }
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap_or_else(fail);
    let authority = listener.local_addr().unwrap_or_else(fail).to_string();
    (listener, authority)
}

async fn accept(listener: TcpListener, acceptor: Option<TlsAcceptor>, answering: Answering) {
    // Its connections end with it.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        answering.asked.now();
        connections.spawn(greet(stream, acceptor.clone(), answering.clone()));
    }
}

async fn greet(stream: TcpStream, acceptor: Option<TlsAcceptor>, answering: Answering) {
    match acceptor {
        None => serve(stream, answering).await,
        // An error is a client that does not like what it sees.
        Some(acceptor) => match acceptor.accept(stream).await {
            Ok(stream) => serve(stream, answering).await,
            Err(error) => tracing::debug!("the server: {error}"),
        },
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, answering: Answering) {
    let service = service_fn(move |request| {
        let answering = answering.clone();
        async move { Ok::<_, Infallible>(answering.reply(request).await) }
    });
    // An error is a client that went away.
    let _gone = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

fn params(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    CertificateParams::new(names).unwrap_or_else(fail)
}

fn key() -> KeyPair {
    KeyPair::generate().unwrap_or_else(fail)
}

fn fail<T>(why: impl Display) -> T {
    panic!("the server of this test: {why}")
}
