//! Addresses: where the login and the credentials may be sent.

use url::{Host, Url};

use super::{Config, ConfigKey, Form};
use crate::error::{Error, ErrorKind, Result, printable};

impl Config {
    /// The nodes of Vault or OpenBao, at least one.
    ///
    /// # Errors
    /// `LK-0101` when there is none. `LK-0116` when one cannot be read, has credentials, a query or a
    /// fragment, or is plain http to another host than this one without `allow_http`.
    pub fn addresses(&self) -> Result<Vec<Url>> {
        let key = ConfigKey::Address;
        let Some(value) = self.0.get(&key) else { return Err(no_address()) };
        let nodes: Vec<_> = value
            .text
            .expose()
            .split(',')
            .map(|node| node.trim_matches(' '))
            .filter(|node| !node.is_empty())
            .collect();
        let place = |number: usize| match nodes.len() {
            1 => value.origin.place(key),
            count => format!("address {number} of {count} in {}", value.origin.place(key)),
        };
        let servers = (1..).zip(&nodes).map(|(number, node)| self.server(key, &place(number), node));
        let nodes = servers.collect::<Result<Vec<_>>>()?;
        if nodes.is_empty() { Err(value.not_allowed(key, Form::Address.allowed())) } else { Ok(nodes) }
    }

    /// Another endpoint for AWS STS.
    ///
    /// # Errors
    /// `LK-0116` as for [`addresses`](Self::addresses).
    pub fn sts_endpoint(&self) -> Result<Option<Url>> {
        let key = ConfigKey::StsEndpoint;
        let Some(value) = self.0.get(&key) else { return Ok(None) };
        self.server(key, &value.origin.place(key), value.text.expose()).map(Some)
    }

    /// The proxy for requests to Vault. It may have credentials.
    ///
    /// # Errors
    /// `LK-0116` when it cannot be read or is not of http or https.
    pub fn proxy(&self) -> Result<Option<Url>> {
        let key = ConfigKey::Proxy;
        let Some(value) = self.0.get(&key) else { return Ok(None) };
        parse(key, &value.origin.place(key), value.text.expose()).map(Some)
    }

    fn server(&self, key: ConfigKey, place: &str, text: &str) -> Result<Url> {
        let url = parse(key, place, text)?;
        // None of these may be quoted: each may hold a secret.
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused(format!("{place} has a user name or password in it"), "Take them out of it"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refused(format!("{place} has a query or a fragment"), "Take it out"));
        }
        if url.scheme() == "http" && !is_loopback(&url) && !self.boolean(ConfigKey::AllowHttp)? {
            let what = format!("{place} is {}: plain http is for this host only", printable(url.as_str()));
            let hint = "Use https; where the network itself is encrypted, set LEASEKEY_ALLOW_HTTP=true";
            return Err(refused(what, hint));
        }
        Ok(url)
    }
}

fn parse(key: ConfigKey, place: &str, text: &str) -> Result<Url> {
    // Url::parse would drop them in silence, and with them the sign of a broken variable.
    if text.contains(|c: char| c.is_control() || c.is_whitespace()) {
        return Err(refused(format!("{place} has a space or a control character in it"), "Remove it"));
    }
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.ok_or_else(|| match text.contains(['@', '?']) || key.is_secret() {
        true => refused(format!("{place} cannot be read"), HINT),
        false => refused(format!("{place} is \"{}\"", printable(text)), HINT),
    })
}

const HINT: &str = "Write it as https://host:port";

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn no_address() -> Error {
    Error::new(ErrorKind::NotConfigured, "No Vault address").with_hint(
        "Set VAULT_ADDR (or BAO_ADDR), or pass address=. Looked in: builder, BAO_ADDR, VAULT_ADDR, \
         the file of LEASEKEY_CONFIG, ~/.config/leasekey/leasekey.toml, /etc/leasekey/leasekey.toml",
    )
}

fn refused(what: String, hint: &str) -> Error {
    Error::new(ErrorKind::InvalidSetting, what).with_hint(hint)
}

#[cfg(test)]
mod tests {
    use super::super::tests::World;
    use super::*;

    fn addresses(vars: &[(&str, &str)]) -> Result<Vec<String>> {
        let urls = World::with(vars).load().and_then(|config| config.addresses())?;
        Ok(urls.into_iter().map(String::from).collect())
    }

    fn told(address: &str) -> String {
        addresses(&[("VAULT_ADDR", address)]).unwrap_err().to_string()
    }

    #[test]
    fn no_address_is_told_with_where_it_was_looked_for() {
        let error = addresses(&[]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotConfigured);
        assert_eq!(
            error.to_string(),
            "LK-0101: No Vault address. Set VAULT_ADDR (or BAO_ADDR), or pass address=. Looked in: builder, \
             BAO_ADDR, VAULT_ADDR, the file of LEASEKEY_CONFIG, ~/.config/leasekey/leasekey.toml, \
             /etc/leasekey/leasekey.toml"
        );
    }

    #[test]
    fn several_nodes_win_over_the_agent_over_the_one_address() {
        let vars = [
            ("LEASEKEY_ADDRS", "https://a:8200, https://b:8200,"),
            ("VAULT_AGENT_ADDR", "http://127.0.0.1:8100"),
            ("VAULT_ADDR", "https://v:8200"),
        ];
        assert_eq!(addresses(&vars).unwrap(), ["https://a:8200/", "https://b:8200/"]);
        assert_eq!(addresses(&vars[1..]).unwrap(), ["http://127.0.0.1:8100/"]);
        assert_eq!(addresses(&vars[2..]).unwrap(), ["https://v:8200/"]);
    }

    #[test]
    fn plain_http_is_for_loopback_unless_allowed_by_name() {
        for near in
            ["http://127.0.0.1:8200", "http://127.9.9.9", "http://[::1]:8200", "http://localhost:8200"]
        {
            assert!(addresses(&[("VAULT_ADDR", near)]).is_ok(), "{near}");
        }
        for far in ["http://10.0.0.5", "http://localhost.evil.example", "http://0.0.0.0", "http://[::2]"] {
            assert!(told(far).contains("plain http is for this host only"), "{far}");
            assert!(addresses(&[("VAULT_ADDR", far), ("LEASEKEY_ALLOW_HTTP", "true")]).is_ok(), "{far}");
        }
        assert_eq!(
            told("http://vault.corp:8200"),
            "LK-0116: VAULT_ADDR is http://vault.corp:8200/: plain http is for this host only. Use https; \
             where the network itself is encrypted, set LEASEKEY_ALLOW_HTTP=true"
        );
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for wrong in ["vault:8200", "vault.corp", "https://", "unix:///run/agent.sock", "ftp://v", "//v", ","]
        {
            let said = told(wrong);
            assert!(said.starts_with(&format!("LK-0116: VAULT_ADDR is \"{wrong}\".")), "{said}");
        }
        for wrong in ["https://v:8200\n", "https://v\r\nx: y", "https://v v"] {
            assert!(told(wrong).contains("a space or a control character"), "{wrong:?}");
        }
    }

    #[test]
    fn a_bad_address_in_a_list_is_told_by_its_place() {
        let told = |list| addresses(&[("LEASEKEY_ADDRS", list)]).unwrap_err().to_string();
        assert_eq!(
            told("https://a:8200,b:8200,https://c:8200"),
            "LK-0116: address 2 of 3 in LEASEKEY_ADDRS is \"b:8200\". Write it as https://host:port"
        );
        assert!(
            told("https://a,http://b")
                .starts_with("LK-0116: address 2 of 2 in LEASEKEY_ADDRS is http://b/: plain")
        );
        assert!(
            told("https://a,https://u:canary@b").contains("address 2 of 2 in LEASEKEY_ADDRS has a user name")
        );
    }

    #[test]
    fn credentials_and_queries_in_an_address_are_refused_and_never_echoed() {
        for wrong in
            ["https://u:canary@v", "https://canary@v", "https://v?t=canary", "https://v#canary", "x:canary@"]
        {
            let said = told(wrong);
            assert!(said.starts_with("LK-0116") && !said.contains("canary"), "{said}");
        }
    }

    #[test]
    fn a_proxy_may_have_credentials_and_they_are_never_echoed() {
        let proxy = |text| World::with(&[("VAULT_HTTP_PROXY", text)]).load().unwrap().proxy();
        assert_eq!(proxy("http://u:canary@proxy:3128").unwrap().unwrap().host_str(), Some("proxy"));
        assert!(!proxy("socks5://u:canary@proxy").unwrap_err().to_string().contains("canary"));
        let both = [("VAULT_HTTP_PROXY", "http://one"), ("VAULT_PROXY_ADDR", "http://two")];
        let config = World::with(&both).load().unwrap();
        assert_eq!(config.proxy().unwrap().unwrap().host_str(), Some("two"));
    }

    #[test]
    fn the_sts_endpoint_keeps_the_rules_of_addresses() {
        let endpoint = |text| World::with(&[("AWS_ENDPOINT_URL", text)]).load().unwrap().sts_endpoint();
        assert_eq!(endpoint("http://127.0.0.1:4566").unwrap().unwrap().port(), Some(4566));
        assert!(endpoint("http://emulator:4566").is_err());
    }
}
