//! What Leasekey tells and does, compared with the server's own audit log.

use std::time::Duration;

use leasekey::EventKind;
use leasekey_tests::expect::next;
use leasekey_tests::proxy::{Fate, Proxy};
use leasekey_tests::stack::text_at;

use crate::{ORDERS, begin};

const LOGIN: &str = "auth/approle/login";
const ISSUE: &str = "aws/creds/orders";

#[tokio::test]
async fn every_request_and_lease_that_events_name_is_in_the_audit_log() {
    let (stack, _logs) = begin();
    let vault = stack.builder().auth(stack.new_approle(ORDERS).await.auth()).build().unwrap();
    let mut events = vault.events();
    vault.credentials().await.unwrap();
    let login = next(&mut events, EventKind::LoggedIn).await;
    assert_eq!(&*login.subject, "auth/approle");
    let entry = stack.audited(&login.vault_request_id.unwrap()).unwrap();
    assert_eq!(text_at(&entry, "/request/path"), LOGIN);
    let issued = next(&mut events, EventKind::Issued).await;
    let lease = vault.lease().unwrap();
    let entry = stack.audited(issued.vault_request_id.as_ref().unwrap()).unwrap();
    assert_eq!(text_at(&entry, "/request/path"), ISSUE);
    assert_eq!(issued.lease_id, Some(text_at(&entry, "/response/secret/lease_id")));
    assert_eq!(issued.vault_entity_id, Some(text_at(&entry, "/auth/entity_id")));
    assert_eq!(issued.access_key_id, Some(lease.access_key_id.clone()));
    assert_eq!((issued.role_arn, issued.account_id), (lease.arn.clone(), lease.account_id.clone()));
    assert_eq!(issued.session_name.as_deref(), lease.session_name());
    assert_eq!((issued.generation, issued.expires_at.is_some()), (Some(1), true));
    vault.refresh().await.unwrap();
    let swapped = next(&mut events, EventKind::Swapped).await;
    assert!(stack.audited(&swapped.vault_request_id.unwrap()).is_some());
    vault.close().await.unwrap();
    next(&mut events, EventKind::Closed).await;
    next(&mut events, EventKind::TokenRevoked).await;
}

#[tokio::test]
async fn a_refused_request_is_in_the_audit_log_under_the_errors_request_id() {
    let (stack, _logs) = begin();
    let login = stack.new_approle(r#"path "secret/data/x" { capabilities = ["read"] }"#).await;
    let error = stack.builder().auth(login.auth()).start().await.unwrap_err();
    // Neither server tells the request id of a refusal in its reply; where one does, it must be in the log.
    if let Some(id) = error.vault_request_id() {
        assert!(stack.audited(id).is_some(), "{id}");
    }
    assert_eq!(stack.trail(&login.name).asked(ISSUE), 1);
}

#[tokio::test]
async fn a_thousand_signed_requests_are_one_issue() {
    let (stack, logs) = begin();
    let role = stack.new_approle(ORDERS).await;
    let vault = stack.builder().auth(role.auth()).start().await.unwrap();
    logs.planted("the session token", vault.credentials().await.unwrap().session_token().unwrap());
    let s3 = stack.s3(&vault, &stack.aws_endpoint).await;
    let signers: Vec<_> = (0..20)
        .map(|_| {
            let (s3, bucket) = (s3.clone(), stack.bucket.clone());
            tokio::spawn(async move {
                for _ in 0..50 {
                    s3.head_bucket().bucket(&bucket).send().await.unwrap();
                }
            })
        })
        .collect();
    for signer in signers {
        signer.await.unwrap();
    }
    let trail = stack.trail(&role.name);
    assert_eq!([trail.asked(LOGIN), trail.asked(ISSUE)], [1, 1]);
    for crate_that_logs in ["TRACE S3.HeadBucket", "TRACE hyper_util", "DEBUG reqwest", "INFO leasekey"] {
        assert!(logs.saw(crate_that_logs), "{crate_that_logs} was not captured");
    }
}

#[tokio::test]
async fn ten_thousand_cold_callers_are_one_login_and_one_issue() {
    let (stack, _logs) = begin();
    let role = stack.new_approle(ORDERS).await;
    let vault = stack.builder().auth(role.auth()).build().unwrap();
    let callers: Vec<_> = (0..10_000)
        .map(|_| {
            let vault = vault.clone();
            tokio::spawn(async move { vault.credentials().await.unwrap().access_key_id().to_owned() })
        })
        .collect();
    for caller in callers {
        assert_eq!(caller.await.unwrap(), vault.lease().unwrap().access_key_id);
    }
    let trail = stack.trail(&role.name);
    assert_eq!([trail.asked(LOGIN), trail.asked(ISSUE)], [1, 1]);
}

#[tokio::test]
async fn ten_thousand_cold_callers_that_all_give_up_after_20_ms_are_one_login_and_one_issue() {
    let (stack, _logs) = begin();
    let role = stack.new_approle(ORDERS).await;
    let slow = Proxy::of(&stack.address).await;
    slow.rule(|_| Fate::Late(Duration::from_millis(100)));
    let vault = stack.builder().address(&slow.address).auth(role.auth()).build().unwrap();
    let mut events = vault.events();
    let callers: Vec<_> = (0..10_000)
        .map(|_| {
            let vault = vault.clone();
            tokio::spawn(
                async move { tokio::time::timeout(Duration::from_millis(20), vault.credentials()).await },
            )
        })
        .collect();
    for caller in callers {
        assert!(caller.await.unwrap().is_err(), "a caller had its set before a reply could be there");
    }
    next(&mut events, EventKind::Issued).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let trail = stack.trail(&role.name);
    assert_eq!([trail.asked(LOGIN), trail.asked(ISSUE)], [1, 1]);
    assert_eq!((vault.stats().logins, vault.stats().issues, vault.stats().failures), (1, 1, 0));
}
