//! What lint takes, and what the catalogue that it reads takes to load.

use std::hint::black_box;
use std::time::Instant;

use leasekey::iam::lint::{Options, lint};
use leasekey::iam::{Catalog, ManagedPolicies, PolicyDocument};

use crate::Outcome;
use crate::alternate::median;
use crate::report::{Report, Row, say};

static BLOB: &[u8] = include_bytes!("../../../crates/core/src/iam/data/catalog.bin");
const LOADS: usize = 21;
const RUNS: usize = 5;

/// The catalogue read 21 times, and every AWS managed policy linted five times.
pub(super) fn measure(report: &mut Report) -> Outcome {
    say("", "the catalogue, and lint of every AWS managed policy");
    let loads = (0..LOADS).map(|_| taken(|| Ok(Catalog::read(BLOB)?)));
    let load = median(&loads.collect::<Outcome<Vec<_>>>()?) * 1e3;
    report.add(Row::alone("iam/catalog_load", load, "ms", "<= 5 ms").met(load <= 5.0));
    let size = BLOB.len() as f64;
    report.add(Row::alone("iam/catalog_blob", size, "bytes", "<= 300000").met(size <= 300_000.0));

    let policies =
        ManagedPolicies::bundled()?.all().map(|policy| policy.read()).collect::<Result<Vec<_>, _>>()?;
    let each = policies.iter().map(of_one).collect::<Outcome<Vec<_>>>()?;
    let typical = median(&each) * 1e6;
    report.add(Row::alone("iam/lint_managed", typical, "us", "<= 100 us").met(typical <= 100.0));
    let mut sorted = each;
    sorted.sort_by(f64::total_cmp);
    let slow = sorted.get(sorted.len() * 9 / 10).copied().unwrap_or_default() * 1e3;
    say("", &format!("{} policies, the slowest tenth from {slow:.2} ms", sorted.len()));
    Ok(())
}

/// The median of a few runs, in seconds.
fn of_one(policy: &PolicyDocument) -> Outcome<f64> {
    let options = Options::default();
    let runs = (0..RUNS).map(|_| taken(|| Ok(lint(policy, &options)?)));
    Ok(median(&runs.collect::<Outcome<Vec<_>>>()?))
}

fn taken<T>(work: impl FnOnce() -> Outcome<T>) -> Outcome<f64> {
    let since = Instant::now();
    black_box(work()?);
    Ok(since.elapsed().as_secs_f64())
}
