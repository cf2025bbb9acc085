//! Certificates and proxy, from settings to connections.

use std::path::Path;

use crate::config::{Config, ConfigKey};
use crate::context::{Context, HttpOptions, TlsOptions};
use crate::error::{Error, ErrorKind, Result};
use crate::secret::SecretBytes;

const PEM_CAP: u64 = 1024 * 1024;

pub(super) fn http_options(context: &Context, config: &Config) -> Result<HttpOptions> {
    let ca = pem(context, config, ConfigKey::CaCertBytes, ConfigKey::CaCert)?;
    if ca.is_none() && config.text(ConfigKey::CaPath).is_some() {
        let error =
            Error::new(ErrorKind::InvalidSetting, "VAULT_CAPATH is set, and directories are not read");
        return Err(error.with_hint("Put the certificates into one PEM file and set VAULT_CACERT"));
    }
    let skip_verify = config.boolean(ConfigKey::SkipVerify)?;
    if skip_verify {
        tracing::warn!(target: "leasekey", "VAULT_SKIP_VERIFY is on: anybody on the way can answer as Vault");
    }
    let tls = TlsOptions { ca: ca.into_iter().collect(), identity: identity(context, config)?, skip_verify };
    // Whether TLS is used at all is told by the addresses, which the client knows.
    Ok(HttpOptions { tls, proxy: config.proxy()?, uses_tls: true })
}

fn identity(context: &Context, config: &Config) -> Result<Option<SecretBytes>> {
    let certificate = pem(context, config, ConfigKey::ClientCertBytes, ConfigKey::ClientCert)?;
    let key = pem(context, config, ConfigKey::ClientKeyBytes, ConfigKey::ClientKey)?;
    match (certificate, key) {
        (Some(certificate), Some(key)) => {
            Ok(Some([certificate.expose(), b"\n", key.expose()].concat().into()))
        }
        (None, None) => Ok(None),
        (Some(_), None) => Err(half("a client certificate is set, but VAULT_CLIENT_KEY is not")),
        (None, Some(_)) => Err(half("a client key is set, but VAULT_CLIENT_CERT is not")),
    }
}

fn half(what: &str) -> Error {
    Error::new(ErrorKind::InvalidSetting, what).with_hint("Set both or neither")
}

fn pem(context: &Context, config: &Config, bytes: ConfigKey, file: ConfigKey) -> Result<Option<SecretBytes>> {
    if let Some(text) = config.secret(bytes) {
        return Ok(Some(text.expose().as_bytes().to_vec().into()));
    }
    let Some(path) = config.text(file) else { return Ok(None) };
    let name = config.place(file);
    let unusable = |why: &str| {
        let what = format!("{name} names {}, which {why}", crate::error::printable(path));
        Error::new(ErrorKind::InvalidSetting, what).with_hint("Name a readable PEM file")
    };
    let read = context
        .files
        .read(Path::new(path), PEM_CAP)
        .map_err(|error| unusable("cannot be read").with_source(error))?;
    read.content.map(Some).ok_or_else(|| unusable("is no regular file of at most 1 MiB"))
}
