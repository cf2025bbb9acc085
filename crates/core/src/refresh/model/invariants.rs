//! The ten invariants, each a small function over one transition. I9 is `recovery.rs`, I10 `properties.rs`.

use super::*;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Invariant {
    I1,
    I2,
    I3,
    I4,
    I5,
    I6,
    I7,
    I8,
    I9,
    I10,
}

pub(super) struct Transition<'a> {
    pub(super) before: &'a State,
    pub(super) event: &'a Event,
    pub(super) now: BootInstant,
    pub(super) after: &'a State,
    pub(super) effects: &'a [Effect],
    pub(super) knew: &'a Ghost,
    pub(super) knows: &'a Ghost,
}

type Check = fn(&Transition<'_>) -> Result<(), String>;

const CHECKS: [(Invariant, Check); 8] = [
    (Invariant::I8, effects_name_numbers_only),
    (Invariant::I6, failures_change_nothing),
    (Invariant::I1, what_is_served_lives),
    (Invariant::I2, one_attempt_at_a_time),
    (Invariant::I3, requests_stay_in_budget),
    (Invariant::I5, nothing_in_use_is_revoked),
    (Invariant::I4, few_leases_are_owned),
    (Invariant::I7, somebody_will_move_it),
];

/// The first invariant that this transition breaks.
pub(super) fn broken(transition: &Transition<'_>) -> Option<(Invariant, String)> {
    CHECKS.iter().find_map(|(invariant, check)| check(transition).err().map(|why| (*invariant, why)))
}

fn require(holds: bool, why: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(why.to_owned()) }
}

/// I1: what is served lives, no longer than its lease, and generations only go up.
fn what_is_served_lives(t: &Transition<'_>) -> Result<(), String> {
    let mut newest = t.knew.newest;
    for effect in t.effects {
        match *effect {
            Effect::Publish(generation, expires) => {
                require(generation > newest, "a generation went backwards")?;
                require(t.now < expires, "a dead value was published")?;
                newest = generation;
            }
            Effect::Extend(generation, expires) => {
                require(
                    t.knew.published.is_some_and(|(held, _)| held == generation),
                    "another was extended",
                )?;
                require(t.now < expires, "a dead value was extended")?;
            }
            _ => {}
        }
    }
    let held = t.after.held.map(|held| (held.generation, held.expires));
    require(t.knows.closed || held == t.knows.published, "the machine and its readers differ on the value")?;
    let ends = t.knows.leases.iter().find(|lease| lease.generation == held.map(|(generation, _)| generation));
    if let (Some(lease), Some((_, expires))) = (ends, held) {
        require(expires <= lease.ends, "a value is served beyond its lease")?;
    }
    let dead = held.is_some_and(|(_, expires)| t.now >= expires);
    require(!dead || t.after.phase(t.now) == Phase::Expired, "a dead value is not called expired")
}

/// I2: one attempt at a time, so one issue of a set and one login of a token.
fn one_attempt_at_a_time(t: &Transition<'_>) -> Result<(), String> {
    let ends = match t.event {
        Event::Granted(id, _) | Event::Failed(id, _) | Event::Verified(id, _) => Some(*id),
        Event::Forked => t.knew.running.map(|run| run.id),
        _ => None,
    };
    let mut running = t.knew.running.map(|run| run.id).filter(|id| Some(*id) != ends);
    for effect in t.effects {
        if let Effect::Attempt(id, ..) = *effect {
            require(running.is_none(), "an attempt started while another was under way")?;
            require(id > t.knew.attempts, "an attempt's number was used twice")?;
            running = Some(id);
        }
    }
    require(t.after.attempt.map(|(id, _)| id) == running, "the machine forgot its attempt")
}

/// I3: at most so many requests in any 10 s, three issues at once and then one per interval, and no login
/// within 30 s of a refused one.
fn requests_stay_in_budget(t: &Transition<'_>) -> Result<(), String> {
    let most = u32::from(t.knows.plan.requests);
    require(t.knows.sent_lately() <= most, "more requests were sent in 10 s than the plan allows")?;
    for effect in t.effects {
        let Effect::Attempt(_, work, requests) = *effect else { continue };
        let all = t.knows.sent_lately() + u32::from(requests);
        require(requests > 0 && all <= most, "an attempt was granted more requests than are left")?;
        let rested = t.knows.refused_at.is_none_or(|at| t.now.since(at) >= LOGIN_SPACING);
        require(rested || !t.knows.plan.login, "a refused login was asked for again within 30 s")?;
        if work == Work::Issue {
            let mut issues = t.knows.issues.iter().enumerate();
            let count = |place: usize| (t.knows.issues.len() - place) as f64;
            let earned =
                |since: BootInstant| t.now.since(since).as_secs_f64() / t.knows.interval.as_secs_f64();
            // A thousandth of an issue is the machine's own rounding.
            let within = issues.all(|(place, at)| count(place) + 1.0 <= 3.0 + earned(*at) + 0.01);
            require(within, "issues exceed three at once and one per interval")?;
        }
    }
    Ok(())
}

/// I4: few leases are owned. What can be revoked: two outside of a swap, and a third only where the value in
/// hand is doubted, dead or about to die, or its promises outlast the swap. What cannot: as many as the
/// budget of issues grants over a life.
fn few_leases_are_owned(t: &Transition<'_>) -> Result<(), String> {
    let owned = t.knows.leases.len();
    // Three at once, one per sixth of a life, and one per 10 s while AWS doubts each in turn.
    let doubts = FAULTS;
    require(owned <= 3 + 6 + doubts, "more leases are owned than the budget grants")?;
    require(
        t.knows.leases.iter().filter(|lease| lease.generation.is_none()).count() <= 1,
        "two candidates are owned",
    )?;
    let issues = t.effects.iter().any(|effect| matches!(effect, Effect::Attempt(_, Work::Issue, _)));
    let Some(held) = t.before.held.filter(|_| t.knows.plan.revocable && issues) else { return Ok(()) };
    let pressed = t.knows.doubted || t.now >= held.urgent_at();
    require(pressed || owned <= 1, "a third lease was asked for without need")
}

/// I5: nothing is revoked that a caller may still use, nor what another process made.
fn nothing_in_use_is_revoked(t: &Transition<'_>) -> Result<(), String> {
    for effect in t.effects {
        let Effect::Revoke(generation) = *effect else { continue };
        require(t.knows.plan.revocable, "what cannot be revoked was")?;
        require(!t.knows.inherited.contains(&generation), "the parent's lease was revoked")?;
        if matches!(t.event, Event::Close) {
            continue;
        }
        require(
            t.knew.published.is_none_or(|(held, _)| held != generation),
            "the value in hand was revoked",
        )?;
        let lapses = t.knew.lapses(generation).unwrap_or_default();
        require(t.now >= lapses.plus(GRACE), "a lease with a live hand-out was revoked")?;
    }
    Ok(())
}

/// I6: a failure neither changes nor shortens what is served.
fn failures_change_nothing(t: &Transition<'_>) -> Result<(), String> {
    let dead = t.effects.contains(&Effect::Discard) && matches!(t.event, Event::Granted(..));
    if !dead && !matches!(t.event, Event::Failed(..) | Event::Doubted(_)) {
        return Ok(());
    }
    let served = |state: &State| state.held.map(|held| (held.generation, held.expires));
    require(served(t.before) == served(t.after), "a failure changed the value in hand")?;
    let swaps = |effect: &Effect| matches!(effect, Effect::Publish(..) | Effect::Extend(..) | Effect::Wipe);
    require(!t.effects.iter().any(swaps), "a failure changed what is served")
}

/// I7: every state has a timer or is terminal; no timer rings for ever; no request is forgotten.
fn somebody_will_move_it(t: &Transition<'_>) -> Result<(), String> {
    let wake_at = t.after.wake_at(t.now);
    require(wake_at.is_none_or(|at| at > t.now), "the timer rings again at once")?;
    require(!t.knows.forced || t.knows.closed || t.after.forced, "a forced refresh was forgotten")?;
    require(
        !t.knows.doubted || t.knows.closed || t.after.doubted_at.is_some(),
        "a doubted value is believed again without a new one",
    )?;
    let waits_for_others = t.after.closed || t.after.attempt.is_some() || t.after.wanted_at.is_none();
    let next = t.after.next_attempt_at(t.now);
    require(
        waits_for_others || (wake_at.is_some() && next.is_some_and(|at| at < BootInstant::NEVER)),
        "nobody will ever move this state",
    )
}

/// I8: effects carry generations, attempts and instants, so no secret; `Copy` keeps texts out for good. The
/// value itself moves with a publication only.
fn effects_name_numbers_only(t: &Transition<'_>) -> Result<(), String> {
    const fn holds_no_text<T: Copy>() {}
    const { holds_no_text::<Effect>() };
    let generations = t.after.generations.max(t.before.generations);
    t.effects.iter().try_for_each(|effect| match *effect {
        Effect::Publish(generation, _) => {
            let brought = t.knew.incoming || matches!(t.event, Event::Granted(_, grant) if grant.changed);
            require(brought && generation <= generations, "a value was published that no issue brought")
        }
        Effect::Extend(generation, _) | Effect::Revoke(generation) => {
            require(generation <= generations, "an effect holds something else than a generation")
        }
        Effect::Attempt(id, ..) => require(id <= t.after.attempts, "an effect holds more than an attempt"),
        _ => Ok(()),
    })
}
