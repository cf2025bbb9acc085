//! Machines with a planted bug, one for each invariant: the model must name the right one.

use super::*;

type Mutant = fn(State, Event, Now) -> (State, Vec<Effect>);

fn caught_by(mutant: Mutant, plan: Plan) -> Invariant {
    // Less is thinned than where every invariant holds: a bug that is there is found long before the end.
    match explore(&mutant, plan, DRAWS[0], 4 * LAYER) {
        Ok(explored) => panic!("the planted bug was not found in {} states", explored.states),
        Err(violation) => violation.invariant,
    }
}

#[test]
fn a_dead_value_that_is_published_is_found() {
    fn mutant(state: State, event: Event, now: Now) -> (State, Vec<Effect>) {
        let (mut state, mut effects) = step(state, event, now);
        if let Some(held) = state.held.as_mut()
            && let Some(Effect::Publish(_, expires)) =
                effects.iter_mut().find(|effect| matches!(effect, Effect::Publish(..)))
        {
            *expires = held.born.plus(held.lifetime).plus(Duration::from_secs(60));
            held.expires = *expires;
        }
        (state, effects)
    }
    assert_eq!(caught_by(mutant, Plan::STS), Invariant::I1);
}

#[test]
fn a_second_issue_in_flight_is_found() {
    fn mutant(mut state: State, event: Event, now: Now) -> (State, Vec<Effect>) {
        if matches!(event, Event::Forced) {
            state.attempt = None;
            state.forced = true;
        }
        step(state, event, now)
    }
    assert_eq!(caught_by(mutant, Plan::STS), Invariant::I2);
}

#[test]
fn a_forgotten_window_of_requests_is_found() {
    fn mutant(state: State, event: Event, now: Now) -> (State, Vec<Effect>) {
        let (mut state, effects) = step(state, event, now);
        state.requests = Requests::default();
        (state, effects)
    }
    assert_eq!(caught_by(mutant, Plan::LOGIN), Invariant::I3);
}

#[test]
fn a_superseded_lease_that_is_never_given_back_is_found() {
    fn mutant(state: State, event: Event, now: Now) -> (State, Vec<Effect>) {
        let (mut state, effects) = step(state, event, now);
        state.superseded.clear();
        (state, effects)
    }
    assert_eq!(caught_by(mutant, Plan::IAM_USER), Invariant::I4);
}

#[test]
fn a_revocation_right_after_the_swap_is_found() {
    fn mutant(state: State, event: Event, now: Now) -> (State, Vec<Effect>) {
        let (mut state, effects) = step(state, event, now);
        state.superseded.iter_mut().for_each(|(_, at)| *at = (*at).min(now.at.plus(HAND_OUT)));
        (state, effects)
    }
    assert_eq!(caught_by(mutant, Plan::IAM_USER), Invariant::I5);
}

#[test]
fn a_failure_that_shortens_the_value_in_hand_is_found() {
    fn mutant(state: State, event: Event, now: Now) -> (State, Vec<Effect>) {
        let failed = matches!(event, Event::Failed(..));
        let (mut state, effects) = step(state, event, now);
        if let Some(held) = state.held.as_mut().filter(|_| failed) {
            held.expires = held.expires.min(now.at.plus(Duration::from_secs(60)));
        }
        (state, effects)
    }
    assert_eq!(caught_by(mutant, Plan::STS), Invariant::I6);
}

#[test]
fn a_state_that_nobody_will_move_is_found() {
    fn mutant(state: State, event: Event, now: Now) -> (State, Vec<Effect>) {
        let (mut state, effects) = step(state, event, now);
        if let Some(trouble) = state.trouble.as_mut() {
            trouble.retry_at = BootInstant::NEVER;
        }
        (state, effects)
    }
    assert_eq!(caught_by(mutant, Plan::STS), Invariant::I7);
}

#[test]
fn an_effect_that_holds_more_than_a_number_of_ours_is_found() {
    const SECRET: u64 = u64::from_be_bytes(*b"s3cr3t!!");
    fn mutant(state: State, event: Event, now: Now) -> (State, Vec<Effect>) {
        let granted = matches!(event, Event::Granted(..));
        let (state, mut effects) = step(state, event, now);
        if granted {
            effects.push(Effect::Revoke(SECRET));
        }
        (state, effects)
    }
    assert_eq!(caught_by(mutant, Plan::IAM_USER), Invariant::I8);
}

#[test]
fn a_back_off_that_outlives_the_outage_is_found() {
    fn mutant(state: State, event: Event, now: Now) -> (State, Vec<Effect>) {
        let failed = matches!(event, Event::Failed(..));
        let (mut state, effects) = step(state, event, now);
        if let Some(trouble) = state.trouble.as_mut().filter(|_| failed) {
            trouble.retry_at = now.at.plus(Duration::from_secs(300));
        }
        (state, effects)
    }
    assert_eq!(caught_by(mutant, Plan::STS), Invariant::I9);
}

#[test]
fn a_step_that_panics_near_the_end_of_the_clock_is_found() {
    fn mutant(state: State, event: Event, now: Now) -> (State, Vec<Effect>) {
        let _ = now.at.as_nanos() + nanos_of(Duration::from_secs(1));
        step(state, event, now)
    }
    fn nanos_of(span: Duration) -> u64 {
        u64::try_from(span.as_nanos()).unwrap()
    }
    assert_eq!(properties::broken(mutant), Some(Invariant::I10));
}
