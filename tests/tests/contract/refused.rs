//! What the server or AWS refuses, and what the user is told of it.

use std::time::Duration;

use leasekey::CredentialKind;
use leasekey_tests::expect::refused;
use leasekey_tests::proxy::{Proxy, reply};
use leasekey_tests::stack::{Stack, new_name};
use serde_json::json;

use crate::{ORDERS, begin};

const ANY_ROLE: &str = r#"path "+/creds/+" { capabilities = ["update"] }"#;

#[tokio::test]
async fn an_unknown_role_is_named_with_its_mount() {
    let (stack, _logs) = begin();
    let login = stack.new_approle(ANY_ROLE).await;
    let error = refused(stack.builder().role("ordres").auth(login.auth()).start().await);
    assert_eq!(error.code(), "LK-0105");
    assert!(error.message().contains(r#"no AWS role "ordres" at aws/"#), "{error}");
    assert!(error.hint().contains("vault list"), "{error}");
}

#[tokio::test]
async fn an_unknown_mount_is_named() {
    let (stack, _logs) = begin();
    let login = stack.new_approle(ANY_ROLE).await;
    let error = refused(stack.builder().mount("awss").auth(login.auth()).start().await);
    // A policy that allows any mount: what is not there is told as a role that is not there.
    assert_eq!(error.code(), "LK-0105", "{error}");
    assert!(error.message().contains("awss/"), "{error}");
}

#[tokio::test]
async fn a_denied_path_is_told_with_the_policy_that_it_needs() {
    let (stack, _logs) = begin();
    let login = stack.new_approle(r#"path "secret/data/x" { capabilities = ["read"] }"#).await;
    let vault = stack.builder().auth(login.auth()).build().unwrap();
    let error = refused(vault.credentials().await);
    assert_eq!(error.code(), "LK-0106");
    assert!(error.hint().contains(r#"path "aws/creds/orders" { capabilities = ["update"] }"#), "{error}");
    // The token lives, so nobody logs in again.
    assert_eq!(stack.trail(&login.name).granted("auth/approle/login"), 1);
}

/// An AWS role that Vault's user may ask for, but that trusts somebody else.
async fn untrusting_role(stack: &Stack, name: &str) {
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": format!("arn:aws:iam::{}:user/{name}-friend", stack.aws_account) },
            "Action": "sts:AssumeRole",
        }],
    });
    let arn = format!("arn:aws:iam::{}:role/{name}", stack.aws_account);
    let may = json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": arn }],
    });
    let (trust, may) = (trust.to_string(), may.to_string());
    stack.iam("CreateUser", &[("UserName", &format!("{name}-friend"))]).await;
    stack.iam("CreateRole", &[("RoleName", name), ("AssumeRolePolicyDocument", &trust)]).await;
    let policy = [("UserName", "vault"), ("PolicyName", name), ("PolicyDocument", &may)];
    stack.iam("PutUserPolicy", &policy).await;
    let role = json!({ "credential_type": "assumed_role", "role_arns": [arn], "default_sts_ttl": "15m" });
    stack.vault_write(&format!("aws/roles/{name}"), role).await;
}

#[tokio::test]
async fn a_role_that_does_not_trust_vault_is_told_as_awss_refusal() {
    let (stack, _logs) = begin();
    let name = new_name("untrusting");
    untrusting_role(&stack, &name).await;
    let login = stack.new_approle(ANY_ROLE).await;
    let error = refused(stack.builder().role(&name).auth(login.auth()).start().await);
    assert_eq!(error.code(), "LK-0107");
    assert!(error.message().contains("AccessDenied"), "{error}");
    assert!(error.message().contains(&format!(r#"the role "{name}" at aws/"#)), "{error}");
    assert!(error.hint().contains("trust policy"), "{error}");
}

#[tokio::test]
async fn a_ttl_that_no_kind_allows_is_refused_before_anything_is_sent() {
    let (stack, _logs) = begin();
    let login = stack.new_approle(ANY_ROLE).await;
    for seconds in [1, 899, 36 * 3600 + 1] {
        let built = stack.builder().auth(login.auth()).ttl(Duration::from_secs(seconds)).build();
        assert_eq!(refused(built).code(), "LK-0108", "{seconds}");
    }
    assert_eq!(stack.trail(&login.name).paths(), [""; 0], "nothing is sent");
}

#[tokio::test]
async fn what_aws_says_to_the_server_is_told_by_its_meaning() {
    let ((stack, _logs), name) = (begin(), new_name("aws-refusing"));
    // The emulator allows any duration and never throttles; AWS does neither.
    let sts = Proxy::of(&stack.aws_endpoint).await;
    stack.mount_aws("", &name, json!({}), &sts.address).await;
    let login = stack.new_approle(ANY_ROLE).await;
    for (code, message, expected) in [
        ("ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration", "LK-0108"),
        ("Throttling", "Rate exceeded", "LK-0109"),
        ("RegionDisabledException", "STS is not activated in this region", "LK-0107"),
    ] {
        let error = format!(
            "<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
        );
        sts.answer(move |_| Some(reply(400, error.clone())));
        let session = code.to_lowercase();
        let refusal = stack.builder().mount(&name).auth(login.auth()).session_name(&session).start().await;
        let refusal = refused(refusal);
        assert_eq!(refusal.code(), expected, "{refusal}");
        assert!(refusal.message().contains(code), "{refusal}");
    }
}

#[tokio::test]
async fn a_role_arn_that_the_role_does_not_have_is_refused() {
    let (stack, _logs) = begin();
    let login = stack.new_approle(ORDERS).await;
    let other = format!("arn:aws:iam::{}:role/other", stack.aws_account);
    let error = refused(stack.builder().auth(login.auth()).role_arn(&other).start().await);
    assert_eq!(error.code(), "LK-0116", "{error}");
    assert!(error.hint().contains("vault read aws/roles/orders"), "{error}");
}

#[tokio::test]
async fn a_role_of_another_kind_than_asserted_is_given_back_and_refused() {
    let (stack, _logs) = begin();
    let policy = r#"
        path "aws/creds/orders-user" { capabilities = ["update"] }
        path "sys/leases/revoke"     { capabilities = ["update"] }"#;
    let login = stack.new_approle(policy).await;
    let asserted = stack.builder().role("orders-user").kind(CredentialKind::AssumedRole);
    let error = refused(asserted.auth(login.auth()).start().await);
    assert_eq!(error.code(), "LK-0113");
    assert!(error.message().contains("its lease was given back"), "{error}");
    assert_eq!(stack.trail(&login.name).granted("sys/leases/revoke"), 1);
}
