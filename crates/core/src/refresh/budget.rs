//! How much may be asked: requests in a window, issues over a lifetime.

use std::time::Duration;

use crate::time::BootInstant;

const WINDOW: Duration = Duration::from_secs(10);
const BURST: u64 = 3;

/// The requests of the last 10 s.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub(super) struct Requests(Vec<BootInstant>);

impl Requests {
    /// How many more may be sent now, of `most` in any 10 s.
    pub(super) fn left(&self, most: u8, now: BootInstant) -> u8 {
        let spent = self.0.iter().filter(|at| at.plus(WINDOW) > now).count();
        most.saturating_sub(u8::try_from(spent).unwrap_or(u8::MAX))
    }

    /// From when on at least one may be sent.
    pub(super) fn free_at(&self, most: u8) -> BootInstant {
        let over = (self.0.len() + 1).saturating_sub(usize::from(most));
        over.checked_sub(1)
            .and_then(|last| self.0.get(last))
            .map_or(BootInstant::default(), |at| at.plus(WINDOW))
    }

    /// Counts requests sent until now. They are counted as of now, their end: later than they were sent,
    /// so the window errs on the safe side.
    pub(super) fn spend(&mut self, requests: u8, now: BootInstant) {
        self.0.retain(|at| at.plus(WINDOW) > now);
        self.0.extend(std::iter::repeat_n(now, usize::from(requests)));
    }
}

/// Issues: three at once, then one per interval.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub(super) struct Issues {
    // In thousandths of an issue, as of `at`; it drains by one issue per interval.
    spent: u64,
    at: BootInstant,
}

impl Issues {
    const ONE: u64 = 1000;

    /// From when on the next may be asked for, if one is earned per `interval`.
    pub(super) fn free_at(&self, interval: Duration) -> BootInstant {
        let over = self.spent.saturating_sub((BURST - 1) * Self::ONE);
        self.at.plus(interval.mul_f64(over as f64 / Self::ONE as f64))
    }

    /// Counts one that succeeded or may have.
    pub(super) fn spend(&mut self, interval: Duration, now: BootInstant) {
        let drained = now.since(self.at).as_secs_f64() / interval.as_secs_f64() * Self::ONE as f64;
        // A float too large for the integer becomes its largest value: all is drained.
        self.spent = self.spent.saturating_sub(drained as u64) + Self::ONE;
        self.at = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> BootInstant {
        BootInstant::default().plus(Duration::from_secs(seconds))
    }

    #[test]
    fn no_more_requests_than_the_window_allows() {
        let mut requests = Requests::default();
        requests.spend(3, at(100));
        assert_eq!((requests.left(3, at(100)), requests.free_at(3)), (0, at(110)));
        assert_eq!((requests.left(4, at(100)), requests.free_at(4)), (1, BootInstant::default()));
        assert_eq!(requests.left(3, at(110)), 3);
    }

    #[test]
    fn three_issues_at_once_then_one_per_interval() {
        let (mut issues, interval) = (Issues::default(), Duration::from_secs(150));
        for _ in 0..3 {
            assert!(issues.free_at(interval) <= at(1000));
            issues.spend(interval, at(1000));
        }
        assert_eq!(issues.free_at(interval), at(1150));
        issues.spend(interval, at(1150));
        assert_eq!(issues.free_at(interval), at(1300));
    }

    #[test]
    fn a_shorter_interval_frees_the_next_issue_sooner() {
        let mut issues = Issues::default();
        (0..3).for_each(|_| issues.spend(Duration::from_secs(150), at(1000)));
        assert_eq!(issues.free_at(Duration::from_secs(10)), at(1010));
    }

    #[test]
    fn a_long_rest_earns_no_more_than_the_burst() {
        let (mut issues, interval) = (Issues::default(), Duration::from_secs(1));
        issues.spend(interval, at(10));
        (0..3).for_each(|_| issues.spend(interval, BootInstant::NEVER));
        assert!(issues.free_at(interval) >= BootInstant::NEVER);
    }
}
