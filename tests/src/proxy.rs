//! A server on loopback that passes requests on to another, and does to them what a test says. What breaks
//! below HTTP is [`Wire`]'s.

#![allow(clippy::panic, reason = "a test cannot go on without its proxy")]

mod reply;
mod vault;
mod wire;

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

pub use self::reply::{as_openbao, is_iam, moved, reply};
pub use self::wire::{Fault, Wire};

/// What becomes of one request.
pub enum Fate {
    /// The server answers it.
    PassedOn,
    /// The same, so much later.
    Late(Duration),
    /// The server does not see it; this is the reply.
    Answered(Response<Bytes>),
    /// The server does what it is asked, and its reply is lost.
    ReplyLost,
    /// The server answers, and this becomes of its reply.
    Rewritten(fn(Response<Bytes>) -> Response<Bytes>),
}

type Rule = Box<dyn Fn(&Request<Bytes>) -> Fate + Send>;

/// The server; it ends when it is dropped.
pub struct Proxy {
    /// Its own address, `http://127.0.0.1:1234`.
    pub address: String,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

struct Shared {
    upstream: Option<String>,
    client: reqwest::Client,
    rule: Mutex<Rule>,
}

impl Proxy {
    /// A proxy of the server at `upstream`.
    ///
    /// # Panics
    /// If there is no free port.
    pub async fn of(upstream: &str) -> Self {
        Self::start(Some(upstream.trim_end_matches('/').to_owned())).await
    }

    /// A server that answers 404 to what the test does not answer.
    ///
    /// # Panics
    /// If there is no free port.
    pub async fn alone() -> Self {
        Self::start(None).await
    }

    /// Answers these requests from now on in the place of the server; the others are passed on.
    pub fn answer(&self, answer: impl Fn(&Request<Bytes>) -> Option<Response<Bytes>> + Send + 'static) {
        self.rule(move |request| answer(request).map_or(Fate::PassedOn, Fate::Answered));
    }

    /// Does this with every request from now on.
    pub fn rule(&self, rule: impl Fn(&Request<Bytes>) -> Fate + Send + 'static) {
        *self.shared.rule.lock().unwrap_or_else(PoisonError::into_inner) = Box::new(rule);
    }

    async fn start(upstream: Option<String>) -> Self {
        let client =
            reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build();
        let client = client.unwrap_or_else(|error| panic!("the proxy's client: {error}"));
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.unwrap_or_else(|error| panic!("the proxy: {error}"));
        let address = listener.local_addr().unwrap_or_else(|error| panic!("the proxy: {error}"));
        let shared = Arc::new(Shared { upstream, client, rule: Mutex::new(Box::new(|_| Fate::PassedOn)) });
        let accepting = tokio::spawn(accept(listener, shared.clone()));
        Self { address: format!("http://{address}"), shared, accepting }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, shared.clone()));
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let service = service_fn(move |request| {
        let shared = shared.clone();
        async move { shared.reply(request).await.map(|reply| reply.map(Full::new)).ok_or_else(lost) }
    });
    // An error is a client that went away, or a reply that is to be lost.
    let _gone = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

fn lost() -> io::Error {
    io::Error::other("the reply is lost")
}

impl Shared {
    // No reply closes the connection.
    async fn reply(&self, request: Request<Incoming>) -> Option<Response<Bytes>> {
        let (parts, body) = request.into_parts();
        let request = Request::from_parts(parts, body.collect().await.ok()?.to_bytes());
        let fate = (self.rule.lock().unwrap_or_else(PoisonError::into_inner))(&request);
        match fate {
            Fate::PassedOn => Some(self.asked(request).await),
            Fate::Late(by) => {
                tokio::time::sleep(by).await;
                Some(self.asked(request).await)
            }
            Fate::Answered(reply) => Some(reply),
            Fate::ReplyLost => {
                self.asked(request).await;
                None
            }
            Fate::Rewritten(rewrite) => Some(rewrite(self.asked(request).await)),
        }
    }

    async fn asked(&self, request: Request<Bytes>) -> Response<Bytes> {
        let Some(upstream) = &self.upstream else { return reply(404, "nothing here") };
        self.passed_on(upstream, request).await.unwrap_or_else(|error| reply(502, error.to_string()))
    }

    // The Host header stays what the client has signed.
    async fn passed_on(&self, upstream: &str, request: Request<Bytes>) -> reqwest::Result<Response<Bytes>> {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let sent = self.client.request(parts.method, format!("{upstream}{path}"));
        let mut got = sent.headers(between(parts.headers)).body(body).send().await?;
        let (status, headers) = (got.status(), std::mem::take(got.headers_mut()));
        let mut passed = Response::new(got.bytes().await?);
        *passed.status_mut() = status;
        *passed.headers_mut() = between(headers);
        Ok(passed)
    }
}

/// The headers that are not of one connection only.
fn between(mut headers: HeaderMap) -> HeaderMap {
    for name in [header::CONNECTION, header::CONTENT_LENGTH, header::TRANSFER_ENCODING] {
        headers.remove(name);
    }
    headers
}
