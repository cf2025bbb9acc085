//! G13: no redirect takes a token or a secret id out of the configured origins.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use http::Request;
use leasekey::context::ScriptedReply;
use leasekey::{AppRoleAuth, Builder, VaultCredentialsProvider};
use leasekey_tests::expect::refused;
use leasekey_tests::log::{self, Watch};
use leasekey_tests::pace::MOST;
use leasekey_tests::proxy::{Proxy, Wire, moved};
use leasekey_tests::scripted::{RuledVault, SECRET_ID, is_issue};
use tokio::task::JoinSet;

use crate::scripted;

const CASES: usize = 200;
const STATUSES: [u16; 5] = [301, 302, 303, 307, 308];

/// Ways to write another server's address, `F`, some of which name ours, `V`, as well. The cloud's metadata
/// servers and our own server under another name are others, too.
const PLACES: [&str; 33] = [
    "http://F",
    "hTTp://F",
    "http:\\\\F",
    "http:/\\F",
    "//F",
    "\\\\F",
    "/\\F",
    "///F",
    "/\t/F",
    "http://V@F",
    "http://user:word@F",
    "http://user@V",
    "http://V%40F",
    "http://F\\@V",
    "http://V.F",
    "http://[::ffff:F",
    "http://localhost:P",
    "http://LocalHost.:P",
    "http://127.1:P",
    "http://2130706433:P",
    "http://0x7f000001:P",
    "http://0177.0.0.1:P",
    "http://%31%32%37.0.0.1:P",
    "http://[::1]:P",
    "http://[::ffff:127.0.0.1]:P",
    "http://0.0.0.0:P",
    "https://V",
    "https://F",
    "ftp://F",
    "ws://V",
    "http://169.254.169.254",
    "http://[fd00:ec2::254]",
    "javascript://V",
];
const PATHS: [&str; 7] =
    ["", "/", "/v1/aws/creds/orders", "/v1/auth/approle/login?x=V", "/latest/meta-data", "?V", "#V"];

/// 200 different values of `Location`, made of these parts.
fn corpus(ours: &Proxy, foreign: &Wire) -> Vec<String> {
    let host = |address: &str| address.trim_start_matches("http://").to_owned();
    let (ours, foreign) = (host(&ours.address), host(&foreign.address));
    let port = foreign.rsplit(':').next().unwrap();
    let written = |place: &str, path: &str| {
        format!("{place}{path}").replace('F', &foreign).replace('V', &ours).replace('P', port)
    };
    let all = PATHS.iter().flat_map(|path| PLACES.map(|place| written(place, path)));
    let corpus: Vec<String> = all.take(CASES).collect();
    assert_eq!(corpus.iter().collect::<BTreeSet<_>>().len(), CASES);
    // A client that follows gets to the other server: a corpus that leads nowhere proves nothing.
    let asked: reqwest::Url = format!("http://{ours}/v1/aws/creds/orders").parse().unwrap();
    let led = |location: &&String| asked.join(location).is_ok_and(|url| url.port() == port.parse().ok());
    let led = corpus.iter().filter(led).count();
    assert!(led >= CASES / 2, "{led} lead to the other server");
    corpus
}

/// Every case, asked for by a provider that `of` makes; a path that ends with `/case-7/...` is redirected.
async fn stays_home(logs: &Watch, of: fn(Builder, usize) -> Builder) {
    RuledVault::plant(logs);
    let ((ours, vault), foreign) = (Proxy::vault().await, Wire::of("127.0.0.1:1").await);
    let corpus = corpus(&ours, &foreign);
    let (locations, asked) = (corpus.clone(), Arc::new(Mutex::new(vec![0; CASES])));
    let counted = asked.clone();
    ours.as_vault_but(&vault, move |request| {
        let case = case_of(request)?;
        counted.lock().unwrap()[case] += 1;
        Some(moved(STATUSES[case % STATUSES.len()], locations.get(case)?.as_bytes()))
    });
    let mut asking = JoinSet::new();
    for (case, location) in corpus.into_iter().enumerate() {
        let provider = of(VaultCredentialsProvider::builder().address(&ours.address), case);
        asking.spawn(async move { (refused(provider.start().await).code(), location) });
    }
    while let Some(refusal) = asking.join_next().await {
        let (code, location) = refusal.unwrap();
        // What leads back to us is asked once more, and then is no answer.
        assert!(["LK-0114", "LK-0109"].contains(&code), "{location}: {code}");
        let elsewhere = !location.starts_with("///") && !location.starts_with("http:/\\");
        assert!(code == "LK-0114" || !elsewhere, "{location}: {code}");
    }
    assert_eq!(foreign.connections(), 0, "another server was asked");
    assert!(asked.lock().unwrap().iter().all(|asked| (1..=MOST).contains(asked)));
}

fn case_of<T>(request: &Request<T>) -> Option<usize> {
    let (_, case) = request.uri().path().split_once("/case-")?;
    case.split('/').next()?.parse().ok()
}

#[tokio::test]
async fn row_55_no_redirect_takes_the_token_to_another_origin() {
    stays_home(&log::watch(), |builder, case| {
        builder.role(&format!("case-{case}")).auth(AppRoleAuth::new("role-id", SECRET_ID))
    })
    .await;
}

#[tokio::test]
async fn row_55_no_redirect_takes_the_secret_id_to_another_origin() {
    stays_home(&log::watch(), |builder, case| {
        let auth = AppRoleAuth::new("role-id", SECRET_ID).mount(format!("case-{case}"));
        builder.role("orders").auth(auth)
    })
    .await;
}

fn redirect(to: &str) -> ScriptedReply {
    let mut reply = ScriptedReply::json(307, "");
    if let Ok(response) = &mut reply.outcome {
        response
            .headers
            .insert("location", format!("https://{to}:8200/v1/aws/creds/orders").parse().unwrap());
    }
    reply
}

#[tokio::test(start_paused = true)]
async fn row_55_one_hop_within_the_cluster_is_followed_and_neither_a_chain_nor_a_loop() {
    for (hops, issues) in [(&[("a", "b")][..], 1), (&[("a", "b"), ("b", "c")], 0), (&[("a", "a")], 0)] {
        let (vault, _logs) = scripted();
        let provider = vault.builder().address("https://a:8200,https://b:8200,https://c:8200");
        let provider = provider.set(leasekey::config::ConfigKey::MaxRetries, "0").build().unwrap();
        let hops = hops.to_vec();
        vault.rule(move |request| {
            let (_, to) = hops.iter().find(|(from, _)| request.url.host_str() == Some(from))?;
            is_issue(request).then(|| redirect(to))
        });
        let answer = provider.credentials().await;
        assert_eq!((u64::from(answer.is_ok()), vault.issued()), (issues, issues), "{:?}", vault.sent());
        assert_eq!(vault.sent().iter().filter(|sent| sent.contains("/creds/")).count(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn row_55_a_way_from_https_to_http_is_not_followed() {
    let (vault, _logs) = scripted();
    vault.rule(|request| {
        let mut reply = redirect("vault");
        if let Ok(response) = &mut reply.outcome {
            response.headers.insert("location", "http://vault:8200/v1/aws/creds/orders".parse().unwrap());
        }
        is_issue(request).then_some(reply)
    });
    assert_eq!(refused(vault.builder().start().await).code(), "LK-0114");
    assert!(!vault.sent().iter().any(|sent| sent.contains("http://")), "{:?}", vault.sent());
}
