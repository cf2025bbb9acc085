//! Group `core`: the Rust crate on the real stack, and in one scripted world of ten thousand roles.

mod creds;
mod fleet;
mod herd;
mod latency;
mod lost;
mod outage;
mod roles;
mod rotating;
mod rotations;
mod signed;
mod warm;

use tokio::runtime::Builder;

use crate::components;
use crate::report::{Report, say};
use crate::{Outcome, variable};

/// Measures all of it, or the parts whose names hold `part`.
pub(crate) fn measure(part: &str, report: &mut Report) -> Outcome {
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    let vault = variable("VAULT_ADDR")?;
    let components = runtime.block_on(components::of_a_client())?;
    let begins = |topic: &str, text: &str| {
        let wanted = topic.contains(part);
        if wanted {
            say(topic, text);
        }
        wanted
    };
    if begins("warm", "reads from memory, beside the SDK's static provider and its lazy cache") {
        warm::measure(&runtime, &components, report)?;
    }
    if begins("signed", "1,000 signed requests to S3, twice") {
        runtime.block_on(signed::measure(&vault, report))?;
    }
    if begins("cold", "10,000 callers at once, and 10,000 that all give up after 20 ms") {
        runtime.block_on(herd::measure(&vault, &components, report))?;
    }
    if begins("outage", "10,000 callers for 20 s on servers that fail, twice") {
        runtime.block_on(outage::measure(&components, report))?;
    }
    if begins("latency", "600 new leases, and as many bare requests, in turns") {
        runtime.block_on(latency::measure(&vault, report))?;
    }
    if begins("creds", "the command line 101 times, and the bare requests in turns") {
        runtime.block_on(creds::measure(&vault, report))?;
    }
    if begins("rotating", "16,800 calls to S3, half of them with keys that rotate") {
        runtime.block_on(rotating::measure(report))?;
    }
    if begins("lost", "1,000 providers whose first reply is lost, and a token's life of 90 s after it") {
        runtime.block_on(lost::measure(report))?;
    }
    if begins("cluster", "10,000 rotations under 1,000 callers; the leader of a cluster is killed every 30 s")
    {
        runtime.block_on(rotations::measure(report))?;
    }
    drop(runtime);
    if begins("fleet", "10,000 processes through an hour and a half, simulated") {
        fleet::measure(report)?;
    }
    if begins("roles", "10,000 roles in one process") {
        roles::measure(report)?;
    }
    Ok(())
}
