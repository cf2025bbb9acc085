//! The few requests the launcher makes itself, to the servers it started.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use crate::failure::{Doing, Failure, Result};

const WITHIN: Duration = Duration::from_secs(30);
const GLANCE: Duration = Duration::from_secs(2);

/// The way to one server.
#[derive(Clone)]
pub(crate) struct Door {
    agent: Agent,
    /// `http://127.0.0.1:20001`
    pub(crate) address: String,
}

impl Door {
    /// Goes straight to `address` on 127.0.0.1; its certificate is verified against the CA in the file `ca`.
    pub(crate) fn to(address: &str, ca: Option<&Path>) -> Result<Self> {
        let agent = match ca {
            Some(ca) => agent(trusting(ca)?),
            None => agent(TlsConfig::default()),
        };
        Ok(Self { agent, address: address.into() })
    }

    /// The same for a server without TLS.
    pub(crate) fn plain(address: &str) -> Self {
        Self { agent: agent(TlsConfig::default()), address: address.into() }
    }

    /// The status that `path` answers with right now; none if nothing answers.
    pub(crate) fn status(&self, path: &str) -> Option<u16> {
        let request = self.agent.get(format!("{}{path}", self.address));
        let reply = request.config().timeout_global(Some(GLANCE)).build().call();
        reply.ok().map(|reply| reply.status().as_u16())
    }

    /// OpenBao or Vault there, asked with `token`, empty for a login.
    pub(crate) fn vault(&self, token: &str) -> Vault {
        Vault { door: self.clone(), token: token.into() }
    }
}

/// A client that goes straight to 127.0.0.1 and leaves status codes to the caller.
pub(crate) fn agent(tls: TlsConfig) -> Agent {
    let config = Agent::config_builder().http_status_as_error(false).max_redirects(0);
    config.timeout_global(Some(WITHIN)).proxy(None).tls_config(tls).build().into()
}

fn trusting(ca: &Path) -> Result<TlsConfig> {
    let what = || format!("cannot read {}", ca.display());
    let pem = fs::read(ca).doing(what)?;
    let root = Certificate::from_pem(&pem).doing(what)?.to_owned();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let roots = RootCerts::Specific(Arc::new(vec![root]));
    Ok(TlsConfig::builder().root_certs(roots).unversioned_rustls_crypto_provider(provider).build())
}

/// OpenBao or Vault, over HTTP.
pub(crate) struct Vault {
    door: Door,
    token: String,
}

impl Vault {
    /// Writes `body` to `path` and returns what came back, `null` for nothing.
    pub(crate) fn write(&self, path: &str, body: &Value) -> Result<Value> {
        let request = self.door.agent.post(self.url(path)).header("X-Vault-Token", &self.token);
        self.answer("write", path, request.send_json(body))
    }

    /// Reads `path`.
    pub(crate) fn read(&self, path: &str) -> Result<Value> {
        let request = self.door.agent.get(self.url(path)).header("X-Vault-Token", &self.token);
        self.answer("read", path, request.call())
    }

    fn url(&self, path: &str) -> String {
        format!("{}/v1/{path}", self.door.address)
    }

    fn answer(&self, verb: &str, path: &str, reply: Result<Reply, ureq::Error>) -> Result<Value> {
        let what = || format!("cannot {verb} {path} at {}", self.door.address);
        let mut reply = reply.doing(what)?;
        let text = reply.body_mut().read_to_string().doing(what)?;
        if reply.status().is_success() {
            return if text.is_empty() { Ok(Value::Null) } else { serde_json::from_str(&text).doing(what) };
        }
        let errors = serde_json::from_str::<Value>(&text).ok().and_then(|body| body.get("errors").cloned());
        let errors = errors.map_or_else(String::new, |errors| errors.to_string());
        Err(Failure::new(what(), format!("{} {errors}", reply.status())))
    }
}

type Reply = http::Response<ureq::Body>;

/// The text at a JSON pointer.
pub(crate) fn text_at<'a>(value: &'a Value, pointer: &str) -> Result<&'a str> {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.ok_or_else(|| {
        Failure::new("the server left something out of its answer", format!("no text at {pointer}"))
    })
}
