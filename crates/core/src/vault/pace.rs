//! `VAULT_RATE_LIMIT`: requests wait for their turn before their deadline starts.

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};

/// Lets through so many requests a second, after a burst.
pub(super) struct Pace(Limiter);

type Limiter = RateLimiter<NotKeyed, InMemoryState, BootClock, NoOpMiddleware<Duration>>;

struct BootClock(Context);

impl Clock for BootClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        Duration::from_nanos(self.0.time.boot().as_nanos())
    }
}

impl Pace {
    pub(super) fn new(context: &Context, rate: f64, burst: u32) -> Result<Self> {
        let quota = Duration::try_from_secs_f64(rate.recip())
            .ok()
            .and_then(Quota::with_period)
            .zip(NonZeroU32::new(burst))
            .map(|(quota, burst)| quota.allow_burst(burst));
        let wrong = || {
            Error::new(
                ErrorKind::InvalidSetting,
                format!("a rate limit of {rate}:{burst} lets nothing through"),
            )
            .with_hint("Write VAULT_RATE_LIMIT as rate or rate:burst, both above zero")
        };
        Ok(Self(RateLimiter::direct_with_clock(quota.ok_or_else(wrong)?, BootClock(context.clone()))))
    }

    /// Waits until one more request may be sent.
    pub(super) async fn turn(&self) {
        let clock = self.0.clock();
        while let Err(early) = self.0.check() {
            clock.0.sleep.sleep(early.wait_time_from(clock.now())).await;
        }
    }
}

impl fmt::Debug for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pace")
    }
}
