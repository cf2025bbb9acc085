//! What AWS says of a key, and whose key it is, at the emulator.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_sdk_s3::error::ProvideErrorMetadata;
use bytes::Bytes;
use http::{Request, Response};
use leasekey::config::ConfigKey;
use leasekey::{CredentialKind, EventKind, VaultCredentialsProvider};
use leasekey_tests::expect::{next, refused, served};
use leasekey_tests::log;
use leasekey_tests::proxy::{Fate, Proxy, is_iam, reply};
use leasekey_tests::stack::{AppRole, Stack, new_name};
use serde_json::json;
use tokio::time::Instant;

const ORDERS: &str = r#"path "aws/creds/orders" { capabilities = ["update"] }"#;

async fn provider(stack: &Stack) -> (VaultCredentialsProvider, AppRole) {
    let role = stack.new_approle(ORDERS).await;
    (stack.builder().auth(role.auth()).start().await.unwrap(), role)
}

fn expired_token() -> Response<Bytes> {
    reply(400, "<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>")
}

fn signed_with(request: &Request<Bytes>, key: &str) -> bool {
    let header = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    header.is_some_and(|header| header.contains(key))
}

#[tokio::test]
async fn row_34_late_answers_of_iam_delay_the_first_key_and_fail_nothing() {
    let (stack, _logs) = (Stack::from_env(), log::watch());
    let (aws, mount) = (Proxy::of(&stack.aws_endpoint).await, new_name("aws-late"));
    let mut behind = stack.clone();
    behind.aws_endpoint.clone_from(&aws.address);
    behind.mount_aws("", &mount, json!({}), &aws.address).await;
    stack.vault_write(&format!("{mount}/config/lease"), json!({ "lease": "15m", "lease_max": "1h" })).await;
    let list = json!({ "Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*" });
    let may = json!({ "Version": "2012-10-17", "Statement": [list] }).to_string();
    let user = json!({ "credential_type": "iam_user", "policy_document": may });
    stack.vault_write(&format!("{mount}/roles/user"), user).await;
    let late = Duration::from_millis(300);
    aws.rule(move |request| if is_iam(request) { Fate::Late(late) } else { Fate::PassedOn });
    let policy = format!(
        r#"path "{mount}/creds/user" {{ capabilities = ["update"] }}
           path "sys/leases/revoke"  {{ capabilities = ["update"] }}"#
    );
    let role = stack.new_approle(&policy).await;
    let provider = stack.builder().mount(&mount).role("user").kind(CredentialKind::IamUser).auth(role.auth());
    let provider = provider.sts_endpoint(&aws.address).deadline(Duration::from_secs(30));
    let asked = Instant::now();
    let provider = provider.start().await.unwrap();
    assert!(asked.elapsed() >= 3 * late, "{:?}", asked.elapsed());
    assert_eq!((provider.stats().issues, provider.stats().failures), (1, 0));
    provider.close().await.unwrap();
    stack.kept_pace(&role);
}

#[tokio::test]
async fn row_36_a_key_that_aws_calls_expired_is_replaced_once_and_every_call_succeeds() {
    let (stack, _logs) = (Stack::from_env(), log::watch());
    let ((provider, role), aws) = (provider(&stack).await, Proxy::of(&stack.aws_endpoint).await);
    let (dead, mut events) = (served(&provider).await, provider.events());
    let refusals = Arc::new(AtomicUsize::new(0));
    let (key, counted) = (dead.clone(), refusals.clone());
    aws.answer(move |request| {
        signed_with(request, &key).then(|| {
            counted.fetch_add(1, Ordering::Relaxed);
            expired_token()
        })
    });
    let s3 = stack.healed_s3(&provider, &aws.address).await;
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let (s3, bucket) = (s3.clone(), stack.bucket.clone());
            tokio::spawn(async move { s3.list_objects_v2().bucket(bucket).send().await.map(drop) })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    let healed = next(&mut events, EventKind::Healed).await;
    assert_eq!(healed.access_key_id.as_deref(), Some(dead.as_str()));
    assert_ne!(served(&provider).await, dead);
    let stats = provider.stats();
    assert_eq!((stats.issues, stats.heals, stats.logins), (2, 1, 1));
    assert!(refusals.load(Ordering::Relaxed) >= 1);
    stack.kept_pace(&role);
}

#[tokio::test]
async fn row_36_a_successor_that_is_refused_too_stops_the_healing() {
    let (stack, _logs) = (Stack::from_env(), log::watch());
    let ((provider, role), aws) = (provider(&stack).await, Proxy::alone().await);
    aws.answer(|_| Some(expired_token()));
    let s3 = stack.healed_s3(&provider, &aws.address).await;
    for _ in 0..5 {
        let error = s3.list_objects_v2().bucket(&stack.bucket).send().await.unwrap_err();
        assert_eq!(error.code(), Some("ExpiredToken"));
    }
    assert_eq!((provider.stats().heals, provider.stats().issues), (1, 2));
    stack.kept_pace(&role);
}

#[tokio::test]
async fn row_37_access_denied_never_heals() {
    let (stack, _logs) = (Stack::from_env(), log::watch());
    let (provider, role) = provider(&stack).await;
    let s3 = stack.healed_s3(&provider, &stack.aws_endpoint).await;
    for _ in 0..3 {
        let body = aws_sdk_s3::primitives::ByteStream::from_static(b"not allowed");
        let put = s3.put_object().bucket(&stack.bucket).key("intruder").body(body).send().await;
        assert_eq!(put.unwrap_err().code(), Some("AccessDenied"));
    }
    assert_eq!((provider.stats().heals, provider.stats().issues), (0, 1));
    stack.kept_pace(&role);
}

#[tokio::test]
async fn row_62_credentials_of_somebody_else_are_never_served() {
    let (stack, logs) = (Stack::from_env(), log::watch());
    let role = stack.new_approle(ORDERS).await;
    let other = format!("arn:aws:iam::{}:role/other", stack.aws_account);
    for (key, value) in [(ConfigKey::ExpectedAccount, "111122223333"), (ConfigKey::ExpectedRoleArn, &other)] {
        let pinned =
            stack.builder().auth(role.auth()).set(ConfigKey::StsEndpoint, stack.aws_endpoint.as_str());
        let pinned = pinned.set(key, value).build().unwrap();
        let mut events = pinned.events();
        let error = refused(pinned.credentials().await);
        assert_eq!(error.code(), "LK-0120");
        assert!(
            error.message().contains(value) && error.message().contains(":assumed-role/orders/"),
            "{error}"
        );
        assert_eq!(next(&mut events, EventKind::Security).await.code, Some("LK-0120"));
        assert!(pinned.lease().is_none());
        assert_eq!(pinned.stats().issues, 0);
    }
    assert!(logs.saw("were not served"));
    stack.kept_pace(&role);
}

#[tokio::test]
async fn row_62_aws_is_asked_before_every_generation_is_served() {
    let (stack, _logs) = (Stack::from_env(), log::watch());
    let (role, sts) = (stack.new_approle(ORDERS).await, Proxy::of(&stack.aws_endpoint).await);
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = asked.clone();
    sts.answer(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        None
    });
    let arn = format!("arn:aws:iam::{}:role/orders", stack.aws_account);
    let pinned = stack.builder().auth(role.auth()).set(ConfigKey::StsEndpoint, sts.address.as_str());
    let pinned = pinned.expected_account(&stack.aws_account).expected_role_arn(&arn).start().await.unwrap();
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    pinned.refresh().await.unwrap();
    assert_eq!(asked.load(Ordering::Relaxed), 2);
    let key = served(&pinned).await;
    sts.answer(|_| Some(reply(200, "<R><Account>1</Account><Arn>arn:aws:sts::1:assumed-role/x/y</Arn></R>")));
    assert_eq!(refused(pinned.refresh().await).code(), "LK-0120");
    assert_eq!(served(&pinned).await, key);
    stack.kept_pace(&role);
}
