//! What happens to a scripted world, as scenarios write it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::de::Error;
use serde::{Deserialize, Deserializer};

use super::{Scripted, ScriptedVault, VaultAsk, VaultMood};
use crate::time::TimeSource;

/// Something that happens to a [`Scripted`] world and its [`ScriptedVault`], in the JSON of the refresh
/// scenarios: `{"vault": {"issue": "down"}}`, `{"suspend": "1h"}`, `"revoke_tokens"`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[non_exhaustive]
pub enum Happening {
    /// Fields of issues read otherwise from now on; null leaves one out.
    Fields(BTreeMap<String, Option<String>>),
    /// Vault forgets every token.
    RevokeTokens,
    /// The machine is suspended for so long.
    Suspend(Span),
    /// New tokens live for so long.
    Tokens(TokenLife),
    /// Vault answers otherwise from now on: by kind of request, or `all`.
    Vault(BTreeMap<String, VaultMood>),
    /// Somebody sets the wall clock forward or back.
    Wall(Shift),
}

/// How long new tokens live, and how long at most with all renewals.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct TokenLife {
    /// Without a renewal.
    pub life: Span,
    /// With all of them.
    pub at_most: Span,
}

/// A span of time, `15m`.
#[derive(Clone, Copy, Debug)]
pub struct Span(pub Duration);

/// A step of the wall clock, `+10years` or `-1h`.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Shift {
    /// Forward.
    Ahead(Duration),
    /// Backward.
    Back(Duration),
}

impl Happening {
    /// Lets it happen.
    ///
    /// # Errors
    /// What of it cannot be.
    pub fn happen(&self, world: &Scripted, vault: &ScriptedVault) -> Result<(), String> {
        match self {
            Self::Fields(fields) => {
                fields.iter().for_each(|(name, json)| vault.set_field(name, json.as_deref()));
            }
            Self::RevokeTokens => vault.revoke_tokens(),
            Self::Suspend(Span(span)) => world.suspend(*span),
            Self::Tokens(TokenLife { life, at_most }) => vault.set_token_life(life.0, at_most.0),
            Self::Vault(moods) => return moods.iter().try_for_each(|(asked, mood)| feel(vault, asked, mood)),
            Self::Wall(shift) => return set_wall(world, *shift),
        }
        Ok(())
    }
}

fn feel(vault: &ScriptedVault, asked: &str, mood: &VaultMood) -> Result<(), String> {
    if asked == "all" {
        vault.set_moods(mood);
    } else {
        vault.set_mood(asked.parse()?, mood.clone());
    }
    Ok(())
}

fn set_wall(world: &Scripted, shift: Shift) -> Result<(), String> {
    let wall = match shift {
        Shift::Ahead(span) => world.wall().checked_add(span),
        Shift::Back(span) => world.wall().checked_sub(span),
    };
    world.set_wall(wall.ok_or("the clock cannot be set so far")?);
    Ok(())
}

impl std::str::FromStr for VaultAsk {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|ask| ask.name() == name);
        known.ok_or_else(|| format!("nothing that is asked of Vault is called {name}"))
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        humantime::parse_duration(&text).map(Self).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Shift {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let span = |text: &str| humantime::parse_duration(text).map_err(D::Error::custom);
        match (text.strip_prefix('+'), text.strip_prefix('-')) {
            (Some(ahead), _) => span(ahead).map(Self::Ahead),
            (_, Some(back)) => span(back).map(Self::Back),
            _ => Err(D::Error::custom("a step of the clock begins with + or -")),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum Mood {
    AclRefusal,
    DeadToken,
    Down,
    Hangs,
    LostReply,
    Raw(Raw),
    Rejects,
    Sealed,
    Slow(Span),
    Throttles(Option<String>),
    Well,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: String,
    /// How often the body is written one after the other.
    #[serde(default = "once")]
    times: usize,
}

fn once() -> usize {
    1
}

impl<'de> Deserialize<'de> for VaultMood {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Mood::deserialize(deserializer)? {
            Mood::AclRefusal => Self::AclRefusal,
            Mood::DeadToken => Self::DeadToken,
            Mood::Down => Self::Down,
            Mood::Hangs => Self::Hangs,
            Mood::LostReply => Self::LostReply,
            Mood::Raw(raw) => {
                Self::Raw(raw.status, raw.headers.into_iter().collect(), raw.body.repeat(raw.times))
            }
            Mood::Rejects => Self::Rejects,
            Mood::Sealed => Self::Sealed,
            Mood::Slow(Span(by)) => Self::Slow(by),
            Mood::Throttles(wait) => Self::Throttles(wait),
            Mood::Well => Self::Well,
        })
    }
}
