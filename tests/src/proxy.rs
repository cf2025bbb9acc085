//! A server on loopback that passes requests on to another, and answers in its place where a test says so.

#![allow(clippy::panic, reason = "a test cannot go on without its proxy")]

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

type Answer = Box<dyn Fn(&Request<Bytes>) -> Option<Response<Bytes>> + Send>;

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
    answer: Mutex<Answer>,
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
        *self.shared.answer.lock().unwrap_or_else(PoisonError::into_inner) = Box::new(answer);
    }

    async fn start(upstream: Option<String>) -> Self {
        let client =
            reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build();
        let client = client.unwrap_or_else(|error| panic!("the proxy's client: {error}"));
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.unwrap_or_else(|error| panic!("the proxy: {error}"));
        let address = listener.local_addr().unwrap_or_else(|error| panic!("the proxy: {error}"));
        let shared = Arc::new(Shared { upstream, client, answer: Mutex::new(Box::new(|_| None)) });
        let accepting = tokio::spawn(accept(listener, shared.clone()));
        Self { address: format!("http://{address}"), shared, accepting }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// A reply with this status and body.
///
/// # Panics
/// If the status is none.
pub fn reply(status: u16, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut reply = Response::new(body.into());
    *reply.status_mut() = StatusCode::from_u16(status).unwrap_or_else(|error| panic!("{status}: {error}"));
    reply
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, shared.clone()));
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let service = service_fn(move |request| {
        let shared = shared.clone();
        async move { Ok::<_, Infallible>(shared.reply(request).await.map(Full::new)) }
    });
    // An error is a client that went away.
    let _gone = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

impl Shared {
    async fn reply(&self, request: Request<Incoming>) -> Response<Bytes> {
        let (parts, body) = request.into_parts();
        let Ok(body) = body.collect().await else { return reply(400, "the request broke off") };
        let request = Request::from_parts(parts, body.to_bytes());
        let answer = (self.answer.lock().unwrap_or_else(PoisonError::into_inner))(&request);
        match (answer, &self.upstream) {
            (Some(answer), _) => answer,
            (None, None) => reply(404, "nothing here"),
            (None, Some(upstream)) => {
                self.passed_on(upstream, request).await.unwrap_or_else(|error| reply(502, error.to_string()))
            }
        }
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
