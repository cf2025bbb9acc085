//! Calls to S3 whose keys rotate under them, beside the same calls with keys that stay.

use std::time::{Duration, Instant};

use aws_config::BehaviorVersion;
use aws_sdk_s3::Client;
use leasekey::context::Context;
use leasekey::{ConfigLoaderExt, VaultCredentialsProvider};

use crate::alternate::{quantile, ratio};
use crate::report::{Report, Row, say};
use crate::watched::Watched;
use crate::{Outcome, variable};

const ROUNDS: usize = 21;
const CALLS: usize = 400;
/// A set is replaced after 2 to 3 s.
const LIFE: Duration = Duration::from_secs(7);

/// The 99th percentile of a call, in turns call by call.
pub(super) async fn measure(report: &mut Report) -> Outcome {
    let context = Watched::shortened(Context::system(), LIFE).context();
    let vault = VaultCredentialsProvider::from_env().context(context).start().await?;
    let fixed = vault.credentials().await?;
    let fixed = aws_credential_types::Credentials::new(
        fixed.access_key_id(),
        fixed.secret_access_key(),
        fixed.session_token().map(Into::into),
        None,
        "static",
    );
    let rotating =
        Client::new(&aws_config::defaults(BehaviorVersion::latest()).leasekey(&vault).load().await);
    let fixed = aws_config::defaults(BehaviorVersion::latest()).credentials_provider(fixed).load().await;
    let fixed = Client::new(&fixed);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let (mut our_round, mut their_round) = (Vec::new(), Vec::new());
        for _ in 0..CALLS {
            our_round.push(call(&rotating).await?);
            their_round.push(call(&fixed).await?);
        }
        if round > 0 {
            ours.push(quantile(&our_round, 0.99));
            theirs.push(quantile(&their_round, 0.99));
        }
    }
    say("", &format!("{} sets in {} calls", vault.stats().issues, ROUNDS * CALLS));
    vault.close().await?;
    let (value, peer) = (crate::alternate::median(&ours), crate::alternate::median(&theirs));
    let times = ratio(&ours, &theirs);
    let row = Row::alone("core/s3_rotating_p99", value, "ms", "<= 1.05 x peer");
    report.add(row.beside("static keys", peer, times).met(times <= 1.05));
    Ok(())
}

async fn call(s3: &Client) -> Outcome<f64> {
    let bucket = variable("LEASEKEY_BUCKET")?;
    let since = Instant::now();
    s3.list_objects_v2().bucket(bucket).max_keys(1).send().await?;
    Ok(since.elapsed().as_secs_f64() * 1e3)
}
