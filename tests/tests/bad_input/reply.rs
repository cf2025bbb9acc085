//! Replies that cannot be used: the set in hand goes on as it was.

use leasekey::context::{HttpFault, ScriptedReply};
use leasekey::{AppRoleAuth, VaultCredentialsProvider};
use leasekey_tests::expect::{refused, served};
use leasekey_tests::log;
use leasekey_tests::proxy::{self, Proxy};
use leasekey_tests::scripted::{ScriptedVault, TOKEN, is_issue, is_login, issued};

use crate::told;

/// A name, status and body of the reply, the code, and what the message must say.
type Case = (&'static str, u16, String, &'static str, &'static str);

/// The reply of a well Vault with one thing in it replaced.
fn with(from: &str, to: &str) -> String {
    let reply = issued(2, "900");
    assert!(reply.contains(from), "{from}");
    reply.replace(from, to)
}

fn unusable() -> Vec<Case> {
    let key = "ASIACANARY0000000002";
    let case = |name, body, why| (name, 200, body, "LK-0113", why);
    vec![
        case("a web page", "<html>welcome</html>".into(), "is not JSON"),
        case("half a reply", issued(2, "900").split_at(60).0.into(), "is not JSON"),
        case("nothing", String::new(), "has no data"),
        case("a list", "[]".into(), "is no object"),
        case("a text", "\"ok\"".into(), "is no object"),
        case("deep lists", "[".repeat(40) + &"]".repeat(40), "nested deeper than 32"),
        case("very deep lists", "[".repeat(500_000), "JSON"),
        case(
            "deep data",
            with("\"data\":{", &format!("\"x\":{}1{},\"data\":{{", "[".repeat(40), "]".repeat(40))),
            "nested deeper",
        ),
        case(
            "a key twice",
            with("\"renewable\":false", "\"renewable\":false,\"renewable\":true"),
            "the same key twice",
        ),
        case("no data", with("\"data\"", "\"date\""), "has no data"),
        case("data that is text", r#"{"data":"keys","lease_duration":900}"#.into(), "data that is no object"),
        case("an access key of a wrong type", with(&format!("\"{key}\""), "7"), "access_key"),
        case("an access key with a newline", with(key, "ASIACANARY00000002\\n"), "no access key"),
        case("an access key with a slash", with(key, "ASIACANARY/000000002"), "no access key"),
        case("a short access key", with(key, "ASIA"), "no access key"),
        case("no access key", with("\"access_key\"", "\"access_kex\""), "no access key"),
        case("no secret key", with("\"secret_key\"", "\"secret_kex\""), "no printable secret key"),
        case("an empty secret key", with("canary-secret-key-5f0c1e", ""), "no printable secret key"),
        case(
            "a secret key with a newline",
            with("canary-secret-key-5f0c1e", "canary-secret-key-5f0c1e\\r\\n"),
            "no printable secret key",
        ),
        case(
            "a session token with a control character",
            with("canary-session-token-91aa7d", "canary-session-token-91aa7d\\u0000"),
            "session token",
        ),
        case(
            "the lease of another role",
            with("aws/creds/orders/2", "aws/creds/other/2"),
            "not one of aws/creds/orders",
        ),
        case(
            "a lease with a newline",
            with("aws/creds/orders/2", "aws/creds/orders/2\\n"),
            "not one of aws/creds/orders",
        ),
        case("a login instead", with("\"data\":{", "\"auth\":{},\"data\":{"), "auth block"),
        case("a life of 0", issued(2, "0"), "lease_duration 0"),
        case("a negative life", issued(2, "-900"), "lease_duration \"-900\""),
        case("a life of 2^63", issued(2, "9223372036854775808"), "lease_duration"),
        case("a life in words", issued(2, "\"soon\""), "lease_duration \"soon\""),
        case("no life", issued(2, "null"), "lease_duration not stated"),
        case("a ttl that is none", with("\"secret_key\"", "\"ttl\":-1,\"secret_key\""), "has the ttl"),
        case("a long-term key", with("\"session_token\"", "\"x\""), "its lease was given back"),
    ]
}

fn refusals() -> Vec<Case> {
    let errors = |text: &str| format!(r#"{{"errors":["{text}"]}}"#);
    vec![
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
        ("an echo of the token", 400, errors(&format!("no {TOKEN} here")), "LK-0116", "[secret]"),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_bad_reply_changes_nothing_in_the_set_in_hand() {
    let logs = log::watch();
    ScriptedVault::plant(&logs);
    for (name, status, body, code, word) in unusable().into_iter().chain(refusals()) {
        let vault = ScriptedVault::new();
        let provider = vault.builder().start().await.unwrap();
        let (key, lease) = (served(&provider).await, provider.lease().unwrap());
        vault.issues_like(status, &body);
        told(name, &refused(provider.refresh().await), code, &[word]);
        assert_eq!(served(&provider).await, key, "{name}");
        let after = provider.lease().unwrap();
        assert_eq!((after.generation, after.expires_at), (lease.generation, lease.expires_at), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_bad_first_reply_serves_nobody() {
    let logs = log::watch();
    ScriptedVault::plant(&logs);
    for (name, status, body, code, word) in unusable().into_iter().chain(refusals()) {
        let vault = ScriptedVault::new();
        vault.issues_like(status, &body);
        let provider = vault.builder().build().unwrap();
        told(name, &refused(provider.credentials().await), code, &[word]);
        assert!(provider.lease().is_none() && provider.stats().issues == 0, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_unusable_reply_is_named_by_its_request_and_its_lease_given_back() {
    let vault = ScriptedVault::new();
    let provider = vault.builder().start().await.unwrap();
    vault.issues_like(200, &with("canary-secret-key-5f0c1e", ""));
    let error = refused(provider.refresh().await);
    assert_eq!(error.vault_request_id(), Some("issue-2"));
    assert!(vault.sent().last().unwrap().ends_with("sys/leases/revoke"), "{:?}", vault.sent());
    assert_eq!(provider.stats().revocations, 1);
}

#[tokio::test(start_paused = true)]
async fn a_redirect_elsewhere_is_refused_and_the_token_not_sent_there() {
    let vault = ScriptedVault::new();
    let provider = vault.builder().start().await.unwrap();
    let key = served(&provider).await;
    vault.rule(|request| {
        is_issue(request).then(|| {
            let mut reply = ScriptedReply::json(307, "");
            if let Ok(response) = &mut reply.outcome {
                response.headers.insert("location", "https://evil/v1/aws/creds/orders".parse().unwrap());
            }
            reply
        })
    });
    let error = refused(provider.refresh().await);
    told("a redirect", &error, "LK-0114", &["https://vault:8200", "https://evil", "not sent"]);
    assert!(!vault.sent().iter().any(|sent| sent.contains("evil")), "{:?}", vault.sent());
    assert_eq!(served(&provider).await, key);
}

#[tokio::test(start_paused = true)]
async fn a_bad_login_reply_is_told_and_no_token_shown() {
    let logs = log::watch();
    ScriptedVault::plant(&logs);
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
        let vault = ScriptedVault::new();
        vault.rule(move |request| is_login(request).then(|| ScriptedReply::json(status, &body)));
        told(name, &refused(vault.builder().start().await), code, &[word]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_reply_over_the_limit_is_told_as_such() {
    let vault = ScriptedVault::new();
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
    ScriptedVault::plant(&logs);
    server.answer(|request| {
        let login = request.uri().path().ends_with("/login");
        let auth = format!(r#"{{"auth":{{"client_token":"{TOKEN}","lease_duration":3600}}}}"#);
        Some(proxy::reply(200, if login { auth } else { format!("{{\"x\":\"{}\"}}", "y".repeat(2 << 20)) }))
    });
    let provider = VaultCredentialsProvider::builder().address(&server.address).role("orders");
    let provider = provider.auth(AppRoleAuth::new("role-id", "secret-id-secret-id"));
    told("2 MB", &refused(provider.start().await), "LK-0113", &["larger than 1 MiB"]);
}
