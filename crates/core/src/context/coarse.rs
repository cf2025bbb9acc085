//! The boot clock to a tick of the kernel, at half its price.
//!
//! Linux has no coarse boot clock, but it has a coarse monotonic one, which stands still during a suspension,
//! and a coarse wall clock, which does not. While both advance by the same, nothing was suspended and nobody
//! set the wall clock: then the boot clock has advanced by that, too. Otherwise it is read itself.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};

use rustix::time::{ClockId, Timespec, clock_gettime};

use crate::time::BootInstant;

// The kernel's slowest tick, and as much again: the two clocks may be read on either side of one. A shorter
// suspension is nothing beside the margin that every lifetime has.
const TICKS: i64 = 20_000_000;
const UNKNOWN: i64 = i64::MIN;

/// Where the clocks stood to each other when the boot clock was last read, in nanoseconds.
#[derive(Debug)]
pub(super) struct Coarse {
    boot_less_monotonic: AtomicI64,
    wall_less_monotonic: AtomicI64,
    // One reading at a time: a mixture of two would be wrong by a whole suspension.
    reading: Mutex<()>,
}

impl Coarse {
    pub(super) const fn new() -> Self {
        let (boot, wall) = (AtomicI64::new(0), AtomicI64::new(UNKNOWN));
        Self { boot_less_monotonic: boot, wall_less_monotonic: wall, reading: Mutex::new(()) }
    }

    /// Now, to a tick; `boot` reads the boot clock itself.
    #[inline]
    pub(super) fn now(&self, boot: impl FnOnce() -> BootInstant) -> BootInstant {
        let monotonic = nanos(clock_gettime(ClockId::MonotonicCoarse));
        let wall = nanos(clock_gettime(ClockId::RealtimeCoarse)) - monotonic;
        // The second is written before the first and read after it.
        let known = self.wall_less_monotonic.load(Ordering::Acquire);
        if known != UNKNOWN && wall.abs_diff(known) <= TICKS.unsigned_abs() {
            let boot = monotonic + self.boot_less_monotonic.load(Ordering::Relaxed);
            return BootInstant::from_nanos(boot.unsigned_abs());
        }
        self.read(boot)
    }

    #[cold]
    fn read(&self, boot: impl FnOnce() -> BootInstant) -> BootInstant {
        let _alone = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        let monotonic = nanos(clock_gettime(ClockId::MonotonicCoarse));
        let wall = nanos(clock_gettime(ClockId::RealtimeCoarse)) - monotonic;
        let now = boot();
        let boot = i64::try_from(now.as_nanos()).unwrap_or(i64::MAX);
        self.boot_less_monotonic.store(boot - monotonic, Ordering::Relaxed);
        self.wall_less_monotonic.store(wall, Ordering::Release);
        now
    }
}

fn nanos(at: Timespec) -> i64 {
    at.tv_sec.saturating_mul(1_000_000_000).saturating_add(at.tv_nsec)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn precise() -> BootInstant {
        BootInstant::from_nanos(nanos(clock_gettime(ClockId::Boottime)).unsigned_abs())
    }

    #[test]
    fn a_coarse_reading_lies_within_two_ticks_of_the_boot_clock() {
        let ticks = std::time::Duration::from_nanos(TICKS.unsigned_abs());
        let clock = Coarse::new();
        for _ in 0..1000 {
            let before = precise();
            let coarse = clock.now(precise);
            assert!(coarse >= before.minus(ticks) && coarse <= precise().plus(ticks));
        }
    }

    #[test]
    fn after_a_suspension_and_after_a_step_of_the_wall_clock_the_boot_clock_itself_is_read() {
        const HOUR: i64 = 3_600_000_000_000;
        let clock = Coarse::new();
        clock.now(precise);
        for moved in [HOUR, -HOUR, 2 * TICKS + 1] {
            clock.wall_less_monotonic.fetch_add(moved, Ordering::Release);
            assert_eq!(clock.now(|| BootInstant::NEVER), BootInstant::NEVER);
            clock.now(precise);
            clock.wall_less_monotonic.store(UNKNOWN, Ordering::Release);
            clock.now(precise);
        }
    }
}
