//! What a read from memory costs.

use std::error::Error;
use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{self, Poll, Waker};

use aws_config::identity::IdentityCache;
use aws_credential_types::provider::ProvideCredentials;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use leasekey::VaultCredentialsProvider;
use leasekey::context::Context;
use tokio::runtime::Runtime;

use crate::alternate::{median, ratio, times};
use crate::naive::Cached;
use crate::report::{Report, Row, say};
use crate::{Outcome, allocator};

const CALLS: u32 = 10_000;

/// The same set from Leasekey, from the SDK's static provider and from its lazy cache, in turns.
///
/// Measured outside of the runtime: inside, tokio would stop whoever does so much without a pause.
pub(super) fn measure(runtime: &Runtime, components: &RuntimeComponents, report: &mut Report) -> Outcome {
    // The SDK's cache makes a timer for every read.
    let _inside = runtime.enter();
    let vault = runtime.block_on(VaultCredentialsProvider::from_env().start())?;
    let set = runtime.block_on(vault.credentials())?;
    let lazy = Cached::lazy(set.clone(), components);
    let whole = Cached::with(IdentityCache::no_cache(), vault.clone(), components);
    runtime.block_on(lazy.resolve())?;
    let mut ours = || keep(ready(vault.provide_credentials())?);
    let mut fixed = || keep(ready(set.provide_credentials())?);
    let mut cached = || keep(ready(lazy.resolve())?);
    let system = Context::system();
    let mut clock = || keep(Ok::<_, Box<dyn Error + Send + Sync>>(system.time.boot_coarse()));
    let mut resolved = || keep(ready(whole.resolve())?);

    let (our_allocations, their_allocations) = (allocations(&mut ours)?, allocations(&mut fixed)?);
    let runs = times(CALLS, &mut [&mut ours, &mut fixed, &mut cached, &mut resolved, &mut clock])?;
    let [ours, fixed, cached, resolved, clock] = runs.as_slice() else {
        return Err("a contestant is missing".into());
    };

    let (value, times) = (median(ours), ratio(ours, fixed));
    let row = Row::alone("core/warm", value, "ns", "<= 3 x peer, <= 100 ns");
    report.add(row.beside("SDK static provider", median(fixed), times).met(times <= 3.0 && value <= 100.0));
    let times = ratio(ours, cached);
    let row = Row::alone("core/warm_beside_cache", value, "ns", "<= 0.5 x peer");
    report.add(row.beside("SDK lazy cache", median(cached), times).met(times <= 0.5));
    let times = ratio(&[our_allocations], &[their_allocations]);
    let row = Row::alone("core/warm_allocations", our_allocations, "per call", "= peer");
    let row = row.beside("SDK static provider", their_allocations, times);
    report.add(row.met(our_allocations == their_allocations));
    tell("a read", ours);
    tell("the SDK static provider's", fixed);
    tell("the boot clock's part of it", clock);
    tell("a whole identity of the SDK's, made of it", resolved);
    runtime.block_on(vault.close())?;
    Ok(())
}

/// Beside the median the quietest run: the nearer the two, the less the machine did besides.
fn tell(what: &str, runs: &[f64]) {
    let quietest = runs.iter().copied().fold(f64::INFINITY, f64::min);
    say("", &format!("{what}: {:.1} ns, {quietest:.1} ns in the quietest run", median(runs)));
}

fn ready<F: Future>(future: F) -> Outcome<F::Output> {
    match pin!(future).poll(&mut task::Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Ok(output),
        Poll::Pending => Err("a warm read had to wait".into()),
    }
}

// Using the result keeps the compiler from leaving the call out.
fn keep<T, E>(result: Result<T, E>) -> Outcome
where
    E: Into<Box<dyn Error + Send + Sync>>,
{
    black_box(result.map_err(Into::into)?);
    Ok(())
}

/// Allocations per call on this thread.
fn allocations(call: &mut dyn FnMut() -> Outcome) -> Outcome<f64> {
    call()?;
    let before = allocator::calls();
    for _ in 0..1000 {
        call()?;
    }
    Ok((allocator::calls() - before) as f64 / 1000.0)
}
