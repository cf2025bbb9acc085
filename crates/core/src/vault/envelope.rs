//! A 2xx reply: what every reply of Vault carries, and the parts that differ, read as typed secrets.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use super::fault::{http_date, unusable};
use super::json::{self, Seconds};
use crate::error::printable;
use crate::refresh::Fault;
use crate::secret::SecretBytes;
use crate::time::BootInstant;

/// A 2xx reply. Its body stays secret bytes; nothing of it is kept as a JSON tree.
#[derive(Debug, Default)]
pub(crate) struct Envelope {
    pub(crate) request_id: String,
    /// As the server wrote it; none when absent, null or empty.
    pub(crate) lease_id: Option<String>,
    pub(crate) lease_duration: Seconds,
    pub(crate) renewable: bool,
    /// Whether there is an `auth` block.
    pub(crate) has_auth: bool,
    /// Vault's warnings, printable.
    pub(crate) warnings: Vec<String>,
    /// When the request was sent.
    pub(crate) started: BootInstant,
    /// How long the reply took.
    pub(crate) rtt: Duration,
    /// How long the reply lay in the cache of a Vault Agent.
    pub(crate) age: Duration,
    /// Whether a caching Vault Agent answered in Vault's place.
    pub(crate) cached: bool,
    /// Vault's wall clock, from the `Date` header.
    pub(crate) date: Option<SystemTime>,
    /// Whether another node was asked before, may have acted, and its reply was lost.
    pub(crate) lost_reply: bool,
    /// Who answered.
    pub(crate) origin: String,
    body: SecretBytes,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire<'a> {
    #[serde(borrow)]
    request_id: Option<&'a RawValue>,
    lease_id: Option<&'a RawValue>,
    lease_duration: Seconds,
    renewable: Option<&'a RawValue>,
    data: Option<&'a RawValue>,
    auth: Option<&'a RawValue>,
    warnings: Option<&'a RawValue>,
}

impl Envelope {
    /// Reads a body; an empty one is a reply without any part.
    ///
    /// # Errors
    /// What is wrong with the body as a whole. A part of a wrong type is a missing part, so that one bad
    /// field does not hide the lease that is to be revoked.
    pub(super) fn read(body: SecretBytes, headers: &HeaderMap) -> Result<Self, String> {
        let wire = match body.expose().is_empty() {
            true => Wire::default(),
            false => json::object(body.expose())?,
        };
        let envelope = Self {
            request_id: text(wire.request_id).map(|id| printable(&id)).unwrap_or_default(),
            lease_id: text(wire.lease_id).filter(|id| !id.is_empty()),
            lease_duration: wire.lease_duration,
            renewable: wire.renewable.is_some_and(|raw| raw.get() == "true"),
            has_auth: wire.auth.is_some(),
            warnings: warnings(wire.warnings),
            age: age(headers),
            cached: headers.get("x-cache").is_some_and(|hit| hit.as_bytes().eq_ignore_ascii_case(b"hit")),
            date: headers.get(http::header::DATE).and_then(|date| http_date(date.to_str().ok()?)),
            ..Self::default()
        };
        Ok(Self { body, ..envelope })
    }

    /// The reply's `data`.
    pub(super) fn data<T: DeserializeOwned>(&self) -> Result<T, Fault> {
        self.part("data", |wire| wire.data)
    }

    /// The reply's `auth`.
    pub(super) fn auth<T: DeserializeOwned>(&self) -> Result<T, Fault> {
        self.part("auth", |wire| wire.auth)
    }

    fn part<T, F>(&self, name: &str, pick: F) -> Result<T, Fault>
    where
        T: DeserializeOwned,
        F: for<'a> FnOnce(&Wire<'a>) -> Option<&'a RawValue>,
    {
        let wire: Wire<'_> = serde_json::from_slice(self.body.expose()).unwrap_or_default();
        let raw = pick(&wire).ok_or_else(|| self.unusable(&format!("has no {name}")))?;
        json::part_object(raw).map_err(|why| self.unusable(&format!("has a {name} that {why}")))
    }

    /// The fault that this reply is, because `why`.
    pub(super) fn unusable(&self, why: &str) -> Fault {
        let id = Some(self.request_id.as_str()).filter(|id| !id.is_empty());
        unusable(&self.origin, why, id)
    }
}

fn text(raw: Option<&RawValue>) -> Option<String> {
    serde_json::from_str(raw?.get()).ok()
}

fn warnings(raw: Option<&RawValue>) -> Vec<String> {
    let all: Vec<String> = raw.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default();
    all.iter().map(|warning| printable(warning)).collect()
}

fn age(headers: &HeaderMap) -> Duration {
    let seconds = headers.get(http::header::AGE).and_then(|age| age.to_str().ok()?.trim().parse().ok());
    Duration::from_secs(seconds.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Envelope, String> {
        Envelope::read(SecretBytes::from(body.as_bytes().to_vec()), &HeaderMap::new())
    }

    #[test]
    fn an_empty_reply_has_no_parts() {
        let envelope = read("").unwrap();
        assert_eq!((envelope.lease_id.as_deref(), envelope.has_auth), (None, false));
        assert_eq!(envelope.data::<()>().unwrap_err().error.code(), "LK-0113");
    }

    #[test]
    fn a_part_of_a_wrong_type_hides_no_other_part() {
        let body = r#"{"request_id":7,"lease_id":"aws/creds/r/x","renewable":"yes","warnings":{},
            "lease_duration":"soon","data":null,"auth":null,"wrap_info":null,"unknown":[1]}"#;
        let envelope = read(body).unwrap();
        assert_eq!(envelope.lease_id.as_deref(), Some("aws/creds/r/x"));
        assert_eq!(envelope.lease_duration, Seconds::Unusable("soon".into()));
        assert!(!envelope.renewable && !envelope.has_auth && envelope.warnings.is_empty());
    }

    #[test]
    fn warnings_are_made_printable() {
        assert_eq!(read(r#"{"warnings":["a\u001b[31m"]}"#).unwrap().warnings, ["a\\u{1b}[31m"]);
    }

    #[test]
    fn a_reply_shows_nothing_of_its_body() {
        let envelope = read(r#"{"data":{"secret_key":"s3cret"}}"#).unwrap();
        assert!(!format!("{envelope:?}").contains("s3cret"));
        assert!(!format!("{:?}", envelope.data::<Vec<u8>>().unwrap_err()).contains("s3cret"));
    }

    #[test]
    fn age_and_date_are_read() {
        let mut headers = HeaderMap::new();
        headers.insert("age", "61".parse().unwrap());
        headers.insert("date", "Sun, 06 Nov 1994 08:49:37 GMT".parse().unwrap());
        let envelope = Envelope::read(SecretBytes::default(), &headers).unwrap();
        assert_eq!(envelope.age, Duration::from_secs(61));
        assert_eq!(envelope.date, Some(SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777)));
    }
}
