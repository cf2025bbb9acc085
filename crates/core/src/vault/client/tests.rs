#![allow(clippy::disallowed_methods, reason = "the clock is paused")]

use std::sync::atomic::AtomicUsize;

use super::*;
use crate::context::{HttpFault, Scripted, ScriptedReply, TlsFault};
use crate::event::Events;
use crate::time::TimeSource;
use crate::vault::Post;
use crate::vault::fake::{Fake, reply, reply_with};

const A: &str = "https://a:8200";
const B: &str = "https://b:8200";
const C: &str = "https://c:8200";
const SEALED: &str = r#"{"errors":["Vault is sealed"]}"#;

async fn call(client: &VaultClient) -> Result<Envelope, Fault> {
    call_as(client, Operation::Revoke, 8).await
}

async fn call_as(client: &VaultClient, operation: Operation<'_>, requests: u8) -> Result<Envelope, Fault> {
    let post = Post::new("sys/leases/lookup", &serde_json::json!({ "lease_id": "l" })).unwrap();
    client.call(operation, &post, Some(&"hvs.t0ken".into()), &Allowance::new(requests)).await
}

fn asked(fake: &Fake) -> Vec<String> {
    fake.sent().iter().map(|sent| sent.split("/v1/").next().unwrap().replace("POST ", "")).collect()
}

#[tokio::test]
async fn a_request_carries_what_vault_needs_and_no_more() {
    let fake = Fake::default();
    fake.answers(A, reply(200, "{}"));
    let client = fake.client_with(&["https://a:8200/base"], |options| {
        options.namespace = Some("pay".parse().unwrap());
        options.mfa = Some("method:123456".into());
    });
    call(&client).await.unwrap();
    assert_eq!(fake.sent(), [r#"POST https://a:8200/base/v1/sys/leases/lookup {"lease_id":"l"}"#]);
    let header = |name| fake.header(0, name);
    assert_eq!(header("x-vault-token").as_deref(), Some("hvs.t0ken"));
    assert_eq!(header("x-vault-namespace").as_deref(), Some("pay"));
    assert_eq!(header("x-vault-mfa").as_deref(), Some("method:123456"));
    assert_eq!(header("x-vault-request").as_deref(), Some("true"));
    assert_eq!(header("x-vault-inconsistent"), None);
}

#[tokio::test]
async fn a_sealed_or_dead_node_is_passed_over_within_the_attempt() {
    let fake = Fake::default();
    fake.answers(A, reply(503, SEALED)).answers(C, reply(200, "{}")).answers(C, reply(200, "{}"));
    let client = fake.client(&[A, B, C]);
    let envelope = call(&client).await.unwrap();
    assert_eq!((envelope.origin.as_str(), envelope.lost_reply), (C, false));
    call(&client).await.unwrap();
    assert_eq!(asked(&fake), [A, B, C, C], "the next attempt begins with the good node");
}

#[tokio::test]
async fn an_attempt_asks_only_so_many_nodes_and_takes_only_its_allowance() {
    let fake = Fake::default();
    let client = fake.client_with(&[A, B, C], |options| options.max_retries = 1);
    assert_eq!(call(&client).await.unwrap_err().error.code(), "LK-0109");
    assert_eq!(asked(&fake), [A, B]);
    let client = fake.client(&[A, B, C]);
    call_as(&client, Operation::Revoke, 2).await.unwrap_err();
    assert_eq!(asked(&fake).len(), 4);
    let fault = call_as(&client, Operation::Revoke, 0).await.unwrap_err();
    assert_eq!((asked(&fake).len(), fault.may_have_acted), (4, false));
}

#[tokio::test]
async fn a_node_that_hangs_leaves_time_for_the_next_and_its_lost_reply_is_told() {
    let fake = Fake::default();
    fake.answers(A, Err(HttpFault::Timeout)).answers(B, reply(200, "{}"));
    assert!(call(&fake.client(&[A, B])).await.unwrap().lost_reply);
    assert_eq!(fake.now(), Duration::from_secs(5));
}

#[tokio::test]
async fn one_deadline_holds_for_all_nodes() {
    let fake = Fake::default();
    for node in [A, B, C] {
        fake.answers(node, Err(HttpFault::Timeout));
    }
    let fault = call(&fake.client(&[A, B, C])).await.unwrap_err();
    assert!(fault.may_have_acted);
    assert_eq!(fake.now(), Duration::from_secs(10));
}

#[tokio::test]
async fn what_works_once_is_not_repeated_after_a_lost_reply() {
    for operation in [Operation::Login, Operation::Wrapping] {
        let fake = Fake::default();
        fake.answers(A, Err(HttpFault::Cut("reset".into())));
        let fault = call_as(&fake.client(&[A, B]), operation, 8).await.unwrap_err();
        assert!(fault.may_have_acted);
        assert_eq!(asked(&fake), [A]);
    }
}

#[tokio::test]
async fn a_refusal_is_final_for_the_attempt() {
    let fake = Fake::default();
    fake.answers(A, reply(403, r#"{"errors":["permission denied"]}"#));
    let fault = call(&fake.client(&[A, B])).await.unwrap_err();
    assert_eq!((fault.error.code(), asked(&fake).len()), ("LK-0103", 1));
}

fn told(events: &mut Events) -> Vec<String> {
    std::iter::from_fn(|| events.next_now())
        .map(|event| format!("{} {}", event.kind.name(), event.subject))
        .collect()
}

#[tokio::test]
async fn a_node_whose_tls_fails_is_passed_over_and_told() {
    let fake = Fake::default();
    fake.answers(A, Err(HttpFault::Tls(TlsFault::UnknownIssuer))).answers(B, reply(200, "{}"));
    let client = fake.client(&[A, B]);
    let mut events = client.hub().listen("aws/creds/orders".into());
    assert!(!call(&client).await.unwrap().lost_reply);
    assert_eq!(told(&mut events), ["security.alert https://a:8200"]);
}

#[tokio::test]
async fn a_node_that_is_down_is_passed_over_and_told() {
    let fake = Fake::default();
    fake.answers(B, reply(200, "{}"));
    let client = fake.client(&[A, B]);
    let mut events = client.hub().listen("aws/creds/orders".into());
    call(&client).await.unwrap();
    assert_eq!(told(&mut events), ["vault.node_failed https://a:8200"]);
}

#[tokio::test]
async fn tls_that_fails_everywhere_is_for_a_person_and_beside_a_dead_node_it_is_not() {
    let fake = Fake::default();
    let tls = || Err(HttpFault::Tls(TlsFault::UnknownIssuer));
    fake.answers(A, tls()).answers(B, tls());
    let fault = call(&fake.client(&[A, B])).await.unwrap_err();
    assert_eq!((fault.error.code(), fault.class, fault.may_have_acted), ("LK-0104", Class::Denied, false));
    for dead in [A, B] {
        fake.answers(if dead == A { B } else { A }, tls());
        assert_eq!(call(&fake.client(&[A, B])).await.unwrap_err().class, Class::Node, "{dead}");
    }
}

#[tokio::test]
async fn a_redirect_to_a_node_that_cannot_be_reached_is_followed_once() {
    let fake = Fake::default();
    for node in [B, C] {
        fake.answers(node, reply_with(307, "location", A, ""));
    }
    let fault = call(&fake.client(&[B, C, A])).await.unwrap_err();
    assert_eq!((fault.class, fault.may_have_acted), (Class::NotReady, false));
    assert_eq!(asked(&fake), [B, A, C], "A is dead, and asked once");
}

#[tokio::test]
async fn while_a_cluster_elects_one_node_speaks_for_all_until_there_is_a_leader() {
    let fake = Fake::default();
    let electing = || reply(500, r#"{"errors":["local node not active but active cluster node not found"]}"#);
    fake.answers(B, electing()).answers(C, electing()).answers(B, electing()).answers(C, reply(200, "{}"));
    let client = fake.client(&[A, B, C]);
    for _ in 0..2 {
        assert_eq!(call(&client).await.unwrap_err().class, Class::NotReady);
    }
    assert_eq!(call(&client).await.unwrap().origin, C);
    assert_eq!(asked(&fake), [A, B, C, B, C]);
}

#[tokio::test]
async fn one_redirect_to_a_configured_node_is_followed() {
    let fake = Fake::default();
    let location = format!("{B}/v1/sys/leases/lookup");
    fake.answers(A, reply_with(307, "location", &location, "")).answers(B, reply(200, "{}"));
    assert_eq!(call(&fake.client(&[A, B])).await.unwrap().origin, B);
    assert_eq!(fake.header(1, "x-vault-token").as_deref(), Some("hvs.t0ken"));
}

#[tokio::test]
async fn a_redirect_elsewhere_is_refused_and_nothing_is_sent_there() {
    for location in
        ["https://evil/v1/x", "http://a:8200/v1/x", "http://169.254.169.254/", "//evil", "https://["]
    {
        let fake = Fake::default();
        fake.answers(A, reply_with(307, "location", location, ""));
        let fault = call(&fake.client(&[A])).await.unwrap_err();
        assert_eq!(fault.error.code(), "LK-0114", "{location}");
        assert_eq!(asked(&fake), [A]);
    }
}

#[tokio::test]
async fn a_redirect_to_a_dead_node_moves_on_to_the_next() {
    let fake = Fake::default();
    fake.answers(A, reply_with(307, "location", B, "")).answers(C, reply(200, "{}"));
    assert_eq!(call(&fake.client(&[A, C, B])).await.unwrap().origin, C);
    assert_eq!(asked(&fake), [A, B, C]);
}

#[tokio::test]
async fn redirects_in_a_circle_end_after_one_hop() {
    let fake = Fake::default();
    for (from, to) in [(A, B), (B, A)] {
        for _ in 0..5 {
            fake.answers(from, reply_with(307, "location", to, ""));
        }
    }
    let fault = call(&fake.client(&[A, B])).await.unwrap_err();
    assert_eq!((fault.class, asked(&fake).len()), (Class::Node, 4));
}

#[tokio::test]
async fn redirects_can_be_switched_off() {
    let fake = Fake::default();
    fake.answers(A, reply_with(307, "location", B, ""));
    let client = fake.client_with(&[A, B], |options| {
        options.follow_redirects = false;
        options.max_retries = 0;
    });
    assert_eq!(call(&client).await.unwrap_err().class, Class::Node);
    assert_eq!(asked(&fake), [A]);
}

#[tokio::test]
async fn after_a_412_the_next_request_asks_for_the_active_node() {
    let fake = Fake::default();
    fake.answers(A, reply(412, r#"{"errors":[]}"#)).answers(A, reply(200, "{}")).answers(A, reply(200, "{}"));
    let client = fake.client(&[A]);
    assert_eq!(call(&client).await.unwrap_err().class, Class::Lag);
    call(&client).await.unwrap();
    call(&client).await.unwrap();
    let forwarded: Vec<_> = (0..3).map(|n| fake.header(n, "x-vault-inconsistent")).collect();
    assert_eq!(forwarded, [None, Some("forward-active-node".into()), None]);
}

#[tokio::test]
async fn a_reply_that_is_no_json_is_unusable_and_not_quoted() {
    let nested = format!("{{\"data\":{}1{}}}", "[".repeat(40), "]".repeat(40));
    for body in ["<html>s3cret</html>", r#"{"data":1,"data":2}"#, nested.as_str(), "[]", "\"x\""] {
        let fake = Fake::default();
        fake.answers(A, reply(200, body));
        let fault = call(&fake.client(&[A])).await.unwrap_err();
        assert_eq!(
            (fault.error.code(), fault.class, fault.may_have_acted),
            ("LK-0113", Class::Protocol, true)
        );
        assert!(!format!("{fault:?}").contains("s3cret"));
    }
}

#[tokio::test]
async fn a_token_that_a_server_quotes_is_blackened() {
    let fake = Fake::default();
    fake.answers(A, reply(400, r#"{"errors":["no hvs.t0ken here"]}"#));
    let fault = call_as(&fake.client(&[A]), Operation::Revoke, 1).await.unwrap_err();
    assert!(fault.error.message().contains("no [secret] here"), "{}", fault.error);
}

#[tokio::test]
async fn the_rate_limit_waits_before_the_deadline_starts() {
    let fake = Fake::default();
    for _ in 0..4 {
        fake.answers(A, reply(200, "{}"));
    }
    let client = fake.client_with(&[A], |options| {
        options.rate_limit = Some((0.05, 2));
    });
    for _ in 0..3 {
        call(&client).await.unwrap();
    }
    assert_eq!(fake.now().as_secs(), 20);
}

/// Ten calls at once of a node that answers each after this time.
async fn ten_at_once(answers_after: Duration) -> (Vec<Result<(), Fault>>, Arc<AtomicUsize>, BootInstant) {
    let (world, sent) = (Scripted::new(), Arc::new(AtomicUsize::new(0)));
    let (counter, started) = (sent.clone(), world.boot());
    world.answer(move |_| {
        counter.fetch_add(1, Ordering::Relaxed);
        ScriptedReply::json(200, "{}").after(answers_after)
    });
    let mut options = None;
    Fake::default().client_with(&[A], |usual| options = Some(usual.clone()));
    let client = VaultClient::open(&world.context(), options.unwrap()).unwrap();
    let calls: Vec<_> = (0..10)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { call(&client).await.map(drop) })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(sent.load(Ordering::Relaxed), 4);
    let mut done = Vec::new();
    for call in calls {
        done.push(call.await.unwrap());
    }
    (done, sent, BootInstant::default().plus(world.boot().since(started)))
}

#[tokio::test(start_paused = true)]
async fn four_requests_are_in_flight_at_most() {
    let (done, sent, took) = ten_at_once(Duration::from_secs(1)).await;
    assert!(done.iter().all(Result::is_ok));
    assert_eq!(sent.load(Ordering::Relaxed), 10);
    assert_eq!(took.since(BootInstant::default()).as_secs(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_gets_no_turn_was_not_sent() {
    let (done, _, took) = ten_at_once(Duration::from_secs(100)).await;
    let unsent: Vec<_> =
        done.into_iter().filter_map(Result::err).filter(|fault| !fault.may_have_acted).collect();
    assert!(unsent.len() >= 2 && unsent.iter().all(|fault| fault.class == Class::Node), "{unsent:?}");
    assert!(took.since(BootInstant::default()) <= Duration::from_secs(21));
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_refused() {
    let fake = Fake::default();
    let opened = |set: fn(&mut ClusterOptions)| {
        let mut code = None;
        fake.client_with(&[A], |options| {
            let mut copy = options.clone();
            set(&mut copy);
            code = VaultClient::open(&fake.context(), copy).err().map(|error| error.code());
        });
        code
    };
    assert_eq!(opened(|options| options.addresses.clear()), Some("LK-0101"));
    let proxy = |options: &mut ClusterOptions| {
        options.server_name = Some("vault".into());
        options.http.proxy = Some("http://proxy:3128".parse().unwrap());
    };
    assert_eq!(opened(proxy), Some("LK-0116"));
    assert_eq!(opened(|options| options.server_name = Some("10.0.0.1".into())), Some("LK-0116"));
    assert_eq!(opened(|options| options.server_name = Some("vault".into())), None);
    assert_eq!(opened(|options| options.server_name = Some("a".into())), None);
    assert_eq!(opened(|options| options.rate_limit = Some((0.0, 1))), Some("LK-0116"));
    assert_eq!(opened(|options| options.rate_limit = Some((f64::NAN, 1))), Some("LK-0116"));
    assert_eq!(opened(|options| options.rate_limit = Some((1.0, 0))), Some("LK-0116"));
    assert_eq!(opened(|options| options.mfa = Some("a\n".into())), Some("LK-0103"));
}
