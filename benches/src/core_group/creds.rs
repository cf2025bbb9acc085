//! `leasekey creds` from its start to its end, beside the bare requests that it cannot do without.

use std::process::{Command, Stdio};
use std::time::Instant;

use crate::alternate::{median, quantile};
use crate::naive::Naive;
use crate::report::{Report, Row};
use crate::{Outcome, variable};

const ROUNDS: usize = 101;

/// A process that logs in, leases, gives the login back and prints; and a new client that does as much.
pub(super) async fn measure(address: &str, report: &mut Report) -> Outcome {
    let program = variable("LEASEKEY_CLI")?;
    let (mut ours, mut theirs, mut more) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let since = Instant::now();
        let mut command = Command::new(&program);
        command.args(["creds", "--format", "json"]).stdin(Stdio::null()).stderr(Stdio::null());
        let printed = command.output()?;
        let ran = since.elapsed().as_secs_f64() * 1e3;
        if !printed.status.success() || !printed.stdout.starts_with(b"{") {
            return Err(format!("{program} creds: {}", printed.status).into());
        }
        let since = Instant::now();
        let raw = Naive::new(address)?;
        let token = raw.login().await?;
        raw.issue(&token, "{}".into()).await?;
        raw.log_out(&token).await?;
        let asked = since.elapsed().as_secs_f64() * 1e3;
        if round > 0 {
            ours.push(ran);
            theirs.push(asked);
            more.push(ran - asked);
        }
    }
    let (value, peer, more) = (median(&ours), median(&theirs), quantile(&more, 0.5));
    let row = Row::alone("core/creds", value, "ms", "<= peer + 10 ms");
    report.add(row.beside("bare requests", peer, value / peer).met(more <= 10.0));
    Ok(())
}
