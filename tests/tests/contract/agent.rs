//! Behind a caching agent, which repeats replies and renews leases by itself.

use std::time::Duration;

use leasekey::{CredentialKind, EventKind};
use leasekey_tests::agent::Agent;
use leasekey_tests::expect::{next_within, refused};

use crate::begin;

const POLICY: &str = r#"
    path "+/creds/+"         { capabilities = ["update"] }
    path "sys/leases/renew"  { capabilities = ["update"] }
    path "sys/leases/lookup" { capabilities = ["update"] }
    path "sys/leases/revoke" { capabilities = ["update"] }"#;

#[tokio::test]
async fn a_repeated_reply_is_no_rotation_and_the_lease_itself_tells_how_long_it_lasts() {
    let (stack, logs) = begin();
    let agent = Agent::of(&stack).await;
    let login = stack.new_approle(POLICY).await;
    let vault = stack.builder().address(&agent.address).role("orders-user").kind(CredentialKind::IamUser);
    let vault = vault.auth(login.auth()).sts_endpoint(&stack.aws_endpoint).start().await.unwrap();
    logs.planted("the secret key", vault.credentials().await.unwrap().secret_access_key());
    let first = vault.lease().unwrap();
    let mut events = vault.events();
    let error = refused(vault.refresh().await);
    assert_eq!(error.code(), "LK-0125", "{error}");
    let warned = next_within(&mut events, EventKind::Warned, Duration::from_secs(5)).await;
    assert_eq!(warned.code, Some("LK-0125"));
    assert!(warned.reason.unwrap().contains("a caching Vault Agent"));
    let (same, trail) = (vault.lease().unwrap(), stack.trail(&login.name));
    assert_eq!((same.generation, &same.access_key_id), (first.generation, &first.access_key_id));
    assert_eq!((trail.granted("aws/creds/orders-user"), trail.granted("sys/leases/lookup")), (1, 1));
    vault.close().await.unwrap();
}

#[tokio::test]
async fn a_temporary_set_which_no_agent_can_renew_is_rotated_as_without_one() {
    let (stack, logs) = begin();
    let (agent, login) = (Agent::of(&stack).await, stack.new_approle(POLICY).await);
    let vault = stack.builder().address(&agent.address).auth(login.auth()).start().await.unwrap();
    let first = vault.credentials().await.unwrap();
    let second = vault.refresh().await.unwrap();
    logs.planted("the secret key", second.secret_access_key());
    assert_ne!(first.access_key_id(), second.access_key_id());
    vault.close().await.unwrap();
}
