//! Replies that cannot be used: the set in hand goes on as it was.

use leasekey::context::{HttpFault, ScriptedReply, VaultAsk, VaultMood};
use leasekey::{AppRoleAuth, CredentialKind, VaultCredentialsProvider};
use leasekey_tests::expect::{refused, served};
use leasekey_tests::log;
use leasekey_tests::proxy::{self, Proxy};
use leasekey_tests::scripted::{CANARY, RuledVault, TOKEN, is_issue};

use crate::told;

/// What becomes of the reply that issues a set.
enum Change {
    /// Another reply: its status and body.
    Reply(u16, String),
    /// This field has this JSON text.
    Field(&'static str, String),
    /// This field of the data is left out, and another one holds a secret.
    Misspelt(&'static str),
}

impl Change {
    fn make(self, vault: &RuledVault) {
        match self {
            Self::Reply(status, body) => {
                vault.set_mood(VaultAsk::Issue, VaultMood::Raw(status, Vec::new(), body));
            }
            Self::Field(name, json) => vault.set_field(name, Some(&json)),
            Self::Misspelt(name) => {
                let arn = "arn:aws:sts::111122223333:assumed-role/orders/vault-2";
                vault.set_field(name, None);
                vault.set_field("data.arn", Some(&format!(r#""{arn}","misspelt":"{CANARY}""#)));
            }
        }
    }
}

/// A name, the change, the code, and what the message must say.
type Case = (&'static str, Change, &'static str, &'static str);

fn unusable() -> Vec<Case> {
    whole().into_iter().chain(fields()).chain(lives()).collect()
}

fn whole() -> Vec<Case> {
    let case = |name, body: &str, why| (name, Change::Reply(200, body.into()), "LK-0113", why);
    vec![
        case("a web page", "<html>welcome</html>", "is not JSON"),
        case("half a reply", r#"{"request_id":"request-3","lease_id":"aws/creds/orders/lea"#, "is not JSON"),
        case("nothing", "", "has no data"),
        case("a list", "[]", "is no object"),
        case("a text", "\"ok\"", "is no object"),
        case("deep lists", &("[".repeat(40) + &"]".repeat(40)), "nested deeper than 32"),
        case("very deep lists", &"[".repeat(500_000), "JSON"),
        case(
            "no data",
            &format!(r#"{{"date":{{"secret_key":"{CANARY}"}},"lease_duration":900}}"#),
            "has no data",
        ),
        case("data that is text", r#"{"data":"keys","lease_duration":900}"#, "data that is no object"),
    ]
}

// A text may go on with fields of its own.
fn fields() -> Vec<Case> {
    let set = |name, field, json: &str, why| (name, Change::Field(field, json.into()), "LK-0113", why);
    let without = |name, field, why| (name, Change::Misspelt(field), "LK-0113", why);
    let text = |text: &str| format!("\"{CANARY}{text}\"");
    let deep = format!("false,\"x\":{}1{}", "[".repeat(40), "]".repeat(40));
    let (key, secret, session) = ("data.access_key", "data.secret_key", "data.session_token");
    let other_role = "not one of aws/creds/orders";
    vec![
        set("deep data", "renewable", &deep, "nested deeper"),
        set("a key twice", "renewable", r#"false,"renewable":true"#, "the same key twice"),
        set("a login instead", "renewable", r#"false,"auth":{}"#, "auth block"),
        set("an access key of a wrong type", key, "7", "access_key"),
        set("an access key with a newline", key, r#""ASIACANARY00000002\n""#, "no access key"),
        set("an access key with a slash", key, r#""ASIACANARY/000000002""#, "no access key"),
        set("a short access key", key, r#""ASIA""#, "no access key"),
        without("no access key", key, "no access key"),
        without("no secret key", secret, "no printable secret key"),
        set("an empty secret key", secret, r#""""#, "no printable secret key"),
        set("a secret key with a newline", secret, &text(r"\r\n"), "no printable secret key"),
        set("a session token with a control character", session, &text(r"\u0000"), "session token"),
        without("a long-term key", session, "its lease was given back"),
        set("a ttl that is none", secret, &(text("") + r#","ttl":-1"#), "has the ttl"),
        set("the lease of another role", "lease_id", r#""aws/creds/other/2""#, other_role),
        set("a lease with a newline", "lease_id", r#""aws/creds/orders/2\n""#, other_role),
    ]
}

fn lives() -> Vec<Case> {
    let case = |name, json: &str, why| (name, Change::Field("lease_duration", json.into()), "LK-0113", why);
    vec![
        case("a life of 0", "0", "lease_duration 0"),
        case("a negative life", "-900", "lease_duration \"-900\""),
        case("a life of 2^63", "9223372036854775808", "lease_duration"),
        case("a life in words", "\"soon\"", "lease_duration \"soon\""),
        case("no life", "null", "lease_duration not stated"),
    ]
}

fn refusals() -> Vec<Case> {
    let errors = |text: &str| format!(r#"{{"errors":["{text}"]}}"#);
    let cases = [
        ("an unknown role", 400, errors(r#"Role \"orders\" not found"#), "LK-0105", "orders"),
        ("an unknown mount", 404, errors("no handler for route 'aws/creds/orders'"), "LK-0105", "aws/"),
        (
            "a denied path",
            403,
            errors(r"1 error occurred:\n\t* permission denied\n\n"),
            "LK-0106",
            r#"path "aws/creds/orders""#,
        ),
        ("a dead token", 403, errors("permission denied"), "LK-0103", "refused the token"),
        (
            "AWS's refusal",
            400,
            errors("Error assuming role: AccessDenied: not authorized"),
            "LK-0107",
            "AccessDenied",
        ),
        (
            "AWS's ttl",
            400,
            errors("Error assuming role: ValidationError: DurationSeconds exceeds"),
            "LK-0108",
            "ttl",
        ),
        ("a rate limit", 429, errors("request path rate limited"), "LK-0109", "429"),
        ("a failure", 500, errors("internal error"), "LK-0109", "500 internal error"),
        ("AWS's rate limit", 502, errors("Throttling: Rate exceeded"), "LK-0109", "Throttling"),
        ("a sealed server", 503, errors("Vault is sealed"), "LK-0109", "sealed"),
        ("a proxy's page", 502, "<html>bad gateway</html>".into(), "LK-0109", "not in Vault's words"),
        ("a colourful refusal", 400, errors(r"\u001b[31mred\r\nX: y"), "LK-0116", "red"),
        (
            "an echo of the token",
            400,
            errors(&format!("no hvs.{CANARY}-token-1 here")),
            "LK-0116",
            "[secret]",
        ),
    ];
    let case = |(name, status, body, code, word)| (name, Change::Reply(status, body), code, word);
    cases.map(case).into()
}

#[tokio::test(start_paused = true)]
async fn a_bad_reply_changes_nothing_in_the_set_in_hand() {
    let logs = log::watch();
    RuledVault::plant(&logs);
    for (name, change, code, word) in unusable().into_iter().chain(refusals()) {
        let vault = RuledVault::new();
        let provider = vault.builder().start().await.unwrap();
        let (key, lease) = (served(&provider).await, provider.lease().unwrap());
        change.make(&vault);
        told(name, &refused(provider.refresh().await), code, &[word]);
        assert_eq!(served(&provider).await, key, "{name}");
        let after = provider.lease().unwrap();
        assert_eq!((after.generation, after.expires_at), (lease.generation, lease.expires_at), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_bad_first_reply_serves_nobody() {
    let logs = log::watch();
    RuledVault::plant(&logs);
    for (name, change, code, word) in unusable().into_iter().chain(refusals()) {
        let vault = RuledVault::new();
        change.make(&vault);
        let provider = vault.builder().kind(CredentialKind::AssumedRole).build().unwrap();
        told(name, &refused(provider.credentials().await), code, &[word]);
        assert!(provider.lease().is_none() && provider.stats().issues == 0, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_unusable_reply_is_named_by_its_request_and_its_lease_given_back() {
    let vault = RuledVault::new();
    let provider = vault.builder().start().await.unwrap();
    vault.set_field("data.secret_key", Some(r#""""#));
    let error = refused(provider.refresh().await);
    assert_eq!(error.vault_request_id(), Some("request-3"));
    assert!(vault.sent().last().unwrap().ends_with("sys/leases/revoke"), "{:?}", vault.sent());
    assert_eq!(provider.stats().revocations, 1);
}

#[tokio::test(start_paused = true)]
async fn a_redirect_elsewhere_is_refused_and_the_token_not_sent_there() {
    let vault = RuledVault::new();
    let provider = vault.builder().start().await.unwrap();
    let key = served(&provider).await;
    let location = ("location".into(), "https://evil/v1/aws/creds/orders".into());
    vault.set_mood(VaultAsk::Issue, VaultMood::Raw(307, vec![location], String::new()));
    let error = refused(provider.refresh().await);
    told("a redirect", &error, "LK-0114", &["https://vault:8200", "https://evil", "not sent"]);
    assert!(!vault.sent().iter().any(|sent| sent.contains("evil")), "{:?}", vault.sent());
    assert_eq!(served(&provider).await, key);
}

#[tokio::test(start_paused = true)]
async fn a_bad_login_reply_is_told_and_no_token_shown() {
    let logs = log::watch();
    RuledVault::plant(&logs);
    let auth = |auth: &str| format!(r#"{{"request_id":"login-1","auth":{auth}}}"#);
    for (name, status, body, code, word) in [
        ("no auth", 200, r#"{"data":{}}"#.to_owned(), "LK-0113", "has no auth"),
        ("no token", 200, auth("{}"), "LK-0113", "no token"),
        (
            "a token with a newline",
            200,
            auth(&format!(r#"{{"client_token":"{TOKEN}\n"}}"#)),
            "LK-0113",
            "no token",
        ),
        (
            "a token of a negative life",
            200,
            auth(&format!(r#"{{"client_token":"{TOKEN}","lease_duration":-1}}"#)),
            "LK-0113",
            "lease_duration",
        ),
        (
            "a second factor",
            200,
            auth(r#"{"client_token":"","mfa_requirement":{"mfa_request_id":"x"}}"#),
            "LK-0121",
            "second factor",
        ),
        (
            "a refusal that quotes the secret id",
            400,
            r#"{"errors":["invalid canary-secret-id-c4471b"]}"#.into(),
            "LK-0122",
            "[secret]",
        ),
    ] {
        let vault = RuledVault::new();
        vault.set_mood(VaultAsk::Login, VaultMood::Raw(status, Vec::new(), body));
        told(name, &refused(vault.builder().start().await), code, &[word]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_reply_over_the_limit_is_told_as_such() {
    let vault = RuledVault::new();
    let provider = vault.builder().start().await.unwrap();
    vault.rule(|request| {
        let outcome = Err(HttpFault::TooLarge);
        is_issue(request).then(|| ScriptedReply { outcome, ..ScriptedReply::refused() })
    });
    told("2 MB", &refused(provider.refresh().await), "LK-0113", &["larger than 1 MiB"]);
}

#[tokio::test]
async fn a_reply_of_2_mb_is_not_read_to_its_end_by_the_real_client() {
    let (logs, server) = (log::watch(), Proxy::alone().await);
    RuledVault::plant(&logs);
    server.answer(|request| {
        let login = request.uri().path().ends_with("/login");
        let auth = format!(r#"{{"auth":{{"client_token":"{TOKEN}","lease_duration":3600}}}}"#);
        Some(proxy::reply(200, if login { auth } else { format!("{{\"x\":\"{}\"}}", "y".repeat(2 << 20)) }))
    });
    let provider = VaultCredentialsProvider::builder().address(&server.address).role("orders");
    let provider = provider.auth(AppRoleAuth::new("role-id", "secret-id-secret-id"));
    told("2 MB", &refused(provider.start().await), "LK-0113", &["larger than 1 MiB"]);
}
