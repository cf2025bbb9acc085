//! Faults of the way to Vault and of replies that cannot be used.

use std::time::SystemTime;

use super::{Class, Error, ErrorKind, Fault};
use crate::context::{HttpFault, TlsFault};
use crate::error::printable;
use crate::event::rfc3339;

/// The fault that a missing reply is.
pub(in crate::vault) fn no_reply(fault: HttpFault, origin: &str) -> Fault {
    let down = |what: String| Fault::new(Class::Node, Error::new(ErrorKind::VaultUnavailable, what));
    match fault {
        HttpFault::Connect(why) => down(format!("Vault at {origin} cannot be reached: {}", printable(&why))),
        HttpFault::Timeout => down(format!("Vault at {origin} did not answer in time")).acted(),
        HttpFault::Cut(why) => {
            down(format!("Vault at {origin} broke off its reply: {}", printable(&why))).acted()
        }
        HttpFault::Tls(why) => tls(&why, origin),
        HttpFault::TooLarge => unusable(origin, "is larger than 1 MiB", None),
    }
}

/// TLS that failed: told for a person, who alone can mend it; never gone around.
pub(in crate::vault) fn tls(why: &TlsFault, origin: &str) -> Fault {
    let (what, hint) = match why {
        TlsFault::UnknownIssuer => (
            format!("the certificate of {origin} is signed by a CA that is not trusted, or by itself"),
            ErrorKind::Tls.hint(),
        ),
        TlsFault::WrongName { asked, has } => (
            format!("the certificate of {origin} is not for {} but for {}", printable(asked), names(has)),
            "Correct the address, or set VAULT_TLS_SERVER_NAME to a name that the certificate has",
        ),
        TlsFault::Expired(since) => (
            format!("the certificate of {origin} has expired{}", at(" on ", *since)),
            "Renew Vault's certificate; if it is valid, correct this host's clock (NTP)",
        ),
        TlsFault::NotYetValid(from) => (
            format!("the certificate of {origin} is not valid yet{}", at(", only from ", *from)),
            "Correct this host's clock (NTP), or Vault's certificate",
        ),
        TlsFault::NoTls => (
            format!("{origin} does not speak TLS, perhaps plain http"),
            "Correct scheme and port of the address; http is for loopback only",
        ),
        TlsFault::OnlyTls => (
            format!("{origin} was asked in plain http and seems to speak TLS"),
            "Write the address with https://",
        ),
        TlsFault::Version => (
            format!("{origin} speaks neither TLS 1.2 nor TLS 1.3; older versions are not safe"),
            "Set tls_min_version of Vault's listener to tls12, or correct the address",
        ),
        TlsFault::Refused(alert) => (
            format!("{origin} wants another certificate of this client ({})", printable(alert)),
            "Set VAULT_CLIENT_CERT and VAULT_CLIENT_KEY to a pair that a CA of Vault's listener signed",
        ),
        other => {
            (format!("TLS to {origin} failed: {}", printable(&other.to_string())), ErrorKind::Tls.hint())
        }
    };
    Fault::new(Class::Denied, Error::new(ErrorKind::Tls, what).with_hint(hint))
}

fn at(words: &str, time: Option<SystemTime>) -> String {
    time.map_or_else(String::new, |time| format!("{words}{}", rfc3339(time)))
}

fn names(all: &[String]) -> String {
    const MOST: usize = 5;
    let some: Vec<String> = all.iter().take(MOST).map(|name| printable(name)).collect();
    let more = if all.len() > MOST { ", ..." } else { "" };
    if all.is_empty() { "no name at all".into() } else { format!("{}{more}", some.join(", ")) }
}

/// A 2xx reply that cannot be used: the server has acted.
pub(in crate::vault) fn unusable(origin: &str, why: &str, request_id: Option<&str>) -> Fault {
    let what = format!("the reply of Vault at {origin} {why}");
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

/// A redirect to a node that cannot be reached: there is no leader, or not there any more.
pub(in crate::vault) fn redirected_to_the_dead(from: &str, to: &str) -> Fault {
    let what = format!("{from} redirects to {to}, which cannot be reached");
    Fault::new(Class::NotReady, Error::new(ErrorKind::VaultUnavailable, what))
}

/// A redirect that is not followed although it stays inside: the second one, or redirects are off.
pub(in crate::vault) fn redirected_twice(from: &str, to: &str) -> Fault {
    let what = format!("{from} redirects to {to} instead of answering");
    Fault::new(Class::Node, Error::new(ErrorKind::VaultUnavailable, what))
}
