//! Certificates and proxy, from settings to connections.

use std::path::Path;

use crate::config::{Config, ConfigKey};
use crate::context::{ClientIdentity, Context, HttpOptions, Pem, TlsOptions};
use crate::error::{Error, ErrorKind, Result, printable};

const PEM_CAP: u64 = 1024 * 1024;

pub(super) fn http_options(context: &Context, config: &Config) -> Result<HttpOptions> {
    let skip_verify = config.boolean(ConfigKey::SkipVerify)?;
    if skip_verify {
        tracing::warn!(target: "leasekey", "VAULT_SKIP_VERIFY is on: anybody on the way can answer as Vault");
    }
    let tls = TlsOptions { ca: ca(context, config)?, identity: identity(context, config)?, skip_verify };
    // Whether TLS is used at all, and for which names, is told by the addresses, which the client knows.
    Ok(HttpOptions { tls, proxy: config.proxy()?, uses_tls: true, named: None })
}

fn ca(context: &Context, config: &Config) -> Result<Vec<Pem>> {
    if let Some(pem) = pem(context, config, ConfigKey::CaCertBytes, ConfigKey::CaCert)? {
        return Ok(vec![pem]);
    }
    match config.text(ConfigKey::CaPath) {
        Some(path) => directory(context, &config.place(ConfigKey::CaPath), Path::new(path)),
        None => Ok(Vec::new()),
    }
}

/// Every file of the directory. Directories in it are passed over: Kubernetes mounts files beside theirs.
fn directory(context: &Context, place: &str, path: &Path) -> Result<Vec<Pem>> {
    let unusable = |why: &str| unusable(place, path, why, "Name a directory of PEM files");
    let mut paths =
        context.files.list(path).map_err(|error| unusable("cannot be listed").with_source(error))?;
    paths.sort();
    let mut all = Vec::new();
    for path in paths {
        let place = printable(&path.display().to_string());
        let read = context.files.read(&path, PEM_CAP).map_err(|error| {
            unusable(&format!("has a file that cannot be read: {place}")).with_source(error)
        })?;
        match read.content {
            Some(text) => all.push(Pem { text, place }),
            None if read.regular => {
                return Err(unusable(&format!("has a file of more than 1 MiB: {place}")));
            }
            None => {}
        }
    }
    if all.is_empty() { Err(unusable("has no file in it")) } else { Ok(all) }
}

fn identity(context: &Context, config: &Config) -> Result<Option<ClientIdentity>> {
    let certificate = pem(context, config, ConfigKey::ClientCertBytes, ConfigKey::ClientCert)?;
    let key = pem(context, config, ConfigKey::ClientKeyBytes, ConfigKey::ClientKey)?;
    match (certificate, key) {
        (Some(certificate), Some(key)) => Ok(Some(ClientIdentity { certificate, key })),
        (None, None) => Ok(None),
        (Some(_), None) => Err(half("a client certificate is set, but VAULT_CLIENT_KEY is not")),
        (None, Some(_)) => Err(half("a client key is set, but VAULT_CLIENT_CERT is not")),
    }
}

fn half(what: &str) -> Error {
    Error::new(ErrorKind::InvalidSetting, what).with_hint("Set both or neither")
}

fn pem(context: &Context, config: &Config, bytes: ConfigKey, file: ConfigKey) -> Result<Option<Pem>> {
    if let Some(text) = config.secret(bytes) {
        let text = text.expose().as_bytes().to_vec().into();
        return Ok(Some(Pem { text, place: config.place(bytes) }));
    }
    let Some(path) = config.text(file) else { return Ok(None) };
    let (name, path) = (config.place(file), Path::new(path));
    let unusable = |why: &str| unusable(&name, path, why, "Name a readable PEM file");
    let read =
        context.files.read(path, PEM_CAP).map_err(|error| unusable("cannot be read").with_source(error))?;
    let text = read.content.ok_or_else(|| unusable("is no regular file of at most 1 MiB"))?;
    let place = format!("{name} ({})", printable(&path.display().to_string()));
    Ok(Some(Pem { text, place }))
}

fn unusable(name: &str, path: &Path, why: &str, hint: &'static str) -> Error {
    let what = format!("{name} names {}, which {why}", printable(&path.display().to_string()));
    Error::new(ErrorKind::InvalidSetting, what).with_hint(hint)
}
