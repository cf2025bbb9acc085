//! Who sends to which node, under which name.

use std::sync::Arc;

use super::ClusterOptions;
use crate::context::{Context, HttpOptions, HttpSend, NamedServer};
use crate::error::{Error, ErrorKind, Result, printable};

/// One sender for all nodes; one for each where certificates have another name than the addresses, because
/// connections are kept by name.
pub(super) fn senders(
    context: &Context,
    options: &ClusterOptions,
    uses_tls: bool,
) -> Result<Vec<Arc<dyn HttpSend>>> {
    let open = |named| context.http.open(&HttpOptions { uses_tls, named, ..options.http.clone() });
    let hosts = || options.addresses.iter().map(|address| address.host_str().unwrap_or_default());
    match &options.server_name {
        Some(name) if uses_tls && hosts().any(|host| host != name) => {
            let name = server_name(name, options)?;
            hosts().map(|host| open((host != name).then(|| named(&name, host)))).collect()
        }
        _ => Ok(vec![open(None)?]),
    }
}

fn named(name: &str, host: &str) -> NamedServer {
    // An IPv6 address has brackets in an address only.
    NamedServer { name: name.into(), host: host.trim_matches(['[', ']']).into() }
}

fn server_name(name: &str, options: &ClusterOptions) -> Result<String> {
    if options.http.proxy.is_some() {
        let what = "VAULT_TLS_SERVER_NAME is set, and so is a proxy, which would be asked for that name";
        return Err(Error::new(ErrorKind::InvalidSetting, what).with_hint("Unset one of them"));
    }
    match url::Host::parse(name) {
        Ok(url::Host::Domain(name)) => Ok(name),
        _ => {
            let what = format!("VAULT_TLS_SERVER_NAME is \"{}\", which is no DNS name", printable(name));
            let hint = "Write a name that Vault's certificate has, such as vault.example";
            Err(Error::new(ErrorKind::InvalidSetting, what).with_hint(hint))
        }
    }
}
