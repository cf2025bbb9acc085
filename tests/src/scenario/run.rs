//! Carries a scenario out through the public API, and looks for planted secrets in all that it sees.

use std::collections::BTreeMap;
use std::fmt::{Debug, Display};

use aws_credential_types::Credentials;
use leasekey::context::{Happening, Scripted, ScriptedVault, Span};
use leasekey::time::TimeSource;
use leasekey::{AppRoleAuth, Error, Events, VaultCredentialsProvider};
use tokio::time::Instant;

use super::aws;
use super::file::{Call, Count, Expect, Poll, Scenario, Step};

pub(super) type Outcome = Result<(), String>;

// The scripted Vault's keys: this and eight digits.
const KEY: &str = "ASIASCRIPTED";

struct Runner {
    world: Scripted,
    vault: ScriptedVault,
    provider: VaultCredentialsProvider,
    events: Events,
    counted: BTreeMap<&'static str, u64>,
}

/// Runs all steps; the first that does not hold ends it.
pub(super) async fn scenario(scenario: &Scenario) -> Outcome {
    let mut runner = Runner::new(scenario)?;
    for (place, step) in scenario.steps.iter().enumerate() {
        let done = match runner.step(step).await {
            Ok(()) => runner.hear(),
            failed => failed,
        };
        done.map_err(|why| format!("step {} ({step:?}): {why}\n  in: {}", place + 1, scenario.about))?;
    }
    Ok(())
}

impl Runner {
    fn new(scenario: &Scenario) -> Result<Self, String> {
        let world = Scripted::new();
        let vault = ScriptedVault::new(&world);
        if let Some(tokens) = scenario.tokens {
            Happening::Tokens(tokens).happen(&world, &vault)?;
        }
        let secret_id = format!("{}-secret-id", ScriptedVault::CANARY);
        let mut builder = VaultCredentialsProvider::builder()
            .context(world.context())
            .address("https://vault.example:8200")
            .auth(AppRoleAuth::new("role-id", secret_id))
            .role("orders");
        for (keyword, text) in &scenario.settings {
            builder = builder.set(keyword.parse().map_err(told)?, text.as_str());
        }
        if let Some(Span(deadline)) = scenario.deadline {
            builder = builder.deadline(deadline);
        }
        let provider = builder.build().map_err(told)?;
        let events = provider.events();
        Ok(Self { world, vault, provider, events, counted: BTreeMap::new() })
    }

    async fn step(&mut self, step: &Step) -> Outcome {
        match step {
            Step::Get(call) => self.call(call, false).await,
            Step::Refresh(call) => self.call(call, true).await,
            Step::Poll(poll) => self.poll(poll).await,
            Step::Wait(Span(span)) => {
                tokio::time::sleep(*span).await;
                Ok(())
            }
            Step::Vault(moods) => self.happen(&Happening::Vault(moods.clone())),
            Step::Fields(fields) => self.happen(&Happening::Fields(fields.clone())),
            Step::RevokeTokens => self.happen(&Happening::RevokeTokens),
            Step::Suspend(span) => self.happen(&Happening::Suspend(*span)),
            Step::Wall(shift) => self.happen(&Happening::Wall(*shift)),
            Step::AwsRefuses(refused) => {
                let signed_with = format!("{KEY}{:08}", refused.key);
                aws::refuses(&self.provider, &signed_with, &refused.region, &refused.code)
            }
            Step::Close => self.provider.close().await.map_err(|error| error.to_string()),
            Step::Expect(expect) => self.expect(expect),
        }
    }

    fn happen(&self, happening: &Happening) -> Outcome {
        happening.happen(&self.world, &self.vault)
    }

    // ---- callers ----

    async fn call(&self, call: &Call, refresh: bool) -> Outcome {
        let began = Instant::now();
        let callers: Vec<_> = (0..call.callers)
            .map(|_| {
                let (provider, lasts) = (self.provider.clone(), call.valid_for);
                tokio::spawn(async move {
                    match lasts {
                        _ if refresh => provider.refresh().await,
                        Some(Span(lasts)) => provider.valid_for(lasts).await,
                        None => provider.credentials().await,
                    }
                })
            })
            .collect();
        if let Some(Span(after)) = call.cancelled_after {
            tokio::time::sleep(after).await;
            callers.iter().for_each(tokio::task::JoinHandle::abort);
            return Ok(());
        }
        for caller in callers {
            let answer = caller.await.map_err(|error| error.to_string())?;
            self.judge(call, answer)?;
        }
        took(began, call.takes_at_most)
    }

    fn judge(&self, call: &Call, answer: Result<Credentials, Error>) -> Outcome {
        match answer {
            Ok(credentials) if call.error.is_empty() => self.judge_set(call, &credentials),
            Ok(credentials) => Err(format!("got key {}, not an error", number(&credentials)?)),
            Err(error) => {
                holds_no_secret(&error)?;
                let line = error.to_string();
                if !call.error.iter().any(|code| code == error.code()) {
                    return Err(format!("got {line}"));
                }
                let missing = call.says.iter().find(|says| !line.contains(says.as_str()));
                missing.map_or(Ok(()), |says| Err(format!("the error says nothing of {says:?}: {line}")))
            }
        }
    }

    fn judge_set(&self, call: &Call, credentials: &Credentials) -> Outcome {
        counts("the key", call.key, number(credentials)?)?;
        let expiry = credentials.expiry().ok_or("the set has no expiry")?;
        let ahead = expiry.duration_since(self.world.wall()).unwrap_or_default();
        match call.expires_in {
            Some([Span(least), Span(most)]) if !(least..=most).contains(&ahead) => {
                Err(format!("the set expires in {ahead:?}"))
            }
            _ if ahead.is_zero() => Err("the set is dead".into()),
            _ => Ok(()),
        }
    }

    async fn poll(&mut self, poll: &Poll) -> Outcome {
        let (began, mut errors) = (Instant::now(), 0);
        while began.elapsed() < poll.r#for.0 {
            let asked = Instant::now();
            match self.provider.credentials().await {
                Ok(credentials) => self.judge_set(&Call::default(), &credentials)?,
                Err(error) => {
                    errors += 1;
                    holds_no_secret(&error)?;
                    if !poll.codes.iter().any(|code| code == error.code()) {
                        return Err(format!("after {:?}: {error}", began.elapsed()));
                    }
                }
            }
            took(asked, poll.takes_at_most)?;
            self.hear()?;
            tokio::time::sleep(poll.every.0).await;
        }
        counts("the number of errors", Some(poll.errors), errors)
    }

    // ---- what is seen ----

    fn hear(&mut self) -> Outcome {
        while let Some(event) = self.events.next_now() {
            *self.counted.entry(event.kind.name()).or_default() += 1;
            is_clean(&event)?;
        }
        let missed = self.events.missed();
        if missed > 0 { Err(format!("{missed} events were missed")) } else { Ok(()) }
    }

    fn expect(&mut self, expect: &Expect) -> Outcome {
        self.hear()?;
        for (asked, count) in &expect.asked {
            counts(&format!("requests of {asked}"), Some(*count), self.vault.asked(asked.parse()?))?;
        }
        counts("issued sets", expect.issued, self.vault.issued())?;
        for (name, count) in &expect.events {
            let known = leasekey::EventKind::ALL.iter().find(|kind| kind.name() == name);
            let kind = known.ok_or_else(|| format!("there is no event {name}"))?;
            counts(name, Some(*count), self.counted.get(kind.name()).copied().unwrap_or(0))?;
        }
        let stats = self.provider.stats();
        for (name, count) in &expect.stats {
            let counted = match name.as_str() {
                "issues" => stats.issues,
                "logins" => stats.logins,
                "renewals" => stats.renewals,
                "revocations" => stats.revocations,
                "failures" => stats.failures,
                "heals" => stats.heals,
                _ => return Err(format!("nothing is counted as {name}")),
            };
            counts(name, Some(*count), counted)?;
        }
        let phase = format!("{:?}", self.provider.phase()).to_lowercase();
        match &expect.phase {
            Some(expected) if *expected != phase => Err(format!("the phase is {phase}, not {expected}")),
            _ => is_clean(&Shown(&self.provider)),
        }
    }
}

struct Shown<'a>(&'a VaultCredentialsProvider);

impl Display for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.0.lease())
    }
}

impl Debug for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Debug::fmt(self.0, f)
    }
}

/// The n of the n-th issue, which the scripted Vault writes into the key.
fn number(credentials: &Credentials) -> Result<u64, String> {
    let key = credentials.access_key_id();
    let number = key.strip_prefix(KEY).and_then(|number| number.parse().ok());
    number.ok_or_else(|| format!("{key} is no key of the scripted Vault"))
}

fn counts(what: &str, expected: Option<Count>, got: u64) -> Outcome {
    match expected {
        Some(expected) if !expected.contains(got) => Err(format!("{what}: expected {expected}, got {got}")),
        _ => Ok(()),
    }
}

fn took(began: Instant, at_most: Option<Span>) -> Outcome {
    let took = began.elapsed();
    match at_most {
        Some(Span(at_most)) if took > at_most => Err(format!("it took {took:?}")),
        _ => Ok(()),
    }
}

fn holds_no_secret(error: &Error) -> Outcome {
    is_clean(error)?;
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        is_clean(cause)?;
        source = cause.source();
    }
    Ok(())
}

fn is_clean<T: Display + Debug + ?Sized>(shown: &T) -> Outcome {
    let text = format!("{shown} {shown:?} {shown:#?}");
    let leaks = text.contains(ScriptedVault::CANARY);
    if leaks { Err(format!("a secret is shown: {text}")) } else { Ok(()) }
}

fn told(error: Error) -> String {
    error.to_string()
}
