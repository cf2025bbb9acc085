//! The schema: one row per setting. Every language, the settings file and `docs/settings.md` read it.

use std::str::FromStr;

use crate::error::{Error, ErrorKind, Result, printable};

/// How the text of a setting is read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Form {
    /// An address, `https://vault:8200`.
    Address,
    /// One of Go's words for true and false, `1 t T TRUE true True 0 f F FALSE false False`.
    Boolean,
    /// A duration, `15m`, or whole seconds, `900`.
    Duration,
    /// A whole number from 0.
    Integer,
    /// Any text.
    Text,
}

impl Form {
    /// What is allowed, to follow "allowed is": `a duration such as 15m, or whole seconds such as 900`.
    pub fn allowed(self) -> &'static str {
        match self {
            Self::Address => "an address such as https://vault:8200",
            Self::Boolean => "one of 1 t T TRUE true True 0 f F FALSE false False",
            Self::Duration => "a duration such as 15m, or whole seconds such as 900",
            Self::Integer => "a whole number from 0",
            Self::Text => "any text",
        }
    }
}

struct Setting {
    keyword: &'static str,
    env_names: &'static [&'static str],
    form: Form,
    default: Option<&'static str>,
    words: &'static [&'static str],
    secret: bool,
    from_found_file: bool,
}

const fn setting(form: Form, keyword: &'static str, env_names: &'static [&'static str]) -> Setting {
    Setting { keyword, env_names, form, default: None, words: &[], secret: false, from_found_file: false }
}

const fn address(keyword: &'static str, env_names: &'static [&'static str]) -> Setting {
    setting(Form::Address, keyword, env_names)
}

const fn boolean(keyword: &'static str, env_names: &'static [&'static str]) -> Setting {
    setting(Form::Boolean, keyword, env_names).default("false")
}

const fn duration(keyword: &'static str, env_names: &'static [&'static str]) -> Setting {
    setting(Form::Duration, keyword, env_names)
}

const fn integer(keyword: &'static str, env_names: &'static [&'static str]) -> Setting {
    setting(Form::Integer, keyword, env_names)
}

const fn text(keyword: &'static str, env_names: &'static [&'static str]) -> Setting {
    setting(Form::Text, keyword, env_names)
}

impl Setting {
    const fn default(mut self, text: &'static str) -> Self {
        self.default = Some(text);
        self
    }

    const fn words(mut self, words: &'static [&'static str]) -> Self {
        self.words = words;
        self
    }

    const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    const fn found(mut self) -> Self {
        self.from_found_file = true;
        self
    }
}

// Vault's spelling, and with hyphens.
const KINDS: &[&str] = &[
    "assumed_role",
    "federation_token",
    "iam_user",
    "session_token",
    "static",
    "assumed-role",
    "federation-token",
    "iam-user",
    "session-token",
];

macro_rules! config_keys {
    ($(#[doc = $doc:literal] $name:ident = $setting:expr;)+) => {
        /// A setting of Leasekey.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[non_exhaustive]
        pub enum ConfigKey { $(#[doc = $doc] $name,)+ }

        impl ConfigKey {
            /// Every setting, in the order of `docs/settings.md`.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// What the setting does, in one sentence.
            pub fn doc(self) -> &'static str {
                match self { $(Self::$name => $doc),+ }.trim()
            }

            fn setting(self) -> &'static Setting {
                match self { $(Self::$name => const { &$setting }),+ }
            }
        }
    };
}

config_keys! {
    /// Where Vault or OpenBao answers; the nodes of one cluster are separated by commas.
    Address = address(
        "address",
        &["LEASEKEY_ADDRS", "BAO_AGENT_ADDR", "VAULT_AGENT_ADDR", "BAO_ADDR", "VAULT_ADDR"],
    );
    /// Allow plain http to hosts other than this one: whoever is on the way can read the credentials.
    AllowHttp = boolean("allow_http", &["LEASEKEY_ALLOW_HTTP"]);
    /// The namespace of Vault or OpenBao.
    Namespace = text("namespace", &["BAO_NAMESPACE", "VAULT_NAMESPACE"]);
    /// The role of the AWS secrets engine that credentials are leased from.
    Role = text("role", &["LEASEKEY_ROLE"]).found();
    /// The mount of the AWS secrets engine.
    Mount = text("mount", &["LEASEKEY_MOUNT"]).default("aws").found();
    /// The kind of credentials that the role must give; another kind is refused, and unset it is learnt.
    Kind = text("kind", &["LEASEKEY_KIND"]).words(KINDS).found();
    /// How long each lease is asked to live; unset, the role decides.
    Ttl = duration("ttl", &["LEASEKEY_TTL"]).found();
    /// The AWS role to assume, where Vault's role allows several.
    RoleArn = text("role_arn", &["LEASEKEY_ROLE_ARN"]);
    /// The AWS session name; unset, Vault's own, which carries who logged in.
    SessionName = text("session_name", &["LEASEKEY_SESSION_NAME"]);
    /// The longest life that the key of an IAM user may have; one that Vault leases for longer is given back.
    MaxLease = duration("max_lease", &["LEASEKEY_MAX_LEASE"]).default("12h");
    /// The age from which the key of an IAM user is replaced, not renewed.
    MaxAge = duration("max_age", &["LEASEKEY_MAX_AGE"]).default("24h");
    /// How to log in, `approle` or `token`; unset, the first that is configured.
    Auth = text("auth", &["LEASEKEY_AUTH"]).words(&["approle", "token"]);
    /// The mount of the auth method; unset, the method's own name.
    AuthMount = text("auth_mount", &["LEASEKEY_AUTH_MOUNT"]);
    /// The role id of the AppRole login.
    RoleId = text("role_id", &["LEASEKEY_ROLE_ID"]);
    /// The secret id of the AppRole login.
    SecretId = text("secret_id", &["LEASEKEY_SECRET_ID"]).secret();
    /// A file with the secret id, read at every login.
    SecretIdFile = text("secret_id_file", &["LEASEKEY_SECRET_ID_FILE"]);
    /// The secret id given is a response-wrapping token that holds the real one.
    SecretIdWrapped = boolean("secret_id_wrapped", &["LEASEKEY_SECRET_ID_WRAPPED"]);
    /// The Vault token.
    Token = text("token", &["BAO_TOKEN", "VAULT_TOKEN"]).secret();
    /// The file with the Vault token.
    TokenPath = text("token_path", &["BAO_TOKEN_PATH", "VAULT_TOKEN_PATH"]).default("~/.vault-token");
    /// Allow a token with the root policy, which nothing bounds.
    AllowRootToken = boolean("allow_root_token", &["LEASEKEY_ALLOW_ROOT_TOKEN"]);
    /// The second factor of a login, `method[:code]`.
    Mfa = text("mfa", &["BAO_MFA", "VAULT_MFA"]).secret();
    /// A PEM file of the CAs that Vault's certificate is verified against, instead of the platform's.
    CaCert = text("ca_cert", &["BAO_CACERT", "VAULT_CACERT"]);
    /// The same CAs as text; wins over the file.
    CaCertBytes = text("ca_cert_bytes", &["BAO_CACERT_BYTES", "VAULT_CACERT_BYTES"]);
    /// A directory whose files are PEM files of CAs; read where neither of the two above is set.
    CaPath = text("ca_path", &["BAO_CAPATH", "VAULT_CAPATH"]);
    /// A PEM file of the certificate that is shown to Vault.
    ClientCert = text("client_cert", &["BAO_CLIENT_CERT", "VAULT_CLIENT_CERT"]);
    /// The same certificate as text; wins over the file.
    ClientCertBytes = text("client_cert_bytes", &["BAO_CLIENT_CERT_BYTES", "VAULT_CLIENT_CERT_BYTES"]);
    /// A PEM file of that certificate's private key.
    ClientKey = text("client_key", &["BAO_CLIENT_KEY", "VAULT_CLIENT_KEY"]);
    /// The same key as text; wins over the file.
    ClientKeyBytes = text("client_key_bytes", &["BAO_CLIENT_KEY_BYTES", "VAULT_CLIENT_KEY_BYTES"]).secret();
    /// The DNS name that Vault is asked for in TLS and that its certificate must have; unset, the address's host.
    TlsServerName = text("tls_server_name", &["BAO_TLS_SERVER_NAME", "VAULT_TLS_SERVER_NAME"]);
    /// Do not verify Vault's certificate: anybody can answer as Vault. Warns at every start and every login.
    SkipVerify = boolean("skip_verify", &["BAO_SKIP_VERIFY", "VAULT_SKIP_VERIFY"]);
    /// How long one attempt may take, from the first packet to the last byte, all nodes that it asks together.
    ClientTimeout = duration("client_timeout", &["BAO_CLIENT_TIMEOUT", "VAULT_CLIENT_TIMEOUT"]).default("10s");
    /// How many further nodes an attempt may ask after the first one fails.
    MaxRetries = integer("max_retries", &["BAO_MAX_RETRIES", "VAULT_MAX_RETRIES"]).default("2");
    /// How many requests a second may be sent, `rate[:burst]`.
    RateLimit = text("rate_limit", &["BAO_RATE_LIMIT", "VAULT_RATE_LIMIT"]);
    /// The proxy for requests to Vault; HTTP_PROXY and its like are never read.
    Proxy = address(
        "proxy",
        &["BAO_PROXY_ADDR", "VAULT_PROXY_ADDR", "BAO_HTTP_PROXY", "VAULT_HTTP_PROXY"],
    )
    .secret();
    /// Refuse redirects, those within the configured addresses too.
    DisableRedirects = boolean("disable_redirects", &["BAO_DISABLE_REDIRECTS", "VAULT_DISABLE_REDIRECTS"]);
    /// Find the nodes by SRV records: refused when on, because they are not read; list the nodes in `address`.
    SrvLookup = boolean("srv_lookup", &["BAO_SRV_LOOKUP", "VAULT_SRV_LOOKUP"]);
    /// Read and checked only: Leasekey has no reply wrapped.
    WrapTtl = duration("wrap_ttl", &["BAO_WRAP_TTL", "VAULT_WRAP_TTL"]);
    /// The AWS account that every set must belong to; AWS is asked before a set is served.
    ExpectedAccount = text("expected_account", &["LEASEKEY_EXPECTED_ACCOUNT"]);
    /// The AWS role that every set must belong to; AWS is asked before a set is served.
    ExpectedRoleArn = text("expected_role_arn", &["LEASEKEY_EXPECTED_ROLE_ARN"]);
    /// The AWS Region whose STS is asked.
    Region = text("region", &["AWS_REGION", "AWS_DEFAULT_REGION"]);
    /// Another endpoint for AWS STS.
    StsEndpoint = address("sts_endpoint", &["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"]);
    /// The settings file; unset, the files of their usual places are read.
    Config = text("config", &["LEASEKEY_CONFIG"]);
}

impl ConfigKey {
    /// The name in builders, keyword arguments and settings files, `role_arn`.
    pub fn keyword(self) -> &'static str {
        self.setting().keyword
    }

    /// The environment variables, the one that wins first.
    pub fn env_names(self) -> &'static [&'static str] {
        self.setting().env_names
    }

    /// How the text is read.
    pub fn form(self) -> Form {
        self.setting().form
    }

    /// The text that stands where nothing is set.
    pub fn default_text(self) -> Option<&'static str> {
        self.setting().default
    }

    /// The texts that are allowed; none where many are.
    pub fn words(self) -> &'static [&'static str] {
        self.setting().words
    }

    /// Whether no message, log or report may quote it.
    pub fn is_secret(self) -> bool {
        self.setting().secret
    }

    /// Whether a file found by directory may set it: a cloned repository must not choose who is asked for
    /// credentials, or with which login.
    pub fn is_from_found_file(self) -> bool {
        self.setting().from_found_file
    }

    /// The `LK-0116` of an argument that is no text of this setting; `given` names its type or value, and
    /// never that of a secret.
    pub fn not_allowed(self, given: &str) -> Error {
        let what = format!("{}= is {}", self.keyword(), printable(given));
        Error::new(ErrorKind::InvalidSetting, what).with_hint(format!("Allowed is {}", self.form().allowed()))
    }

    /// The setting whose keyword looks most like `keyword`, if any does.
    fn nearest(keyword: &str) -> Option<Self> {
        const ALIKE: f64 = 0.7;
        let likeness = |key: &Self| strsim::normalized_damerau_levenshtein(keyword, key.keyword());
        let nearest = Self::ALL.iter().copied().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
        (likeness(&nearest) >= ALIKE).then_some(nearest)
    }
}

impl FromStr for ConfigKey {
    type Err = Error;

    /// The setting of this keyword.
    ///
    /// # Errors
    /// `LK-0116` when there is none; it names the most similar keyword.
    fn from_str(keyword: &str) -> Result<Self> {
        if let Some(key) = Self::ALL.iter().find(|key| key.keyword() == keyword) {
            return Ok(*key);
        }
        let what = format!("there is no setting \"{}\"", printable(keyword));
        Err(match Self::nearest(keyword) {
            Some(key) => Error::new(ErrorKind::InvalidSetting, what)
                .with_hint(format!("Did you mean {}? docs/settings.md lists all settings", key.keyword())),
            None => {
                Error::new(ErrorKind::InvalidSetting, what).with_hint("docs/settings.md lists all settings")
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn keywords_and_variables_belong_to_one_setting_each() {
        let mut seen = HashSet::new();
        for key in ConfigKey::ALL {
            assert!(seen.insert(key.keyword()), "{}", key.keyword());
            assert!(key.env_names().iter().all(|name| seen.insert(name)), "{key:?}");
        }
    }

    #[test]
    fn each_vault_variable_follows_its_bao_twin() {
        for key in ConfigKey::ALL {
            let names = key.env_names();
            for (place, name) in names.iter().enumerate().filter(|(_, name)| name.starts_with("VAULT_")) {
                assert_eq!(names[place - 1], name.replacen("VAULT_", "BAO_", 1), "{key:?}");
            }
        }
    }

    #[test]
    fn a_found_file_may_set_role_mount_kind_and_ttl_only() {
        let found: Vec<_> = ConfigKey::ALL.iter().filter(|key| key.is_from_found_file()).collect();
        assert_eq!(found, [&ConfigKey::Role, &ConfigKey::Mount, &ConfigKey::Kind, &ConfigKey::Ttl]);
    }

    #[test]
    fn an_argument_of_another_type_is_told_with_what_is_allowed() {
        assert_eq!(
            ConfigKey::Ttl.not_allowed("of type list").to_string(),
            "LK-0116: ttl= is of type list. Allowed is a duration such as 15m, or whole seconds such as 900"
        );
    }

    #[test]
    fn a_misspelt_keyword_names_the_nearest() {
        let error = "roel".parse::<ConfigKey>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "LK-0116: there is no setting \"roel\". Did you mean role? docs/settings.md lists all settings"
        );
        assert_eq!("xyzzy".parse::<ConfigKey>().unwrap_err().hint(), "docs/settings.md lists all settings");
    }
}
