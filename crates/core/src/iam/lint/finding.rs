//! What a rule finds.

use super::subject::Spot;
use crate::iam::json::Place;
use crate::iam::witness::Witness;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Severity {
    /// Worth knowing; it may be meant.
    Note,
    /// Wider than it need be, or without the effect it seems to have.
    Warning,
    /// AWS refuses it, or it gives away more than anybody means to.
    Error,
}

impl Severity {
    /// Its name, `warning`, as SARIF has it too.
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A rule of lint.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rule {
    /// Its stable name, `unknown-action`.
    pub id: &'static str,
    /// How much its findings matter at most.
    pub severity: Severity,
    /// What it looks for, in a sentence.
    pub about: &'static str,
}

/// What a rule found in a policy.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// How much it matters here.
    pub severity: Severity,
    /// Where in the text.
    pub place: Place,
    /// Where in the document, a JSON pointer: `/Statement/0/Action/1`.
    pub pointer: String,
    /// What is wrong, in a sentence without a full stop.
    pub message: String,
    /// What to do about it.
    pub fix: String,
    /// A request that the policy allows and that shows it.
    pub witness: Option<Witness>,
}

impl Finding {
    /// The same for the same fault at the same place in the document, whatever line it is on.
    pub fn fingerprint(&self) -> String {
        // FNV-1a, 64 bits: the same on every machine and with every compiler.
        let parts = [self.rule.id, &self.pointer, &self.message];
        let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
        let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        format!("{hash:016x}")
    }
}

/// What a rule has found so far.
pub(super) struct Findings {
    rule: &'static Rule,
    found: Vec<Finding>,
}

impl Findings {
    /// Nothing yet, by this rule.
    pub(super) fn of(rule: &'static Rule) -> Self {
        Self { rule, found: Vec::new() }
    }

    /// Adds a finding as severe as the rule's are.
    pub(super) fn add(&mut self, spot: Spot, message: impl Into<String>, fix: impl Into<String>) {
        self.shown(spot, message, fix, None);
    }

    /// Adds one with the request that shows it, if there is one.
    pub(super) fn shown(
        &mut self,
        spot: Spot,
        message: impl Into<String>,
        fix: impl Into<String>,
        witness: impl Into<Option<Witness>>,
    ) {
        self.graded(self.rule.severity, spot, message, fix, witness);
    }

    /// Adds one that is more or less severe than the others.
    pub(super) fn graded(
        &mut self,
        severity: Severity,
        spot: Spot,
        message: impl Into<String>,
        fix: impl Into<String>,
        witness: impl Into<Option<Witness>>,
    ) {
        let (rule, Spot { place, pointer }) = (self.rule, spot);
        let (message, fix, witness) = (message.into(), fix.into(), witness.into());
        self.found.push(Finding { rule, severity, place, pointer, message, fix, witness });
    }

    pub(super) fn into_all(self) -> Vec<Finding> {
        self.found
    }
}
