//! The format of a scenario.

use std::collections::BTreeMap;
use std::fmt;

use leasekey::context::{Shift, Span, TokenLife, VaultMood};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scenario {
    /// The behaviour, in one sentence.
    pub(super) about: String,
    /// The faults that this shows, as the design numbers them.
    #[serde(default, rename = "rows")]
    pub(super) _rows: Vec<u16>,
    #[serde(default)]
    pub(super) settings: BTreeMap<String, String>,
    pub(super) deadline: Option<Span>,
    pub(super) tokens: Option<TokenLife>,
    pub(super) steps: Vec<Step>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub(super) enum Step {
    /// Callers ask for credentials, all at once.
    Get(Call),
    /// Callers ask for a newer set than the one in hand.
    Refresh(Call),
    /// One caller asks again and again.
    Poll(Poll),
    /// Time passes.
    Wait(Span),
    /// Vault answers otherwise from now on: by kind of request, or `all`.
    Vault(BTreeMap<String, VaultMood>),
    /// Fields of issues read otherwise from now on; null leaves one out.
    Fields(BTreeMap<String, Option<String>>),
    /// Vault forgets every token.
    RevokeTokens,
    /// The machine is suspended for so long.
    Suspend(Span),
    /// Somebody sets the wall clock forward or back.
    Wall(Shift),
    /// AWS refuses a call, and its client heals.
    AwsRefuses(AwsRefuses),
    /// The provider is closed.
    Close,
    /// What was counted since the beginning.
    Expect(Expect),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Call {
    pub(super) callers: u32,
    /// They give up after this time and look at no answer.
    pub(super) cancelled_after: Option<Span>,
    /// The set must last this long.
    pub(super) valid_for: Option<Span>,
    /// Which issue the key is of, from 1.
    pub(super) key: Option<Count>,
    /// The code of the error, or several of which one must come.
    pub(super) error: Vec<String>,
    /// What the error's line says.
    pub(super) says: Vec<String>,
    pub(super) takes_at_most: Option<Span>,
    /// How far ahead the expiry is.
    pub(super) expires_in: Option<[Span; 2]>,
}

impl Default for Call {
    fn default() -> Self {
        Self {
            callers: 1,
            cancelled_after: None,
            valid_for: None,
            key: None,
            error: Vec::new(),
            says: Vec::new(),
            takes_at_most: None,
            expires_in: None,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AwsRefuses {
    /// Which issue the key is of that the call was signed with.
    pub(super) key: u64,
    pub(super) code: String,
    #[serde(default = "region")]
    pub(super) region: String,
}

fn region() -> String {
    "eu-central-1".into()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Poll {
    pub(super) every: Span,
    pub(super) r#for: Span,
    /// How many calls fail; none if not said.
    #[serde(default)]
    pub(super) errors: Count,
    /// The codes that may come.
    #[serde(default)]
    pub(super) codes: Vec<String>,
    /// The longest that one call may take.
    pub(super) takes_at_most: Option<Span>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Expect {
    /// Requests that arrived at Vault, by kind.
    pub(super) asked: BTreeMap<String, Count>,
    /// Sets that Vault issued, those of lost replies too.
    pub(super) issued: Option<Count>,
    pub(super) phase: Option<String>,
    /// Events since the beginning, by name.
    pub(super) events: BTreeMap<String, Count>,
    /// The provider's own counts.
    pub(super) stats: BTreeMap<String, Count>,
}

/// A number, or a range of numbers.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Count {
    Exactly(u64),
    Range(Range),
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Range {
    #[serde(default)]
    pub(super) at_least: u64,
    #[serde(default = "unbounded")]
    pub(super) at_most: u64,
}

fn unbounded() -> u64 {
    u64::MAX
}

impl Default for Count {
    fn default() -> Self {
        Self::Exactly(0)
    }
}

impl Count {
    pub(super) fn contains(self, number: u64) -> bool {
        match self {
            Self::Exactly(exactly) => number == exactly,
            Self::Range(Range { at_least, at_most }) => (at_least..=at_most).contains(&number),
        }
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(exactly) => write!(f, "{exactly}"),
            Self::Range(Range { at_least, at_most }) => write!(f, "{at_least} to {at_most}"),
        }
    }
}
