//! Every kind that the AWS engine hands out: how it is leased, looked after and given back.

use std::time::{Duration, SystemTime};

use leasekey::{CredentialKind, Event, EventKind, VaultCredentialsProvider};
use leasekey_tests::expect::{next, next_within, refused};
use leasekey_tests::log::Watch;
use leasekey_tests::proxy::{Fate, Proxy, reply};
use leasekey_tests::stack::{Stack, new_name};
use serde_json::{Value, json};

use crate::begin;

/// What Leasekey needs for any kind.
const ANY_KIND: &str = r#"
    path "+/creds/+"         { capabilities = ["update"] }
    path "+/sts/+"           { capabilities = ["update"] }
    path "+/static-creds/+"  { capabilities = ["read"] }
    path "sys/leases/renew"  { capabilities = ["update"] }
    path "sys/leases/lookup" { capabilities = ["update"] }
    path "sys/leases/revoke" { capabilities = ["update"] }"#;

async fn plant(vault: &VaultCredentialsProvider, logs: &Watch) {
    let set = vault.credentials().await.unwrap();
    logs.planted("the secret key", set.secret_access_key());
    if let Some(token) = set.session_token() {
        logs.planted("the session token", token);
    }
}

async fn may_list(stack: &Stack, vault: &VaultCredentialsProvider) -> bool {
    let s3 = stack.s3(vault, &stack.aws_endpoint).await;
    s3.list_objects_v2().bucket(&stack.bucket).send().await.is_ok()
}

/// The IAM users that Vault has made for this role: their names hold the role's.
async fn users_of(stack: &Stack, role: &str) -> Vec<String> {
    let users = stack.iam("ListUsers", &[]).await;
    let names = users.split("<UserName>").skip(1).filter_map(|rest| rest.split_once("</UserName>"));
    names.map(|(name, _)| name.to_owned()).filter(|name| name.contains(role)).collect()
}

/// A role of kind iam_user of this test's own.
async fn own_user_role(stack: &Stack) -> String {
    let role = new_name("user");
    stack.vault_write(&format!("aws/roles/{role}"), user_role(stack)).await;
    role
}

/// The same at a mount of its own, whose leases last as said: the mount and the role.
async fn user_mount(stack: &Stack, lease: &str, lease_max: &str) -> (String, String) {
    let (mount, role) = (new_name("aws-users"), new_name("user"));
    stack.mount_aws("", &mount, json!({}), &stack.aws_endpoint).await;
    let times = json!({ "lease": lease, "lease_max": lease_max });
    stack.vault_write(&format!("{mount}/config/lease"), times).await;
    stack.vault_write(&format!("{mount}/roles/{role}"), user_role(stack)).await;
    (mount, role)
}

fn user_role(stack: &Stack) -> Value {
    let list = format!("arn:aws:s3:::{}", stack.bucket);
    let statement = json!({ "Effect": "Allow", "Action": "s3:ListBucket", "Resource": list });
    let policy = json!({ "Version": "2012-10-17", "Statement": [statement] });
    json!({ "credential_type": "iam_user", "policy_document": policy.to_string() })
}

fn seconds_until(end: SystemTime) -> u64 {
    end.duration_since(SystemTime::now()).unwrap().as_secs()
}

#[tokio::test]
async fn each_kind_is_leased_as_asserted_and_works() {
    let (stack, logs) = begin();
    let login = stack.new_approle(ANY_KIND).await;
    for (role, kind) in [
        ("orders", CredentialKind::AssumedRole),
        ("orders-fed", CredentialKind::FederationToken),
        ("orders-session", CredentialKind::SessionToken),
        ("orders-user", CredentialKind::IamUser),
        ("orders-static", CredentialKind::Static),
    ] {
        let vault = stack.builder().role(role).kind(kind).auth(login.auth()).region(&stack.aws_region);
        let vault = vault.sts_endpoint(&stack.aws_endpoint).start().await.unwrap();
        plant(&vault, &logs).await;
        let (set, lease) = (vault.credentials().await.unwrap(), vault.lease().unwrap());
        assert_eq!(lease.kind, kind);
        assert_eq!(set.session_token().is_some(), kind.is_temporary(), "{kind}");
        assert_eq!(lease.lease_id.is_some(), kind != CredentialKind::Static, "{kind}");
        assert!(may_list(&stack, &vault).await, "{kind}");
        vault.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_kind_that_is_not_named_is_learnt_from_the_reply() {
    let (stack, logs) = begin();
    let login = stack.new_approle(ANY_KIND).await;
    for (role, kind) in [
        ("orders", CredentialKind::AssumedRole),
        ("orders-user", CredentialKind::IamUser),
        ("orders-session", CredentialKind::SessionToken),
        ("orders-fed", CredentialKind::FederationToken),
    ] {
        let vault = stack.builder().role(role).auth(login.auth()).sts_endpoint(&stack.aws_endpoint);
        let vault = vault.start().await.unwrap();
        plant(&vault, &logs).await;
        assert_eq!(vault.lease().unwrap().kind, kind, "{role}");
        vault.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_reply_of_another_kind_is_revoked_and_refused_and_its_user_is_gone() {
    let (stack, _logs) = begin();
    let (login, user) = (stack.new_approle(ANY_KIND).await, own_user_role(&stack).await);
    for (role, kind, gone) in [
        (user.as_str(), CredentialKind::FederationToken, 1),
        ("orders", CredentialKind::IamUser, 2),
        ("orders", CredentialKind::SessionToken, 3),
    ] {
        let vault = stack.builder().role(role).kind(kind).auth(login.auth());
        let error = refused(vault.sts_endpoint(&stack.aws_endpoint).start().await);
        assert_eq!(error.code(), "LK-0113", "{error}");
        assert!(error.message().contains(&format!("{kind} was asked for")), "{error}");
        assert_eq!(stack.trail(&login.name).granted("sys/leases/revoke"), gone);
    }
    assert_eq!(users_of(&stack, &user).await, [""; 0]);
}

#[tokio::test]
async fn a_ttl_with_a_role_that_turns_out_to_be_an_iam_user_is_refused_and_the_user_is_gone() {
    let (stack, _logs) = begin();
    let (login, user) = (stack.new_approle(ANY_KIND).await, own_user_role(&stack).await);
    let asked = stack.builder().role(&user).auth(login.auth()).ttl(Duration::from_secs(900));
    let error = refused(asked.start().await);
    assert_eq!(error.code(), "LK-0108", "{error}");
    assert!(error.message().contains("iam_user, which takes none"), "{error}");
    assert_eq!(users_of(&stack, &user).await, [""; 0]);
}

#[tokio::test]
async fn a_ttl_for_a_kind_that_takes_none_is_refused_before_anything_is_sent() {
    let (stack, _logs) = begin();
    let login = stack.new_approle(ANY_KIND).await;
    for kind in [CredentialKind::IamUser, CredentialKind::Static] {
        let asked = stack.builder().kind(kind).auth(login.auth()).ttl(Duration::from_secs(900));
        assert_eq!(refused(asked.build()).code(), "LK-0108", "{kind}");
    }
    assert_eq!(stack.trail(&login.name).paths(), [""; 0], "nothing is sent");
}

#[tokio::test]
async fn row_31_an_iam_user_whose_key_would_live_for_a_month_is_given_back_unless_that_is_allowed() {
    let (stack, _logs) = begin();
    let login = stack.new_approle(ANY_KIND).await;
    let (mount, role) = user_mount(&stack, "768h", "768h").await;
    let user = || {
        let vault = stack.builder().mount(&mount).role(&role).kind(CredentialKind::IamUser);
        vault.auth(login.auth()).sts_endpoint(&stack.aws_endpoint)
    };
    let error = refused(user().start().await);
    assert_eq!(error.code(), "LK-0108", "{error}");
    assert!(error.message().contains("768h"), "{error}");
    assert!(error.hint().contains(&format!("vault write {mount}/config/lease")), "{error}");
    assert_eq!(users_of(&stack, &role).await, [""; 0]);
    let allowed = user().max_lease(Duration::from_secs(800 * 3600)).start().await.unwrap();
    // The key ends with the token it was leased under, whatever Vault says of the lease.
    let left = seconds_until(allowed.lease().unwrap().expires_at);
    assert!((3500..=3600).contains(&left), "a token of one hour: {left} s");
    allowed.close().await.unwrap();
}

#[tokio::test]
async fn an_iam_users_key_is_verified_before_it_serves_and_deleted_at_the_close() {
    let (stack, logs) = begin();
    let (login, user) = (stack.new_approle(ANY_KIND).await, own_user_role(&stack).await);
    let sts = Proxy::of(&stack.aws_endpoint).await;
    let asked = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    let count = asked.clone();
    // The key has not spread yet when AWS is asked for the first time.
    sts.answer(move |_| match count.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
        0 => Some(reply(403, "<Error><Code>InvalidClientTokenId</Code></Error>".to_owned())),
        _ => None,
    });
    let vault = stack.builder().role(&user).kind(CredentialKind::IamUser).auth(login.auth());
    let vault = vault.sts_endpoint(&sts.address).start().await.unwrap();
    plant(&vault, &logs).await;
    assert_eq!(asked.load(std::sync::atomic::Ordering::Relaxed), 3, "one refusal, then two answers in a row");
    let set = vault.credentials().await.unwrap();
    assert!(seconds_until(set.expiry().unwrap()) <= 120, "a hand-out of a key that can be revoked is short");
    assert!(seconds_until(vault.lease().unwrap().expires_at) > 800, "its lease lasts for 15 minutes");
    assert_eq!(users_of(&stack, &user).await.len(), 1);
    vault.close().await.unwrap();
    assert_eq!(users_of(&stack, &user).await, [""; 0]);
}

#[tokio::test]
async fn an_iam_user_is_renewed_at_its_refresh_point_and_replaced_when_it_grows_no_more() {
    let (stack, logs) = begin();
    let login = stack.new_approle(ANY_KIND).await;
    let (mount, role) = user_mount(&stack, "12s", "26s").await;
    let vault = stack.builder().mount(&mount).role(&role).auth(login.auth());
    let vault = vault.sts_endpoint(&stack.aws_endpoint).start().await.unwrap();
    plant(&vault, &logs).await;
    let mut events = vault.events();
    let renewed = next_within(&mut events, EventKind::Renewed, Duration::from_secs(20)).await;
    assert_eq!(renewed.generation, Some(1));
    let swapped: Event = next_within(&mut events, EventKind::Swapped, Duration::from_secs(40)).await;
    assert_eq!(swapped.generation, Some(2));
    plant(&vault, &logs).await;
    assert!(may_list(&stack, &vault).await);
    let stats = vault.stats();
    assert!(stats.renewals >= 1 && stats.issues == 2, "{stats:?}");
    vault.close().await.unwrap();
    assert_eq!(users_of(&stack, &role).await, [""; 0]);
}

#[tokio::test]
async fn row_28_a_lease_that_an_operator_revoked_is_replaced_at_once() {
    let (stack, logs) = begin();
    let login = stack.new_approle(ANY_KIND).await;
    let (mount, role) = user_mount(&stack, "12s", "1h").await;
    let vault = stack.builder().mount(&mount).role(&role).auth(login.auth());
    let vault = vault.sts_endpoint(&stack.aws_endpoint).start().await.unwrap();
    plant(&vault, &logs).await;
    let mut events = vault.events();
    stack.vault_write(&format!("sys/leases/revoke-prefix/{mount}/creds/{role}"), json!({})).await;
    let failed = next(&mut events, EventKind::RefreshFailed).await;
    assert_eq!(failed.code, Some("LK-0124"));
    let swapped = next(&mut events, EventKind::Swapped).await;
    assert_eq!(swapped.generation, Some(2));
    let took = swapped.at.duration_since(failed.at).unwrap();
    assert!(took < Duration::from_secs(5), "two verifications, 2 s apart: {took:?}");
    plant(&vault, &logs).await;
    assert!(may_list(&stack, &vault).await);
    vault.close().await.unwrap();
}

#[tokio::test]
async fn row_38_a_static_role_is_polled_and_the_key_that_vault_rotated_in_serves() {
    let (stack, logs) = begin();
    let name = new_name("orders-rotated");
    stack.iam("CreateUser", &[("UserName", &name)]).await;
    let may = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": "iam:*", "Resource": format!("arn:aws:iam::{}:user/{name}", stack.aws_account) }] });
    let policy = [("UserName", "vault"), ("PolicyName", name.as_str()), ("PolicyDocument", &may.to_string())];
    stack.iam("PutUserPolicy", &policy).await;
    let role = json!({ "username": name, "rotation_period": "60s" });
    stack.vault_write(&format!("aws/static-roles/{name}"), role.clone()).await;
    let policy = format!(
        r#"path "aws/static-creds/{name}" {{ capabilities = ["read"] }}
           path "aws/static-roles/{name}" {{ capabilities = ["read"] }}"#
    );
    let login = stack.new_approle(&policy).await;
    let vault = stack.builder().role(&name).kind(CredentialKind::Static).auth(login.auth());
    let vault = vault.sts_endpoint(&stack.aws_endpoint).start().await.unwrap();
    plant(&vault, &logs).await;
    let first = vault.credentials().await.unwrap().access_key_id().to_owned();
    let error = refused(vault.refresh().await);
    assert_eq!(error.code(), "LK-0125", "not rotated yet");
    assert!(error.hint().contains(&format!("vault read aws/static-roles/{name}")), "{error}");
    let mut events = vault.events();
    // There is no rotation on demand: a role that is made anew has a new key, and the old one is deleted.
    stack.vault_delete(&format!("aws/static-roles/{name}")).await;
    stack.vault_write(&format!("aws/static-roles/{name}"), role).await;
    let swapped = next_within(&mut events, EventKind::Swapped, Duration::from_secs(40)).await;
    assert_ne!(swapped.access_key_id, Some(first));
    plant(&vault, &logs).await;
    vault.close().await.unwrap();
    assert_eq!(stack.trail(&login.name).granted("sys/leases/revoke"), 0, "a static key is never revoked");
}

#[tokio::test]
async fn a_legacy_role_gives_a_users_key_at_creds_and_a_session_where_one_is_asserted() {
    let (stack, logs) = begin();
    let login = stack.new_approle(ANY_KIND).await;
    let name = new_name("legacy");
    let policy = user_role(&stack)["policy_document"].clone();
    stack.vault_write(&format!("aws/roles/{name}"), json!({ "policy": policy })).await;
    let user = stack.builder().role(&name).auth(login.auth()).sts_endpoint(&stack.aws_endpoint);
    let user = user.start().await.unwrap();
    plant(&user, &logs).await;
    assert_eq!(user.lease().unwrap().kind, CredentialKind::IamUser);
    assert_eq!(users_of(&stack, &name).await.len(), 1);
    user.close().await.unwrap();
    assert_eq!(users_of(&stack, &name).await, [""; 0]);

    let arn = new_name("legacy-arn");
    let role = format!("arn:aws:iam::{}:role/orders", stack.aws_account);
    stack.vault_write(&format!("aws/roles/{arn}"), json!({ "arn": role })).await;
    let session = stack.builder().role(&arn).auth(login.auth()).start().await.unwrap();
    plant(&session, &logs).await;
    assert_eq!(session.lease().unwrap().kind, CredentialKind::AssumedRole);
    assert_eq!(stack.trail(&login.name).granted(&format!("aws/sts/{arn}")), 1);
}

#[tokio::test]
async fn an_iam_user_answers_to_its_account() {
    let (stack, _logs) = begin();
    let (login, role) = (stack.new_approle(ANY_KIND).await, own_user_role(&stack).await);
    let user = |account: &str| {
        let vault = stack.builder().role(&role).kind(CredentialKind::IamUser).auth(login.auth());
        vault.sts_endpoint(&stack.aws_endpoint).expected_account(account)
    };
    assert_eq!(refused(user("111122223333").start().await).code(), "LK-0120");
    user(&stack.aws_account).start().await.unwrap().close().await.unwrap();
    assert_eq!(users_of(&stack, &role).await, [""; 0]);
}

#[tokio::test]
async fn a_kind_without_an_arn_is_an_assertion_all_the_same() {
    let (stack, _logs) = begin();
    let login = stack.new_approle(ANY_KIND).await;
    for (role, kind) in [
        ("orders-fed", CredentialKind::AssumedRole),
        ("orders-fed", CredentialKind::SessionToken),
        ("orders-session", CredentialKind::FederationToken),
    ] {
        let vault = stack.builder().role(role).kind(kind).auth(login.auth());
        let error = refused(vault.sts_endpoint(&stack.aws_endpoint).start().await);
        assert_eq!(error.code(), "LK-0113", "{role} as {kind}: {error}");
        assert!(error.message().contains("its lease was given back"), "{error}");
    }
}

#[tokio::test]
async fn a_set_that_may_not_be_given_back_is_told_so_and_ends_with_its_login() {
    let (stack, _logs) = begin();
    let role = own_user_role(&stack).await;
    let policy = format!(r#"path "aws/creds/{role}" {{ capabilities = ["update"] }}"#);
    let login = stack.new_approle_with(&policy, json!({ "token_ttl": "20s", "token_max_ttl": "20s" })).await;
    let asserted = stack.builder().role(&role).kind(CredentialKind::AssumedRole).auth(login.auth());
    let error = refused(asserted.start().await);
    assert!(error.message().contains("its lease could not be given back"), "{error}");
    assert_eq!(users_of(&stack, &role).await.len(), 1);
    gone_within(&stack, &role, Duration::from_secs(40)).await;
}

#[tokio::test]
async fn row_09_the_user_of_a_lost_reply_ends_with_the_batch_token_that_leased_it() {
    let (stack, logs) = begin();
    let (proxy, role) = (Proxy::of(&stack.address).await, own_user_role(&stack).await);
    let batch = json!({ "token_type": "batch", "token_ttl": "20s", "token_max_ttl": "20s" });
    let login = stack.new_approle_with(ANY_KIND, batch).await;
    proxy.rule(
        |request| if request.uri().path().contains("/creds/") { Fate::ReplyLost } else { Fate::PassedOn },
    );
    let vault = stack.builder().address(&proxy.address).role(&role).kind(CredentialKind::IamUser);
    let vault = vault.auth(login.auth()).sts_endpoint(&stack.aws_endpoint).build().unwrap();
    let mut events = vault.events();
    refused(vault.credentials().await);
    next(&mut events, EventKind::ReplyLost).await;
    assert!(!users_of(&stack, &role).await.is_empty(), "Vault has made a user that nobody knows");
    proxy.rule(|_| Fate::PassedOn);
    while vault.credentials().await.is_err() {
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    plant(&vault, &logs).await;
    assert!(may_list(&stack, &vault).await);
    vault.close().await.unwrap();
    gone_within(&stack, &role, Duration::from_secs(60)).await;
}

/// Waits until Vault has deleted every user of the role.
async fn gone_within(stack: &Stack, role: &str, within: Duration) {
    let until = std::time::Instant::now() + within;
    while !users_of(stack, role).await.is_empty() {
        assert!(std::time::Instant::now() < until, "a user of {role} is still there after {within:?}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

#[tokio::test]
async fn a_token_of_few_uses_is_replaced_at_its_last_which_leases_nothing() {
    let (stack, logs) = begin();
    let login = stack.new_approle_with(ANY_KIND, json!({ "token_num_uses": 3 })).await;
    let vault = stack.builder().auth(login.auth()).start().await.unwrap();
    plant(&vault, &logs).await;
    vault.refresh().await.unwrap();
    assert_eq!(vault.stats().logins, 1, "three uses are two sets");
    vault.refresh().await.unwrap();
    let (stats, trail) = (vault.stats(), stack.trail(&login.name));
    assert_eq!((stats.logins, stats.issues), (2, 3));
    assert_eq!(trail.asked("auth/token/lookup-self"), 0, "no use is wasted on a question");
    vault.close().await.unwrap();
}
