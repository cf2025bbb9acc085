//! What can happen next in a state: what is usual, and what counts as a fault.

use super::*;

const LIFE: Duration = Duration::from_secs(900);
const NANO: Duration = Duration::from_nanos(1);

#[derive(Clone, Debug)]
pub(super) enum Move {
    /// Time passes, and nobody steps the machine.
    Wait(BootInstant),
    Do(Event),
    /// The timer rings long after its time: the machine was suspended.
    Late(BootInstant),
}

/// Time, the timer, callers and servers that are well.
pub(super) fn plain(node: &Node) -> Vec<Move> {
    let (state, now) = (&node.state, node.now);
    if state.closed {
        return node.ghost.running.map(|run| Move::Do(success(node, run))).into_iter().collect();
    }
    let mut moves = Vec::new();
    let wake_at = state.wake_at(now);
    if wake_at.is_some_and(|at| at <= now) {
        moves.push(Move::Do(Event::Woken));
    }
    let prompt = |at: &BootInstant| *at > now && wake_at.is_none_or(|wake| *at <= wake);
    moves.extend(cuts(node).into_iter().filter(prompt).map(Move::Wait));
    if state.wanted_at.is_none() || (state.trouble.is_some() && state.held.is_none()) {
        moves.push(Move::Do(Event::Wanted(now)));
    }
    if let Some(run) = node.ghost.running {
        moves.push(Move::Do(success(node, run)));
        if state.plan == Plan::STATIC && state.held.is_some() && run.work == Work::Issue {
            moves.push(Move::Do(Event::Granted(run.id, Grant { changed: false, ..usual(node, run) })));
        }
    }
    moves
}

/// The times at which the machine may decide otherwise than just before.
fn cuts(node: &Node) -> Vec<BootInstant> {
    let mut cuts: Vec<BootInstant> = node.state.wake_at(node.now).into_iter().collect();
    if let Some(held) = node.state.held {
        cuts.extend([held.refresh_at, held.urgent_at()]);
        cuts.extend([held.expires.minus(NANO), held.expires, held.expires.plus(NANO)]);
    }
    // An attempt may also hang until its deadline.
    cuts.extend(node.ghost.running.map(|run| run.started.plus(Duration::from_secs(10))));
    cuts
}

/// What fails, and what interferes.
pub(super) fn faults(node: &Node) -> Vec<Move> {
    let (state, now) = (&node.state, node.now);
    if state.closed {
        return Vec::new();
    }
    let mut events = vec![Event::Forced, Event::Close];
    if let Some(run) = node.ghost.running {
        events.extend(failures(run));
        if run.work != Work::Verify {
            events.extend(odd_lives(node, run));
        }
    }
    if let Some(held) = state.held {
        let generation = held.generation;
        events.extend([
            Event::Doubted(generation),
            Event::Doubted(generation.saturating_sub(1)),
            Event::Forked,
        ]);
        events.push(Event::Promised(generation, now.plus(Duration::from_secs(600))));
        events.push(Event::Promised(generation.saturating_sub(1), now.plus(Duration::from_secs(600))));
        events.push(Event::Wanted(held.expires.plus(NANO)));
    }
    if state.held.is_some_and(|held| held.renewable) {
        events.push(Event::Spent);
    }
    // Something is on its way back only once it has been superseded; in calm, so that it multiplies no states.
    let calm = state.attempt.is_none() && state.candidate.is_none() && state.trouble.is_none();
    let returned = state.generations > 1 && state.superseded.is_empty() && state.returns.is_empty();
    if state.plan.revocable && calm && returned {
        events.push(Event::NotReturned(1));
    }
    if state.trouble.is_some() {
        events.push(Event::Signalled);
    }
    let mut moves: Vec<Move> = events.into_iter().map(Move::Do).collect();
    if state.wake_at(now).is_some() {
        moves.push(Move::Late(now.plus(Duration::from_secs(3600))));
        moves.extend(
            state.held.map(|held| Move::Late(held.expires)).filter(|_| now < state.held.unwrap().expires),
        );
    }
    moves
}

fn success(node: &Node, run: ghost::Running) -> Event {
    match run.work {
        Work::Verify => Event::Verified(run.id, 1),
        Work::Issue | Work::Renew => Event::Granted(run.id, usual(node, run)),
    }
}

/// What a server that is well grants.
pub(super) fn usual(node: &Node, run: ghost::Running) -> Grant {
    let polled = node.state.plan == Plan::STATIC;
    Grant {
        started: run.started,
        rtt: node.now.since(run.started),
        lifetime: if polled { LIFE * 96 } else { LIFE },
        renewable: node.state.plan.renews,
        changed: run.work == Work::Issue,
        poll_after: polled.then_some(LIFE / 4),
        requests: 1,
        ..Grant::default()
    }
}

fn odd_lives(node: &Node, run: ghost::Running) -> Vec<Event> {
    let lives = [Duration::ZERO, NANO, Duration::from_secs(5)];
    let grants = lives.map(|lifetime| Grant { lifetime, poll_after: None, ..usual(node, run) });
    grants.map(|grant| Event::Granted(run.id, grant)).into()
}

fn failures(run: ghost::Running) -> Vec<Event> {
    let plain = Failure { class: Class::Node, retry_after: None, may_have_acted: false, requests: 1 };
    let acted = |class| Failure { class, may_have_acted: true, ..plain };
    let asked = Duration::from_secs(1_000_000_000);
    let failures = [
        Failure { class: Class::NotReady, requests: run.requests.min(3), ..plain },
        acted(Class::Node),
        acted(Class::Bug),
        acted(Class::Protocol),
        acted(Class::Upstream),
        Failure { class: Class::Denied, ..plain },
        Failure { class: Class::Lag, ..plain },
        Failure { class: Class::Lost, ..plain },
        Failure { class: Class::Throttled, ..plain },
        Failure { class: Class::Throttled, retry_after: Some(asked), ..plain },
        Failure { class: Class::Throttled, retry_after: Some(Duration::ZERO), ..plain },
    ];
    failures.map(|failure| Event::Failed(run.id, failure)).into()
}
