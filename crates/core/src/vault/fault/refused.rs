//! A reply that is not 2xx, taken apart.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use serde::Deserialize;

use super::Refusal;
use crate::error::printable;
use crate::vault::json;

/// A reply that is not 2xx, and what was asked.
#[derive(Debug, Default)]
pub(in crate::vault) struct Refused<'a> {
    pub(in crate::vault) status: u16,
    /// The texts that Vault lists, each on one line and printable.
    pub(in crate::vault) errors: Vec<String>,
    /// Whether the body is not Vault's: a proxy or another server answered.
    pub(in crate::vault) foreign: bool,
    pub(in crate::vault) request_id: Option<String>,
    pub(in crate::vault) retry_after: Option<Duration>,
    /// The node's origin.
    pub(in crate::vault) origin: &'a str,
    pub(in crate::vault) namespace: Option<&'a str>,
    /// The path as policies name it.
    pub(in crate::vault) path: &'a str,
    /// The capability that the request needs.
    pub(in crate::vault) capability: &'static str,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire {
    errors: Option<Vec<String>>,
    request_id: Option<String>,
}

impl Refused<'_> {
    /// Keeps what a body lists; `hide` blackens what must not be printed, because some methods quote it.
    pub(in crate::vault) fn listing(mut self, body: &[u8], hide: impl Fn(&str) -> String) -> Self {
        let wire: Wire = json::object(body).unwrap_or_else(|_| plain(body));
        self.foreign = wire.errors.is_none();
        self.errors = wire.errors.into_iter().flatten().map(|text| one_line(&hide(&text))).collect();
        self.request_id = wire.request_id.filter(|id| !id.is_empty()).map(|id| printable(&id));
        self
    }

    pub(super) fn says(&self, text: &str) -> bool {
        self.errors.iter().any(|error| error.contains(text))
    }

    pub(super) fn says_no_route(&self) -> bool {
        ["no handler for route", "unsupported path", "unsupported operation"]
            .iter()
            .any(|text| self.says(text))
    }

    /// The status and Vault's own words.
    pub(super) fn told(&self) -> String {
        match (self.foreign, self.errors.is_empty()) {
            (true, _) => format!("{}, not in Vault's words", self.status),
            (_, true) => self.status.to_string(),
            _ => format!("{} {}", self.status, self.errors.join("; ").trim_end_matches('.')),
        }
    }

    /// ` in namespace pay/`, where there is one.
    pub(super) fn within(&self) -> String {
        self.namespace.map(|namespace| format!(" in namespace {namespace}/")).unwrap_or_default()
    }

    // Vault 1.16.3 and OpenBao 2.7.2: "1 error occurred:\n\t* permission denied\n\n" is an ACL refusal, plain
    // "permission denied" a dead token; newer ones list "invalid token" beside it.
    pub(super) fn refusal(&self) -> Refusal {
        if self.says("invalid token") || self.says("bad token") {
            return Refusal::DeadToken;
        }
        match self.errors.as_slice() {
            [one] if one == "permission denied" => Refusal::DeadToken,
            [one] if one.starts_with("1 error occurred:") && one.contains("* permission denied") => {
                Refusal::Acl
            }
            _ => Refusal::Unknown,
        }
    }
}

fn one_line(text: &str) -> String {
    printable(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

// The one reply without JSON that is worth knowing comes from Go's own TLS server.
fn plain(body: &[u8]) -> Wire {
    const KNOWN: &str = "Client sent an HTTP request to an HTTPS server";
    let known = body.windows(KNOWN.len()).any(|part| part == KNOWN.as_bytes());
    Wire { errors: known.then(|| vec![KNOWN.to_owned()]), request_id: None }
}

/// How long `Retry-After` asks to wait: seconds or a date; nothing where it makes no sense.
pub(in crate::vault) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<i64>() {
        return Some(Duration::from_secs(seconds.try_into().unwrap_or(0)));
    }
    Some(http_date(text)?.duration_since(now).unwrap_or(Duration::ZERO))
}

/// A date as HTTP writes it.
pub(in crate::vault) fn http_date(text: &str) -> Option<SystemTime> {
    let date = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(SystemTime::from(date.timestamp()))
}
