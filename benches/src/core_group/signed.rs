//! How often Vault is asked while a program signs requests.

use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_s3::Client;
use leasekey::{ConfigLoaderExt, VaultCredentialsProvider};
use std::time::Duration;

use crate::audit::Audit;
use crate::naive::Naive;
use crate::report::{Report, Row};
use crate::{Outcome, variable};

const REQUESTS: u32 = 1000;
const TTL: Duration = Duration::from_secs(900);

/// Issues in the server's audit log for a thousand requests of one client.
pub(super) async fn measure(address: &str, report: &mut Report) -> Outcome {
    let audit = Audit::since_now()?;
    let vault = VaultCredentialsProvider::from_env().ttl(TTL).start().await?;
    sign(&aws_config::defaults(BehaviorVersion::latest()).leasekey(&vault).load().await).await?;
    vault.close().await?;
    let ours = f64::from(audit.asked().await?.issues);

    let audit = Audit::since_now()?;
    let naive = aws_config::defaults(BehaviorVersion::latest()).credentials_provider(Naive::new(address)?);
    sign(&naive.load().await).await?;
    let theirs = f64::from(audit.asked().await?.issues);

    let row = Row::alone("core/signed_issues", ours, "per 1,000", "= 1");
    report.add(row.beside("own provider, SDK lazy cache", theirs, ours / theirs).met(ours == 1.0));
    Ok(())
}

async fn sign(aws: &SdkConfig) -> Outcome {
    let (s3, bucket) = (Client::new(aws), variable("LEASEKEY_BUCKET")?);
    for _ in 0..REQUESTS {
        s3.list_objects_v2().bucket(&bucket).max_keys(1).send().await?;
    }
    Ok(())
}
