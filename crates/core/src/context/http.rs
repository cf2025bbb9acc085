//! Requests as a capability: small, bounded, never followed, never decompressed.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http::{HeaderMap, Method};
use url::Url;

use super::tls::{NamedServer, TlsFault, TlsOptions};
use crate::error::Result;
use crate::secret::SecretBytes;

/// Opens ways to send requests.
pub trait HttpConnect: fmt::Debug + Send + Sync {
    /// A sender with its own pool of connections for these options.
    ///
    /// # Errors
    /// `LK-0104` when a certificate or key cannot be used.
    fn open(&self, options: &HttpOptions) -> Result<Arc<dyn HttpSend>>;
}

/// Sends requests. Never follows a redirect and never retries.
#[async_trait]
pub trait HttpSend: fmt::Debug + Send + Sync {
    /// Sends one request and reads the whole reply, within the request's deadline and size.
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpFault>;
}

/// How connections are made.
#[derive(Clone, Default)]
pub struct HttpOptions {
    /// How servers are verified and what is shown to them.
    pub tls: TlsOptions,
    /// Whether some server is asked over TLS; if none is, the platform's roots need not be read (7 ms).
    pub uses_tls: bool,
    /// The one server that is asked, if it goes by another name in TLS than in its address.
    pub named: Option<NamedServer>,
    /// A proxy for all requests; none means that the environment's proxies are ignored, too.
    pub proxy: Option<Url>,
}

impl fmt::Debug for HttpOptions {
    // A proxy's address may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let proxy = self.proxy.as_ref().map(|proxy| proxy.host_str());
        let Self { tls, uses_tls, named, .. } = self;
        f.debug_struct("HttpOptions")
            .field("tls", tls)
            .field("uses_tls", uses_tls)
            .field("named", named)
            .field("proxy", &proxy)
            .finish()
    }
}

/// A request.
#[derive(Debug)]
pub struct HttpRequest {
    /// The method.
    pub method: Method,
    /// The whole address.
    pub url: Url,
    /// The headers; those with a secret are marked sensitive.
    pub headers: HeaderMap,
    /// The body.
    pub body: SecretBytes,
    /// How long it may take from the first packet to the reply's last byte.
    pub deadline: Duration,
    /// The largest body of a reply that is read, in bytes.
    pub body_cap: usize,
}

/// A reply of any status.
#[derive(Debug)]
pub struct HttpResponse {
    /// The status, `200`.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: SecretBytes,
}

/// Why there is no reply. The texts are the transport's own and hold no address and no header.
#[derive(Clone, Debug)]
pub enum HttpFault {
    /// The server was not reached: nothing was sent.
    Connect(String),
    /// The server's TLS was not accepted, or ours not by it: nothing was sent.
    Tls(TlsFault),
    /// The deadline passed; the server may have acted.
    Timeout,
    /// The connection broke before the reply's end; the server may have acted.
    Cut(String),
    /// The reply was larger than the cap; the server has acted.
    TooLarge,
}
