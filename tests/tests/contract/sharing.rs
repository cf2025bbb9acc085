//! Who shares what, and what a close gives back.

use leasekey::TokenAuth;
use leasekey_tests::expect::refused;
use reqwest::Method;

use crate::{ORDERS, begin};

const LOGIN: &str = "auth/approle/login";
const ISSUE: &str = "aws/creds/orders";
const REVOKE: &str = "auth/token/revoke-self";

#[tokio::test]
async fn providers_with_the_same_settings_share_login_and_lease_and_the_last_close_gives_back() {
    let (stack, _logs) = begin();
    let role = stack.new_approle(ORDERS).await;
    let one = stack.builder().auth(role.auth()).start().await.unwrap();
    let two = stack.builder().auth(role.auth()).start().await.unwrap();
    assert_eq!(one.lease().unwrap().access_key_id, two.lease().unwrap().access_key_id);
    one.close().await.unwrap();
    two.credentials().await.unwrap();
    assert_eq!(refused(one.credentials().await).code(), "LK-0118");
    assert_eq!(refused(one.close().await).code(), "LK-0118");
    assert_eq!(stack.trail(&role.name).asked(REVOKE), 0);
    two.close().await.unwrap();
    let trail = stack.trail(&role.name);
    assert_eq!([trail.granted(LOGIN), trail.granted(ISSUE), trail.granted(REVOKE)], [1, 1, 1]);
}

#[tokio::test]
async fn providers_of_different_leases_share_the_login_until_the_last_close() {
    let (stack, _logs) = begin();
    let role = stack.new_approle(ORDERS).await;
    let one = stack.builder().auth(role.auth()).start().await.unwrap();
    let two = stack.builder().auth(role.auth()).session_name("another").start().await.unwrap();
    one.close().await.unwrap();
    assert_eq!(stack.trail(&role.name).asked(REVOKE), 0);
    two.refresh().await.unwrap();
    two.close().await.unwrap();
    let trail = stack.trail(&role.name);
    assert_eq!([trail.granted(LOGIN), trail.granted(ISSUE), trail.granted(REVOKE)], [1, 3, 1]);
}

#[tokio::test]
async fn a_provider_that_was_dropped_does_not_keep_the_login_from_being_given_back() {
    let (stack, _logs) = begin();
    let role = stack.new_approle(ORDERS).await;
    let one = stack.builder().auth(role.auth()).start().await.unwrap();
    let two = stack.builder().auth(role.auth()).session_name("another").start().await.unwrap();
    drop(one);
    // The background thread takes the drop before the close: both come through one queue.
    two.close().await.unwrap();
    assert_eq!(stack.trail(&role.name).granted(REVOKE), 1);
}

#[tokio::test]
async fn a_closed_login_is_made_anew_for_the_next_provider() {
    let (stack, _logs) = begin();
    let role = stack.new_approle(ORDERS).await;
    stack.builder().auth(role.auth()).start().await.unwrap().close().await.unwrap();
    let again = stack.builder().auth(role.auth()).start().await.unwrap();
    again.close().await.unwrap();
    let trail = stack.trail(&role.name);
    assert_eq!([trail.granted(LOGIN), trail.granted(ISSUE), trail.granted(REVOKE)], [2, 2, 2]);
}

#[tokio::test]
async fn a_close_revokes_the_token_of_the_login_and_no_other() {
    let (stack, _logs) = begin();
    let (closed, other) = (stack.new_approle(ORDERS).await, stack.new_approle(ORDERS).await);
    let one = stack.builder().auth(closed.auth()).start().await.unwrap();
    let two = stack.builder().auth(other.auth()).start().await.unwrap();
    one.close().await.unwrap();
    assert_eq!(stack.trail(&closed.name).granted(REVOKE), 1);
    two.refresh().await.unwrap();
    let trail = stack.trail(&other.name);
    assert_eq!([trail.granted(LOGIN), trail.asked(REVOKE)], [1, 0]);
}

#[tokio::test]
async fn a_users_own_token_is_never_revoked() {
    let (stack, _logs) = begin();
    let token = stack.new_token(ORDERS).await;
    let vault = stack.builder().auth(TokenAuth::new(token.as_str())).start().await.unwrap();
    vault.close().await.unwrap();
    let looked = stack.vault_call(&token, Method::GET, "auth/token/lookup-self", None).await;
    assert_eq!(looked.status, 200);
}

#[tokio::test]
async fn different_tokens_never_share() {
    let (stack, _logs) = begin();
    let (one, two) = (stack.new_token(ORDERS).await, stack.new_token(ORDERS).await);
    let one = stack.builder().auth(TokenAuth::new(one)).start().await.unwrap();
    let two = stack.builder().auth(TokenAuth::new(two)).start().await.unwrap();
    assert_ne!(one.lease().unwrap().access_key_id, two.lease().unwrap().access_key_id);
    assert_eq!((one.stats().logins, two.stats().logins), (1, 1));
}
