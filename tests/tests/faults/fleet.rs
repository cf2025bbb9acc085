//! A fleet that starts cold against one server of a known capacity: the real schedule, stepped by a simulation.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use leasekey::refresh::{Class, Effect, Event, Failure, Grant, Now, Plan, State, step};
use leasekey::time::{BootInstant, Draw};

const FLEET: usize = 10_000;
/// Logins or issues a second: what one server did on the machine that the design was measured on.
const CAPACITY: u32 = 380;
// A login and an issue each.
const AT_CAPACITY: Duration = Duration::from_secs(2 * FLEET as u64 / CAPACITY as u64);
const DEADLINE: Duration = Duration::from_secs(10);
const RTT: Duration = Duration::from_millis(5);

/// How a server that has too much to do says so.
#[derive(Clone, Copy, Debug)]
struct Overload {
    class: Class,
    /// Work for so long may wait; who comes later is refused.
    room: Duration,
    /// How long it takes until a refusal is heard.
    after: Duration,
}

/// The two machines of a process.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Of {
    Login,
    Set,
}

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Call {
    Wanted(Of),
    Woken(Of),
    /// The attempt of this number is answered: well or not, and when it was asked for.
    Answered(Of, u64, bool, BootInstant),
}

struct Process {
    login: State,
    set: State,
    has_token: bool,
    has_set: bool,
    // The set's attempt that waits for a token.
    waiting: Option<u64>,
    login_refused_until: BootInstant,
}

struct Simulation {
    overload: Overload,
    free_at: BootInstant,
    requests: u32,
    draw: Draw,
    calls: BinaryHeap<Reverse<(BootInstant, usize, Call)>>,
    fleet: Vec<Process>,
}

impl Simulation {
    fn new(overload: Overload) -> Self {
        let process = || Process {
            login: State::new(Plan::LOGIN),
            set: State::new(Plan::STS),
            has_token: false,
            has_set: false,
            waiting: None,
            login_refused_until: BootInstant::default(),
        };
        let start = BootInstant::default();
        let calls = (0..FLEET).map(|index| Reverse((start, index, Call::Wanted(Of::Set)))).collect();
        let fleet = std::iter::repeat_with(process).take(FLEET).collect();
        Self { overload, free_at: start, requests: 0, draw: Draw::new(1), calls, fleet }
    }

    /// When the last process has its set.
    fn run(&mut self) -> Duration {
        let mut left = FLEET;
        while let Some(Reverse((now, index, call))) = self.calls.pop() {
            assert!(now.since(BootInstant::default()) < 10 * AT_CAPACITY, "{left} processes have no set");
            let had = self.fleet[index].has_set;
            self.take(now, index, call);
            if self.fleet[index].has_set && !had {
                left -= 1;
            }
            if left == 0 {
                return now.since(BootInstant::default());
            }
        }
        panic!("{left} processes never get a set");
    }

    fn take(&mut self, now: BootInstant, index: usize, call: Call) {
        let (of, event) = match call {
            Call::Wanted(of) => (of, Event::Wanted(now)),
            Call::Woken(of) => (of, Event::Woken),
            Call::Answered(of, attempt, true, asked) => {
                let lifetime = Duration::from_secs(900);
                let (rtt, requests) = (now.since(asked), 1);
                let grant =
                    Grant { started: asked, rtt, lifetime, requests, changed: true, ..Grant::default() };
                (of, Event::Granted(attempt, grant))
            }
            Call::Answered(of, attempt, false, asked) => {
                let may_have_acted = now.since(asked) >= DEADLINE;
                (of, Event::Failed(attempt, self.failure(may_have_acted, 1)))
            }
        };
        self.step(now, index, of, event);
        if let Call::Answered(Of::Login, _, granted, _) = call {
            self.login_ended(now, index, granted);
        }
    }

    fn failure(&self, may_have_acted: bool, requests: u8) -> Failure {
        Failure { class: self.overload.class, retry_after: None, may_have_acted, requests }
    }

    fn step(&mut self, now: BootInstant, index: usize, of: Of, event: Event) {
        let random = (self.draw.unit() * u64::MAX as f64) as u64;
        let process = &mut self.fleet[index];
        let state = if of == Of::Login { &mut process.login } else { &mut process.set };
        let (stepped, effects) = step(state.clone(), event, Now { at: now, random });
        *state = stepped;
        let wake = state.wake_at(now);
        self.calls.extend(wake.map(|at| Reverse((at.max(now), index, Call::Woken(of)))));
        for effect in effects {
            self.carry_out(now, index, of, effect);
        }
    }

    fn carry_out(&mut self, now: BootInstant, index: usize, of: Of, effect: Effect) {
        let process = &mut self.fleet[index];
        match (effect, of) {
            (Effect::Attempt(attempt, ..), Of::Login) => self.ask(now, index, of, attempt),
            (Effect::Attempt(attempt, ..), Of::Set) if process.has_token => self.ask(now, index, of, attempt),
            (Effect::Attempt(attempt, ..), Of::Set) if now < process.login_refused_until => {
                let failure = self.failure(false, 0);
                self.step(now, index, of, Event::Failed(attempt, failure));
            }
            (Effect::Attempt(attempt, ..), Of::Set) => {
                process.waiting = Some(attempt);
                self.step(now, index, Of::Login, Event::Wanted(now));
            }
            (Effect::Refuse(until), Of::Login) => process.login_refused_until = until,
            // A caller that asks again as soon as it may.
            (Effect::Refuse(until), Of::Set) => self.calls.push(Reverse((until, index, Call::Wanted(of)))),
            (Effect::Publish(..), Of::Login) => process.has_token = true,
            (Effect::Publish(..), Of::Set) => process.has_set = true,
            _ => {}
        }
    }

    fn login_ended(&mut self, now: BootInstant, index: usize, granted: bool) {
        match self.fleet[index].waiting.take() {
            Some(attempt) if granted => self.ask(now, index, Of::Set, attempt),
            Some(attempt) => {
                let failure = self.failure(false, 0);
                self.step(now, index, Of::Set, Event::Failed(attempt, failure));
            }
            None => {}
        }
    }

    fn ask(&mut self, now: BootInstant, index: usize, of: Of, attempt: u64) {
        self.requests += 1;
        let queue = self.free_at.since(now);
        let granted = queue <= self.overload.room;
        let after = if granted { queue + RTT } else { self.overload.after };
        if granted {
            self.free_at = self.free_at.max(now).plus(Duration::from_secs(1) / CAPACITY);
        }
        self.calls.push(Reverse((now.plus(after), index, Call::Answered(of, attempt, granted, now))));
    }
}

fn starts_in_twice_the_time(overload: Overload) {
    let mut simulation = Simulation::new(overload);
    let took = simulation.run();
    let requests = simulation.requests;
    println!("{overload:?}: all have a set after {took:?}, at capacity {AT_CAPACITY:?}; {requests} requests");
    assert!(took <= 2 * AT_CAPACITY, "{took:?}");
}

#[test]
fn row_15_a_cold_fleet_that_is_throttled_starts_in_twice_the_servers_own_time() {
    let (room, after) = (Duration::from_millis(100), RTT);
    starts_in_twice_the_time(Overload { class: Class::Throttled, room, after });
}

#[test]
fn row_15_a_cold_fleet_that_is_refused_starts_in_twice_the_servers_own_time() {
    let (room, after) = (Duration::from_millis(100), RTT);
    starts_in_twice_the_time(Overload { class: Class::Node, room, after });
}

#[test]
fn row_15_a_cold_fleet_that_is_kept_waiting_starts_in_twice_the_servers_own_time() {
    starts_in_twice_the_time(Overload { class: Class::Node, room: DEADLINE - RTT, after: DEADLINE });
}
