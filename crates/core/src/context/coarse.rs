//! The boot clock to a tick of the kernel, at a quarter of its price.
//!
//! Linux has no coarse boot clock, but a coarse wall clock, which goes on during a suspension like the boot clock.
//! Within one second of the wall clock the two advance by the same, unless somebody sets the wall clock back to
//! that very second; so the difference is taken anew in each second, and whenever the boot clock itself is read.

use std::sync::atomic::{AtomicU64, Ordering};

use rustix::time::{ClockId, Timespec, clock_gettime};

use crate::time::BootInstant;

const MILLIS: i64 = 1_000_000;
// The second takes the low bits; with the rest for milliseconds there is room until the year 2527.
const SECOND_BITS: u32 = 20;
const SECOND: u64 = (1 << SECOND_BITS) - 1;

/// The wall clock less the boot clock, in milliseconds, and the second in which it was taken: one word, so that
/// no reader sees a mixture of two.
#[derive(Debug)]
pub(super) struct Coarse(AtomicU64);

impl Coarse {
    pub(super) const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Now, to a tick; `boot` reads the boot clock itself, and has the difference [learned](Self::learn).
    #[inline]
    pub(super) fn now(&self, boot: impl FnOnce() -> BootInstant) -> BootInstant {
        let wall = clock_gettime(ClockId::RealtimeCoarse);
        let known = self.0.load(Ordering::Relaxed);
        if known & SECOND == second(wall) {
            let less = (known >> SECOND_BITS).cast_signed() * MILLIS;
            return BootInstant::from_nanos((nanos(wall) - less).unsigned_abs());
        }
        boot()
    }

    /// Takes the difference anew; `now` was read from the boot clock at this moment.
    pub(super) fn learn(&self, now: BootInstant) {
        let wall = clock_gettime(ClockId::RealtimeCoarse);
        let boot = i64::try_from(now.as_nanos()).unwrap_or(i64::MAX);
        // A wall clock that stands before the boot has no difference that fits; the boot clock serves then.
        let less = u64::try_from(nanos(wall).saturating_sub(boot) / MILLIS).ok();
        let word = less.map_or(0, |less| less << SECOND_BITS | second(wall));
        self.0.store(word, Ordering::Relaxed);
    }
}

// Never 0, which stands for "not known"; comes again after six days.
fn second(wall: Timespec) -> u64 {
    (wall.tv_sec.cast_unsigned() & ((1 << (SECOND_BITS - 1)) - 1)) + 1
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
        let ticks = std::time::Duration::from_millis(20);
        let clock = Coarse::new();
        clock.learn(precise());
        for _ in 0..1000 {
            let before = precise();
            let coarse = clock.now(precise);
            assert!(coarse >= before.minus(ticks) && coarse <= precise().plus(ticks));
        }
    }

    #[test]
    fn in_another_second_than_the_last_and_before_the_first_the_boot_clock_itself_is_read() {
        let clock = Coarse::new();
        assert_eq!(clock.now(|| BootInstant::NEVER), BootInstant::NEVER);
        for moved in [1, 3600, (1 << (SECOND_BITS - 1)) - 1] {
            clock.learn(precise());
            let known = clock.0.load(Ordering::Relaxed);
            let another = ((known & SECOND) + moved) % (1 << (SECOND_BITS - 1));
            clock.0.store((known & !SECOND) | another, Ordering::Relaxed);
            assert_eq!(clock.now(|| BootInstant::NEVER), BootInstant::NEVER);
        }
    }
}
