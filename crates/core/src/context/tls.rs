//! TLS: whom to trust, what to show, and why it failed.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::time::{Duration, SystemTime};

use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, PeerIncompatible};

use crate::error::printable;
use crate::secret::SecretBytes;

/// How servers are verified, and what is shown to them.
#[derive(Clone, Debug, Default)]
pub struct TlsOptions {
    /// Certificates that replace the platform's roots.
    pub ca: Vec<Pem>,
    /// What is shown to a server that asks.
    pub identity: Option<ClientIdentity>,
    /// Servers are not verified at all.
    pub skip_verify: bool,
}

/// PEM, and the setting or file it came from, as messages name it.
#[derive(Clone, Debug)]
pub struct Pem {
    /// The text.
    pub text: SecretBytes,
    /// `VAULT_CACERT_BYTES`, `/etc/vault/ca.pem`.
    pub place: String,
}

/// A certificate chain and its private key.
#[derive(Clone, Debug)]
pub struct ClientIdentity {
    /// The chain, the client's own certificate first.
    pub certificate: Pem,
    /// The key of the first certificate.
    pub key: Pem,
}

/// A server that goes by another name in TLS than in its address.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NamedServer {
    /// The name that it is asked for and that its certificate must have.
    pub name: String,
    /// The host of its address, which is what is connected to.
    pub host: String,
}

/// Why TLS failed: nothing that a server could act on was sent.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum TlsFault {
    /// The server's certificate has expired; since when, if that is known.
    Expired(Option<SystemTime>),
    /// The server's certificate is not valid yet; from when on, if that is known.
    NotYetValid(Option<SystemTime>),
    /// The server does not speak TLS.
    NoTls,
    /// The server speaks TLS and was asked without.
    OnlyTls,
    /// Anything else, in the transport's words.
    Other(String),
    /// The server refused the certificate that it was shown, or wants one; its alert.
    Refused(String),
    /// The server's certificate is signed by a CA that is not trusted, or by itself.
    UnknownIssuer,
    /// The server speaks none of TLS 1.2 and 1.3.
    Version,
    /// The server's certificate is for other names.
    WrongName {
        /// The name that it was asked for.
        asked: String,
        /// The names that it has.
        has: Vec<String>,
    },
}

impl fmt::Display for TlsFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Other(why) => f.write_str(why),
            fault => write!(f, "{fault:?}"),
        }
    }
}

impl TlsFault {
    /// What failed, if TLS is somewhere in the causes of `error`.
    pub(super) fn among(error: &(dyn StdError + 'static)) -> Option<Self> {
        let mut cause = Some(error);
        while let Some(error) = cause {
            if let Some(tls) = tls_error(error) {
                return Some(Self::of(tls));
            }
            cause = error.source();
        }
        None
    }

    fn of(error: &rustls::Error) -> Self {
        match error {
            rustls::Error::InvalidCertificate(why) => Self::of_certificate(why),
            // Bytes that are no TLS record, such as a plain HTTP reply.
            rustls::Error::InvalidMessage(_) => Self::NoTls,
            rustls::Error::PeerIncompatible(
                PeerIncompatible::ServerDoesNotSupportTls12Or13
                | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
            )
            | rustls::Error::AlertReceived(AlertDescription::ProtocolVersion) => Self::Version,
            rustls::Error::AlertReceived(alert) if is_about_client(*alert) => {
                Self::Refused(format!("{alert:?}"))
            }
            other => Self::Other(printable(&other.to_string())),
        }
    }

    fn of_certificate(why: &CertificateError) -> Self {
        match why {
            CertificateError::Expired => Self::Expired(None),
            CertificateError::ExpiredContext { not_after, .. } => Self::Expired(wall(*not_after)),
            CertificateError::NotValidYet => Self::NotYetValid(None),
            CertificateError::NotValidYetContext { not_before, .. } => Self::NotYetValid(wall(*not_before)),
            // The latter is a CA of the same name as one that is trusted.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => Self::UnknownIssuer,
            CertificateError::NotValidForNameContext { expected, presented } => Self::WrongName {
                asked: expected.to_str().into_owned(),
                has: presented.iter().map(|name| bare(name)).collect(),
            },
            other => Self::Other(printable(&rustls::Error::from(other.clone()).to_string())),
        }
    }
}

// It comes inside errors of input and output, whose source is not what is in them but its source.
fn tls_error<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a rustls::Error> {
    let inside = || tls_error(error.downcast_ref::<io::Error>()?.get_ref()?);
    error.downcast_ref().or_else(inside)
}

fn is_about_client(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::AccessDenied
            | AlertDescription::BadCertificate
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateRequired
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateUnknown
            | AlertDescription::DecryptError
            | AlertDescription::UnknownCA
            | AlertDescription::UnsupportedCertificate
    )
}

fn wall(at: UnixTime) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(at.as_secs()))
}

/// `vault` of `DnsName("vault")`.
fn bare(name: &str) -> String {
    let inner = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or(name);
    printable(inner.trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::ServerName;

    use super::*;

    fn read(error: rustls::Error) -> Option<TlsFault> {
        TlsFault::among(&io::Error::other(io::Error::other(error)))
    }

    #[test]
    fn a_fault_is_found_inside_errors_of_input_and_output() {
        let unknown = rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
        assert_eq!(read(unknown), Some(TlsFault::UnknownIssuer));
        assert_eq!(TlsFault::among(&io::Error::other("reset")), None);
    }

    #[test]
    fn a_certificate_of_other_names_names_them() {
        let names = CertificateError::NotValidForNameContext {
            expected: ServerName::try_from("vault").unwrap(),
            presented: vec!["DnsName(\"a.example\")".into(), "IpAddress(127.0.0.1)".into()],
        };
        let has = vec!["a.example".into(), "127.0.0.1".into()];
        assert_eq!(read(names.into()), Some(TlsFault::WrongName { asked: "vault".into(), has }));
    }

    #[test]
    fn an_alert_about_the_client_is_told_from_one_about_the_version() {
        let alert = |alert| read(rustls::Error::AlertReceived(alert));
        assert_eq!(alert(AlertDescription::ProtocolVersion), Some(TlsFault::Version));
        let required = TlsFault::Refused("CertificateRequired".into());
        assert_eq!(alert(AlertDescription::CertificateRequired), Some(required));
        assert!(matches!(alert(AlertDescription::HandshakeFailure), Some(TlsFault::Other(_))));
    }
}
