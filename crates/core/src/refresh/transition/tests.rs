//! Single steps whose order in time matters.

use super::*;
use crate::refresh::{Effect, Event, Grant, Plan, Work};

const LIFE: Duration = Duration::from_secs(900);

/// A machine, its clock, and what its last step decided.
struct Machine {
    state: State,
    now: BootInstant,
    effects: Vec<Effect>,
}

impl Machine {
    /// One with a value in hand.
    fn holding(plan: Plan) -> Self {
        let now = BootInstant::default().plus(Duration::from_secs(1000));
        let mut machine = Self { state: State::new(plan), now, effects: Vec::new() };
        machine.does(Event::Wanted(now));
        machine.wakes();
        machine.is_granted(true);
        while plan.verifies && machine.state.held.is_none() {
            machine.wakes();
            machine.does(Event::Verified(machine.state.attempts, 1));
        }
        machine
    }

    fn does(&mut self, event: Event) {
        let now = Now { at: self.now, random: 1 };
        (self.state, self.effects) = step(self.state.clone(), event, now);
    }

    /// Lets time pass until an attempt is under way.
    fn wakes(&mut self) {
        while self.state.attempt.is_none() {
            self.now = self.state.wake_at(self.now).unwrap();
            self.does(Event::Woken);
        }
    }

    fn is_granted(&mut self, changed: bool) {
        let grant = Grant {
            started: self.now,
            rtt: Duration::ZERO,
            lifetime: LIFE,
            renewable: true,
            changed,
            requests: 1,
            ..Grant::default()
        };
        self.does(Event::Granted(self.state.attempts, grant));
    }

    fn attempts(&self) -> Vec<Work> {
        let work =
            |effect: &Effect| if let Effect::Attempt(_, work, _) = effect { Some(*work) } else { None };
        self.effects.iter().filter_map(work).collect()
    }
}

#[test]
fn what_is_asked_for_during_a_renewal_is_got_after_it() {
    for event in [Event::Forced, Event::Doubted(1)] {
        let mut machine = Machine::holding(Plan::LOGIN);
        machine.wakes();
        assert_eq!(machine.state.attempt, Some((2, Work::Renew)));
        machine.does(event);
        machine.is_granted(false);
        machine.wakes();
        assert_eq!(machine.attempts(), [Work::Issue]);
    }
}

#[test]
fn a_child_of_a_fork_replaces_a_dead_value_at_once() {
    let mut machine = Machine::holding(Plan::STS);
    machine.now = machine.now.plus(LIFE);
    machine.does(Event::Forked);
    assert_eq!(machine.attempts(), [Work::Issue]);
}

#[test]
fn a_candidate_that_dies_while_it_is_verified_is_never_published() {
    let mut machine = Machine::holding(Plan::IAM_USER);
    machine.does(Event::Forced);
    machine.wakes();
    machine.is_granted(true);
    machine.wakes();
    machine.does(Event::Verified(machine.state.attempts, 1));
    machine.wakes();
    machine.now = machine.now.plus(LIFE);
    machine.does(Event::Verified(machine.state.attempts, 1));
    assert!(machine.effects.contains(&Effect::Discard), "{:?}", machine.effects);
    assert!(!machine.effects.iter().any(|effect| matches!(effect, Effect::Publish(..))));
}

#[test]
fn a_doubt_hastens_no_login_that_was_refused() {
    let mut machine = Machine::holding(Plan::LOGIN);
    machine.now = machine.now.plus(Duration::from_secs(10));
    machine.does(Event::Doubted(1));
    assert_eq!(machine.attempts(), [Work::Issue]);
    let refused = Failure { class: Class::Denied, retry_after: None, may_have_acted: false, requests: 1 };
    let failed_at = machine.now;
    machine.does(Event::Failed(machine.state.attempts, refused));
    machine.wakes();
    assert!(machine.now >= failed_at.plus(LOGIN_SPACING), "{:?}", machine.now.since(failed_at));
}

#[test]
fn a_doubt_gets_one_attempt_while_a_set_is_denied() {
    let mut machine = Machine::holding(Plan::STS);
    machine.wakes();
    let refused = Failure { class: Class::Denied, retry_after: None, may_have_acted: false, requests: 1 };
    machine.does(Event::Failed(machine.state.attempts, refused));
    machine.now = machine.now.plus(Duration::from_secs(1));
    machine.does(Event::Doubted(1));
    assert_eq!(machine.attempts(), [Work::Issue]);
    let failed_at = machine.now;
    machine.does(Event::Failed(machine.state.attempts, refused));
    machine.wakes();
    assert!(machine.now >= failed_at.plus(Duration::from_secs(30)), "{:?}", machine.now.since(failed_at));
}

#[test]
fn a_want_during_an_issue_brings_no_second_issue_when_it_fails() {
    let mut machine = Machine::holding(Plan::LOGIN);
    machine.now = machine.now.plus(LIFE);
    machine.does(Event::Woken);
    machine.does(Event::Wanted(machine.now));
    let refused = Failure { class: Class::Denied, retry_after: None, may_have_acted: false, requests: 1 };
    machine.does(Event::Failed(machine.state.attempts, refused));
    assert_eq!(machine.attempts(), []);
}
