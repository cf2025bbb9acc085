//! The state machine, explored breadth-first against the invariants of the refresh engine.
//!
//! A path is a row of moves: time passes to the next cut (refresh point, urgent boundary, expiry -1, 0 and
//! +1 ns, the timer), attempts end, callers and the world interfere. Interferences and failures count as
//! faults, eight at most on one path. States are the same when they are the same relative to now, on a
//! ruler whose marks are the machine's own constants; a layer (all states after so many faults) that grows
//! beyond its bound is thinned evenly, so that every layer is reached.

mod ghost;
mod invariants;
mod key;
mod moves;
mod mutants;
mod properties;
mod recovery;

use std::collections::HashSet;
use std::io::Write;
use std::rc::Rc;
use std::time::Duration;

use self::ghost::Ghost;
use self::invariants::{Invariant, Transition};
use self::moves::Move;
use super::budget::Requests;
use super::schedule::*;
use super::state::*;
use super::transition::*;
use super::*;
use crate::time::BootInstant;

const FAULTS: usize = 8;
// States after the same number of faults; beyond it, a layer is thinned.
const LAYER: usize = 1000;

/// The machine under test, or one with a planted bug.
type Step<'a> = &'a dyn Fn(State, Event, Now) -> (State, Vec<Effect>);

#[derive(Clone)]
struct Node {
    state: State,
    ghost: Ghost,
    now: BootInstant,
    path: Option<Rc<Trace>>,
}

/// How a node was reached, for the message of a violation.
struct Trace {
    planned: Move,
    at: BootInstant,
    before: Option<Rc<Self>>,
}

#[derive(Debug)]
struct Violation {
    invariant: Invariant,
    told: String,
}

#[derive(Default)]
struct Explored {
    states: usize,
    transitions: usize,
    thinned: bool,
    phases: HashSet<Phase>,
    effects: HashSet<std::mem::Discriminant<Effect>>,
}

struct Explorer<'a> {
    step: Step<'a>,
    random: u64,
    layer_at_most: usize,
    seen: HashSet<key::Key>,
    explored: Explored,
}

fn start() -> BootInstant {
    BootInstant::default().plus(Duration::from_secs(1_000_000))
}

/// Explores the machine of this plan; the first violation ends it.
fn explore(step: Step<'_>, plan: Plan, random: u64, layer_at_most: usize) -> Result<Explored, Violation> {
    let mut explorer =
        Explorer { step, random, layer_at_most, seen: HashSet::new(), explored: Explored::default() };
    let first = Node { state: State::new(plan), ghost: Ghost::new(plan), now: start(), path: None };
    let mut layer = vec![first];
    for faults in 0..=FAULTS {
        let states = explorer.close(layer)?;
        layer = if faults < FAULTS { explorer.next_layer(&states)? } else { Vec::new() };
    }
    Ok(explorer.explored)
}

impl Explorer<'_> {
    /// All that these nodes lead to without a further fault.
    fn close(&mut self, nodes: Vec<Node>) -> Result<Vec<Node>, Violation> {
        let mut layer: Vec<Node> = nodes.into_iter().filter(|node| self.is_new(node)).collect();
        let mut next = 0;
        while next < layer.len() && layer.len() < self.layer_at_most {
            let node = layer[next].clone();
            for planned in moves::plain(&node) {
                let reached = self.go(&node, planned)?;
                if self.is_new(&reached) {
                    layer.push(reached);
                }
            }
            next += 1;
        }
        self.explored.thinned |= next < layer.len();
        for node in &layer {
            recovery::check(self.step, node, self.random).map_err(|told| self.broken(node, told))?;
        }
        Ok(layer)
    }

    fn next_layer(&mut self, layer: &[Node]) -> Result<Vec<Node>, Violation> {
        let mut reached = Vec::new();
        let mut keys = HashSet::new();
        for node in layer {
            for planned in moves::faults(node) {
                let node = self.go(node, planned)?;
                let key = key::of(&node);
                if !self.seen.contains(&key) && keys.insert(key) {
                    reached.push(node);
                }
            }
        }
        let most = self.layer_at_most / 2;
        if reached.len() > most {
            self.explored.thinned = true;
            let every = reached.len().div_ceil(most);
            return Ok(reached.into_iter().step_by(every).collect());
        }
        Ok(reached)
    }

    fn is_new(&mut self, node: &Node) -> bool {
        let new = self.seen.insert(key::of(node));
        self.explored.states += usize::from(new);
        new
    }

    fn go(&mut self, node: &Node, planned: Move) -> Result<Node, Violation> {
        let (planned_here, at, before) = (planned.clone(), node.now, node.path.clone());
        let path = Some(Rc::new(Trace { planned: planned_here, at, before }));
        match planned {
            Move::Wait(until) => Ok(Node { now: until, path, ..node.clone() }),
            Move::Do(event) => self.take(node, &event, path),
            Move::Late(at) => self.take(&Node { now: at, ..node.clone() }, &Event::Woken, path),
        }
    }

    fn take(&mut self, node: &Node, event: &Event, path: Option<Rc<Trace>>) -> Result<Node, Violation> {
        self.explored.transitions += 1;
        let now = Now { at: node.now, random: self.random };
        let (after, effects) = (self.step)(node.state.clone(), event.clone(), now);
        let ghost = node.ghost.after(event, &effects, node.now);
        let transition = Transition {
            before: &node.state,
            event,
            now: node.now,
            after: &after,
            effects: &effects,
            knew: &node.ghost,
            knows: &ghost,
        };
        let broken = invariants::broken(&transition);
        self.explored.phases.insert(after.phase(node.now));
        self.explored.effects.extend(effects.iter().map(std::mem::discriminant));
        let reached = Node { state: after, ghost, now: node.now, path };
        match broken {
            None => Ok(reached),
            Some((invariant, why)) => {
                Err(Violation { invariant, ..self.broken(&reached, format!("{why}; effects {effects:?}")) })
            }
        }
    }

    fn broken(&self, node: &Node, why: String) -> Violation {
        let mut rows = vec![why, format!("state {:?}", node.state)];
        let mut step = node.path.as_ref();
        while let Some(trace) = step {
            rows.push(format!("  at +{:?} {:?}", trace.at.since(start()), trace.planned));
            step = trace.before.as_ref();
        }
        Violation { invariant: Invariant::I9, told: rows.join("\n") }
    }
}

fn plans() -> [(&'static str, Plan); 4] {
    [("STS", Plan::STS), ("IAM_USER", Plan::IAM_USER), ("STATIC", Plan::STATIC), ("LOGIN", Plan::LOGIN)]
}

// Every step draws from the same number, so that states meet again; each of these draws differently.
const DRAWS: [u64; 2] = [1, 42];

fn holds(name: &str, phases: usize, effects: usize) {
    let plan = plans().into_iter().find(|(other, _)| *other == name).unwrap().1;
    for random in DRAWS {
        let explored = explore(&step, plan, random, LAYER)
            .unwrap_or_else(|violation| panic!("{name}: {:?} {}", violation.invariant, violation.told));
        // Past the capture of test output: how much was explored is part of the result.
        let _ = writeln!(
            std::io::stderr(),
            "{name}, draw {random}: {} states, {} transitions, {FAULTS} faults, layers {}",
            explored.states,
            explored.transitions,
            if explored.thinned { "thinned" } else { "whole" }
        );
        // What was not visited was not checked.
        assert_eq!((explored.phases.len(), explored.effects.len()), (phases, effects), "{name}");
    }
}

#[test]
fn temporary_sets_keep_every_invariant() {
    holds("STS", 11, 7);
}

#[test]
fn iam_users_keep_every_invariant() {
    holds("IAM_USER", 12, 11);
}

#[test]
fn static_keys_keep_every_invariant() {
    holds("STATIC", 12, 9);
}

#[test]
fn logins_keep_every_invariant() {
    holds("LOGIN", 11, 8);
}
