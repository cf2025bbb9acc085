//! When to ask: windows, jitter, back-off. The one retry layer of Leasekey.

use std::time::Duration;

use super::fault::Class;
use crate::time::Draw;

/// A hand-out of a value that may end early lasts this long, however long the value lives.
pub(crate) const HAND_OUT: Duration = Duration::from_secs(120);

/// The shortest time from a success to the next attempt.
pub(super) const SUCCESS_SPACING: Duration = Duration::from_secs(2);

/// How a kind of value is kept fresh.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Plan {
    /// Renewed at the refresh point, while younger than `max_age` and while its end still moves.
    pub renews: bool,
    /// Serves only after two verifications; the first value of a kind that is not revocable at once.
    pub verifies: bool,
    /// A superseded value is revoked, once its last hand-out has lapsed.
    pub revocable: bool,
    /// A hand-out lasts this long at most, however long the value lives: whoever keeps it asks again.
    pub hand_out: Option<Duration>,
    /// Asking makes no new value, it only looks at the one of now: no budget of issues bounds it.
    pub polled: bool,
    /// A login: after a refusal it is never asked again within 30 s, whoever calls.
    pub login: bool,
    /// From this age on a value is replaced, not renewed.
    pub max_age: Duration,
    /// A longer life is clamped to this.
    pub max_lifetime: Duration,
    /// The refresh point is drawn from this part of the lifetime, in thousandths: 400 to 600.
    pub refresh_window: (u16, u16),
    /// The first attempt waits for up to this long, so that a fleet does not start as one.
    pub cold_jitter: Duration,
    /// At most this many requests in any 10 s.
    pub requests: u8,
}

impl Plan {
    /// Sets that are only ever replaced: assumed_role, federation_token, session_token.
    ///
    /// With a life of 900 s the next set is asked for after 360 to 540 s.
    pub const STS: Self = Self {
        renews: false,
        verifies: false,
        revocable: false,
        hand_out: None,
        polled: false,
        login: false,
        max_age: Duration::from_secs(12 * 3600),
        max_lifetime: Duration::from_secs(36 * 3600),
        refresh_window: (400, 600),
        cold_jitter: Duration::from_millis(250),
        requests: 7,
    };

    /// An IAM user's key: renewed for a day, verified, and revoked once superseded.
    pub const IAM_USER: Self = Self {
        renews: true,
        verifies: true,
        revocable: true,
        hand_out: Some(HAND_OUT),
        max_age: Duration::from_secs(24 * 3600),
        max_lifetime: Duration::from_secs(12 * 3600),
        ..Self::STS
    };

    /// A static role's key: polled, never renewed, never revoked. The first one serves at once; one that Vault
    /// has rotated is verified while the one before it still works.
    pub const STATIC: Self = Self {
        verifies: true,
        polled: true,
        hand_out: Some(HAND_OUT),
        max_lifetime: Duration::from_secs(366 * 86_400),
        ..Self::STS
    };

    /// A Vault token: renewed until it stops growing, then replaced by another login.
    pub const LOGIN: Self = Self {
        renews: true,
        login: true,
        max_age: Duration::MAX,
        max_lifetime: Duration::MAX,
        cold_jitter: Duration::ZERO,
        requests: 3,
        ..Self::STS
    };

    /// While a value of this life serves, another issue is earned after so long; three may come at once.
    pub(crate) fn issue_interval(lifetime: Duration) -> Duration {
        (lifetime / 6).max(SUCCESS_SPACING)
    }

    /// A point in the refresh window of a life of `lifetime`.
    pub(super) fn refresh_after(&self, lifetime: Duration, draw: &mut Draw) -> Duration {
        let part = |thousandths: u16| lifetime.mul_f64(f64::from(thousandths) / 1000.0);
        draw.between(part(self.refresh_window.0), part(self.refresh_window.1))
    }
}

/// The remaining life below which a failing refresh is urgent: 60 s or 15 %, but never more than what the
/// latest refresh point leaves (40 %), so that short lives are not urgent from their birth.
pub(super) fn urgent_window(lifetime: Duration) -> Duration {
    Duration::from_secs(60).max(lifetime.mul_f64(0.15)).min(lifetime.mul_f64(0.40))
}

// After so many failures it is no election.
const ELECTION: u32 = 6;

/// What callers still have while attempts fail.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum InHand {
    /// There never was a value.
    Never,
    /// The last value is dead.
    Expired,
    /// Less than [`urgent_window`] remains.
    Urgent(Duration),
    /// So much remains.
    Valid(Duration),
}

/// How long to wait after the `failures`-th failure in a row.
pub(super) fn pause(
    class: Class,
    failures: u32,
    retry_after: Option<Duration>,
    hand: InHand,
    draw: &mut Draw,
) -> Duration {
    match class {
        Class::Denied => draw.between(Duration::from_secs(30), Duration::from_secs(60)),
        Class::Lag if failures <= 8 => draw.between(Duration::from_millis(50), Duration::from_millis(250)),
        Class::Lost if failures == 1 => Duration::ZERO,
        Class::Lost => draw.between(Duration::from_secs(10), Duration::from_secs(15)),
        Class::NotReady if failures <= ELECTION && hand != InHand::Never => election(failures, draw),
        Class::Throttled => {
            let asked = retry_after
                .unwrap_or_else(|| draw.between(Duration::from_secs(5), Duration::from_millis(7500)));
            asked.clamp(Duration::from_secs(1), patience(hand, Duration::from_secs(60)))
        }
        Class::Upstream => {
            let top = doubled(Duration::from_secs(5), failures).min(patience(hand, Duration::from_secs(60)));
            draw.between(Duration::from_secs(5), top).min(top)
        }
        Class::Bug | Class::Lag | Class::Node | Class::NotReady | Class::Protocol => {
            back_off(failures, hand, draw)
        }
    }
}

/// The shortest time between two attempts that callers can bring about when there never was a value.
pub(super) fn cold_spacing(failures: u32, draw: &mut Draw) -> Duration {
    let top = doubled(Duration::from_secs(2), failures.saturating_sub(1)).min(Duration::from_secs(15));
    draw.between(top / 2, top)
}

/// How long callers are answered with the same error before they may ask again.
pub(super) fn error_lasts(class: Class, draw: &mut Draw) -> Duration {
    match class {
        Class::Denied => draw.between(Duration::from_secs(1), Duration::from_secs(5)),
        _ => draw.between(Duration::from_millis(250), Duration::from_secs(1)),
    }
}

// An election takes 1 to 5 s. Asked once in a second and a half, a new leader is found within two, and the requests
// of a window last for all of it.
fn election(failures: u32, draw: &mut Draw) -> Duration {
    let (low, high) = if failures == 1 { (500, 1000) } else { (1200, 1800) };
    draw.between(Duration::from_millis(low), Duration::from_millis(high))
}

fn back_off(failures: u32, hand: InHand, draw: &mut Draw) -> Duration {
    let cap = match hand {
        InHand::Never => return cold_spacing(failures, draw),
        InHand::Urgent(_) => return draw.between(Duration::from_secs(1), Duration::from_secs(2)),
        InHand::Expired => Duration::from_secs(5),
        InHand::Valid(remaining) => (remaining / 8).clamp(Duration::from_secs(2), Duration::from_secs(15)),
    };
    let top = doubled(Duration::from_millis(500), failures).min(cap);
    draw.between(Duration::ZERO, top).max(Duration::from_millis(200))
}

// Waiting for longer than a quarter of what remains would spend the set before the server is asked again.
fn patience(hand: InHand, longest: Duration) -> Duration {
    let most = match hand {
        InHand::Never | InHand::Expired => Duration::from_secs(15),
        InHand::Urgent(remaining) | InHand::Valid(remaining) => remaining / 4,
    };
    most.clamp(Duration::from_secs(1), longest)
}

fn doubled(base: Duration, times: u32) -> Duration {
    base.saturating_mul(1_u32.checked_shl(times.min(16)).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALID: InHand = InHand::Valid(Duration::from_secs(400));

    fn pauses(class: Class, failures: u32, hand: InHand) -> (Duration, Duration) {
        let all = (0..1000).map(|seed| pause(class, failures, None, hand, &mut Draw::new(seed)));
        all.fold((Duration::MAX, Duration::ZERO), |(low, high), p| (low.min(p), high.max(p)))
    }

    #[test]
    fn the_refresh_point_lies_between_40_and_60_percent() {
        let life = Duration::from_secs(900);
        let points = (0..1000).map(|seed| Plan::STS.refresh_after(life, &mut Draw::new(seed)));
        let (low, high) = points.fold((life, Duration::ZERO), |(low, high), p| (low.min(p), high.max(p)));
        assert!(low >= Duration::from_secs(360) && low < Duration::from_secs(362), "{low:?}");
        assert!(high < Duration::from_secs(540) && high > Duration::from_secs(538), "{high:?}");
    }

    #[test]
    fn back_off_is_full_jitter_from_200_ms_to_15_s() {
        assert_eq!(pauses(Class::Node, 1, VALID).0, Duration::from_millis(200));
        assert!(pauses(Class::Node, 1, VALID).1 <= Duration::from_secs(1));
        let (_, high) = pauses(Class::Node, 30, VALID);
        assert!(high > Duration::from_secs(14) && high <= Duration::from_secs(15), "{high:?}");
    }

    #[test]
    fn back_off_shrinks_with_what_remains() {
        assert!(pauses(Class::Node, 30, InHand::Valid(Duration::from_secs(80))).1 <= Duration::from_secs(10));
        let (low, high) = pauses(Class::Node, 30, InHand::Urgent(Duration::from_secs(50)));
        assert!(low >= Duration::from_secs(1) && high <= Duration::from_secs(2));
        assert!(pauses(Class::Node, 30, InHand::Expired).1 <= Duration::from_secs(5));
    }

    #[test]
    fn a_new_leader_is_asked_for_within_2_s_and_what_is_no_election_backs_off() {
        assert!(pauses(Class::NotReady, 1, VALID).1 <= Duration::from_secs(1));
        let (low, high) = pauses(Class::NotReady, 6, VALID);
        assert!(
            low >= Duration::from_millis(1200) && high <= Duration::from_millis(1800),
            "{low:?} {high:?}"
        );
        assert_eq!(pauses(Class::NotReady, 7, VALID), pauses(Class::Node, 7, VALID));
        assert_eq!(pauses(Class::NotReady, 1, InHand::Never), pauses(Class::Node, 1, InHand::Never));
    }

    #[test]
    fn a_refusal_is_asked_again_after_30_to_60_s() {
        let (low, high) = pauses(Class::Denied, 1, VALID);
        assert!(low >= Duration::from_secs(30) && high <= Duration::from_secs(60));
    }

    #[test]
    fn retry_after_is_clamped_to_a_quarter_of_what_remains() {
        let wait = |asked, hand| pause(Class::Throttled, 1, Some(asked), hand, &mut Draw::new(1));
        assert_eq!(wait(Duration::from_secs(9), VALID), Duration::from_secs(9));
        assert_eq!(wait(Duration::from_secs(1_000_000_000), VALID), Duration::from_secs(60));
        assert_eq!(
            wait(Duration::from_secs(50), InHand::Valid(Duration::from_secs(80))),
            Duration::from_secs(20)
        );
        assert_eq!(wait(Duration::ZERO, VALID), Duration::from_secs(1));
    }

    #[test]
    fn five_attempts_at_most_in_20_s_when_there_never_was_a_value() {
        for seed in 0..1000 {
            let mut draw = Draw::new(seed);
            let fifth: Duration =
                (1..=5).map(|n| pause(Class::Node, n, None, InHand::Never, &mut draw)).sum();
            assert!(fifth >= Duration::from_secs(20), "the sixth attempt came after {fifth:?}");
        }
    }

    #[test]
    fn no_count_of_failures_overflows() {
        for class in [Class::Node, Class::NotReady, Class::Upstream, Class::Lag, Class::Lost] {
            assert!(
                pause(class, u32::MAX, None, InHand::Never, &mut Draw::new(3)) <= Duration::from_secs(60)
            );
        }
    }
}
