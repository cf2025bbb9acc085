//! I10: no row of events, whatever times and numbers it holds, makes a step panic.

use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::*;

// Ends of ranges come up as often as everything between them.
fn any_number() -> impl Strategy<Value = u64> {
    prop_oneof![
        Just(0),
        Just(1),
        Just(u64::MAX),
        Just(i64::MAX as u64),
        0..2_000_000_000_000_u64,
        any::<u64>()
    ]
}

fn any_instant() -> impl Strategy<Value = BootInstant> {
    any_number().prop_map(BootInstant::from_nanos)
}

// What a server may write as seconds, as a float or as an integer, that a lifetime can hold at all.
fn any_span() -> impl Strategy<Value = Duration> {
    prop_oneof![
        any_number().prop_map(Duration::from_nanos),
        any_number().prop_map(Duration::from_secs),
        any::<f64>().prop_map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)),
        Just(Duration::MAX),
        Just(Duration::from_secs(900)),
    ]
}

fn any_class() -> impl Strategy<Value = Class> {
    prop_oneof![
        Just(Class::Bug),
        Just(Class::Denied),
        Just(Class::Lag),
        Just(Class::Lost),
        Just(Class::Node),
        Just(Class::NotReady),
        Just(Class::Protocol),
        Just(Class::Throttled),
        Just(Class::Upstream),
    ]
}

fn any_grant() -> impl Strategy<Value = Grant> {
    let poll = proptest::option::of(any_span());
    (any_instant(), any_span(), any_span(), any::<(bool, bool, u8)>(), poll).prop_map(
        |(started, rtt, lifetime, (renewable, changed, requests), poll_after)| Grant {
            started,
            rtt,
            lifetime,
            renewable,
            changed,
            poll_after,
            requests,
            plan: None,
        },
    )
}

fn any_failure() -> impl Strategy<Value = Failure> {
    (any_class(), proptest::option::of(any_span()), any::<bool>(), any::<u8>()).prop_map(
        |(class, retry_after, may_have_acted, requests)| Failure {
            class,
            retry_after,
            may_have_acted,
            requests,
        },
    )
}

/// An event; attempts and generations are those of the machine more often than not.
#[derive(Clone, Debug)]
enum Drawn {
    Event(Event),
    Granted(Grant),
    Failed(Failure),
    Verified(u8),
    Doubted,
    Promised(BootInstant),
}

fn any_event() -> impl Strategy<Value = Drawn> {
    prop_oneof![
        1 => any_instant().prop_map(|until| Drawn::Event(Event::Wanted(until))),
        1 => Just(Drawn::Event(Event::Forced)),
        3 => Just(Drawn::Event(Event::Woken)),
        4 => any_grant().prop_map(Drawn::Granted),
        4 => any_failure().prop_map(Drawn::Failed),
        2 => any::<u8>().prop_map(Drawn::Verified),
        1 => Just(Drawn::Doubted),
        1 => any_instant().prop_map(Drawn::Promised),
        1 => (any::<u64>(), any_grant()).prop_map(|(id, grant)| Drawn::Event(Event::Granted(id, grant))),
        1 => (any::<u64>(), any_failure()).prop_map(|(id, failure)| Drawn::Event(Event::Failed(id, failure))),
        1 => any::<u64>().prop_map(|generation| Drawn::Event(Event::Doubted(generation))),
        1 => Just(Drawn::Event(Event::Signalled)),
        1 => Just(Drawn::Event(Event::Forked)),
        1 => Just(Drawn::Event(Event::Close)),
    ]
}

impl Drawn {
    fn event(self, state: &State) -> Event {
        let attempt = state.attempt.map_or(0, |(id, _)| id);
        let generation = state.held.map_or(0, |held| held.generation);
        match self {
            Self::Event(event) => event,
            Self::Granted(grant) => Event::Granted(attempt, grant),
            Self::Failed(failure) => Event::Failed(attempt, failure),
            Self::Verified(requests) => Event::Verified(attempt, requests),
            Self::Doubted => Event::Doubted(generation),
            Self::Promised(until) => Event::Promised(generation, until),
        }
    }
}

type Row = (usize, Vec<(BootInstant, u64, Drawn)>);

fn any_row() -> impl Strategy<Value = Row> {
    (0..plans().len(), proptest::collection::vec((any_instant(), any::<u64>(), any_event()), 1..40))
}

fn walk(step: Step<'_>, (plan, events): Row) {
    let mut state = State::new(plans()[plan].1);
    for (at, random, drawn) in events {
        let event = drawn.event(&state);
        state = step(state, event, Now { at, random }).0;
        // What readers and the timer ask must not panic either.
        let (wake_at, phase) = (state.wake_at(at), state.phase(at));
        assert!(wake_at.is_none() || phase != Phase::Closed || !state.superseded.is_empty());
    }
}

/// Walks many rows of events; the same ones in every run.
pub(super) fn broken(step: fn(State, Event, Now) -> (State, Vec<Effect>)) -> Option<Invariant> {
    let config = Config { cases: 2000, failure_persistence: None, max_shrink_iters: 64, ..Config::default() };
    let seed = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let panics = |row: Row| {
        let walked = catch_unwind(AssertUnwindSafe(|| walk(&step, row.clone())));
        prop_assert!(walked.is_ok(), "panicked");
        Ok(())
    };
    let failure = TestRunner::new_with_rng(config, seed).run(&any_row(), panics).err()?;
    tell(&failure.to_string());
    Some(Invariant::I10)
}

#[allow(clippy::print_stderr, reason = "the shrunk row is what one needs to see")]
fn tell(failure: &str) {
    eprintln!("{failure}");
}

#[test]
fn no_times_lifetimes_or_order_of_events_make_a_step_panic() {
    assert_eq!(broken(step), None);
}
