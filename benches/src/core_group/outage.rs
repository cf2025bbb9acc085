//! What a failing server is spared.

use std::sync::atomic::Ordering;
use std::time::Duration;

use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use leasekey::VaultCredentialsProvider;
use leasekey::context::Context;
use tokio::task::JoinSet;

use super::herd::{CALLERS, Call, PEER, of_cache, of_vault};
use crate::Outcome;
use crate::failing;
use crate::naive::{Cached, Naive};
use crate::report::{Report, Row};
use crate::watched::Watched;

const SPAN: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_secs(1);

/// Attempts in 20 s at a port where nobody listens and at a server that answers 500. The first are counted
/// where they start, the second where they arrive.
pub(super) async fn measure(components: &RuntimeComponents, report: &mut Report) -> Outcome {
    let (_taken, nobody) = failing::silent()?;
    let (arrived, erring) = failing::erring().await?;

    let watched = Watched::new(Context::system());
    let on = |address: &str| VaultCredentialsProvider::from_env().context(watched.context()).address(address);
    let (silent, refusing) = (on(&nobody).build()?, on(&erring).build()?);
    tokio::join!(crowd(of_vault(&silent)), crowd(of_vault(&refusing)));
    let at_500 = arrived.load(Ordering::Relaxed);
    let ours = (f64::from(watched.requests() - at_500), f64::from(at_500));
    drop((silent, refusing));

    let (silent, refusing) = (Naive::new(&nobody)?, Naive::new(&erring)?);
    let cached = |naive: &Naive| of_cache(Cached::lazy(naive.clone(), components));
    let before = arrived.load(Ordering::Relaxed);
    tokio::join!(crowd(cached(&silent)), crowd(cached(&refusing)));
    let theirs = (f64::from(silent.asked()), f64::from(arrived.load(Ordering::Relaxed) - before));

    for (name, ours, theirs) in
        [("core/down_attempts", ours.0, theirs.0), ("core/erring_attempts", ours.1, theirs.1)]
    {
        let row = Row::alone(name, ours, "in 20 s", "<= 5");
        // None at all would be no attempt to get well.
        report.add(row.beside(PEER, theirs, ours / theirs).met((1.0..=5.0).contains(&ours)));
    }
    Ok(())
}

/// Callers that try again a second after each failure, until the time is over.
async fn crowd(call: Call) {
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let call = call.clone();
        callers.spawn(async move {
            while call().await.is_err() {
                tokio::time::sleep(PAUSE).await;
            }
        });
    }
    tokio::time::sleep(SPAN).await;
    callers.shutdown().await;
}
