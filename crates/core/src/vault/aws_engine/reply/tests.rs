use http::HeaderMap;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::IssuePath;
use super::*;
use crate::secret::SecretBytes;

const KEY: &str = "ASIAIOSFODNN7EXAMPLE";

fn issued_at(body: &[u8], headers: &HeaderMap, path: IssuePath) -> Result<Issued, IssueFault> {
    let (mount, role) = ("aws".parse().unwrap(), "orders".parse().unwrap());
    let request = IssueRequest {
        mount: &mount,
        role: &role,
        path,
        role_arn: None,
        role_session_name: None,
        ttl: None,
        mfa_code: None,
    };
    let envelope = Envelope::read(SecretBytes::from(body.to_vec()), headers).unwrap_or_default();
    read(envelope, &request, SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000))
}

fn issued(reply: &Value) -> Result<Issued, IssueFault> {
    issued_at(reply.to_string().as_bytes(), &HeaderMap::new(), IssuePath::Creds)
}

fn reply() -> Value {
    json!({
        "request_id": "7a2e", "lease_id": "aws/creds/orders/AbC", "lease_duration": 900, "renewable": false,
        "data": {"access_key": KEY, "secret_key": "s3cret", "session_token": "t0ken", "ttl": 899,
                 "arn": "arn:aws:sts::1:assumed-role/r/s"},
    })
}

fn with(pointer: &str, value: Value) -> Value {
    let mut reply = reply();
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    reply.pointer_mut(parent).unwrap()[field] = value;
    reply
}

fn refused(reply: &Value) -> IssueFault {
    let fault = issued(reply).expect_err("refused");
    assert_eq!(fault.fault.error.code(), "LK-0113");
    assert_eq!(fault.fault.class, crate::refresh::Class::Protocol);
    assert!(fault.fault.may_have_acted);
    assert!(!format!("{fault:?}").contains("s3cret"));
    fault
}

fn lasts(reply: &Value) -> u64 {
    issued(reply).unwrap().lifetime.unwrap().as_secs()
}

#[test]
fn a_whole_reply_is_read() {
    let issued = issued(&reply()).unwrap();
    assert_eq!((issued.access_key.as_str(), issued.lifetime), (KEY, Some(Duration::from_secs(899))));
    assert_eq!(issued.session_token.unwrap().expose(), "t0ken");
    assert_eq!(issued.lease_id.as_deref(), Some("aws/creds/orders/AbC"));
}

#[test]
fn openbaos_reply_without_session_token_arn_and_ttl_is_read() {
    let data = json!({"access_key": KEY, "secret_key": "s", "security_token": "old"});
    let issued = issued(&with("/data", data)).unwrap();
    assert_eq!(issued.session_token.unwrap().expose(), "old");
    assert_eq!(issued.lifetime, Some(Duration::from_secs(900)));
}

#[test]
fn a_long_term_key_has_no_session_token() {
    let issued = issued(&with("/data/session_token", Value::Null)).unwrap();
    assert!(issued.session_token.is_none());
}

#[test]
fn the_shorter_of_lease_and_ttl_counts() {
    assert_eq!(lasts(&with("/data/ttl", json!(3599))), 900);
    assert_eq!(lasts(&with("/data/ttl", json!("600"))), 600);
}

#[test]
fn a_lease_duration_that_is_none_needs_a_ttl() {
    let texts = ["0", "-1", "9223372036854775808", "1e400", "\"soon\"", "null", "[]"];
    for text in texts {
        let raw =
            reply().to_string().replace("\"lease_duration\":900", &format!("\"lease_duration\":{text}"));
        let issued = issued_at(raw.as_bytes(), &HeaderMap::new(), IssuePath::Creds).unwrap();
        assert_eq!(issued.lifetime, Some(Duration::from_secs(899)), "{text}");
        let raw = raw.replace(",\"ttl\":899", "");
        let fault = issued_at(raw.as_bytes(), &HeaderMap::new(), IssuePath::Creds).unwrap_err();
        assert_eq!(fault.revoke.as_deref(), Some("aws/creds/orders/AbC"), "{text}");
        assert_eq!(fault.fault.error.vault_request_id(), Some("7a2e"));
    }
}

#[test]
fn a_ttl_that_is_none_is_refused() {
    for ttl in [json!(0), json!(-1), json!("never"), json!(1e300)] {
        refused(&with("/data/ttl", ttl));
    }
}

#[test]
fn an_expiration_counts_on_the_servers_clock() {
    let mut reply = with("/lease_duration", json!(0));
    reply["data"]["ttl"] = Value::Null;
    reply["data"]["expiration"] = json!("1970-01-12T13:47:40Z");
    assert_eq!(lasts(&reply), 60);
    reply["data"]["expiration"] = json!("1970-01-12T13:46:40Z");
    refused(&reply);
}

#[test]
fn a_cached_reply_lasts_less_by_its_age() {
    let mut headers = HeaderMap::new();
    headers.insert("x-cache", "HIT".parse().unwrap());
    headers.insert("age", "99".parse().unwrap());
    let body = reply().to_string();
    let issued = issued_at(body.as_bytes(), &headers, IssuePath::Creds).unwrap();
    assert_eq!(issued.lifetime, Some(Duration::from_secs(800)));
    headers.insert("age", "899".parse().unwrap());
    assert!(issued_at(body.as_bytes(), &headers, IssuePath::Creds).is_err());
}

#[test]
fn keys_that_could_not_be_keys_are_refused_and_their_lease_is_named() {
    let keys = ["", "ASIA", "asiaiosfodnn7example", "ASIAIOSFODNN7EXAM\u{1b}[", "ASIAIOSFODNN7EXAMPL\n"];
    for key in keys {
        assert!(refused(&with("/data/access_key", json!(key))).revoke.is_some(), "{key:?}");
    }
    refused(&with("/data/access_key", json!("A".repeat(129))));
    refused(&with("/data/access_key", Value::Null));
    refused(&with("/data/access_key", json!({"s3cret": 1})));
    refused(&with("/data/secret_key", json!("s3cret\u{7}")));
    refused(&with("/data/secret_key", json!("")));
    refused(&with("/data/session_token", json!("s3cret\r\nX: y")));
    refused(&with("/data", Value::Null));
}

#[test]
fn somebody_elses_reply_is_refused_and_its_lease_left_alone() {
    for id in [
        "aws/creds/other/x",
        "aws/sts/orders/x",
        "aws/creds/orders",
        "aws/creds/orders/",
        "aws/creds/orders/a\nb",
        "aws/creds/ordersx/y",
    ] {
        assert_eq!(refused(&with("/lease_id", json!(id))).revoke, None, "{id}");
    }
}

#[test]
fn an_auth_block_is_refused() {
    let mut reply = reply();
    reply["auth"] = json!({"client_token": "hvs.s3cret"});
    refused(&reply);
}

fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let edits = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..8);
    edits.prop_map(|edits| {
        let mut bytes = reply().to_string().into_bytes();
        for (place, byte, edit) in edits {
            let at = place.index(bytes.len());
            match edit {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.drain(at..(at + usize::from(byte % 8)).min(bytes.len()))),
            }
        }
        bytes
    })
}

fn never_nonsense(body: &[u8]) -> Result<(), TestCaseError> {
    for path in [IssuePath::Creds, IssuePath::Sts] {
        if let Ok(issued) = issued_at(body, &HeaderMap::new(), path) {
            prop_assert!(is_access_key(&issued.access_key));
            prop_assert!(is_plain(&issued.secret_key));
            prop_assert!(issued.lifetime != Some(Duration::ZERO));
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_bytes_are_judged_without_panic(body in proptest::collection::vec(any::<u8>(), 0..300)) {
        never_nonsense(&body)?;
    }

    #[test]
    fn a_damaged_reply_is_refused_or_still_sound(body in mutated()) {
        never_nonsense(&body)?;
    }

    #[test]
    fn any_lifetime_is_judged_without_panic(lease in any::<f64>(), ttl in any::<i64>(), age in any::<u64>()) {
        let mut headers = HeaderMap::new();
        headers.insert("age", age.into());
        let mut reply = with("/data/ttl", json!(ttl));
        reply["lease_duration"] = json!(lease);
        let _ = issued_at(reply.to_string().as_bytes(), &headers, IssuePath::Creds);
    }
}
