//! Actions, and what they can be limited by.

use super::blob::ActionRow;
use super::{AccessLevel, ResourceType, Service, is_named, slice};
use crate::iam::overlap::overlap;

/// An action of a service.
#[derive(Clone, Copy, Debug)]
pub struct Action<'a> {
    pub(super) service: Service<'a>,
    pub(super) row: &'a ActionRow,
}

impl<'a> Action<'a> {
    /// Its number among all actions.
    pub(in crate::iam) fn row(self) -> usize {
        self.row.number
    }

    /// Its service.
    pub fn service(self) -> Service<'a> {
        self.service
    }

    /// Its name without the service, `GetObject`.
    pub fn name(self) -> &'a str {
        self.service.rows.text(self.row.name)
    }

    /// Its whole name, `s3:GetObject`.
    pub fn full_name(self) -> String {
        format!("{}:{}", self.service.prefix(), self.name())
    }

    /// What it does to what it is applied to; AWS names two levels for some.
    pub fn access_levels(self) -> impl Iterator<Item = AccessLevel> {
        AccessLevel::ALL.into_iter().filter(move |level| self.row.levels & level.bit() != 0)
    }

    /// Whether it has this access level.
    pub fn is(self, level: AccessLevel) -> bool {
        self.row.levels & level.bit() != 0
    }

    /// The resource types that it can be limited to, and whether a request always names one of the type.
    pub fn resource_types(self) -> impl Iterator<Item = (ResourceType<'a>, bool)> {
        let rows = self.service.rows;
        let types = slice(&rows.resources, &self.service.row.resources);
        slice(&rows.lists, &self.row.resources).iter().filter_map(move |entry| {
            let row = types.get(usize::try_from(entry / 2).ok()?)?;
            Some((ResourceType { rows, row }, entry % 2 == 1))
        })
    }

    /// Whether a request for it can name a resource of this pattern.
    pub(crate) fn takes(self, pattern: &str) -> bool {
        if pattern == "*" || !pattern.starts_with("arn:") {
            return true;
        }
        self.resource_types().any(|(kind, _)| overlap(kind.arn(), pattern))
    }

    /// Whether it cannot be limited to a resource: its statements need `"Resource": "*"`.
    pub fn is_wildcard_only(self) -> bool {
        self.row.resources.is_empty()
    }

    /// The condition keys that AWS lists for it, beside those of its resource types and the global ones.
    pub fn condition_keys(self) -> impl Iterator<Item = &'a str> {
        let rows = self.service.rows;
        let entries = slice(&rows.lists, &self.row.keys).iter();
        entries.filter_map(move |entry| Some(rows.text(rows.keys.get(usize::try_from(*entry).ok()?)?.name)))
    }

    /// Whether a condition key can be in the context of a request for it.
    pub fn may_have_key(self, key: &str) -> bool {
        let rows = self.service.rows;
        let globals = slice(&rows.keys, &rows.globals).iter().map(|row| rows.text(row.name));
        let of_types = self.resource_types().flat_map(|(kind, _)| kind.condition_keys());
        self.condition_keys().chain(of_types).chain(globals).any(|known| is_named(known, key))
    }

    /// The actions that a caller needs besides, `iam:PassRole` for `lambda:CreateFunction`.
    pub fn dependent_actions(self) -> impl Iterator<Item = &'a str> {
        let rows = self.service.rows;
        let entries = slice(&rows.lists, &self.row.dependents).iter();
        entries.filter_map(move |entry| Some(rows.text(*rows.dependents.get(usize::try_from(*entry).ok()?)?)))
    }
}
