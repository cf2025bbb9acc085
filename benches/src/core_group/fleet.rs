//! What a fleet that started as one asks of Vault: the real schedule, stepped through a simulated hour and a half.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use leasekey::refresh::{Effect, Event, Grant, Now, Plan, State, Work, step};
use leasekey::time::{BootInstant, Draw};

use crate::Outcome;
use crate::report::{Report, Row};

const FLEET: usize = 10_000;
const TTL: Duration = Duration::from_secs(900);
const RTT: Duration = Duration::from_millis(5);
const END: Duration = Duration::from_secs(5400);

/// The busiest second of the first round of rotations, and of the time from the fifth on.
pub(super) fn measure(report: &mut Report) -> Outcome {
    let ours = issues_per_second();
    let theirs = lazy_issues_per_second();
    // Rounds overlap from the third on; the first lies between 40 and 60 % of a life.
    let first = |seconds: &[u32]| busiest(seconds, 60..900);
    let later = |seconds: &[u32]| busiest(seconds, 2700..5400);
    for (name, target, most, busiest) in [
        ("core/fleet_first_round", "<= 90", 90.0, &first as &dyn Fn(&[u32]) -> f64),
        ("core/fleet_later", "<= 50", 50.0, &later),
    ] {
        let (ours, theirs) = (busiest(&ours), busiest(&theirs));
        let row = Row::alone(name, ours, "issues/s", target).beside("SDK lazy cache", theirs, ours / theirs);
        report.add(row.met(ours <= most));
    }
    Ok(())
}

fn busiest(seconds: &[u32], range: std::ops::Range<usize>) -> f64 {
    f64::from(seconds.get(range).unwrap_or_default().iter().copied().max().unwrap_or(0))
}

/// Issues in each second, all processes started at 0.
fn issues_per_second() -> Vec<u32> {
    let mut seconds = vec![0; usize::try_from(END.as_secs()).unwrap_or(0) + 1];
    let mut draw = Draw::new(1);
    let mut fleet: Vec<State> = (0..FLEET).map(|_| State::new(Plan::STS)).collect();
    let start = BootInstant::default();
    let mut calls: BinaryHeap<_> = (0..FLEET).map(|index| Reverse((start, index, None))).collect();
    while let Some(Reverse((at, index, granted))) = calls.pop() {
        let Some(state) = fleet.get_mut(index).filter(|_| at.since(start) < END) else { continue };
        let event = match granted {
            Some(attempt) => Event::Granted(attempt, grant(at)),
            None if at == start => Event::Wanted(at),
            None => Event::Woken,
        };
        let now = Now { at, random: (draw.unit() * 1e15) as u64 };
        let (next, effects) = step(state.clone(), event, now);
        for effect in effects {
            if let Effect::Attempt(attempt, Work::Issue, _) = effect {
                count(&mut seconds, at.since(start));
                calls.push(Reverse((at.plus(RTT), index, Some(attempt))));
            }
        }
        if let Some(wake_at) = next.wake_at(at) {
            calls.push(Reverse((wake_at.max(at.plus(Duration::from_millis(1))), index, None)));
        }
        *state = next;
    }
    seconds
}

fn grant(at: BootInstant) -> Grant {
    let started = at.minus(RTT);
    Grant { started, rtt: RTT, lifetime: TTL, changed: true, requests: 1, ..Grant::default() }
}

/// The same for the SDK's lazy cache: it reloads at 10 s before the end, up to 5 s later (aws-smithy-runtime,
/// `identity/cache/lazy.rs`), if somebody asks, and in a fleet that works somebody always does.
fn lazy_issues_per_second() -> Vec<u32> {
    let mut seconds = vec![0; usize::try_from(END.as_secs()).unwrap_or(0) + 1];
    let mut draw = Draw::new(2);
    for _ in 0..FLEET {
        let mut at = draw.between(Duration::ZERO, Duration::from_millis(250));
        while at < END {
            count(&mut seconds, at);
            at += TTL - Duration::from_secs(10) + draw.between(Duration::ZERO, Duration::from_secs(5));
        }
    }
    seconds
}

fn count(seconds: &mut [u32], at: Duration) {
    if let Some(second) = usize::try_from(at.as_secs()).ok().and_then(|second| seconds.get_mut(second)) {
        *second += 1;
    }
}
