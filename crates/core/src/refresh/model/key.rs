//! When two states are the same: relative to now, on a ruler whose marks are the machine's constants.

use super::*;

pub(super) type Key = Vec<i32>;

const MARKS: [u64; 19] = [
    50, 250, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 90_000, 120_000, 180_000, 240_000, 360_000,
    540_000, 900_000, 3_600_000, 43_200_000, 86_400_000,
];

pub(super) fn of(node: &Node) -> Key {
    let (state, now) = (&node.state, node.now);
    let mut key = vec![
        state.attempt.map_or(0, |(_, work)| 1 + work as i32),
        node.ghost.running.map_or(0, |run| past(run.started, now)),
        i32::from(state.forced) + 2 * i32::from(state.closed),
        state.wanted_at.map_or(-1, |at| ahead(at, now)),
        state.announced as i32,
        i32::from(state.doubted_at.is_some()),
        ahead(state.doubt_next, now),
        i32::from(state.succeeded_at.is_some_and(|at| at.plus(SUCCESS_SPACING) > now)),
        i32::from(state.requests.left(state.plan.requests, now)),
        ahead(state.requests.free_at(state.plan.requests), now),
        ahead(state.issues.free_at(state.issue_interval(now)), now),
        i32::try_from(node.ghost.leases.len()).unwrap_or(i32::MAX),
    ];
    key.extend(state.held.iter().flat_map(|held| held_key(held, now)));
    key.extend(state.candidate.iter().flat_map(|candidate| {
        let age = past(candidate.held.born, now);
        [-10, i32::from(candidate.passes), ahead(candidate.verify_at, now), age]
    }));
    key.extend(state.trouble.iter().flat_map(|trouble| {
        let failures = i32::try_from(trouble.failures.min(6)).unwrap_or(6);
        let times =
            [ahead(trouble.retry_at, now), past(trouble.since, now).min(8), past(trouble.last, now).min(8)];
        [-11, trouble.class as i32, failures].into_iter().chain(times)
    }));
    key.push(-12);
    key.extend(state.superseded.iter().map(|(_, at)| ahead(*at, now)));
    key.push(-14);
    key.extend(state.returns.iter().map(|(_, at)| ahead(*at, now)));
    key
}

fn held_key(held: &Held, now: BootInstant) -> [i32; 8] {
    let flags = i32::from(held.renewable) + 2 * i32::from(held.inherited);
    [
        -13,
        flags,
        ahead(held.expires, now),
        past(held.expires, now).min(2),
        ahead(held.refresh_at, now),
        ahead(held.urgent_at(), now),
        ahead(held.promised, now),
        past(held.born, now).max(16),
    ]
}

// What has passed has passed.
fn ahead(at: BootInstant, now: BootInstant) -> i32 {
    mark(at.since(now))
}

fn past(at: BootInstant, now: BootInstant) -> i32 {
    mark(now.since(at))
}

fn mark(span: Duration) -> i32 {
    match span.as_nanos() {
        0 => 0,
        1 => 1,
        _ => 2 + MARKS.iter().filter(|mark| span > Duration::from_millis(**mark)).count() as i32,
    }
}
