//! One machine with its source: carries out what `step` decides.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use tokio::sync::oneshot;

use super::command::{Command, Commands, Drive, Message, Waiter};
use super::effect::{Effect, Event, Failure, Grant, Now, Phase, Work};
use super::fault::{Allowance, Class, Fault};
use super::snapshot::{Snapshot, closed};
use super::source::{Note, Source};
use super::state::State;
use super::transition::step;
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::time::BootInstant;

// Far above three nodes at 10 s and a login: only a hook that never returns gets here.
const ATTEMPT_AT_MOST: Duration = Duration::from_secs(90);
const CLOSE_AT_MOST: Duration = Duration::from_secs(2);
// A timer that rings later than this was not set by anybody who still runs.
const LATE: Duration = Duration::from_secs(2);

enum Outcome<T> {
    Issued(T, Grant),
    Renewed(Grant),
    Verified,
}

struct Running<T> {
    attempt: u64,
    since: BootInstant,
    allowance: Arc<Allowance>,
    outcome: oneshot::Receiver<Result<Outcome<T>, Fault>>,
}

pub(super) struct Cell<S: Source> {
    id: u64,
    context: Context,
    source: Arc<S>,
    commands: Commands,
    snapshot: Arc<ArcSwap<Snapshot<S::Value>>>,
    state: State,
    running: Option<Running<S::Value>>,
    incoming: Option<S::Value>,
    superseded: Vec<(u64, S::Value)>,
    // Values on their way back, each under a number of its own until it is given back.
    returns: HashMap<u64, S::Value>,
    returned: u64,
    waiters: Vec<Waiter>,
    closers: Vec<oneshot::Sender<()>>,
    life: Life,
    dropped: bool,
    // Why the last issue was asked for.
    reason: &'static str,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Life {
    Open,
    Closing,
    Closed,
}

impl<S: Source> Drive for Cell<S> {
    fn take(&mut self, message: Message) {
        match message {
            Message::Event(event) => self.step(event),
            Message::Wait(waiter) => self.wait(waiter),
            Message::AttemptEnded(attempt) => self.attempt_ended(attempt),
            Message::Close(reply) => self.close(reply),
            Message::Returned(item, true) => drop(self.returns.remove(&item)),
            Message::Returned(item, false) => self.step(Event::NotReturned(item)),
            Message::CloseEnded => {
                self.life = Life::Closed;
                for reply in self.closers.drain(..) {
                    let _ = reply.send(());
                }
            }
            Message::Dropped => self.dropped = true,
        }
    }

    fn settle(&mut self) {
        let now = self.context.time.boot();
        let snapshot = self.snapshot.load_full();
        for waiter in std::mem::take(&mut self.waiters) {
            match waiter.answer(&snapshot, now) {
                Some(answer) => {
                    let _ = waiter.reply.send(answer);
                }
                None => self.waiters.push(waiter),
            }
        }
    }

    fn restamp(&mut self) {
        let snapshot = self.snapshot.load_full();
        if let Some(value) = &snapshot.value {
            let value = self.stamped(value, snapshot.expires);
            self.publish(Snapshot { value: Some(value), ..(*snapshot).clone() });
        }
    }

    fn recover(&mut self) {
        if let Some(running) = self.running.take() {
            self.step(Event::Failed(running.attempt, bug_failure(running.allowance.taken())));
        }
    }

    fn wake_at(&self, now: BootInstant) -> Option<BootInstant> {
        let doubt_ends = self.snapshot.load().waits_until;
        let deadline = |waiter: &Waiter| {
            if now < doubt_ends { waiter.deadline.min(doubt_ends) } else { waiter.deadline }
        };
        let answer = self.waiters.iter().map(deadline).min();
        if self.dropped && self.life == Life::Open {
            return None;
        }
        [self.state.wake_at(now), answer].into_iter().flatten().min()
    }

    fn ended(&self) -> bool {
        let over = self.life == Life::Closed || (self.dropped && self.life == Life::Open);
        over && self.running.is_none()
    }
}

impl<S: Source> Cell<S> {
    pub(super) fn new(
        id: u64,
        context: Context,
        state: State,
        source: Arc<S>,
        snapshot: Arc<ArcSwap<Snapshot<S::Value>>>,
        commands: Commands,
    ) -> Self {
        Self {
            id,
            context,
            source,
            commands,
            snapshot,
            state,
            running: None,
            incoming: None,
            superseded: Vec::new(),
            returns: HashMap::new(),
            returned: 0,
            waiters: Vec::new(),
            closers: Vec::new(),
            life: Life::Open,
            dropped: false,
            reason: "",
        }
    }

    fn step(&mut self, event: Event) {
        if self.dropped && self.life == Life::Open {
            return;
        }
        let now = Now { at: self.context.time.boot(), random: self.context.random.bits() };
        let reason = self.state.reason(&event);
        let (state, effects) = step(self.state.clone(), event, now);
        if effects.iter().any(|effect| matches!(effect, Effect::Attempt(_, Work::Issue, _))) {
            self.reason = reason;
        }
        self.state = state;
        let (returns, others): (Vec<_>, Vec<_>) = effects
            .into_iter()
            .partition(|effect| matches!(effect, Effect::Revoke(_) | Effect::Return(_) | Effect::Discard));
        let values = returns.into_iter().filter_map(|effect| self.on_its_way_back(effect)).collect();
        let last = others.contains(&Effect::Wipe).then(|| self.snapshot.load().value.clone());
        for effect in others {
            self.carry_out(effect, now.at);
        }
        self.refresh_facts(now.at);
        self.give_back(values, last);
    }

    fn carry_out(&mut self, effect: Effect, now: BootInstant) {
        let snapshot = self.snapshot.load_full();
        match effect {
            Effect::Attempt(attempt, work, requests) => {
                self.start(attempt, work, requests, snapshot.value.clone())
            }
            Effect::Publish(generation, expires) => self.swap(&snapshot, generation, expires),
            Effect::Extend(generation, expires) => self.extend(&snapshot, generation, expires),
            Effect::Restamp => self.restamp(),
            Effect::Doubt(until) => {
                self.publish(Snapshot { waits_until: until, ..(*snapshot).clone() });
                if let Some(value) = &snapshot.value {
                    self.note(Note::Doubted(value, snapshot.generation));
                }
            }
            Effect::Refuse(until) => self.publish(Snapshot { refused_until: until, ..(*snapshot).clone() }),
            Effect::Announce(phase) => self.note(Note::Phase(phase, snapshot.alive(now))),
            Effect::Wipe => {
                self.publish(Snapshot { phase: Phase::Closed, error: Some(closed()), ..Snapshot::empty() });
            }
            Effect::Revoke(_) | Effect::Return(_) | Effect::Discard => {}
        }
    }

    // Everything in the snapshot that follows from the state, in one swap at most.
    fn refresh_facts(&mut self, now: BootInstant) {
        let old = self.snapshot.load_full();
        let phase = self.state.phase(now);
        let (next_attempt_at, failures) = (self.state.next_attempt_at(now), self.state.failures());
        let (heritage, attended_until) = (self.state.heritage(), self.attended_until(now));
        let facts = (phase, next_attempt_at, failures, heritage, attended_until);
        if (old.phase, old.next_attempt_at, old.failures, old.heritage, old.attended_until) != facts {
            let error = old.error.clone().filter(|_| failures > 0 || phase == Phase::Closed);
            let old = (*old).clone();
            self.publish(Snapshot {
                phase,
                next_attempt_at,
                failures,
                error,
                heritage,
                attended_until,
                ..old
            });
        }
    }

    // An attempt that runs ends some day; without one, the next one starts when it should.
    fn attended_until(&self, now: BootInstant) -> BootInstant {
        let next = || self.state.next_attempt_at(now).map(|at| at.max(now));
        let attempt = self.running.as_ref().map(|running| running.since.plus(ATTEMPT_AT_MOST));
        attempt.or_else(next).map_or(BootInstant::NEVER, |at| at.plus(LATE))
    }

    fn publish(&self, snapshot: Snapshot<S::Value>) {
        self.snapshot.store(Arc::new(snapshot));
    }

    fn swap(&mut self, old: &Snapshot<S::Value>, generation: u64, expires: BootInstant) {
        let Some(incoming) = self.incoming.take() else { return };
        // What has expired or was the parent's is not ours to give back.
        if let Some(value) = old.value.clone().filter(|_| self.state.owes(old.generation)) {
            self.superseded.push((old.generation, value));
        }
        let value = self.stamped(&incoming, expires);
        // Whoever hears of it may ask for it at once.
        self.serve(value.clone(), generation, expires);
        self.note(Note::Published(&value, generation, self.reason));
    }

    fn extend(&mut self, old: &Snapshot<S::Value>, generation: u64, expires: BootInstant) {
        let Some(value) = &old.value else { return };
        let value = self.stamped(value, expires);
        self.serve(value.clone(), generation, expires);
        self.note(Note::Extended(&value, generation));
    }

    fn serve(&self, value: S::Value, generation: u64, expires: BootInstant) {
        let (value, phase) = (Some(value), self.state.phase(self.context.time.boot()));
        let heritage = self.state.heritage();
        self.publish(Snapshot { value, generation, expires, phase, heritage, ..Snapshot::empty() });
    }

    fn stamped(&self, value: &S::Value, expires: BootInstant) -> S::Value {
        let remaining = expires.since(self.context.time.boot());
        let remaining = self.state.plan().hand_out.map_or(remaining, |most| remaining.min(most));
        let wall = self.context.time.wall();
        self.source.stamp(value, wall.checked_add(remaining).unwrap_or_else(|| latest(wall)))
    }

    // ---- attempts ----

    fn start(&mut self, attempt: u64, work: Work, requests: u8, held: Option<S::Value>) {
        let (tell, outcome) = oneshot::channel();
        let allowance = Arc::new(Allowance::new(requests));
        let since = self.context.time.boot();
        self.running = Some(Running { attempt, since, allowance: allowance.clone(), outcome });
        let job = run(self.source.clone(), work, held, self.incoming.clone(), allowance);
        let too_long = self.context.sleep.sleep(ATTEMPT_AT_MOST);
        let ended = self.when_over(Message::AttemptEnded(attempt));
        tokio::spawn(async move {
            let _ended = ended;
            let outcome = tokio::select! {
                biased;
                outcome = job => outcome,
                () = too_long => Err(bug("an attempt took longer than 90 s")),
            };
            // Nobody listens once the machine has ended.
            let _ = tell.send(outcome);
        });
    }

    fn attempt_ended(&mut self, attempt: u64) {
        let Some(mut running) = self.running.take_if(|running| running.attempt == attempt) else { return };
        let requests = running.allowance.taken();
        let outcome = running.outcome.try_recv().unwrap_or_else(|_| Err(bug("an attempt panicked")));
        // Nothing was sent, so nothing was done: it waited for its turn until its time was up.
        let outcome =
            outcome.map_err(|fault| Fault { may_have_acted: fault.may_have_acted && requests > 0, ..fault });
        match outcome {
            Ok(Outcome::Issued(value, grant)) => {
                if grant.changed {
                    self.incoming = Some(value);
                }
                self.step(Event::Granted(attempt, Grant { requests, ..grant }));
                if !grant.changed {
                    self.refuse(&not_rotated());
                }
            }
            Ok(Outcome::Renewed(grant)) => self.step(Event::Granted(attempt, Grant { requests, ..grant })),
            Ok(Outcome::Verified) => self.step(Event::Verified(attempt, requests)),
            Err(fault) => self.attempt_failed(attempt, &fault, requests),
        }
    }

    fn attempt_failed(&mut self, attempt: u64, fault: &Fault, requests: u8) {
        let old = self.snapshot.load_full();
        let now = self.context.time.boot();
        let Fault { class, retry_after, may_have_acted, .. } = *fault;
        let failed = Event::Failed(attempt, Failure { class, retry_after, may_have_acted, requests });
        if self.state.pardons(class, now) {
            self.step(failed);
            // Whoever's patience ends before the key has spread is told what it waited for.
            let waits = self.snapshot.load_full();
            return self.publish(Snapshot { error: Some(fault.error.clone()), ..(*waits).clone() });
        }
        self.note(Note::Failed(fault, old.alive(now)));
        self.publish(Snapshot { error: Some(fault.error.clone()), ..(*old).clone() });
        self.step(failed);
        self.refuse(&fault.error);
    }

    // ---- callers ----

    fn wait(&mut self, waiter: Waiter) {
        if self.life != Life::Open {
            let _ = waiter.reply.send(Err(closed()));
            return;
        }
        let event = match waiter.newer_than {
            Some(generation) if waiter.doubts => Event::Doubted(generation),
            // Somebody else's refresh has brought what is asked for.
            Some(generation) if generation < self.snapshot.load().generation => Event::Woken,
            Some(_) => Event::Forced,
            None => Event::Wanted(waiter.lasts_until),
        };
        self.waiters.push(waiter);
        self.step(event);
    }

    // One failed attempt answers all who wait for it, but those whom the value in hand still serves.
    fn refuse(&mut self, error: &Error) {
        let now = self.context.time.boot();
        let snapshot = self.snapshot.load_full();
        for waiter in self.waiters.drain(..) {
            let answer = if waiter.served_by(&snapshot, now) { Ok(()) } else { Err(error.clone()) };
            let _ = waiter.reply.send(answer);
        }
    }

    // ---- giving back ----

    fn on_its_way_back(&mut self, effect: Effect) -> Option<(u64, S::Value)> {
        let value = match effect {
            Effect::Return(item) => return self.returns.get(&item).map(|value| (item, value.clone())),
            Effect::Revoke(generation) => self.owned(generation)?,
            _ => self.incoming.take()?,
        };
        self.returned += 1;
        self.returns.insert(self.returned, value.clone());
        Some((self.returned, value))
    }

    fn owned(&mut self, generation: u64) -> Option<S::Value> {
        if let Some(place) = self.superseded.iter().position(|(old, _)| *old == generation) {
            return Some(self.superseded.swap_remove(place).1);
        }
        let snapshot = self.snapshot.load();
        snapshot.value.clone().filter(|_| snapshot.generation == generation)
    }

    // `last` is set when the machine closes: then the source ends, too, all within the budget.
    fn give_back(&mut self, values: Vec<(u64, S::Value)>, last: Option<Option<S::Value>>) {
        if values.is_empty() && last.is_none() {
            return;
        }
        let source = self.source.clone();
        let ended = last.is_some().then(|| self.when_over(Message::CloseEnded));
        // Only a close is waited for; elsewhere a slow revocation has its time.
        let budget = if last.is_some() { CLOSE_AT_MOST } else { ATTEMPT_AT_MOST };
        let budget = self.context.sleep.sleep(budget);
        let mut items: Vec<_> = values
            .into_iter()
            .map(|(item, value)| (self.when_over(Message::Returned(item, false)), item, value))
            .collect();
        tokio::spawn(async move {
            let _ended = ended;
            let revokes = async {
                for (over, item, value) in items.drain(..) {
                    over.with(Message::Returned(item, source.revoke(value).await));
                }
            };
            // One that takes long must not keep the login, whose end takes every lease with it.
            let close = async {
                if let Some(last) = last {
                    source.close(last).await;
                }
            };
            tokio::select! { _ = async { tokio::join!(revokes, close) } => {}, () = budget => {} }
        });
    }

    fn when_over(&self, message: Message) -> Over {
        Over { id: self.id, commands: self.commands.clone(), message: Some(message) }
    }

    // The sink behind a note is the user's: its panic is not ours to spread.
    fn note(&self, note: Note<'_, S::Value>) {
        let _ = catch_unwind(AssertUnwindSafe(|| self.source.note(note)));
    }

    fn close(&mut self, reply: oneshot::Sender<()>) {
        match self.life {
            Life::Closed => {
                let _ = reply.send(());
            }
            Life::Closing => self.closers.push(reply),
            Life::Open => {
                self.life = Life::Closing;
                self.closers.push(reply);
                self.step(Event::Close);
                self.refuse(&closed());
            }
        }
    }
}

async fn run<S: Source>(
    source: Arc<S>,
    work: Work,
    held: Option<S::Value>,
    candidate: Option<S::Value>,
    allowance: Arc<Allowance>,
) -> Result<Outcome<S::Value>, Fault> {
    match (work, held, candidate) {
        (Work::Renew, Some(held), _) => source.renew(held, &allowance).await.map(Outcome::Renewed),
        (Work::Verify, _, Some(candidate)) => {
            source.verify(candidate, &allowance).await.map(|()| Outcome::Verified)
        }
        (_, held, _) => {
            source.issue(held, &allowance).await.map(|(value, grant)| Outcome::Issued(value, grant))
        }
    }
}

fn not_rotated() -> Error {
    Error::new(ErrorKind::NotRotated, "a new value was asked for, and the one in hand came again")
}

fn bug(what: &str) -> Fault {
    Fault::new(Class::Bug, Error::new(ErrorKind::Bug, what)).acted()
}

fn bug_failure(requests: u8) -> Failure {
    Failure { class: Class::Bug, retry_after: None, may_have_acted: true, requests }
}

fn latest(wall: SystemTime) -> SystemTime {
    // Year 9999: the last that every SDK can print.
    let last = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(253_402_300_799));
    last.unwrap_or(wall)
}

// Tells the driver when it is dropped: at the end of an attempt, when its time is up, or while it panics.
struct Over {
    id: u64,
    commands: Commands,
    message: Option<Message>,
}

impl Over {
    fn with(mut self, message: Message) {
        self.message = Some(message);
    }
}

impl Drop for Over {
    fn drop(&mut self) {
        if let Some(message) = self.message.take() {
            let _ = self.commands.send(Command::Tell(self.id, message));
        }
    }
}
