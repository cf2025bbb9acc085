//! I9: once all is well again, the value is fresh within 15 s; within 60 s where a person or AWS had to mend
//! it, or where the server asked for patience. What the budgets of requests and issues, the leases that wait
//! for their revocation and the verification of a new key must add, they add.

use super::*;

const STEPS: usize = 200;

pub(super) fn check(step: Step<'_>, node: &Node, random: u64) -> Result<(), String> {
    let (state, now) = (&node.state, node.now);
    let inherited = state.held.is_some_and(|held| held.inherited && now < held.expires);
    if state.closed || state.wanted_at.is_none() || (inherited && state.trouble.is_none()) {
        return Ok(());
    }
    let within = at_most(state, now);
    let mut node = Node { path: None, ..node.clone() };
    for _ in 0..STEPS {
        if settled(&node) {
            return Ok(());
        }
        if node.now.since(now) > within {
            return Err(format!("not fresh within {within:?} of all being well: {:?}", node.state));
        }
        node = healthy(step, node, random);
    }
    Err(format!("not fresh after {STEPS} steps: {:?}", node.state))
}

fn settled(node: &Node) -> bool {
    node.state.trouble.is_none() && node.state.phase(node.now) == Phase::Fresh
}

/// The next thing that happens while all is well: the attempt succeeds, or the timer rings in time.
fn healthy(step: Step<'_>, mut node: Node, random: u64) -> Node {
    let event = match node.ghost.running {
        Some(run) if run.work == Work::Verify => Event::Verified(run.id, 1),
        Some(run) => Event::Granted(run.id, moves::usual(&node, run)),
        None => {
            node.now = node.state.wake_at(node.now).unwrap_or(BootInstant::NEVER).max(node.now);
            Event::Woken
        }
    };
    let (state, effects) = step(node.state.clone(), event.clone(), Now { at: node.now, random });
    let ghost = node.ghost.after(&event, &effects, node.now);
    Node { state, ghost, ..node }
}

fn at_most(state: &State, now: BootInstant) -> Duration {
    let patient = state.trouble.is_some_and(|trouble| trouble.class.is_patient());
    let usual = Duration::from_secs(if patient { 60 } else { 15 });
    let budgets = [
        state.issues.free_at(state.issue_interval(now)),
        state.requests.free_at(state.plan.requests),
        state.room_at(now),
    ];
    let budgets = budgets.into_iter().map(|at| at.since(now)).max().unwrap_or_default();
    let verified = if state.plan.verifies { VERIFY_AT_LEAST + VERIFY_SPACING * 2 } else { Duration::ZERO };
    usual.max(budgets) + verified + SUCCESS_SPACING
}
