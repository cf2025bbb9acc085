//! What of a reply is believed. Liberal in the fields, strict in what becomes a credential. Pure.

use std::time::{Duration, SystemTime};

use serde::Deserialize;

use super::{IssueFault, IssuePath, IssueRequest, Issued};
use crate::error::printable;
use crate::secret::SecretString;
use crate::vault::envelope::Envelope;
use crate::vault::json::Seconds;

// One page of memory: AWS's longest tokens are a quarter of it.
const LONGEST_SECRET: usize = 4096;

#[derive(Deserialize)]
struct Keys {
    access_key: Option<String>,
    secret_key: Option<SecretString>,
    session_token: Option<SecretString>,
    security_token: Option<SecretString>,
    arn: Option<String>,
    #[serde(default)]
    ttl: Seconds,
    expiration: Option<String>,
}

/// The credentials in a 2xx reply.
///
/// # Errors
/// `LK-0113` saying what cannot be used, with the lease to revoke, if it is of this role.
pub(super) fn read(
    envelope: Envelope,
    request: &IssueRequest<'_>,
    wall: SystemTime,
) -> Result<Issued, IssueFault> {
    let ours = lease_of(&envelope, request);
    let fault = |why: &str| IssueFault { fault: envelope.unusable(why), revoke: ours.clone().ok().flatten() };
    let lease_id = ours.clone().map_err(|why| fault(&why))?;
    if envelope.has_auth {
        return Err(fault("holds an auth block where credentials were asked for"));
    }
    let keys: Keys =
        envelope.data().map_err(|unread| IssueFault { fault: unread, revoke: lease_id.clone() })?;
    let lifetime = match lifetime(&envelope, &keys, wall) {
        Ok(lifetime) => Some(lifetime),
        // Nothing leases a static key: without a next rotation it lasts until Vault rotates it.
        Err(Lifeless::Unstated(_)) if request.path == IssuePath::StaticCreds => None,
        Err(Lifeless::Unstated(why) | Lifeless::Unusable(why)) => return Err(fault(&why)),
    };
    let access_key = keys.access_key.filter(|key| is_access_key(key));
    let access_key = access_key.ok_or_else(|| fault("has no access key of 16 to 128 capitals and digits"))?;
    let secret_key = keys.secret_key.filter(is_plain).ok_or_else(|| fault("has no printable secret key"))?;
    let present = |token: &SecretString| !token.expose().is_empty();
    let session_token = keys.session_token.filter(present).or(keys.security_token.filter(present));
    if session_token.as_ref().is_some_and(|token| !is_plain(token)) {
        return Err(fault("has a session token with characters that no token has"));
    }
    Ok(Issued {
        access_key,
        secret_key,
        session_token,
        arn: keys.arn.filter(|arn| !arn.is_empty()).map(|arn| printable(&arn)),
        lease_id,
        lifetime,
        renewable: envelope.renewable,
        request_id: envelope.request_id,
        warnings: envelope.warnings,
        started: envelope.started,
        rtt: envelope.rtt,
        cached: envelope.cached,
        date: envelope.date,
        lost_reply: envelope.lost_reply,
    })
}

// A lease of another role means that the reply is somebody else's: it is not ours to revoke either.
fn lease_of(envelope: &Envelope, request: &IssueRequest<'_>) -> Result<Option<String>, String> {
    let Some(id) = &envelope.lease_id else { return Ok(None) };
    match id.strip_prefix(&request.path()).and_then(|rest| rest.strip_prefix('/')) {
        Some(rest) if !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Ok(Some(id.clone()))
        }
        _ => Err(format!("carries the lease {}, which is not one of {}", printable(id), request.path())),
    }
}

enum Lifeless {
    Unstated(String),
    Unusable(String),
}

impl From<String> for Lifeless {
    fn from(why: String) -> Self {
        Self::Unusable(why)
    }
}

fn lifetime(envelope: &Envelope, keys: &Keys, wall: SystemTime) -> Result<Duration, Lifeless> {
    if !matches!(keys.ttl, Seconds::Absent) && keys.ttl.span().is_none() {
        return Err(format!("has the ttl {}", keys.ttl).into());
    }
    let until = expiration(keys, envelope.date.unwrap_or(wall))?;
    let stated = [envelope.lease_duration.span(), keys.ttl.span(), until];
    match stated.into_iter().flatten().min() {
        Some(span) => span
            .checked_sub(envelope.age)
            .filter(|left| !left.is_zero())
            .ok_or_else(|| "lay in a cache until its end".to_owned().into()),
        None => Err(Lifeless::Unstated(format!(
            "has the lease_duration {} and no other lifetime",
            envelope.lease_duration
        ))),
    }
}

// Measured against the server's own clock, so that ours need not be right.
fn expiration(keys: &Keys, now: SystemTime) -> Result<Option<Duration>, String> {
    let Some(text) = keys.expiration.as_deref().filter(|text| !text.is_empty()) else { return Ok(None) };
    let end = text.parse::<jiff::Timestamp>().map_err(|_| "has an expiration that is no time".to_owned())?;
    let left = SystemTime::from(end).duration_since(now).ok().filter(|left| !left.is_zero());
    left.map(Some).ok_or_else(|| "has an expiration that is past".to_owned())
}

fn is_access_key(key: &str) -> bool {
    (16..=128).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

fn is_plain(secret: &SecretString) -> bool {
    let text = secret.expose();
    (1..=LONGEST_SECRET).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests;
