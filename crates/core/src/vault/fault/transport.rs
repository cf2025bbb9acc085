//! Faults of the way to Vault and of replies that cannot be used.

use super::{Class, Error, ErrorKind, Fault};
use crate::context::HttpFault;
use crate::error::printable;

/// The fault that a missing reply is.
pub(in crate::vault) fn no_reply(fault: HttpFault, origin: &str) -> Fault {
    let down = |what: String| Fault::new(Class::Node, Error::new(ErrorKind::VaultUnavailable, what));
    match fault {
        HttpFault::Connect(why) => down(format!("Vault at {origin} cannot be reached: {}", printable(&why))),
        HttpFault::Timeout => down(format!("Vault at {origin} did not answer in time")).acted(),
        HttpFault::Cut(why) => {
            down(format!("Vault at {origin} broke off its reply: {}", printable(&why))).acted()
        }
        HttpFault::Tls(why) => Fault::new(Class::Denied, tls(&why, origin)),
        HttpFault::TooLarge => unusable(origin, "is larger than 1 MiB", None),
    }
}

fn tls(why: &str, origin: &str) -> Error {
    // What rustls makes of bytes that are no TLS record, such as a plain HTTP reply.
    if why.contains("corrupt message") {
        return Error::new(ErrorKind::Tls, format!("{origin} does not speak TLS, perhaps plain http"))
            .with_hint("Correct scheme and port of the address; http is for loopback only");
    }
    Error::new(ErrorKind::Tls, format!("TLS to {origin} failed: {}", printable(why)))
}

/// A 2xx reply that cannot be used: the server has acted.
pub(in crate::vault) fn unusable(origin: &str, why: &str, request_id: Option<&str>) -> Fault {
    let what = format!("the reply of Vault at {origin} {why}; the set in hand is kept");
    let error = Error::new(ErrorKind::UnusableReply, what);
    let error = match request_id {
        Some(id) => error.with_vault_request_id(id),
        None => error,
    };
    Fault::new(Class::Protocol, error).acted()
}

/// A redirect that leaves the configured origins.
pub(in crate::vault) fn redirected_away(from: &str, to: &str) -> Fault {
    let what = format!("{from} redirects to {to}, which is not configured; the token was not sent there");
    Fault::new(Class::Denied, Error::new(ErrorKind::RedirectRefused, what))
}

/// A redirect that is not followed although it stays inside: the second one, or redirects are off.
pub(in crate::vault) fn redirected_twice(from: &str, to: &str) -> Fault {
    let what = format!("{from} redirects to {to} instead of answering");
    Fault::new(Class::Node, Error::new(ErrorKind::VaultUnavailable, what))
}
