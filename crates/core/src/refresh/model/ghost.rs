//! What a driver and its callers know, from events and effects alone, never from the machine's own fields.

use super::*;

const WINDOW: Duration = Duration::from_secs(10);
const REMEMBERED: Duration = Duration::from_secs(3600);

/// An attempt under way.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Running {
    pub(super) id: u64,
    pub(super) work: Work,
    pub(super) started: BootInstant,
    pub(super) requests: u8,
}

/// A lease that the server keeps for us.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Lease {
    /// None until it is published.
    pub(super) generation: Option<u64>,
    pub(super) ends: BootInstant,
}

#[derive(Clone, Debug)]
pub(super) struct Ghost {
    pub(super) plan: Plan,
    pub(super) published: Option<(u64, BootInstant)>,
    pub(super) newest: u64,
    pub(super) running: Option<Running>,
    pub(super) attempts: u64,
    pub(super) leases: Vec<Lease>,
    /// Until when callers may use what they were handed.
    pub(super) handed_out: Vec<(u64, BootInstant)>,
    pub(super) inherited: Vec<u64>,
    pub(super) sent: Vec<(BootInstant, u8)>,
    pub(super) issues: Vec<BootInstant>,
    /// The shortest time in which an issue may have been earned.
    pub(super) interval: Duration,
    /// Somebody asked for a new value and no issue has started since.
    pub(super) forced: bool,
    pub(super) doubted: bool,
    /// The driver holds a value that was neither published nor discarded.
    pub(super) incoming: bool,
    granted_until: BootInstant,
    /// When the last attempt was refused, unless somebody has said since that it may be mended.
    pub(super) refused_at: Option<BootInstant>,
    pub(super) closed: bool,
}

impl Ghost {
    pub(super) fn new(plan: Plan) -> Self {
        Self {
            plan,
            published: None,
            newest: 0,
            running: None,
            attempts: 0,
            leases: Vec::new(),
            handed_out: Vec::new(),
            inherited: Vec::new(),
            sent: Vec::new(),
            issues: Vec::new(),
            interval: Duration::from_secs(10),
            forced: false,
            doubted: false,
            incoming: false,
            granted_until: BootInstant::default(),
            refused_at: None,
            closed: false,
        }
    }

    pub(super) fn after(&self, event: &Event, effects: &[Effect], now: BootInstant) -> Self {
        let mut ghost = self.clone();
        ghost.leases.retain(|lease| lease.ends > now);
        ghost.sent.retain(|(at, _)| at.plus(WINDOW) > now);
        ghost.issues.retain(|at| at.plus(REMEMBERED) > now);
        ghost.hear(event, now);
        effects.iter().for_each(|effect| ghost.see(effect, now));
        ghost
    }

    fn hear(&mut self, event: &Event, now: BootInstant) {
        match event {
            Event::Granted(id, grant) => self.granted(*id, grant, now),
            Event::Failed(id, failure) => {
                let Some(run) = self.ended(*id, failure.requests, now) else { return };
                if run.work == Work::Issue && failure.may_have_acted {
                    self.issues.push(now);
                }
                // The lease is gone, and the key with it.
                self.doubted |=
                    run.work == Work::Renew && failure.class == Class::Lost && self.plan.revocable;
                // Whoever asks for another set may hasten a refused one, but nobody a refused login.
                let refused = failure.class == Class::Denied && (self.plan.login || !self.forced);
                self.refused_at = refused.then_some(now);
            }
            Event::Signalled => self.refused_at = None,
            Event::Verified(id, requests) => drop(self.ended(*id, *requests, now)),
            Event::Promised(generation, until) if self.owns(*generation) => {
                self.handed_out.push((*generation, *until));
            }
            Event::Forced if !self.closed => {
                self.refused_at = self.refused_at.filter(|_| self.plan.login);
                self.forced = !self.running.is_some_and(|run| run.work == Work::Issue) && !self.incoming;
            }
            Event::Doubted(generation) => {
                self.doubted |= self.published.is_some_and(|(held, _)| held == *generation);
            }
            Event::Forked if !self.closed => {
                self.inherited.extend(self.leases.iter().filter_map(|lease| lease.generation));
                self.inherited.extend(self.published.map(|(generation, _)| generation));
                self.leases.clear();
                (self.running, self.doubted, self.incoming) = (None, false, false);
                self.refused_at = None;
            }
            Event::Close => self.closed = true,
            _ => {}
        }
    }

    fn ended(&mut self, id: u64, requests: u8, now: BootInstant) -> Option<Running> {
        let run = self.running.take_if(|run| run.id == id)?;
        self.sent.push((now, requests));
        Some(run)
    }

    fn granted(&mut self, id: u64, grant: &Grant, now: BootInstant) {
        let Some(run) = self.ended(id, grant.requests, now) else { return };
        self.refused_at = None;
        let ends = grant.started.plus(grant.lifetime);
        if run.work == Work::Issue && grant.changed {
            self.issues.push(now);
            self.leases.push(Lease { generation: None, ends });
            self.incoming = true;
            let earned = (grant.lifetime.min(self.plan.max_lifetime) / 6).max(SUCCESS_SPACING);
            self.interval = self.interval.min(earned);
        } else if run.work == Work::Issue {
            // The server says that the value in hand is the one: there is no other to be had.
            (self.forced, self.doubted) = (false, false);
        }
        self.granted_until = ends;
    }

    fn see(&mut self, effect: &Effect, now: BootInstant) {
        match *effect {
            Effect::Attempt(id, work, requests) => {
                self.running = Some(Running { id, work, started: now, requests });
                self.attempts = self.attempts.max(id);
                self.forced &= work != Work::Issue;
            }
            Effect::Publish(generation, expires) => {
                if let Some(lease) = self.leases.iter_mut().find(|lease| lease.generation.is_none()) {
                    lease.generation = Some(generation);
                }
                self.published = Some((generation, expires));
                self.newest = self.newest.max(generation);
                (self.forced, self.doubted, self.incoming) = (false, false, false);
                self.hand_out(now);
            }
            Effect::Extend(generation, expires) => {
                let mine = self.leases.iter_mut().filter(|lease| lease.generation == Some(generation));
                mine.for_each(|lease| lease.ends = self.granted_until);
                self.published = Some((generation, expires));
                self.hand_out(now);
            }
            Effect::Restamp => self.hand_out(now),
            Effect::Revoke(generation) => self.leases.retain(|lease| lease.generation != Some(generation)),
            Effect::Discard => {
                self.leases.retain(|lease| lease.generation.is_some());
                self.incoming = false;
            }
            Effect::Wipe => self.published = None,
            Effect::Doubt(_) | Effect::Refuse(_) | Effect::Return(_) | Effect::Announce(_) => {}
        }
    }

    // A stamp is readable from now on, so it may be handed out from now on.
    fn hand_out(&mut self, now: BootInstant) {
        let Some((generation, expires)) = self.published else { return };
        self.handed_out.retain(|(_, until)| until.plus(GRACE) > now);
        self.handed_out.push((generation, now.plus(HAND_OUT).min(expires)));
    }

    fn owns(&self, generation: u64) -> bool {
        self.leases.iter().any(|lease| lease.generation == Some(generation))
    }

    pub(super) fn sent_lately(&self) -> u32 {
        self.sent.iter().map(|(_, requests)| u32::from(*requests)).sum()
    }

    /// When the last hand-out of this generation lapses.
    pub(super) fn lapses(&self, generation: u64) -> Option<BootInstant> {
        self.handed_out.iter().filter(|(of, _)| *of == generation).map(|(_, until)| *until).max()
    }
}
