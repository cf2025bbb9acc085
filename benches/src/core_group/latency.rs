//! What Leasekey adds to an issue: a new lease through it, and the bare request to the same server.

use std::time::{Duration, Instant};

use leasekey::context::Context;
use leasekey::time::Draw;
use leasekey::{Login, VaultCredentialsProvider};
use serde_json::json;

use crate::Outcome;
use crate::alternate::{quantile, ratio};
use crate::naive::Naive;
use crate::report::{Report, Row};
use crate::watched::Watched;

const ROUNDS: usize = 15;
const CALLS: usize = 40;

/// A login that is done: what is measured is the issue.
#[derive(Debug)]
struct LoggedIn(String);

#[async_trait::async_trait]
impl leasekey::AuthMethod for LoggedIn {
    async fn login(&self, _: &leasekey::LoginContext<'_>) -> leasekey::Result<Login> {
        Ok(Login::token(self.0.as_str()).lasting(Duration::from_secs(3600)))
    }

    fn identity(&self) -> Option<leasekey::SecretString> {
        Some(self.0.as_str().into())
    }
}

/// Issues in turns; each of ours is a lease of its own under one login, over connections that stay open.
pub(super) async fn measure(address: &str, report: &mut Report) -> Outcome {
    let raw = Naive::new(address)?;
    let token = raw.login().await?;
    let context = Watched::with_random(Context::system(), at_once()).context();
    let start = |name: String| {
        VaultCredentialsProvider::builder()
            .context(context.clone())
            .address(address)
            .role("orders")
            .session_name(&name)
            .auth(LoggedIn(token.clone()))
            .start()
    };
    // Keeps the login and its connections.
    let anchor = start("anchor".into()).await?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let (mut our_round, mut their_round) = (Vec::new(), Vec::new());
        for call in 0..CALLS {
            let name = format!("bench-{round}-{call}");
            let since = Instant::now();
            let provider = start(name.clone()).await?;
            our_round.push(since.elapsed().as_secs_f64() * 1e3);
            drop(provider);
            let body = json!({ "role_session_name": name }).to_string();
            let since = Instant::now();
            raw.issue(&token, body).await?;
            their_round.push(since.elapsed().as_secs_f64() * 1e3);
        }
        if round > 0 {
            ours.push(our_round);
            theirs.push(their_round);
        }
    }
    anchor.close().await?;
    let medians = |rounds: &[Vec<f64>]| rounds.iter().map(|round| quantile(round, 0.5)).collect::<Vec<_>>();
    let times = ratio(&medians(&ours), &medians(&theirs));
    let (ours, theirs) = (ours.concat(), theirs.concat());
    let row = Row::alone("core/issue_p50", quantile(&ours, 0.5), "ms", "<= 1.05 x peer");
    report.add(row.beside("bare request", quantile(&theirs, 0.5), times).met(times <= 1.05));
    let (p99, their_p99) = (quantile(&ours, 0.99), quantile(&theirs, 0.99));
    let row = Row::alone("core/issue_p99", p99, "ms", "<= 68 ms");
    report.add(row.beside("bare request", their_p99, p99 / their_p99).met(p99 <= 68.0));
    Ok(())
}

/// A random number whose first draw is nothing: the first lease of a provider waits up to 250 ms, so that a
/// fleet does not start as one, and that wait is not what is measured.
fn at_once() -> u64 {
    // The draw of 0 is the generator's image of its own step's complement.
    let seed = 0_u64.wrapping_sub(0x9e37_79b9_7f4a_7c15);
    assert!(Draw::new(seed).unit() == 0.0, "the generator of draws has changed");
    seed
}
