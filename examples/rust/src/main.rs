//! Quickstart: lease AWS credentials from Vault and use them with the AWS SDK for Rust.
//!
//! Everything comes from the environment, so it runs on any server that has the example's role and bucket:
//! `VAULT_ADDR`, a login (`LEASEKEY_ROLE_ID` and `LEASEKEY_SECRET_ID`), `LEASEKEY_ROLE`, `AWS_REGION`.
#![allow(clippy::print_stdout, reason = "a transcript is what this program is for")]

use std::error::Error;
use std::time::{Duration, SystemTime};

use aws_config::BehaviorVersion;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use leasekey::{ConfigLoaderExt, VaultCredentialsProvider};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const SIGNERS: usize = 100;

#[tokio::main]
async fn main() -> Outcome {
    let role = std::env::var("LEASEKEY_ROLE").unwrap_or_else(|_| "orders".into());
    let bucket = std::env::var("LEASEKEY_BUCKET").unwrap_or_else(|_| "orders".into());

    let vault = VaultCredentialsProvider::from_env().role(&role).start().await?;
    let aws = aws_config::defaults(BehaviorVersion::latest()).leasekey(&vault).load().await;
    let heal = vault.heal();
    let s3 = aws_sdk_s3::config::Builder::from(&aws).interceptor(heal.clone()).retry_classifier(heal);
    let s3 = Client::from_conf(s3.build());

    show_lease(&vault)?;
    read(&s3, &bucket).await?;
    refused(&s3, &bucket).await?;
    rotate(&vault, &s3, &bucket).await?;
    close(&vault).await
}

fn show_lease(vault: &VaultCredentialsProvider) -> Outcome {
    let lease = vault.lease().ok_or("no lease is in hand")?;
    let left = lease.expires_at.duration_since(SystemTime::now())?;
    let minutes = (left.as_secs() + 30) / 60;
    say("leased", &format!("{} of {}, valid for {minutes} min", lease.access_key_id, lease.kind));
    say("", lease.arn.as_deref().unwrap_or("no ARN"));
    if minutes != 15 {
        return Err(format!("the role gives 15 minutes, not {minutes}").into());
    }
    Ok(())
}

async fn read(s3: &Client, bucket: &str) -> Outcome {
    let listed = s3.list_objects_v2().bucket(bucket).send().await?;
    let keys: Vec<_> = listed.contents().iter().filter_map(|object| object.key()).collect();
    let first = *keys.first().ok_or("the bucket is empty")?;
    say("listed", &format!("{} objects in s3://{bucket}", keys.len()));
    let object = s3.get_object().bucket(bucket).key(first).send().await?;
    let bytes = object.body.collect().await?.into_bytes();
    say("read", &format!("s3://{bucket}/{first}, {} bytes", bytes.len()));
    Ok(())
}

async fn refused(s3: &Client, bucket: &str) -> Outcome {
    let body = aws_sdk_s3::primitives::ByteStream::from_static(b"not allowed");
    match s3.put_object().bucket(bucket).key("intruder").body(body).send().await {
        Err(error) if error.code() == Some("AccessDenied") => {
            say("refused", &format!("PutObject s3://{bucket}/intruder: AccessDenied, as it should be"));
            Ok(())
        }
        Err(error) => Err(error.into()),
        Ok(_) => Err("the role may write, so it is not least privilege".into()),
    }
}

/// A hundred tasks keep signing while the set is swapped under them.
async fn rotate(vault: &VaultCredentialsProvider, s3: &Client, bucket: &str) -> Outcome {
    let old = vault.lease().ok_or("no lease is in hand")?;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let signers: Vec<_> = (0..SIGNERS)
        .map(|_| tokio::spawn(sign_until(stopped.clone(), s3.clone(), bucket.to_owned())))
        .collect();
    tokio::time::sleep(Duration::from_millis(500)).await;
    vault.refresh().await?;
    tokio::time::sleep(Duration::from_millis(500)).await;
    stop.send(true)?;
    let mut calls = 0;
    for signer in signers {
        calls += signer.await??;
    }
    let new = vault.lease().ok_or("no lease is in hand")?;
    if new.access_key_id == old.access_key_id || calls == 0 {
        return Err("the rotation did not happen".into());
    }
    say("rotated", &format!("{} -> {}", old.access_key_id, new.access_key_id));
    say("", &format!("{calls} calls of {SIGNERS} tasks meanwhile, 0 failed"));
    Ok(())
}

async fn sign_until(
    stopped: tokio::sync::watch::Receiver<bool>,
    s3: Client,
    bucket: String,
) -> Result<u64, aws_sdk_s3::Error> {
    let mut calls = 0;
    while !*stopped.borrow() {
        s3.list_objects_v2().bucket(&bucket).max_keys(1).send().await?;
        calls += 1;
    }
    Ok(calls)
}

async fn close(vault: &VaultCredentialsProvider) -> Outcome {
    vault.close().await?;
    let stats = vault.stats();
    say(
        "closed",
        &format!("{} login, {} sets issued, {} failures", stats.logins, stats.issues, stats.failures),
    );
    match vault.credentials().await {
        Err(error) if error.code() == "LK-0118" => Ok(()),
        _ => Err("a closed provider still serves".into()),
    }
}

fn say(what: &str, told: &str) {
    println!("  {what:<8} {told}");
}
