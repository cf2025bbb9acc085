//! The state machine of one value. Pure: no clock, no random source, no I/O and no secret; the driver
//! carries out what it decides. Times and numbers come from `schedule.rs` and `budget.rs`.

use std::time::Duration;

use super::budget::{Issues, Requests};
use super::fault::Class;
use super::schedule::{InHand, Plan, cold_spacing, error_lasts, pause, urgent_window};
use crate::time::{BootInstant, Draw};

/// A hand-out of a revocable value lasts this long; it is stamped anew every [`RESTAMP`].
pub(crate) const HAND_OUT: Duration = Duration::from_secs(120);
const RESTAMP: Duration = Duration::from_secs(30);
// After the last hand-out of a superseded value has lapsed, before its lease is revoked.
const GRACE: Duration = Duration::from_secs(60);
const SUCCESS_SPACING: Duration = Duration::from_secs(2);
const DOUBT_SPACING: Duration = Duration::from_secs(10);
const DOUBT_WAIT: Duration = Duration::from_secs(2);
const LOGIN_SPACING: Duration = Duration::from_secs(30);
const DEGRADED_AFTER: Duration = Duration::from_secs(30);
const VERIFY_SPACING: Duration = Duration::from_secs(2);
const VERIFY_AT_LEAST: Duration = Duration::from_secs(10);
const VERIFY_AT_MOST: Duration = Duration::from_secs(30);
const PASSES: u8 = 2;
const MARGIN: Duration = Duration::from_secs(2);

/// The time of a step, and the random number its draws come from.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// On the boot clock.
    pub at: BootInstant,
    /// A fresh random number.
    pub random: u64,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A caller needs a value that lasts until then; the first such event starts the machine.
    Wanted(BootInstant),
    /// A caller asks for a new value, whatever is in hand.
    Forced,
    /// The timer rang.
    Woken,
    /// The attempt brought a value, or the renewed life of the one in hand.
    Granted(u64, Grant),
    /// The attempt failed.
    Failed(u64, Failure),
    /// The attempt verified the candidate once.
    Verified(u64, u8),
    /// Whoever uses this generation was refused as if the value were dead.
    Doubted(u64),
    /// A caller was promised that this generation lives until then.
    Promised(u64, BootInstant),
    /// Login material, settings or policies changed.
    Signalled,
    /// The process was forked and this is the child.
    Forked,
    /// The user closed the value.
    Close,
}

/// A value that an attempt brought.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Grant {
    /// When the request was sent; the life counts from here.
    pub started: BootInstant,
    /// How long the reply took.
    pub rtt: Duration,
    /// The life that the server stated.
    pub lifetime: Duration,
    /// Whether the server would renew it.
    pub renewable: bool,
    /// Whether it is another value than the one in hand.
    pub changed: bool,
    /// Ask again after this time, instead of at the refresh point.
    pub poll_after: Option<Duration>,
    /// How many requests the attempt sent.
    pub requests: u8,
}

/// A failed attempt, as far as the machine must know it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Failure {
    /// How it is paced.
    pub class: Class,
    /// What the server asked for.
    pub retry_after: Option<Duration>,
    /// Whether the server may have issued a value that we never saw.
    pub may_have_acted: bool,
    /// How many requests the attempt sent.
    pub requests: u8,
}

/// The work of an attempt.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Work {
    /// Get a new value.
    Issue,
    /// Lengthen the life of the value in hand.
    Renew,
    /// Check that the candidate works.
    Verify,
}

/// What the driver must do, in this order.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Effect {
    /// Start this attempt, with so many requests at most.
    Attempt(u64, Work, u8),
    /// Serve the value that the last issue brought, as this generation, until then.
    Publish(u64, BootInstant),
    /// Serve the generation in hand until then.
    Extend(u64, BootInstant),
    /// Stamp the value in hand anew.
    Restamp,
    /// Let new callers wait for a replacement until then, at most.
    Doubt(BootInstant),
    /// Give the error to all who wait, and to all who ask until then.
    Refuse(BootInstant),
    /// Revoke this generation's lease.
    Revoke(u64),
    /// Drop the value that the last issue brought, and revoke its lease if it has one.
    Discard,
    /// A value may exist that nobody holds: its token is to be replaced and revoked.
    Taint,
    /// Tell that the phase changed.
    Announce(Phase),
    /// Forget the value: closed.
    Wipe,
}

/// What state the value is in; derived, never stored.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Phase {
    /// There is no value yet.
    #[default]
    Empty,
    /// The first attempts failed.
    Failed,
    /// All is well.
    Fresh,
    /// The refresh point has come.
    Due,
    /// A new value is being verified.
    Verifying,
    /// The last refresh failed; the value in hand serves.
    Degraded,
    /// Refreshes fail and little remains of the value in hand.
    Urgent,
    /// The refresh was refused; only a person can mend it.
    Denied,
    /// The value in hand is dead.
    Expired,
    /// Its user was refused as if it were dead.
    Suspect,
    /// Taken over from the parent process.
    Inherited,
    /// Closed.
    Closed,
}

/// The value in hand.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
struct Held {
    generation: u64,
    born: BootInstant,
    lifetime: Duration,
    expires: BootInstant,
    refresh_at: BootInstant,
    renewable: bool,
    inherited: bool,
    promised: BootInstant,
}

/// An issued value that does not serve yet.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
struct Candidate {
    held: Held,
    passes: u8,
    verify_at: BootInstant,
}

/// Failures since the last success.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
struct Trouble {
    class: Class,
    failures: u32,
    since: BootInstant,
    last: BootInstant,
    retry_at: BootInstant,
    error_until: BootInstant,
}

/// The state. Facts only: what follows from them is computed.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct State {
    plan: Plan,
    wanted_at: Option<BootInstant>,
    forced: bool,
    attempt: Option<(u64, Work)>,
    attempts: u64,
    generations: u64,
    held: Option<Held>,
    candidate: Option<Candidate>,
    trouble: Option<Trouble>,
    doubted_at: Option<BootInstant>,
    doubt_next: BootInstant,
    superseded: Vec<(u64, BootInstant)>,
    succeeded_at: Option<BootInstant>,
    restamp_at: BootInstant,
    requests: Requests,
    issues: Issues,
    announced: Phase,
    closed: bool,
}

/// One step: what the state becomes, and what is to be done.
pub fn step(mut state: State, event: Event, now: Now) -> (State, Vec<Effect>) {
    let mut effects = Vec::new();
    let mut draw = Draw::new(now.random);
    state.absorb(event, now.at, &mut draw, &mut effects);
    state.act(now.at, &mut draw, &mut effects);
    (state, effects)
}

impl State {
    /// A machine that nobody has asked anything of yet.
    pub fn new(plan: Plan) -> Self {
        Self {
            plan,
            wanted_at: None,
            forced: false,
            attempt: None,
            attempts: 0,
            generations: 0,
            held: None,
            candidate: None,
            trouble: None,
            doubted_at: None,
            doubt_next: BootInstant::default(),
            superseded: Vec::new(),
            succeeded_at: None,
            restamp_at: BootInstant::NEVER,
            requests: Requests::default(),
            issues: Issues::default(),
            announced: Phase::Empty,
            closed: false,
        }
    }

    /// The phase at this time.
    pub fn phase(&self, now: BootInstant) -> Phase {
        if self.closed {
            return Phase::Closed;
        }
        let Some(held) = self.held else {
            return if self.trouble.is_some() { Phase::Failed } else { Phase::Empty };
        };
        if now >= held.expires {
            return Phase::Expired;
        }
        match self.trouble {
            Some(trouble) if trouble.class == Class::Denied => Phase::Denied,
            Some(_) if now >= held.urgent_at() => Phase::Urgent,
            Some(_) => Phase::Degraded,
            None if self.doubted_at.is_some() => Phase::Suspect,
            None if self.candidate.is_some() => Phase::Verifying,
            None if held.inherited => Phase::Inherited,
            None if now >= held.refresh_at || self.forced => Phase::Due,
            None => Phase::Fresh,
        }
    }

    /// When the driver must step again with [`Event::Woken`]; none while only others can move the state.
    pub fn wake_at(&self, now: BootInstant) -> Option<BootInstant> {
        let attempt = if self.attempt.is_some() { None } else { self.attempt_at(now) };
        let revoke = self.superseded.iter().map(|(_, at)| *at).min();
        let restamp = (self.held.is_some() && self.plan.revocable && !self.closed).then_some(self.restamp_at);
        [attempt, revoke, restamp, self.phase_moves_at(now)].into_iter().flatten().min()
    }

    /// Failures in a row since the last success.
    pub fn failures(&self) -> u32 {
        self.trouble.map_or(0, |trouble| trouble.failures)
    }

    /// When the next attempt starts, as things stand.
    pub fn next_attempt_at(&self, now: BootInstant) -> Option<BootInstant> {
        self.attempt_at(now)
    }

    fn absorb(&mut self, event: Event, now: BootInstant, draw: &mut Draw, effects: &mut Vec<Effect>) {
        if self.closed {
            return self.absorb_closed(event, effects);
        }
        match event {
            Event::Woken => {}
            Event::Wanted(until) => self.wanted(until, now, draw),
            Event::Forced => self.forced_by_caller(now),
            Event::Granted(attempt, grant) => self.granted(attempt, grant, now, draw, effects),
            Event::Failed(attempt, failure) => self.failed(attempt, failure, now, draw, effects),
            Event::Verified(attempt, requests) => self.verified(attempt, requests, now, effects),
            Event::Doubted(generation) => self.doubted(generation, now, effects),
            Event::Promised(generation, until) => self.promised(generation, until),
            Event::Signalled => self.signalled(now),
            Event::Forked => self.forked(now, draw),
            Event::Close => self.close(effects),
        }
    }

    /// What is due by now is done: revocations, stamps, announcements, the next attempt.
    fn act(&mut self, now: BootInstant, draw: &mut Draw, effects: &mut Vec<Effect>) {
        let due = |at: &BootInstant| *at <= now;
        effects.extend(self.superseded.iter().filter(|(_, at)| due(at)).map(|(g, _)| Effect::Revoke(*g)));
        self.superseded.retain(|(_, at)| !due(at));
        if self.plan.revocable && self.held.is_some() && !self.closed && due(&self.restamp_at) {
            self.restamp_at = now.plus(RESTAMP);
            effects.push(Effect::Restamp);
        }
        self.hasten(now, draw);
        if self.attempt.is_none() && self.attempt_at(now).is_some_and(|at| at <= now) {
            self.start(now, effects);
        }
        self.announce(now, effects);
    }

    fn start(&mut self, now: BootInstant, effects: &mut Vec<Effect>) {
        let work = self.next_work(now);
        self.attempts += 1;
        self.attempt = Some((self.attempts, work));
        if work == Work::Issue {
            self.forced = false;
            // The replacement may be doubted too: then the next one is not asked for at once.
            if self.doubted_at.is_some() {
                self.doubt_next = now.plus(DOUBT_SPACING);
            }
        }
        effects.push(Effect::Attempt(self.attempts, work, self.requests.left(self.plan.requests, now)));
    }

    // ---- when is the next attempt ----

    fn attempt_at(&self, now: BootInstant) -> Option<BootInstant> {
        if self.closed {
            return None;
        }
        let wanted = self.wants_at()?;
        let spaced = self.succeeded_at.map_or(BootInstant::default(), |at| at.plus(SUCCESS_SPACING));
        let issues = match self.next_work(now) {
            Work::Issue => self.issues.free_at(self.issue_interval(now)).max(self.room_at(now)),
            Work::Renew | Work::Verify => BootInstant::default(),
        };
        let spaced = if self.candidate.is_some() { BootInstant::default() } else { spaced };
        Some(wanted.max(spaced).max(issues).max(self.requests.free_at(self.plan.requests)))
    }

    fn wants_at(&self) -> Option<BootInstant> {
        if let Some(candidate) = self.candidate {
            return Some(candidate.verify_at);
        }
        let usual = match (self.trouble, self.held) {
            (Some(trouble), _) => trouble.retry_at,
            (None, Some(held)) => held.refresh_at,
            (None, None) => self.wanted_at?,
        };
        let doubt = self.doubted_at.map(|_| self.doubt_next);
        let forced = self.forced.then_some(BootInstant::default());
        [Some(usual), doubt, forced].into_iter().flatten().min()
    }

    // At most two leases outside of a swap: a third waits for the revocation of the first, unless needed.
    fn room_at(&self, now: BootInstant) -> BootInstant {
        let pressed = self.doubted_at.is_some() || self.held.is_none_or(|held| now >= held.urgent_at());
        let revoke_at = self.superseded.iter().map(|(_, at)| *at).max();
        if pressed { BootInstant::default() } else { revoke_at.unwrap_or_default() }
    }

    fn issue_interval(&self, now: BootInstant) -> Duration {
        match self.held {
            Some(held) if now < held.expires && self.doubted_at.is_none() => {
                (held.lifetime / 6).max(SUCCESS_SPACING)
            }
            _ => DOUBT_SPACING,
        }
    }

    fn next_work(&self, now: BootInstant) -> Work {
        if self.candidate.is_some() {
            return Work::Verify;
        }
        let renews = self.plan.renews && !self.forced && self.doubted_at.is_none();
        let young = |held: Held| now.since(held.born) < self.plan.max_age;
        match self.held {
            Some(held)
                if renews && held.renewable && !held.inherited && now < held.expires && young(held) =>
            {
                Work::Renew
            }
            _ => Work::Issue,
        }
    }

    // Less remains than when the pause was drawn: near the end and past it, pauses are shorter.
    fn hasten(&mut self, now: BootInstant, draw: &mut Draw) {
        let hand = self.in_hand(now);
        let Some(trouble) = self.trouble.as_mut() else { return };
        let patient = matches!(trouble.class, Class::Denied | Class::Throttled | Class::Upstream);
        if !patient && matches!(hand, InHand::Urgent(_) | InHand::Expired) && trouble.retry_at > now {
            let soon = now.plus(pause(trouble.class, trouble.failures, None, hand, draw));
            trouble.retry_at = trouble.retry_at.min(soon);
        }
    }

    fn in_hand(&self, now: BootInstant) -> InHand {
        match self.held {
            None => InHand::Never,
            Some(held) if now >= held.expires => InHand::Expired,
            Some(held) if now >= held.urgent_at() => InHand::Urgent(held.expires.since(now)),
            Some(held) => InHand::Valid(held.expires.since(now)),
        }
    }

    // ---- what events do ----

    fn wanted(&mut self, until: BootInstant, now: BootInstant, draw: &mut Draw) {
        if self.wanted_at.is_none() {
            self.wanted_at = Some(now.plus(draw.between(Duration::ZERO, self.plan.cold_jitter)));
        }
        match (self.held, self.trouble.as_mut()) {
            (None, Some(trouble)) if now >= trouble.error_until => {
                let spacing = if self.plan.login && trouble.class == Class::Denied {
                    LOGIN_SPACING
                } else {
                    cold_spacing(trouble.failures, draw)
                };
                trouble.retry_at = trouble.retry_at.min(trouble.last.plus(spacing));
            }
            (Some(held), None) if held.expires < until => self.forced = true,
            _ => {}
        }
    }

    fn forced_by_caller(&mut self, now: BootInstant) {
        self.wanted_at.get_or_insert(now);
        // An issue or a candidate under way brings what is asked for.
        let under_way = matches!(self.attempt, Some((_, Work::Issue)));
        self.forced = !under_way && self.candidate.is_none();
    }

    fn granted(
        &mut self,
        attempt: u64,
        grant: Grant,
        now: BootInstant,
        draw: &mut Draw,
        effects: &mut Vec<Effect>,
    ) {
        let Some((_, work)) = self.attempt.take_if(|(id, _)| *id == attempt) else { return };
        self.requests.spend(grant.requests, now);
        self.succeeded_at = Some(now);
        let fresh = self.hold(grant, work, now, draw);
        if work == Work::Issue && grant.changed {
            self.issues.spend(self.issue_interval(now), now);
        }
        if now >= fresh.expires {
            // Dead on arrival: as good as a failure, and what is in hand stays.
            effects.push(Effect::Discard);
            return self.trouble_with(Class::Protocol, None, now, draw, effects);
        }
        if work == Work::Issue && grant.changed {
            self.issued(fresh, now, effects);
        } else {
            self.extended(fresh, now, effects);
        }
    }

    fn hold(&mut self, grant: Grant, work: Work, now: BootInstant, draw: &mut Draw) -> Held {
        let lifetime = grant.lifetime.min(self.plan.max_lifetime);
        // A life shorter than twice the margin is used as it is, less half of it.
        let margin = MARGIN.saturating_add(grant.rtt).min(lifetime / 2);
        let expires = grant.started.plus(lifetime - margin);
        let refresh_at = match grant.poll_after {
            Some(poll) => now.plus(draw.between(poll.mul_f64(0.75), poll)),
            None => grant.started.plus(self.plan.refresh_after(lifetime, draw)),
        };
        let old = self.held.filter(|_| work == Work::Renew || !grant.changed);
        // A renewal that no longer moves the end has reached the server's maximum.
        let grew = old.is_none_or(|old| expires > old.expires.plus(MARGIN));
        Held {
            generation: old.map_or(self.generations + 1, |old| old.generation),
            born: old.map_or(grant.started, |old| old.born),
            lifetime,
            expires,
            refresh_at,
            renewable: grant.renewable && grew,
            inherited: false,
            promised: old.map_or(BootInstant::default(), |old| old.promised),
        }
    }

    fn issued(&mut self, fresh: Held, now: BootInstant, effects: &mut Vec<Effect>) {
        self.generations = fresh.generation;
        if self.plan.verifies {
            self.candidate = Some(Candidate { held: fresh, passes: 0, verify_at: now });
        } else {
            self.publish(fresh, now, effects);
        }
    }

    fn publish(&mut self, fresh: Held, now: BootInstant, effects: &mut Vec<Effect>) {
        if let Some(old) = self.held.filter(|old| self.plan.revocable && !old.inherited && now < old.expires)
        {
            let lapses = now.plus(HAND_OUT).max(old.promised);
            self.superseded.push((old.generation, lapses.plus(GRACE)));
        }
        effects.push(Effect::Publish(fresh.generation, fresh.expires));
        self.serve(fresh, now);
    }

    fn extended(&mut self, fresh: Held, now: BootInstant, effects: &mut Vec<Effect>) {
        effects.push(Effect::Extend(fresh.generation, fresh.expires));
        self.serve(fresh, now);
    }

    fn serve(&mut self, fresh: Held, now: BootInstant) {
        self.held = Some(fresh);
        self.candidate = None;
        self.trouble = None;
        self.doubted_at = None;
        self.forced = false;
        self.restamp_at = now.plus(RESTAMP);
    }

    fn failed(
        &mut self,
        attempt: u64,
        failure: Failure,
        now: BootInstant,
        draw: &mut Draw,
        effects: &mut Vec<Effect>,
    ) {
        let Some((_, work)) = self.attempt.take_if(|(id, _)| *id == attempt) else { return };
        self.requests.spend(failure.requests, now);
        if failure.may_have_acted && work == Work::Issue {
            self.issues.spend(self.issue_interval(now), now);
            effects.push(Effect::Taint);
        }
        if work == Work::Verify && !self.give_up(now, draw, effects) {
            return;
        }
        if work == Work::Renew && failure.class != Class::Node {
            // What cannot be renewed is replaced before its end.
            if let Some(held) = self.held.as_mut() {
                held.renewable = false;
            }
        }
        self.trouble_with(failure.class, failure.retry_after, now, draw, effects);
    }

    /// Whether the candidate has had its time; otherwise it is verified again in a moment.
    fn give_up(&mut self, now: BootInstant, draw: &mut Draw, effects: &mut Vec<Effect>) -> bool {
        let Some(candidate) = self.candidate.as_mut() else { return true };
        if now < candidate.held.born.plus(VERIFY_AT_MOST) {
            candidate.passes = 0;
            candidate.verify_at = now.plus(draw.between(Duration::from_secs(1), Duration::from_secs(2)));
            return false;
        }
        self.candidate = None;
        effects.push(Effect::Discard);
        true
    }

    fn trouble_with(
        &mut self,
        class: Class,
        retry_after: Option<Duration>,
        now: BootInstant,
        draw: &mut Draw,
        effects: &mut Vec<Effect>,
    ) {
        let failures = self.failures().saturating_add(1);
        let since = self.trouble.map_or(now, |trouble| trouble.since);
        let retry_at = now.plus(pause(class, failures, retry_after, self.in_hand(now), draw));
        let lasts = now.plus(error_lasts(class, draw));
        // Nobody may hasten a refused login, so callers need not wait for it either.
        let error_until = if self.plan.login && class == Class::Denied { retry_at } else { lasts };
        self.trouble = Some(Trouble { class, failures, since, last: now, retry_at, error_until });
        effects.push(Effect::Refuse(error_until));
    }

    fn verified(&mut self, attempt: u64, requests: u8, now: BootInstant, effects: &mut Vec<Effect>) {
        let Some(_) = self.attempt.take_if(|(id, _)| *id == attempt) else { return };
        self.requests.spend(requests, now);
        let old_lives = self.held.is_some_and(|held| now < held.expires && self.doubted_at.is_none());
        let Some(candidate) = self.candidate.as_mut() else { return };
        candidate.passes = candidate.passes.saturating_add(1);
        // STS answering says nothing of IAM policies having spread: while the old set lives, give them time.
        let ripe_at = if old_lives { candidate.held.born.plus(VERIFY_AT_LEAST) } else { now };
        if candidate.passes >= PASSES && now >= ripe_at {
            let fresh = candidate.held;
            self.publish(fresh, now, effects);
        } else {
            candidate.verify_at = now.plus(VERIFY_SPACING);
        }
    }

    fn doubted(&mut self, generation: u64, now: BootInstant, effects: &mut Vec<Effect>) {
        // A stale report, or a second one of the same generation, changes nothing.
        if self.held.is_none_or(|held| held.generation != generation) || self.doubted_at.is_some() {
            return;
        }
        self.doubted_at = Some(now);
        self.doubt_next = self.doubt_next.max(now);
        effects.push(Effect::Doubt(now.plus(DOUBT_WAIT)));
    }

    fn promised(&mut self, generation: u64, until: BootInstant) {
        if let Some(held) = self.held.as_mut().filter(|held| held.generation == generation) {
            held.promised = held.promised.max(until);
        }
        for (_, revoke_at) in self.superseded.iter_mut().filter(|(old, _)| *old == generation) {
            *revoke_at = (*revoke_at).max(until.plus(GRACE));
        }
    }

    fn signalled(&mut self, now: BootInstant) {
        if let Some(trouble) = self.trouble.as_mut() {
            trouble.retry_at = trouble.retry_at.min(now);
        }
    }

    fn forked(&mut self, now: BootInstant, draw: &mut Draw) {
        // The parent's attempts and leases are the parent's; what it had in hand still serves.
        self.attempt = None;
        self.candidate = None;
        self.superseded.clear();
        self.trouble = None;
        self.doubted_at = None;
        if let Some(held) = self.held.as_mut() {
            held.inherited = true;
            let point = held.expires.minus(held.lifetime).plus(self.plan.refresh_after(held.lifetime, draw));
            held.refresh_at = point.max(now.plus(draw.between(Duration::ZERO, urgent_window(held.lifetime))));
        }
    }

    fn close(&mut self, effects: &mut Vec<Effect>) {
        self.closed = true;
        effects.extend(self.superseded.drain(..).map(|(generation, _)| Effect::Revoke(generation)));
        if self.candidate.take().is_some() {
            effects.push(Effect::Discard);
        }
        if let Some(held) = self.held.take().filter(|held| self.plan.revocable && !held.inherited) {
            effects.push(Effect::Revoke(held.generation));
        }
        effects.push(Effect::Wipe);
    }

    // What arrives after the close is given back.
    fn absorb_closed(&mut self, event: Event, effects: &mut Vec<Effect>) {
        let (Event::Granted(attempt, _) | Event::Failed(attempt, _) | Event::Verified(attempt, _)) = event
        else {
            return;
        };
        let ended = self.attempt.take_if(|(id, _)| *id == attempt);
        if matches!((ended, event), (Some((_, Work::Issue)), Event::Granted(..))) {
            effects.push(Effect::Discard);
        }
    }

    // ---- what is told ----

    fn announce(&mut self, now: BootInstant, effects: &mut Vec<Effect>) {
        let phase = self.phase(now);
        let early = self.trouble.is_some_and(|t| t.failures < 2 && now < t.since.plus(DEGRADED_AFTER));
        if phase == self.announced || (phase == Phase::Degraded && early) {
            return;
        }
        self.announced = phase;
        effects.push(Effect::Announce(phase));
    }

    fn phase_moves_at(&self, now: BootInstant) -> Option<BootInstant> {
        let held = self.held.filter(|_| !self.closed)?;
        let degraded = self.trouble.map(|trouble| trouble.since.plus(DEGRADED_AFTER));
        let urgent = self.trouble.map(|_| held.urgent_at());
        let ahead = |at: &BootInstant| *at > now;
        [degraded, urgent, Some(held.expires)].into_iter().flatten().filter(ahead).min()
    }
}

impl Held {
    fn urgent_at(&self) -> BootInstant {
        self.expires.minus(urgent_window(self.lifetime))
    }
}
