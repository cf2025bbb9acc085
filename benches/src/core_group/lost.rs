//! A thousand replies that are lost after Vault has issued: the leases that nobody knows, one token cycle later.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use leasekey::{CredentialKind, Event, EventSink, VaultCredentialsProvider};
use leasekey_tests::proxy::{Fate, Proxy};
use leasekey_tests::stack::{Stack, new_name};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::Outcome;
use crate::report::{Report, Row, say};

const LOST: usize = 1000;
/// Of these the key of an IAM user, which outlives everything but its lease.
const USERS: usize = 20;
const TOKEN: Duration = Duration::from_secs(90);
/// What the server may take to revoke the leases of tokens that have just ended.
const REVOKING: Duration = Duration::from_secs(10);
/// A provider that has no set after so long has failed.
const PATIENCE: Duration = Duration::from_secs(80);
const POLICY: &str = r#"
    path "+/creds/+"         { capabilities = ["update"] }
    path "sys/leases/renew"  { capabilities = ["update"] }
    path "sys/leases/revoke" { capabilities = ["update"] }"#;

/// The leases that events told of.
#[derive(Clone, Debug, Default)]
struct Known(Arc<Mutex<HashSet<String>>>);

impl EventSink for Known {
    fn record(&self, event: &Event) {
        if let Some(lease) = &event.lease_id {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(lease.clone());
        }
    }
}

/// Loses the first reply of a thousand providers, and counts the server's own list against what they know.
pub(super) async fn measure(report: &mut Report) -> Outcome {
    let (stack, mount) = (Stack::from_env(), new_name("aws-lost"));
    stack.mount_aws("", &mount, json!({}), &stack.aws_endpoint).await;
    stack.vault_write(&format!("{mount}/roles/user"), user_role(&stack)).await;
    stack.vault_write(&format!("{mount}/config/lease"), json!({ "lease": "15m", "lease_max": "1h" })).await;
    let seconds = format!("{}s", TOKEN.as_secs());
    let login = stack.new_approle_with(POLICY, json!({ "token_ttl": seconds })).await;
    let (proxy, known) = (lossy(&stack).await, Known::default());
    let mut starting = JoinSet::new();
    for index in 0..LOST {
        let one =
            VaultCredentialsProvider::builder().address(&proxy.address).mount(&mount).auth(login.auth());
        let one = one.deadline(PATIENCE).on_event(known.clone());
        let one = match index {
            ..USERS => one.role("user").kind(CredentialKind::IamUser).sts_endpoint(&stack.aws_endpoint),
            _ => one.role("orders"),
        };
        starting.spawn(served(one.session_name(&format!("lost-{index}")).build()?));
    }
    let mut providers = Vec::with_capacity(LOST);
    while let Some(started) = starting.join_next().await {
        providers.push(started??);
    }
    let before = orphans(&stack, &mount, &known).await;
    say("", &format!("{before} leases that nobody knows, and {} providers", providers.len()));
    tokio::time::sleep(TOKEN).await;
    let until = Instant::now() + REVOKING;
    let mut after = orphans(&stack, &mount, &known).await;
    while after > 0 && Instant::now() < until {
        after = orphans(&stack, &mount, &known).await;
    }
    let row = Row::alone("core/lost_replies", after as f64, "orphans", "= 0");
    report.add(row.met(after == 0 && before >= LOST));
    for provider in providers {
        provider.close().await?;
    }
    Ok(())
}

fn user_role(stack: &Stack) -> Value {
    let list = format!("arn:aws:s3:::{}", stack.bucket);
    let statement = json!({ "Effect": "Allow", "Action": "s3:ListBucket", "Resource": list });
    let policy = json!({ "Version": "2012-10-17", "Statement": [statement] });
    json!({ "credential_type": "iam_user", "policy_document": policy.to_string() })
}

/// The provider, once it has a set: whoever waits for the attempt whose reply is lost is told so.
async fn served(provider: VaultCredentialsProvider) -> leasekey::Result<VaultCredentialsProvider> {
    let until = Instant::now() + PATIENCE;
    while let Err(error) = provider.credentials().await {
        if Instant::now() > until {
            return Err(error);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Ok(provider)
}

/// A proxy that loses the first reply to each body: each provider's tells its session's name.
async fn lossy(stack: &Stack) -> Proxy {
    let proxy = Proxy::of(&stack.address).await;
    let seen = Mutex::new(HashSet::new());
    proxy.rule(move |request| {
        let first = || seen.lock().unwrap_or_else(PoisonError::into_inner).insert(request.body().clone());
        if request.uri().path().contains("/creds/") && first() { Fate::ReplyLost } else { Fate::PassedOn }
    });
    proxy
}

/// How many leases the server lists that no event told of.
async fn orphans(stack: &Stack, mount: &str, known: &Known) -> usize {
    // What was told may still be on its way to the sinks.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut orphans = 0;
    for role in ["orders", "user"] {
        let listed = stack.vault_list(&format!("sys/leases/lookup/{mount}/creds/{role}")).await;
        let known = known.0.lock().unwrap_or_else(PoisonError::into_inner);
        orphans += listed.iter().filter(|id| !known.contains(&format!("{mount}/creds/{role}/{id}"))).count();
    }
    orphans
}
