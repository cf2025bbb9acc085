//! Who sends to which node, under which name.

use std::sync::Arc;

use url::{Host, Url};

use crate::context::{Context, HttpOptions, HttpSend, NamedServer};
use crate::error::{Error, ErrorKind, Result, printable};

/// One sender for all nodes; one for each where certificates have another name than the addresses, because
/// connections are kept by name.
pub(super) fn senders(
    context: &Context,
    addresses: &[Url],
    http: &HttpOptions,
    name: Option<&str>,
) -> Result<Vec<Arc<dyn HttpSend>>> {
    let open = |named| context.http.open(&HttpOptions { named, ..http.clone() });
    let hosts = || addresses.iter().map(|address| address.host_str().unwrap_or_default());
    match name {
        Some(name) if http.uses_tls && hosts().any(|host| host != name) => {
            let name = server_name(name, http)?;
            hosts().map(|host| open((host != name).then(|| named(&name, host)))).collect()
        }
        _ => Ok(vec![open(None)?]),
    }
}

fn named(name: &str, host: &str) -> NamedServer {
    // An IPv6 address has brackets in an address only.
    NamedServer { name: name.into(), host: host.trim_matches(['[', ']']).into() }
}

fn server_name(name: &str, http: &HttpOptions) -> Result<String> {
    if http.proxy.is_some() {
        let what = "VAULT_TLS_SERVER_NAME is set, and so is a proxy, which would be asked for that name";
        return Err(Error::new(ErrorKind::InvalidSetting, what).with_hint("Unset one of them"));
    }
    match Host::parse(name) {
        Ok(Host::Domain(name)) => Ok(name),
        _ => {
            let what = format!("VAULT_TLS_SERVER_NAME is \"{}\", which is no DNS name", printable(name));
            let hint = "Write a name that Vault's certificate has, such as vault.example";
            Err(Error::new(ErrorKind::InvalidSetting, what).with_hint(hint))
        }
    }
}
