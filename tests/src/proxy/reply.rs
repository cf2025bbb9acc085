//! Replies as servers write them, and requests told apart.

#![allow(clippy::panic, clippy::indexing_slicing, reason = "a test cannot go on without its replies")]

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, LOCATION};
use http::{HeaderValue, Request, Response, StatusCode};
use serde_json::{Value, json};

/// A reply with this status and body.
///
/// # Panics
/// If the status is none.
pub fn reply(status: u16, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut reply = Response::new(body.into());
    *reply.status_mut() = StatusCode::from_u16(status).unwrap_or_else(|error| panic!("{status}: {error}"));
    reply
}

/// A redirect with this `Location`.
///
/// # Panics
/// If no header can hold it.
pub fn moved(status: u16, location: &[u8]) -> Response<Bytes> {
    let mut reply = reply(status, "");
    let location = HeaderValue::from_bytes(location).unwrap_or_else(|error| panic!("{location:?}: {error}"));
    reply.headers_mut().insert(LOCATION, location);
    reply
}

/// The reply with its JSON changed; one that is none is left as it is.
fn rewritten(reply: Response<Bytes>, change: impl FnOnce(&mut Value)) -> Response<Bytes> {
    let (mut parts, body) = reply.into_parts();
    let Ok(mut json) = serde_json::from_slice(&body) else { return Response::from_parts(parts, body) };
    change(&mut json);
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, json.to_string().into())
}

/// An issued set in the shape of OpenBao's own plugin: the session token under its old name, and neither an
/// ARN nor a ttl.
pub fn as_openbao(reply: Response<Bytes>) -> Response<Bytes> {
    rewritten(reply, |json| {
        if let Some(keys) = json.get("data").filter(|data| data.get("access_key").is_some()) {
            let token = keys.get("session_token").or_else(|| keys.get("security_token"));
            json["data"] = json!({
                "access_key": keys["access_key"],
                "secret_key": keys["secret_key"],
                "security_token": token,
            });
        }
    })
}

/// Whether it is a request to IAM, by the scope of its signature.
pub fn is_iam(request: &Request<Bytes>) -> bool {
    let header = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    header.is_some_and(|header| header.contains("/iam/aws4_request"))
}
