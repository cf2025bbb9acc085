//! Ten thousand callers at the same moment, before there is any set.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::provider::ProvideCredentials;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use leasekey::VaultCredentialsProvider;
use tokio::task::JoinSet;

use crate::Outcome;
use crate::alternate::{median, ratio};
use crate::audit::{Asked, Audit};
use crate::failing;
use crate::naive::{Cached, Naive};
use crate::report::{Report, Row, say};

pub(super) const CALLERS: usize = 10_000;
pub(super) const PEER: &str = "own provider, SDK lazy cache";
const ROUNDS: usize = 11;
const PATIENCE: Duration = Duration::from_millis(20);
const LATENCY: Duration = Duration::from_millis(100);
const LONG: Duration = Duration::from_secs(30);

/// One caller's call.
pub(super) type Call = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Outcome> + Send>> + Send + Sync>;

pub(super) fn of_vault(vault: &VaultCredentialsProvider) -> Call {
    let vault = vault.clone();
    Arc::new(move || {
        let vault = vault.clone();
        Box::pin(async move { Ok(vault.provide_credentials().await.map(drop)?) })
    })
}

pub(super) fn of_cache(cached: Cached) -> Call {
    Arc::new(move || {
        let cached = cached.clone();
        Box::pin(async move { cached.resolve().await.map(drop) })
    })
}

/// Logins and issues in the server's audit log, Leasekey and its peer in turns.
pub(super) async fn measure(address: &str, components: &RuntimeComponents, report: &mut Report) -> Outcome {
    // Replies are slow so that no call is served within the patience: all of them are cancelled.
    let slow = failing::slow_way_to(address, LATENCY).await?;
    let (mut cold, mut cancelled) = (Runs::default(), Runs::default());
    for round in 1..=ROUNDS {
        cold.ours.push(leasekey(address, None).await?);
        cold.theirs.push(naive(address, components, None).await?);
        cancelled.ours.push(leasekey(&slow, Some(PATIENCE)).await?);
        cancelled.theirs.push(naive(&slow, components, Some(PATIENCE)).await?);
        if round % 4 == 0 || round == ROUNDS {
            say("", &format!("round {round} of {ROUNDS}"));
        }
    }
    report.add(cold.row("core/cold_logins", |asked| asked.logins));
    report.add(cold.row("core/cold_issues", |asked| asked.issues));
    report.add(cancelled.row("core/cancelled_logins", |asked| asked.logins));
    report.add(cancelled.row("core/cancelled_issues", |asked| asked.issues));
    Ok(())
}

#[derive(Default)]
struct Runs {
    ours: Vec<Asked>,
    theirs: Vec<Asked>,
}

impl Runs {
    /// Our worst run counts; the peer's middle one.
    fn row(&self, name: &'static str, of: impl Fn(&Asked) -> u32) -> Row {
        let ours: Vec<_> = self.ours.iter().map(|asked| f64::from(of(asked))).collect();
        let theirs: Vec<_> = self.theirs.iter().map(|asked| f64::from(of(asked))).collect();
        let worst = ours.iter().copied().fold(0.0, f64::max);
        let best = ours.iter().copied().fold(f64::INFINITY, f64::min);
        let row = Row::alone(name, worst, "requests", "= 1");
        row.beside(PEER, median(&theirs), ratio(&ours, &theirs)).met(worst == 1.0 && best == 1.0)
    }
}

async fn leasekey(address: &str, patience: Option<Duration>) -> Outcome<Asked> {
    let audit = Audit::since_now()?;
    let vault = VaultCredentialsProvider::from_env().address(address).build()?;
    run(of_vault(&vault), patience).await?;
    vault.close().await?;
    audit.asked().await
}

async fn naive(address: &str, components: &RuntimeComponents, patience: Option<Duration>) -> Outcome<Asked> {
    let audit = Audit::since_now()?;
    run(of_cache(Cached::lazy(Naive::new(address)?, components)), patience).await?;
    audit.asked().await
}

/// All callers at once. With a patience all of them give up first; those that come later are served.
async fn run(call: Call, patience: Option<Duration>) -> Outcome {
    if let Some(patience) = patience {
        let served = herd(&call, patience).await?;
        if served > 0 {
            return Err(format!("{served} callers were served before they could give up").into());
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    match herd(&call, LONG).await? {
        CALLERS => Ok(()),
        served => Err(format!("only {served} of {CALLERS} callers were served").into()),
    }
}

/// How many were served.
async fn herd(call: &Call, patience: Duration) -> Outcome<usize> {
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        callers.spawn(tokio::time::timeout(patience, call()));
    }
    let mut served = 0;
    while let Some(done) = callers.join_next().await {
        // An elapsed time is a caller that gave up; an error of the provider's ends the run.
        if let Ok(answer) = done? {
            answer?;
            served += 1;
        }
    }
    Ok(served)
}
