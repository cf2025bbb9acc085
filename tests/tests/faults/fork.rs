//! Children of one parent, which begin with the same memory.

use std::collections::HashSet;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

use leasekey::context::Context;
use leasekey::refresh::{Event, Grant, Now, Plan, State, step};
use leasekey::time::BootInstant;

const CHILDREN: usize = 100;
const LIFE: Duration = Duration::from_secs(900);

/// What a fork of this process draws first.
#[expect(unsafe_code, reason = "what a child does between fork and exec is unsafe to set")]
fn drawn_by_a_child() -> u64 {
    let mut child = Command::new("true");
    // Safety: it draws, opens, writes and returns, and the thread that forked is the one that goes on.
    unsafe {
        child.pre_exec(|| {
            let drawn = Context::system().random.bits();
            std::fs::File::options().write(true).open("/dev/stdout")?.write_all(&drawn.to_ne_bytes())
        });
    }
    let drawn = child.output().unwrap().stdout;
    u64::from_ne_bytes(drawn.try_into().unwrap())
}

#[test]
#[ignore = "row_54 runs it in a process of its own"]
fn child_of_row_54() {
    // The parent has drawn: what it would draw next is what all children would draw.
    let mut drawn = HashSet::from([Context::system().random.bits()]);
    drawn.extend((0..CHILDREN).map(|_| drawn_by_a_child()));
    drawn.insert(Context::system().random.bits());
    assert_eq!(drawn.len(), CHILDREN + 2);
}

#[test]
fn row_54_forked_children_draw_different_numbers() {
    let mut forking = Command::new(std::env::current_exe().unwrap());
    // No other thread may hold a lock that the children would wait for.
    forking.args(["--exact", "--ignored", "--test-threads=1", "fork::child_of_row_54"]);
    let forked = forking.output().unwrap();
    assert!(forked.status.success(), "{}", String::from_utf8_lossy(&forked.stdout));
}

#[test]
fn row_54_children_that_draw_differently_refresh_at_different_times_and_soon_enough() {
    let start = BootInstant::default();
    let now = |after, random| Now { at: start.plus(after), random };
    let (state, _) = step(State::new(Plan::STS), Event::Wanted(start), now(Duration::ZERO, 7));
    let (state, _) = step(state, Event::Woken, now(Duration::from_secs(1), 7));
    let grant = Grant { started: start, lifetime: LIFE, changed: true, requests: 1, ..Grant::default() };
    let (parent, _) = step(state, Event::Granted(1, grant), now(Duration::from_secs(1), 7));
    let forked_at = Duration::from_secs(300);
    let point = |random| {
        let (child, _) = step(parent.clone(), Event::Forked, now(forked_at, random));
        child.next_attempt_at(start.plus(forked_at)).unwrap()
    };
    let points: HashSet<BootInstant> = (0..CHILDREN as u64).map(point).collect();
    assert_eq!(points.len(), CHILDREN);
    assert!(points.iter().all(|at| at.since(start) > forked_at && at.since(start) <= LIFE * 6 / 10));
}
