//! An assumed_role set whole: what it is, what it may do, and what can be asked for.

use std::time::{Duration, SystemTime};

use aws_sdk_s3::error::ProvideErrorMetadata;
use leasekey::{CredentialKind, EventKind, VaultCredentialsProvider};
use leasekey_tests::expect::{next, refused};
use leasekey_tests::log::Watch;
use leasekey_tests::proxy::{Fate, Proxy, as_openbao};
use leasekey_tests::stack::new_name;
use serde_json::json;

use crate::{ORDERS, begin};

async fn plant_set(vault: &VaultCredentialsProvider, logs: &Watch) {
    let set = vault.credentials().await.unwrap();
    logs.planted("the secret key", set.secret_access_key());
    logs.planted("the session token", set.session_token().unwrap());
}

#[tokio::test]
async fn a_set_is_what_its_role_says_and_the_lease_tells_it_without_secrets() {
    let (stack, logs) = begin();
    let vault = stack.builder().auth(stack.new_approle(ORDERS).await.auth()).start().await.unwrap();
    plant_set(&vault, &logs).await;
    let (set, lease) = (vault.credentials().await.unwrap(), vault.lease().unwrap());
    let remaining = set.expiry().unwrap().duration_since(SystemTime::now()).unwrap().as_secs();
    assert!((880..=900).contains(&remaining), "{remaining} s remain of 15 minutes");
    assert_eq!(lease.kind, CredentialKind::AssumedRole);
    assert_eq!((lease.generation, lease.access_key_id.as_str()), (1, set.access_key_id()));
    assert_eq!(lease.account_id.as_deref(), Some(stack.aws_account.as_str()));
    assert_eq!(set.account_id().map(|id| id.as_str()), Some(stack.aws_account.as_str()));
    let arn = lease.arn.clone().unwrap();
    let start = format!("arn:aws:sts::{}:assumed-role/orders/", stack.aws_account);
    assert_eq!(arn.strip_prefix(&start), lease.session_name());
    assert!(lease.session_name().unwrap().starts_with("vault-approle-orders-"), "{arn}");
    assert!(lease.lease_id.as_ref().unwrap().starts_with("aws/creds/orders/"));
    assert!(lease.vault_entity_id.is_some() && !lease.vault_request_id.is_empty());
    let shown = format!("{lease:?} {vault:?} {set:?} {:?}", vault.stats());
    tracing::info!("{shown}");
}

#[tokio::test]
async fn the_sdk_may_do_what_the_role_allows_and_nothing_else() {
    let (stack, logs) = begin();
    let vault = stack.builder().auth(stack.new_approle(ORDERS).await.auth()).start().await.unwrap();
    plant_set(&vault, &logs).await;
    let s3 = stack.s3(&vault, &stack.aws_endpoint).await;
    let listed = s3.list_objects_v2().bucket(&stack.bucket).send().await.unwrap();
    let key = listed.contents().first().unwrap().key().unwrap();
    let object = s3.get_object().bucket(&stack.bucket).key(key).send().await.unwrap();
    assert!(!object.body.collect().await.unwrap().into_bytes().is_empty());
    let body = aws_sdk_s3::primitives::ByteStream::from_static(b"not allowed");
    let put = s3.put_object().bucket(&stack.bucket).key("intruder").body(body).send().await;
    assert_eq!(put.unwrap_err().code(), Some("AccessDenied"));
}

#[tokio::test]
async fn only_what_was_asked_for_is_sent() {
    let (stack, _logs) = begin();
    let role = stack.new_approle(ORDERS).await;
    stack.builder().auth(role.auth()).start().await.unwrap();
    assert!(stack.trail(&role.name).parameters("aws/creds/orders").is_empty());
    let ttl = stack.builder().auth(role.auth()).ttl(Duration::from_secs(1200)).start().await.unwrap();
    assert_eq!(stack.trail(&role.name).parameters("aws/creds/orders"), ["ttl"]);
    let remaining = ttl.lease().unwrap().expires_at.duration_since(SystemTime::now()).unwrap().as_secs();
    assert!((1180..=1200).contains(&remaining), "{remaining} s remain of 20 minutes");
}

#[tokio::test]
async fn a_session_name_and_a_role_arn_are_honoured() {
    let (stack, _logs) = begin();
    let arn = format!("arn:aws:iam::{}:role/orders", stack.aws_account);
    let login = stack.new_approle(ORDERS).await;
    let named = stack.builder().auth(login.auth()).session_name("billing+eu@host-1").role_arn(&arn);
    let named = named.kind(CredentialKind::AssumedRole).start().await.unwrap();
    assert_eq!(named.lease().unwrap().session_name(), Some("billing+eu@host-1"));
    let mut sent = stack.trail(&login.name).parameters("aws/creds/orders");
    sent.sort();
    assert_eq!(sent, ["role_arn", "role_session_name"]);
}

#[tokio::test]
async fn a_policy_that_allows_the_ttl_alone_is_enough_and_is_kept() {
    let (stack, _logs) = begin();
    let policy =
        r#"path "aws/creds/orders" { capabilities = ["update"] allowed_parameters = { "ttl" = [] } }"#;
    let login = stack.new_approle(policy).await;
    stack.builder().auth(login.auth()).start().await.unwrap();
    stack.builder().auth(login.auth()).ttl(Duration::from_secs(900)).start().await.unwrap();
    let named = stack.builder().auth(login.auth()).session_name("chosen").start().await;
    assert_eq!(refused(named).code(), "LK-0106");
}

#[tokio::test]
async fn a_policy_that_allows_no_parameter_is_enough() {
    let (stack, _logs) = begin();
    let policy = r#"path "aws/creds/orders" { capabilities = ["update"] denied_parameters = { "*" = [] } }"#;
    let login = stack.new_approle(policy).await;
    stack.builder().auth(login.auth()).start().await.unwrap();
    let asked = stack.builder().auth(login.auth()).ttl(Duration::from_secs(900)).start().await;
    assert_eq!(refused(asked).code(), "LK-0106");
}

#[tokio::test]
async fn what_the_server_warns_of_becomes_an_event_and_the_shorter_life_counts() {
    let (stack, _logs) = begin();
    let mount = new_name("aws-short");
    let quarter = json!({ "max_lease_ttl": "15m", "default_lease_ttl": "15m" });
    stack.mount_aws("", &mount, quarter, &stack.aws_endpoint).await;
    // The engine keeps to its role, and the server to the mount.
    stack.vault_write(&format!("{mount}/roles/orders"), json!({ "max_sts_ttl": "2h" })).await;
    let policy = format!(r#"path "{mount}/creds/orders" {{ capabilities = ["update"] }}"#);
    let vault = stack.builder().auth(stack.new_approle(&policy).await.auth()).mount(&mount);
    let vault = vault.ttl(Duration::from_secs(3600)).build().unwrap();
    let mut events = vault.events();
    vault.credentials().await.unwrap();
    let warning = next(&mut events, EventKind::Warned).await;
    assert_eq!(*warning.subject, format!("{mount}/creds/orders"));
    assert!(warning.reason.unwrap().contains("exceeded the effective max_ttl"));
    let lease = vault.lease().unwrap();
    assert_eq!(warning.vault_request_id, Some(lease.vault_request_id));
    let remaining = lease.expires_at.duration_since(SystemTime::now()).unwrap().as_secs();
    assert!(remaining <= 900, "the mount's 15 minutes are passed: {remaining} s");
}

#[tokio::test]
async fn a_parameter_that_the_server_ignores_becomes_an_event() {
    #[derive(Debug)]
    struct Chatty(serde_json::Value);

    #[async_trait::async_trait]
    impl leasekey::AuthMethod for Chatty {
        async fn login(&self, vault: &leasekey::LoginContext<'_>) -> leasekey::Result<leasekey::Login> {
            vault.post("auth/approle/login", &self.0).await
        }
    }

    let (stack, _logs) = begin();
    let login = stack.new_approle(ORDERS).await;
    let body = json!({ "role_id": login.role_id, "secret_id": login.secret_id, "validate": true });
    let vault = stack.builder().auth(Chatty(body)).build().unwrap();
    let mut events = vault.events();
    vault.credentials().await.unwrap();
    let warning = next(&mut events, EventKind::Warned).await;
    assert!(warning.reason.unwrap().contains("ignored these unrecognized parameters: [validate]"));
}

#[tokio::test]
async fn a_refresh_swaps_the_set_and_the_counts_tell() {
    let (stack, _logs) = begin();
    let vault = stack.builder().auth(stack.new_approle(ORDERS).await.auth()).start().await.unwrap();
    let first = vault.credentials().await.unwrap();
    let second = vault.refresh().await.unwrap();
    assert_ne!(first.access_key_id(), second.access_key_id());
    assert_eq!(vault.lease().unwrap().generation, 2);
    let stats = vault.stats();
    assert_eq!((stats.logins, stats.issues, stats.failures), (1, 2, 0));
    assert_eq!((stats.renewals, stats.revocations, stats.heals), (0, 0, 0));
}

#[tokio::test]
async fn a_set_that_must_last_longer_than_any_lives_is_refused_and_a_shorter_span_is_served() {
    let (stack, _logs) = begin();
    let vault = stack.builder().auth(stack.new_approle(ORDERS).await.auth()).start().await.unwrap();
    vault.valid_for(Duration::from_secs(600)).await.unwrap();
    assert_eq!(refused(vault.valid_for(Duration::from_secs(1200)).await).code(), "LK-0108");
}

#[tokio::test]
async fn a_set_in_the_shape_of_openbaos_own_plugin_is_a_whole_set() {
    let (stack, logs) = begin();
    let server = Proxy::of(&stack.address).await;
    server.rule(|_| Fate::Rewritten(as_openbao));
    let login = stack.new_approle(ORDERS).await;
    let vault = stack.builder().address(&server.address).auth(login.auth());
    let vault = vault.kind(CredentialKind::AssumedRole).start().await.unwrap();
    plant_set(&vault, &logs).await;
    let (set, lease) = (vault.credentials().await.unwrap(), vault.lease().unwrap());
    assert!(set.session_token().is_some() && lease.arn.is_none());
    let remaining = lease.expires_at.duration_since(SystemTime::now()).unwrap().as_secs();
    assert!((880..=900).contains(&remaining), "{remaining} s remain of 15 minutes");
    let s3 = stack.s3(&vault, &stack.aws_endpoint).await;
    s3.list_objects_v2().bucket(&stack.bucket).send().await.unwrap();
}
