//! The state of one value: facts, and what follows from them. Pure: no clock, no random source, no I/O and
//! no secret. Times and numbers come from `schedule.rs` and `budget.rs`.

use std::time::Duration;

use super::budget::{Issues, Requests};
use super::effect::{Effect, Event, Phase, Work};
use super::fault::Class;
use super::schedule::{InHand, Plan, SUCCESS_SPACING, pause, urgent_window};
use crate::time::{BootInstant, Draw};

/// A value is stamped anew this often while a hand-out of it is shorter than its life.
pub(super) const RESTAMP: Duration = Duration::from_secs(30);
pub(super) const LOGIN_SPACING: Duration = Duration::from_secs(30);
const DOUBT_SPACING: Duration = Duration::from_secs(10);
const DEGRADED_AFTER: Duration = Duration::from_secs(30);
/// The value in hand.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct Held {
    pub(super) generation: u64,
    pub(super) born: BootInstant,
    pub(super) lifetime: Duration,
    pub(super) expires: BootInstant,
    pub(super) refresh_at: BootInstant,
    pub(super) renewable: bool,
    pub(super) inherited: bool,
    pub(super) promised: BootInstant,
}

/// An issued value that does not serve yet.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct Candidate {
    pub(super) held: Held,
    pub(super) passes: u8,
    pub(super) verify_at: BootInstant,
}

/// Failures since the last success.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct Trouble {
    pub(super) class: Class,
    pub(super) failures: u32,
    pub(super) since: BootInstant,
    pub(super) last: BootInstant,
    pub(super) retry_at: BootInstant,
    pub(super) error_until: BootInstant,
}

/// The state. Facts only: what follows from them is computed.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct State {
    pub(super) plan: Plan,
    pub(super) wanted_at: Option<BootInstant>,
    pub(super) forced: bool,
    pub(super) attempt: Option<(u64, Work)>,
    pub(super) attempts: u64,
    pub(super) generations: u64,
    pub(super) held: Option<Held>,
    pub(super) candidate: Option<Candidate>,
    pub(super) trouble: Option<Trouble>,
    pub(super) doubted_at: Option<BootInstant>,
    pub(super) doubt_next: BootInstant,
    pub(super) superseded: Vec<(u64, BootInstant)>,
    pub(super) returns: Vec<(u64, BootInstant)>,
    pub(super) succeeded_at: Option<BootInstant>,
    pub(super) restamp_at: BootInstant,
    pub(super) requests: Requests,
    pub(super) issues: Issues,
    pub(super) announced: Phase,
    pub(super) closed: bool,
}

/// A value in hand and how it is kept fresh: what a forked child takes over.
#[cfg(feature = "vault")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Heritage {
    plan: Plan,
    held: Held,
}

impl State {
    /// The machine of a forked child, which is still to be told so.
    #[cfg(feature = "vault")]
    pub(super) fn heir(Heritage { plan, held }: Heritage) -> Self {
        let (wanted_at, generations) = (Some(held.born), held.generation);
        Self { wanted_at, generations, held: Some(held), ..Self::new(plan) }
    }

    /// What a forked child would take over.
    #[cfg(feature = "vault")]
    pub(super) fn heritage(&self) -> Option<Heritage> {
        self.held.map(|held| Heritage { plan: self.plan, held })
    }

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
            returns: Vec::new(),
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
        let revoke = self.superseded.iter().chain(&self.returns).map(|(_, at)| *at).min();
        let restamp = self.is_restamped().then_some(self.restamp_at);
        [attempt, revoke, restamp, self.phase_moves_at(now)].into_iter().flatten().min()
    }

    /// Why an issue that this event brings about is asked for.
    pub fn reason(&self, event: &Event) -> &'static str {
        match event {
            Event::Doubted(_) => "the one before was refused",
            Event::Forced => "a caller asked for it",
            _ if self.doubted_at.is_some() => "the one before was refused",
            _ if self.trouble.is_some() => "a retry after a failure",
            Event::Wanted(until) if self.held.is_some_and(|held| held.expires < *until) => {
                "a caller needs it for longer"
            }
            _ if self.held.is_none() => "it is the first",
            _ => "the refresh point came",
        }
    }

    /// Failures in a row since the last success.
    pub fn failures(&self) -> u32 {
        self.trouble.map_or(0, |trouble| trouble.failures)
    }

    /// When the next attempt starts, as things stand.
    pub fn next_attempt_at(&self, now: BootInstant) -> Option<BootInstant> {
        self.attempt_at(now)
    }

    /// What is due by now is done: revocations, stamps, announcements, the next attempt.
    pub(super) fn act(&mut self, now: BootInstant, draw: &mut Draw, effects: &mut Vec<Effect>) {
        let due = |at: &BootInstant| *at <= now;
        effects.extend(self.superseded.iter().filter(|(_, at)| due(at)).map(|(g, _)| Effect::Revoke(*g)));
        self.superseded.retain(|(_, at)| !due(at));
        effects.extend(self.returns.iter().filter(|(_, at)| due(at)).map(|(item, _)| Effect::Return(*item)));
        self.returns.retain(|(_, at)| !due(at));
        if self.is_restamped() && due(&self.restamp_at) {
            self.restamp_at = now.plus(RESTAMP);
            effects.push(Effect::Restamp);
        }
        self.hasten(now, draw);
        if self.attempt.is_none() && self.attempt_at(now).is_some_and(|at| at <= now) {
            self.start(now, effects);
        }
        self.announce(now, effects);
    }

    /// How the value is kept fresh.
    pub fn plan(&self) -> Plan {
        self.plan
    }

    /// Whether this generation is superseded and still to be revoked.
    #[cfg(feature = "vault")]
    pub(super) fn owes(&self, generation: u64) -> bool {
        self.superseded.iter().any(|(owed, _)| *owed == generation)
    }

    fn is_restamped(&self) -> bool {
        self.held.is_some() && self.plan.hand_out.is_some() && !self.closed
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

    pub(super) fn attempt_at(&self, now: BootInstant) -> Option<BootInstant> {
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
        let doubt = self.doubted_at.filter(|at| self.hastens(*at)).map(|_| self.doubt_next);
        // Whoever asks again after a refusal need not wait it out, but no loop of theirs becomes a storm.
        let rested = self.trouble.map_or(BootInstant::default(), |trouble| {
            let refused_login = self.plan.login && trouble.class == Class::Denied;
            trouble.last.plus(if refused_login { LOGIN_SPACING } else { SUCCESS_SPACING })
        });
        let forced = self.forced.then_some(rested);
        [Some(usual), doubt, forced].into_iter().flatten().min()
    }

    // A doubt is asked about once where patience is due, and never where a login needs it.
    fn hastens(&self, doubted_at: BootInstant) -> bool {
        let patient = self.trouble.filter(|trouble| trouble.class.is_patient());
        patient.is_none_or(|trouble| !self.plan.login && doubted_at > trouble.last)
    }

    // At most two leases outside of a swap: a third waits for the revocation of the first, unless needed.
    pub(super) fn room_at(&self, now: BootInstant) -> BootInstant {
        let pressed = self.doubted_at.is_some() || self.held.is_none_or(|held| now >= held.urgent_at());
        let revoke_at = self.superseded.iter().map(|(_, at)| *at).max();
        if pressed { BootInstant::default() } else { revoke_at.unwrap_or_default() }
    }

    pub(super) fn issue_interval(&self, now: BootInstant) -> Duration {
        match self.held {
            Some(held) if now < held.expires && self.doubted_at.is_none() && !self.plan.polled => {
                Plan::issue_interval(held.lifetime)
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
        if !trouble.class.is_patient()
            && matches!(hand, InHand::Urgent(_) | InHand::Expired)
            && trouble.retry_at > now
        {
            let soon = now.plus(pause(trouble.class, trouble.failures, None, hand, draw));
            trouble.retry_at = trouble.retry_at.min(soon);
        }
    }

    pub(super) fn in_hand(&self, now: BootInstant) -> InHand {
        match self.held {
            None => InHand::Never,
            Some(held) if now >= held.expires => InHand::Expired,
            Some(held) if now >= held.urgent_at() => InHand::Urgent(held.expires.since(now)),
            Some(held) => InHand::Valid(held.expires.since(now)),
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
    pub(super) fn urgent_at(&self) -> BootInstant {
        self.expires.minus(urgent_window(self.lifetime))
    }
}
