//! What events do to the state. Pure; the driver carries out the effects.

use std::time::Duration;

use super::effect::{Effect, Event, Failure, Grant, Now, Work};
use super::fault::Class;
use super::schedule::{cold_spacing, error_lasts, pause, urgent_window};
use super::state::{Candidate, Held, LOGIN_SPACING, RESTAMP, State, Trouble};
use crate::time::{BootInstant, Draw};

// After the last hand-out of a superseded value has lapsed, before its lease is revoked.
pub(super) const GRACE: Duration = Duration::from_secs(60);
pub(super) const DOUBT_WAIT: Duration = Duration::from_secs(2);
pub(crate) const VERIFY_SPACING: Duration = Duration::from_secs(2);
pub(super) const VERIFY_AT_LEAST: Duration = Duration::from_secs(10);
pub(crate) const VERIFY_AT_MOST: Duration = Duration::from_secs(30);
pub(crate) const PASSES: u8 = 2;
const RETURN_SPACING: Duration = Duration::from_secs(20);
const MARGIN: Duration = Duration::from_secs(2);
/// One step: what the state becomes, and what is to be done.
pub fn step(mut state: State, event: Event, now: Now) -> (State, Vec<Effect>) {
    let mut effects = Vec::new();
    let mut draw = Draw::new(now.random);
    state.absorb(event, now.at, &mut draw, &mut effects);
    state.act(now.at, &mut draw, &mut effects);
    (state, effects)
}

impl State {
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
            Event::Verified(attempt, requests) => self.verified(attempt, requests, now, draw, effects),
            Event::Doubted(generation) => self.doubted(generation, now, effects),
            Event::Promised(generation, until) => self.promised(generation, until),
            Event::Signalled => self.signalled(now),
            Event::Forked => self.forked(now, draw),
            Event::Spent => {
                if let Some(held) = self.held.as_mut() {
                    held.renewable = false;
                }
            }
            Event::NotReturned(item) => {
                self.returns.push((item, now.plus(draw.between(RETURN_SPACING / 2, RETURN_SPACING))));
            }
            Event::Close => self.close(effects),
        }
    }

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
            (Some(held), None) if held.expires < until => self.forced_by_caller(now),
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
        self.plan = grant.plan.unwrap_or(self.plan);
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
            self.extended(fresh, work, now, effects);
        }
    }

    fn hold(&mut self, grant: Grant, work: Work, now: BootInstant, draw: &mut Draw) -> Held {
        let lifetime = grant.lifetime.min(self.plan.max_lifetime);
        // A life shorter than twice the margin is used as it is, less half of it.
        let margin = MARGIN.saturating_add(grant.rtt).min(lifetime / 2);
        let usable = lifetime - margin;
        let expires = grant.started.plus(usable);
        let refresh_at = match grant.poll_after {
            Some(poll) => now.plus(draw.between(poll.mul_f64(0.75), poll)),
            None => grant.started.plus(self.plan.refresh_after(usable, draw)),
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
        if self.plan.verifies && (self.plan.revocable || self.held.is_some_and(|held| now < held.expires)) {
            self.candidate = Some(Candidate { held: fresh, passes: 0, verify_at: now });
        } else {
            self.publish(fresh, now, effects);
        }
    }

    fn publish(&mut self, fresh: Held, now: BootInstant, effects: &mut Vec<Effect>) {
        if let Some(old) = self.held.filter(|old| self.plan.revocable && !old.inherited && now < old.expires)
        {
            let lapses = now.plus(self.plan.hand_out.unwrap_or_default()).max(old.promised);
            self.superseded.push((old.generation, lapses.plus(GRACE)));
        }
        effects.push(Effect::Publish(fresh.generation, fresh.expires));
        self.serve(fresh, now);
    }

    fn extended(&mut self, fresh: Held, work: Work, now: BootInstant, effects: &mut Vec<Effect>) {
        effects.push(Effect::Extend(fresh.generation, fresh.expires));
        let (forced, doubted_at) = (self.forced, self.doubted_at);
        self.serve(fresh, now);
        // Whoever asked for another value while this one was being renewed still gets one.
        if work == Work::Renew {
            (self.forced, self.doubted_at) = (forced, doubted_at);
        }
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
        }
        if work == Work::Verify && !self.give_up(failure.class, now, draw, effects) {
            return;
        }
        if work == Work::Renew && !matches!(failure.class, Class::Node | Class::NotReady) {
            // What cannot be renewed is replaced before its end.
            if let Some(held) = self.held.as_mut() {
                held.renewable = false;
                let generation = held.generation;
                // Its lease is gone, so its key is, too: callers wait a moment for the next.
                if failure.class == Class::Lost && self.plan.revocable {
                    self.doubted(generation, now, effects);
                }
            }
        }
        self.trouble_with(failure.class, failure.retry_after, now, draw, effects);
    }

    /// Whether this failure is no failure yet: the candidate is being verified, and may still be spreading.
    pub(super) fn pardons(&self, class: Class, now: BootInstant) -> bool {
        let young = |candidate: Candidate| now < candidate.held.born.plus(VERIFY_AT_MOST);
        class != Class::Denied && self.candidate.is_some_and(young)
    }

    /// Whether the candidate is refused or has had its time; otherwise it is verified again in a moment.
    fn give_up(
        &mut self,
        class: Class,
        now: BootInstant,
        draw: &mut Draw,
        effects: &mut Vec<Effect>,
    ) -> bool {
        let pardoned = self.pardons(class, now);
        let Some(candidate) = self.candidate.as_mut() else { return true };
        if pardoned {
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

    fn verified(
        &mut self,
        attempt: u64,
        requests: u8,
        now: BootInstant,
        draw: &mut Draw,
        effects: &mut Vec<Effect>,
    ) {
        let Some(_) = self.attempt.take_if(|(id, _)| *id == attempt) else { return };
        self.requests.spend(requests, now);
        let old_lives = self.held.is_some_and(|held| now < held.expires && self.doubted_at.is_none());
        if self.candidate.take_if(|candidate| now >= candidate.held.expires).is_some() {
            // It died while it was verified: the machine was suspended, or its life is very short.
            effects.push(Effect::Discard);
            return self.trouble_with(Class::Protocol, None, now, draw, effects);
        }
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
        self.returns.clear();
        self.trouble = None;
        self.doubted_at = None;
        if let Some(held) = self.held.as_mut() {
            held.inherited = true;
            let point = held.expires.minus(held.lifetime).plus(self.plan.refresh_after(held.lifetime, draw));
            // Children of one parent spread, but within what is left: a dead value is replaced at once.
            let spread = urgent_window(held.lifetime).min(held.expires.since(now) / 2);
            held.refresh_at = point.max(now.plus(draw.between(Duration::ZERO, spread)));
        }
    }

    fn close(&mut self, effects: &mut Vec<Effect>) {
        self.closed = true;
        effects.extend(self.superseded.drain(..).map(|(generation, _)| Effect::Revoke(generation)));
        effects.extend(self.returns.drain(..).map(|(item, _)| Effect::Return(item)));
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
}

#[cfg(test)]
mod tests;
