//! Settings that cannot be used: refused before anything is sent, with the variable named.

use leasekey::VaultCredentialsProvider;
use leasekey::config::ConfigKey;
use leasekey_tests::expect::refused;
use leasekey_tests::log;
use leasekey_tests::scripted::RuledVault;

use crate::told;

/// No message may show it, wherever it is put.
const CANARY: &str = "canary-in-a-setting-6e02";

/// A name, variables beside those that would do, the code, and what the message must say.
type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str, &'a [&'a str]);

const GOOD: [(&str, &str); 3] =
    [("VAULT_ADDR", "https://vault:8200"), ("VAULT_TOKEN", CANARY), ("LEASEKEY_ROLE", "orders")];

const CASES: &[Case<'_>] = &[
    ("no address", &[("VAULT_ADDR", "")], "LK-0101", &["No Vault address", "VAULT_ADDR", "BAO_ADDR"]),
    ("an address without a scheme", &[("VAULT_ADDR", "vault:8200")], "LK-0116", &["VAULT_ADDR", "https://"]),
    ("an address that is none", &[("BAO_ADDR", "https://")], "LK-0116", &["BAO_ADDR"]),
    ("a newline in an address", &[("VAULT_ADDR", "https://v:8200\n")], "LK-0116", &["VAULT_ADDR", "control"]),
    (
        "a password in an address",
        &[("VAULT_ADDR", "https://me:canary-in-a-setting-6e02@v")],
        "LK-0116",
        &["VAULT_ADDR", "user name or password"],
    ),
    (
        "a query in an address",
        &[("VAULT_ADDR", "https://v/?token=canary-in-a-setting-6e02")],
        "LK-0116",
        &["VAULT_ADDR", "query"],
    ),
    (
        "plain http beyond loopback",
        &[("VAULT_ADDR", "http://vault:8200")],
        "LK-0116",
        &["plain http", "https"],
    ),
    (
        "a node that is plain http",
        &[("LEASEKEY_ADDRS", "https://a,http://b")],
        "LK-0116",
        &["LEASEKEY_ADDRS"],
    ),
    ("a boolean", &[("VAULT_SKIP_VERIFY", "yes")], "LK-0116", &["VAULT_SKIP_VERIFY", "\"yes\"", "true"]),
    ("a boolean of OpenBao", &[("BAO_SKIP_VERIFY", "yes")], "LK-0116", &["BAO_SKIP_VERIFY"]),
    ("a duration", &[("LEASEKEY_TTL", "soon")], "LK-0116", &["LEASEKEY_TTL", "15m"]),
    ("a duration beyond all", &[("LEASEKEY_TTL", "99999999999999999999")], "LK-0116", &["LEASEKEY_TTL"]),
    ("a negative duration", &[("VAULT_CLIENT_TIMEOUT", "-1")], "LK-0116", &["VAULT_CLIENT_TIMEOUT"]),
    ("a number", &[("VAULT_MAX_RETRIES", "many")], "LK-0116", &["VAULT_MAX_RETRIES"]),
    ("a rate", &[("VAULT_RATE_LIMIT", "fast")], "LK-0116", &["VAULT_RATE_LIMIT", "10:20"]),
    (
        "a newline after a token",
        &[("VAULT_TOKEN", "canary-in-a-setting-6e02\n")],
        "LK-0103",
        &["VAULT_TOKEN ends with a newline", "Remove"],
    ),
    (
        "a newline after OpenBao's token",
        &[("BAO_TOKEN", "canary-in-a-setting-6e02\n")],
        "LK-0103",
        &["BAO_TOKEN ends with a newline"],
    ),
    (
        "a header in a token",
        &[("VAULT_TOKEN", "canary-in-a-setting-6e02\r\nX: y")],
        "LK-0103",
        &["VAULT_TOKEN", "byte 25"],
    ),
    (
        "a letter beyond ASCII in a token",
        &[("VAULT_TOKEN", "canary-in-a-setting-6e02ä")],
        "LK-0103",
        &["VAULT_TOKEN"],
    ),
    ("no login", &[("VAULT_TOKEN", "")], "LK-0102", &["LEASEKEY_ROLE_ID", "VAULT_TOKEN", ".vault-token"]),
    ("a role id alone", &[("LEASEKEY_ROLE_ID", "r")], "LK-0102", &["LEASEKEY_SECRET_ID"]),
    ("a secret id alone", &[("LEASEKEY_SECRET_ID", CANARY)], "LK-0102", &["LEASEKEY_ROLE_ID"]),
    ("an unknown login", &[("LEASEKEY_AUTH", "magic")], "LK-0116", &["LEASEKEY_AUTH", "approle", "token"]),
    ("no role", &[("LEASEKEY_ROLE", "")], "LK-0116", &["role", "LEASEKEY_ROLE"]),
    (
        "a role that leads up",
        &[("LEASEKEY_ROLE", "../../sys/mounts")],
        "LK-0115",
        &["role", "../../sys/mounts"],
    ),
    ("a role with a slash in code", &[("LEASEKEY_ROLE", "a%2fb")], "LK-0115", &["'%' as character 2"]),
    ("a role with a new header", &[("LEASEKEY_ROLE", "a\r\nX: y")], "LK-0115", &["'\\r' as character 2"]),
    ("a mount that leads up", &[("LEASEKEY_MOUNT", "aws/../sys")], "LK-0115", &["mount", "\"..\""]),
    ("a mount with a query", &[("LEASEKEY_MOUNT", "aws?x")], "LK-0115", &["mount", "'?'"]),
    ("a namespace that leads up", &[("VAULT_NAMESPACE", "a/..")], "LK-0115", &["namespace"]),
    (
        "an auth mount that leads up",
        &[("LEASEKEY_ROLE_ID", "r"), ("LEASEKEY_SECRET_ID", CANARY), ("LEASEKEY_AUTH_MOUNT", "..")],
        "LK-0115",
        &["mount"],
    ),
    (
        "a session name of 1 character",
        &[("LEASEKEY_SESSION_NAME", "a")],
        "LK-0115",
        &["session name", "2 to 64"],
    ),
    (
        "a session name of 65 characters",
        &[("LEASEKEY_SESSION_NAME", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")],
        "LK-0115",
        &["session name", "65 characters"],
    ),
    ("a session name with a space", &[("LEASEKEY_SESSION_NAME", "a b")], "LK-0115", &["session name", "' '"]),
    ("a ttl too short for AWS", &[("LEASEKEY_TTL", "899")], "LK-0108", &["14m 59s", "15m"]),
    ("a ttl too long for AWS", &[("LEASEKEY_TTL", "37h")], "LK-0108", &["1day 13h", "1day 12h"]),
    (
        "a ttl too long for the kind",
        &[("LEASEKEY_TTL", "13h"), ("LEASEKEY_KIND", "assumed_role")],
        "LK-0108",
        &["13h", "12h"],
    ),
    (
        "an unknown kind",
        &[("LEASEKEY_KIND", "assumed")],
        "LK-0116",
        &["LEASEKEY_KIND is \"assumed\"", "assumed_role"],
    ),
    (
        "a role's name for its ARN",
        &[("LEASEKEY_ROLE_ARN", "orders")],
        "LK-0116",
        &["LEASEKEY_ROLE_ARN", "arn:aws:iam"],
    ),
    (
        "an account that is none",
        &[("LEASEKEY_EXPECTED_ACCOUNT", "42")],
        "LK-0116",
        &["LEASEKEY_EXPECTED_ACCOUNT", "12"],
    ),
    (
        "a role ARN that is none",
        &[("LEASEKEY_ROLE_ARN", "orders")],
        "LK-0116",
        &["\"orders\"", "arn:aws:iam::"],
    ),
    (
        "an expected role ARN that is none",
        &[("LEASEKEY_EXPECTED_ROLE_ARN", "orders")],
        "LK-0116",
        &["arn:aws:iam::"],
    ),
    (
        "a proxy of another scheme",
        &[("VAULT_PROXY_ADDR", "socks5://me:canary-in-a-setting-6e02@p")],
        "LK-0116",
        &["VAULT_PROXY_ADDR"],
    ),
    (
        "a CA file that is not there",
        &[("VAULT_CACERT", "/nowhere/ca.pem")],
        "LK-0116",
        &["VAULT_CACERT", "/nowhere/ca.pem"],
    ),
    (
        "a CA directory that is not there",
        &[("VAULT_CAPATH", "/nowhere/ca")],
        "LK-0116",
        &["VAULT_CAPATH", "/nowhere/ca", "cannot be listed"],
    ),
    (
        "a bad address in a list",
        &[("LEASEKEY_ADDRS", "https://a:8200,b:8200,https://c:8200")],
        "LK-0116",
        &["address 2 of 3 in LEASEKEY_ADDRS", "\"b:8200\""],
    ),
    (
        "a server name that is none",
        &[("VAULT_TLS_SERVER_NAME", "10.0.0.1")],
        "LK-0116",
        &["VAULT_TLS_SERVER_NAME", "\"10.0.0.1\""],
    ),
    (
        "a server name and a proxy",
        &[("VAULT_TLS_SERVER_NAME", "vault.example"), ("VAULT_PROXY_ADDR", "http://proxy:3128")],
        "LK-0116",
        &["VAULT_TLS_SERVER_NAME", "proxy"],
    ),
    ("a certificate without its key", &[("VAULT_CLIENT_CERT_BYTES", "x")], "LK-0116", &["VAULT_CLIENT_KEY"]),
    (
        "a settings file that is not there",
        &[("LEASEKEY_CONFIG", "/nowhere/l.toml")],
        "LK-0116",
        &["LEASEKEY_CONFIG", "/nowhere/l.toml"],
    ),
];

#[tokio::test(start_paused = true)]
async fn every_bad_setting_is_told_by_its_name_and_nothing_is_sent() {
    let logs = log::watch();
    logs.planted("the canary", CANARY);
    for (name, vars, code, words) in CASES {
        let vault = RuledVault::new();
        for (variable, value) in GOOD.iter().chain(*vars) {
            vault.world.set_var(variable, value);
        }
        let built = VaultCredentialsProvider::from_env().context(vault.context()).build();
        assert!(built.is_err(), "{name} is accepted");
        let error = refused(built);
        told(name, &error, code, words);
        assert!(!error.to_string().contains(CANARY), "{name}: {error}");
        assert_eq!(vault.sent(), [""; 0], "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_cases_leave_as_it_was_would_do() {
    let vault = RuledVault::new();
    vault.add_token(CANARY);
    for (variable, value) in GOOD {
        vault.world.set_var(variable, value);
    }
    VaultCredentialsProvider::from_env().context(vault.context()).start().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_bad_keyword_is_told_by_its_keyword() {
    let (logs, vault) = (log::watch(), RuledVault::new());
    logs.planted("the canary", CANARY);
    for (key, value, code, words) in [
        (ConfigKey::Address, "vault", "LK-0116", "address="),
        (ConfigKey::SkipVerify, "yes", "LK-0116", "skip_verify="),
        (ConfigKey::Token, "canary-in-a-setting-6e02\n", "LK-0103", "token= ends with a newline"),
    ] {
        let builder = vault.bare_builder().role("orders").set(ConfigKey::Token, CANARY);
        told(words, &refused(builder.set(key, value).build()), code, &[words]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_bad_settings_file_is_told_by_its_line_and_a_found_one_may_not_choose_the_server() {
    let (logs, vault) = (log::watch(), RuledVault::new());
    logs.planted("the canary", CANARY);
    let told_of = |path: &str, text: &str| {
        for (variable, value) in GOOD {
            vault.world.set_var(variable, value);
        }
        vault.world.set_file(path, 0o600, text.as_bytes());
        let error = refused(VaultCredentialsProvider::from_env().context(vault.context()).build());
        vault.world.set_file(path, 0o600, b"");
        error
    };
    let (found, users) = ("/srv/app/leasekey.toml", "/srv/user/.config/leasekey/leasekey.toml");
    told(
        "an address in a found file",
        &told_of(found, "\naddress = 'https://evil'"),
        "LK-0116",
        &["line 2", "address"],
    );
    told(
        "a token in a found file",
        &told_of(found, &format!("token = '{CANARY}'")),
        "LK-0116",
        &["line 1", "token"],
    );
    told("a misspelt keyword", &told_of(users, "rol = 'orders'"), "LK-0116", &["role"]);
    told("no TOML", &told_of(users, &format!("role = {CANARY}")), "LK-0116", &["leasekey.toml", "line 1"]);
    told("a boolean", &told_of(users, "skip_verify = 'yes'"), "LK-0116", &["skip_verify", "line 1"]);
}
