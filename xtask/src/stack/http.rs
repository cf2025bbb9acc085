//! The few requests the launcher makes itself, to the servers it started.

use std::time::Duration;

use serde_json::Value;
use ureq::Agent;

use crate::failure::{Doing, Failure, Result};

const WITHIN: Duration = Duration::from_secs(30);

/// A client that goes straight to 127.0.0.1 and leaves status codes to the caller.
pub(crate) fn agent() -> Agent {
    let config = Agent::config_builder().http_status_as_error(false).max_redirects(0);
    config.timeout_global(Some(WITHIN)).proxy(None).build().into()
}

/// Whether `url` answers 200 right now.
pub(crate) fn answers(url: &str) -> bool {
    let config = agent();
    let asked = config.get(url).config().timeout_global(Some(Duration::from_secs(2))).build().call();
    asked.is_ok_and(|reply| reply.status() == 200)
}

/// OpenBao or Vault, over HTTP.
pub(crate) struct Vault {
    agent: Agent,
    address: String,
    token: String,
}

impl Vault {
    /// Asks the server at `address` with `token`, empty for a login.
    pub(crate) fn new(address: &str, token: &str) -> Self {
        Self { agent: agent(), address: address.into(), token: token.into() }
    }

    /// Writes `body` to `path` and returns what came back, `null` for nothing.
    pub(crate) fn write(&self, path: &str, body: &Value) -> Result<Value> {
        let request = self.agent.post(self.url(path)).header("X-Vault-Token", &self.token);
        self.answer("write", path, request.send_json(body))
    }

    /// Reads `path`.
    pub(crate) fn read(&self, path: &str) -> Result<Value> {
        let request = self.agent.get(self.url(path)).header("X-Vault-Token", &self.token);
        self.answer("read", path, request.call())
    }

    fn url(&self, path: &str) -> String {
        format!("{}/v1/{path}", self.address)
    }

    fn answer(&self, verb: &str, path: &str, reply: Result<Reply, ureq::Error>) -> Result<Value> {
        let what = || format!("cannot {verb} {path} at {}", self.address);
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
