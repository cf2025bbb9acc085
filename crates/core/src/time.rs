//! Clocks, waiting and jitter.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, SystemTime};

/// A point on the boot clock: nanoseconds since the machine started, suspension counted.
///
/// Every lifetime is judged on this clock, so that neither a stepped wall clock nor a suspended machine
/// makes a dead set look alive. Arithmetic saturates and never panics.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct BootInstant(u64);

impl BootInstant {
    /// The end of the clock, 584 years after the boot: "never".
    pub const NEVER: Self = Self(u64::MAX);

    /// The point this many nanoseconds after the boot.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the boot.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// How long after `earlier` this is; zero when it is not after.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// This point and `span`; at most [`NEVER`](Self::NEVER).
    #[must_use]
    pub const fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(nanos(span)))
    }

    /// This point less `span`; at least the boot.
    #[must_use]
    pub const fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(nanos(span)))
    }
}

const fn nanos(span: Duration) -> u64 {
    let all = span.as_nanos();
    if all > u64::MAX as u128 { u64::MAX } else { all as u64 }
}

/// A source of time: the boot clock decides, the wall clock is only for what is handed out and printed.
pub trait TimeSource: fmt::Debug + Send + Sync {
    /// Now, on the boot clock.
    fn boot(&self) -> BootInstant;

    /// Now, on the boot clock, to a few milliseconds: for readers, to whom every nanosecond counts.
    fn boot_coarse(&self) -> BootInstant {
        self.boot()
    }

    /// Now, on the wall clock.
    fn wall(&self) -> SystemTime;
}

/// A way to wait.
pub trait Sleep: fmt::Debug + Send + Sync {
    /// A future that is ready after `span` of the [`TimeSource`]'s boot clock.
    fn sleep(&self, span: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// Waits for a future on this very thread, which needs no runtime, for `span` at most. None: not yet, and it
/// can be waited for again; that may come early.
///
/// A caller that must look up now and then waits in slices:
///
/// ```
/// # use std::time::Duration;
/// # fn interrupted() -> bool { false }
/// # let future = async { 7 };
/// let mut future = std::pin::pin!(future);
/// let value = loop {
///     match leasekey::time::block_for(future.as_mut(), Duration::from_millis(50)) {
///         Some(value) => break Some(value),
///         None if interrupted() => break None,
///         None => {}
///     }
/// };
/// # assert_eq!(value, Some(7));
/// ```
pub fn block_for<F: Future + ?Sized>(mut future: Pin<&mut F>, span: Duration) -> Option<F::Output> {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
        return Some(output);
    }
    if span.is_zero() {
        return None;
    }
    thread::park_timeout(span);
    match future.poll(&mut context) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Independent draws from one random number: each call takes the next.
///
/// Pure code is handed one random `u64` for a step and draws from it, so the step is repeatable.
#[derive(Clone, Copy, Debug)]
pub struct Draw(u64);

impl Draw {
    /// Draws that follow from `random`.
    pub const fn new(random: u64) -> Self {
        Self(random)
    }

    /// The next draw, uniform in `[0, 1)`.
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// The next draw, uniform in `[low, high)`.
    pub fn between(&mut self, low: Duration, high: Duration) -> Duration {
        low + high.saturating_sub(low).mul_f64(self.unit())
    }

    // SplitMix64 (Steele, Lea, Flood 2014): one multiply-xor chain, enough to spread schedules.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_saturates_at_both_ends() {
        assert_eq!(BootInstant::from_nanos(5).plus(Duration::MAX), BootInstant::NEVER);
        assert_eq!(BootInstant::from_nanos(5).minus(Duration::MAX), BootInstant::default());
        assert_eq!(BootInstant::default().since(BootInstant::NEVER), Duration::ZERO);
    }

    #[test]
    fn a_thread_without_a_runtime_is_woken_by_what_it_waits_for_and_can_give_up_and_go_on() {
        let (tell, told) = std::sync::mpsc::channel::<Waker>();
        let mut rung = false;
        let mut future = std::pin::pin!(std::future::poll_fn(|context| {
            if std::mem::replace(&mut rung, true) {
                return Poll::Ready(7);
            }
            tell.send(context.waker().clone()).unwrap();
            Poll::Pending
        }));
        let ringing = std::thread::Builder::new().spawn(move || told.recv().unwrap().wake()).unwrap();
        let mut answer = block_for(future.as_mut(), Duration::ZERO);
        assert_eq!(answer, None);
        while answer.is_none() {
            answer = block_for(future.as_mut(), Duration::from_secs(60));
        }
        assert_eq!(answer, Some(7));
        ringing.join().unwrap();
    }

    #[test]
    fn draws_stay_in_their_range_and_differ() {
        let (low, high) = (Duration::from_secs(1), Duration::from_secs(2));
        let mut draw = Draw::new(7);
        let drawn: Vec<_> = (0..100).map(|_| draw.between(low, high)).collect();
        assert!(drawn.iter().all(|d| (low..high).contains(d)));
        assert_ne!(drawn.first(), drawn.last());
        assert_eq!(Draw::new(1).between(high, low), high);
    }
}
