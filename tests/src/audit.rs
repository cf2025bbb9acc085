//! The server's audit log, read as what one login did.

#![allow(clippy::panic, reason = "a test cannot go on without a whole log")]

use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::pace;
use crate::stack::{AppRole, Stack};

/// The replies that the holders of one policy got, oldest first.
pub struct Trail(Vec<Value>);

impl Stack {
    /// What the holders of this policy did so far.
    #[must_use]
    pub fn trail(&self, policy: &str) -> Trail {
        let holds = |entry: &Value, pointer| {
            let policies = entry.pointer(pointer).and_then(Value::as_array);
            policies.is_some_and(|policies| policies.iter().any(|held| held == policy))
        };
        let ours = |entry: &Value| {
            entry.pointer("/type").is_some_and(|kind| kind == "response")
                && (holds(entry, "/auth/policies") || holds(entry, "/response/auth/policies"))
        };
        Trail(self.audit_entries().into_iter().filter(ours).collect())
    }

    /// That the one provider of this login asked for something, and never faster than it may.
    ///
    /// # Panics
    /// If it did.
    pub fn kept_pace(&self, login: &AppRole) {
        let trail = self.trail(&login.name);
        let peak = pace::peak(&trail.moments());
        assert!((1..=pace::MOST).contains(&peak), "{peak} requests in 10 s: {:?}", trail.paths());
    }

    /// Whether the audit log has a reply to this request.
    #[must_use]
    pub fn audited(&self, request_id: &str) -> Option<Value> {
        let ours = |entry: &Value| {
            entry.pointer("/type").is_some_and(|kind| kind == "response")
                && entry.pointer("/request/id").is_some_and(|id| id == request_id)
        };
        self.audit_entries().into_iter().find(ours)
    }
}

impl Trail {
    /// How many requests to this path were granted.
    #[must_use]
    pub fn granted(&self, path: &str) -> usize {
        self.at(path).filter(|entry| entry.pointer("/error").is_none()).count()
    }

    /// How many requests to this path there were.
    #[must_use]
    pub fn asked(&self, path: &str) -> usize {
        self.at(path).count()
    }

    /// Every path that was asked for, in order.
    #[must_use]
    pub fn paths(&self) -> Vec<&str> {
        self.0.iter().filter_map(path).collect()
    }

    /// When the replies were given, counted from the first.
    ///
    /// # Panics
    /// If an entry has no time.
    #[must_use]
    pub fn moments(&self) -> Vec<Duration> {
        let time = |entry: &Value| humantime::parse_rfc3339(entry.pointer("/time")?.as_str()?).ok();
        let times: Option<Vec<SystemTime>> = self.0.iter().map(time).collect();
        let times = times.unwrap_or_else(|| panic!("an entry of the audit log has no time"));
        let first = times.iter().min().copied().unwrap_or(SystemTime::UNIX_EPOCH);
        times.iter().map(|time| time.duration_since(first).unwrap_or_default()).collect()
    }

    /// The names of the parameters of the last request to this path.
    #[must_use]
    pub fn parameters(&self, path: &str) -> Vec<String> {
        let data = self.at(path).last().and_then(|entry| entry.pointer("/request/data")?.as_object());
        data.into_iter().flat_map(|data| data.keys().cloned()).collect()
    }

    fn at(&self, wanted: &str) -> impl Iterator<Item = &Value> {
        self.0.iter().filter(move |entry| path(entry) == Some(wanted))
    }
}

fn path(entry: &Value) -> Option<&str> {
    entry.pointer("/request/path")?.as_str()
}
