//! The catalogue: which actions, resource types and condition keys AWS has, as of a date.
//!
//! It is data for lint and for people. Evaluation never reads it: what AWS added since its date is decided as well
//! as everything else.

mod access_level;
mod action;
mod blob;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::OnceLock;

pub use self::access_level::AccessLevel;
pub use self::action::Action;
use self::blob::{ActionRow, KeyRow, ResourceRow, Rows, ServiceRow, Span};
use super::wildcard::Pattern;
use crate::error::Result;

static BLOB: &[u8] = include_bytes!("data/catalog.bin");

static BUNDLED: OnceLock<Result<Catalog>> = OnceLock::new();

/// Actions, resource types and condition keys of AWS, as published on [`date`](Self::date).
///
/// Names are compared without regard to case, as AWS does.
#[derive(Debug)]
pub struct Catalog(Rows, OnceLock<HashMap<String, usize>>);

/// Where a part of the data comes from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Source {
    /// What of the catalogue it is.
    pub what: String,
    /// The package, by its name in its registry.
    pub package: String,
    /// The version that was read.
    pub version: String,
    /// Its licence.
    pub licence: String,
    /// The day that the data is of, `2026-09-26`.
    pub date: String,
}

impl Catalog {
    /// The catalogue that this version of Leasekey brings along; read at the first call, in a few milliseconds.
    ///
    /// # Errors
    ///
    /// [`Bug`](crate::ErrorKind::Bug) if the data is damaged.
    pub fn bundled() -> Result<&'static Self> {
        BUNDLED.get_or_init(|| Self::read(BLOB)).as_ref().map_err(Clone::clone)
    }

    /// Whether anybody in this program has asked for [`bundled`](Self::bundled) yet. Deciding never does.
    #[cfg(feature = "test-util")]
    pub fn is_loaded() -> bool {
        BUNDLED.get().is_some()
    }

    /// Reads a catalogue in the form of the bundled one.
    ///
    /// # Errors
    ///
    /// [`Bug`](crate::ErrorKind::Bug) if the data is damaged.
    pub fn read(blob: &[u8]) -> Result<Self> {
        blob::read(blob).map(|rows| Self(rows, OnceLock::new()))
    }

    /// The day that the actions are of, `2026-09-26`.
    pub fn date(&self) -> &str {
        self.0.sources.first().map_or("", |source| source.date.as_str())
    }

    /// Where the data comes from, the actions first.
    pub fn sources(&self) -> &[Source] {
        &self.0.sources
    }

    /// Every service, by prefix.
    pub fn services(&self) -> impl Iterator<Item = Service<'_>> {
        self.0.services.iter().map(|row| Service { rows: &self.0, row })
    }

    /// The service of a prefix, `s3`.
    pub fn service(&self, prefix: &str) -> Option<Service<'_>> {
        let found = find(&self.0, &self.0.services, prefix, |row| row.prefix)?;
        Some(Service { rows: &self.0, row: found })
    }

    /// The action of a name, `s3:GetObject`.
    pub fn action(&self, name: &str) -> Option<Action<'_>> {
        let (prefix, name) = name.split_once(':')?;
        self.service(prefix)?.action(name)
    }

    /// The actions that a pattern of a policy matches, `s3:Get*`, `*`; by service, then by name.
    pub fn matching<'a>(&'a self, pattern: &str) -> impl Iterator<Item = Action<'a>> + use<'a> {
        let (prefix, name) = pattern.split_once(':').unwrap_or((pattern, pattern));
        let is_plain = !prefix.contains(['*', '?']);
        let one = is_plain.then(|| self.service(prefix)).flatten();
        let prefixes = (!is_plain).then(|| Pattern::of(&prefix.to_ascii_lowercase()));
        let all = self.services().filter(move |service| {
            prefixes.as_ref().is_some_and(|prefixes| prefixes.matches(&service.prefix().to_ascii_lowercase()))
        });
        let names = Names::of(name);
        one.into_iter().chain(all).flat_map(move |service| service.named(&names))
    }

    /// How many actions there are.
    pub(super) fn count(&self) -> usize {
        self.0.actions.len()
    }

    /// The action whose name is nearest to one that does not exist; nothing where none is near.
    pub(crate) fn nearest_action(&self, name: &str) -> Option<String> {
        let (prefix, action) = name.split_once(':').unwrap_or((name, ""));
        let prefixes = self.services().map(|service| (service.prefix(), service));
        let service = self.service(prefix).or_else(|| nearest(prefix, prefixes))?;
        let action = nearest(action, service.actions().map(|action| (action.name(), action)));
        Some(action.map_or_else(|| format!("{}:*", service.prefix()), Action::full_name))
    }

    /// The condition key of the same service, or global one, whose name is nearest to one that does not exist.
    pub(crate) fn nearest_key(&self, name: &str) -> Option<&str> {
        let own = self.service(name.split(':').next()?).map(|service| service.row.keys.clone());
        let keys = slice(&self.0.keys, own.as_ref().unwrap_or(&self.0.globals)).iter();
        nearest(name, keys.map(|row| self.0.text(row.name)).map(|key| (key, key)))
    }

    /// The condition key of a name, `aws:SourceIp`, `s3:prefix`, `aws:ResourceTag/team`.
    pub fn condition_key(&self, name: &str) -> Option<ConditionKey<'_>> {
        let rows = &self.0;
        let row = rows.keys.get(self.key_row(name)?)?;
        Some(ConditionKey { rows, row })
    }

    fn key_row(&self, name: &str) -> Option<usize> {
        let index = self.1.get_or_init(|| {
            let rows = self.0.keys.iter().enumerate();
            // Of several rows for a key the first counts: the global ones come first.
            let rows = rows.rev().map(|(at, row)| (indexed(self.0.text(row.name)), at));
            rows.collect()
        });
        let lower = name.to_ascii_lowercase();
        let stem =
            || lower.split_once('/').filter(|(_, rest)| !rest.is_empty()).map(|(stem, _)| format!("{stem}/"));
        index.get(&lower).or_else(|| index.get(&stem()?)).copied()
    }

    /// Whether a condition key may be in the context of any request, whatever the service.
    pub fn is_global(&self, name: &str) -> bool {
        let globals = &self.0.globals;
        self.key_row(name).and_then(|row| u32::try_from(row).ok()).is_some_and(|row| globals.contains(&row))
    }
}

/// A service of AWS.
#[derive(Clone, Copy, Debug)]
pub struct Service<'a> {
    rows: &'a Rows,
    row: &'a ServiceRow,
}

impl<'a> Service<'a> {
    /// What its actions begin with, `s3`.
    pub fn prefix(self) -> &'a str {
        self.rows.text(self.row.prefix)
    }

    /// Its name, `Amazon S3`.
    pub fn name(self) -> &'a str {
        self.rows.text(self.row.name)
    }

    /// Its actions, by name.
    pub fn actions(self) -> impl Iterator<Item = Action<'a>> {
        slice(&self.rows.actions, &self.row.actions).iter().map(move |row| Action { service: self, row })
    }

    /// Its actions that a pattern of names matches, `Get*`, by name.
    pub(super) fn matching(self, name: &str) -> Vec<Action<'a>> {
        match name.contains(['*', '?']) {
            true => self.named(&Names::of(name)),
            false => self.action(name).into_iter().collect(),
        }
    }

    fn named(self, names: &Names) -> Vec<Action<'a>> {
        let lower = |row: &ActionRow| self.rows.lower(row.name);
        let beginning = names.beginning.as_str();
        let all = slice(&self.rows.actions, &self.row.actions);
        let from = all.get(all.partition_point(|row| lower(row) < beginning)..).unwrap_or_default();
        let end = from.partition_point(|row| lower(row).starts_with(beginning));
        let action = |row| Action { service: self, row };
        match &names.pattern {
            None => from.iter().take(end).map(action).collect(),
            Some(pattern) => {
                from.iter().take(end).filter(|row| pattern.matches(lower(row))).map(action).collect()
            }
        }
    }

    /// The action of a name, `GetObject`.
    pub fn action(self, name: &str) -> Option<Action<'a>> {
        let rows = slice(&self.rows.actions, &self.row.actions);
        find(self.rows, rows, name, |row| row.name).map(|row| Action { service: self, row })
    }

    /// Its resource types.
    pub fn resource_types(self) -> impl Iterator<Item = ResourceType<'a>> {
        slice(&self.rows.resources, &self.row.resources)
            .iter()
            .map(move |row| ResourceType { rows: self.rows, row })
    }

    /// Its own condition keys.
    pub fn condition_keys(self) -> impl Iterator<Item = ConditionKey<'a>> {
        slice(&self.rows.keys, &self.row.keys).iter().map(move |row| ConditionKey { rows: self.rows, row })
    }
}

/// A pattern of names in lower case.
struct Names {
    /// What stands before its first sign.
    beginning: String,
    /// None where all that begins so is meant, as with most.
    pattern: Option<Pattern>,
}

impl Names {
    fn of(pattern: &str) -> Self {
        let lower = pattern.to_ascii_lowercase();
        let (beginning, rest) = lower.split_at(lower.find(['*', '?']).unwrap_or(lower.len()));
        Self { beginning: beginning.to_owned(), pattern: (rest != "*").then(|| Pattern::of(&lower)) }
    }
}

/// A type of resource.
#[derive(Clone, Copy, Debug)]
pub struct ResourceType<'a> {
    rows: &'a Rows,
    row: &'a ResourceRow,
}

impl<'a> ResourceType<'a> {
    /// Its number among all resource types.
    pub(super) fn row(self) -> usize {
        self.row.number
    }

    /// Its name, `bucket`.
    pub fn name(self) -> &'a str {
        self.rows.text(self.row.name)
    }

    /// What its ARNs look like, `arn:${Partition}:s3:::${BucketName}`.
    pub fn arn(self) -> &'a str {
        self.rows.text(self.row.arn)
    }

    /// The condition keys that it brings into a request.
    pub fn condition_keys(self) -> impl Iterator<Item = &'a str> {
        let entries = slice(&self.rows.lists, &self.row.keys).iter();
        entries.filter_map(move |entry| {
            Some(self.rows.text(self.rows.keys.get(usize::try_from(*entry).ok()?)?.name))
        })
    }
}

/// A condition key.
#[derive(Clone, Copy, Debug)]
pub struct ConditionKey<'a> {
    rows: &'a Rows,
    row: &'a KeyRow,
}

impl<'a> ConditionKey<'a> {
    /// Its name, `s3:prefix`; with a variable part, `aws:ResourceTag/${TagKey}`.
    pub fn name(self) -> &'a str {
        self.rows.text(self.row.name)
    }

    /// The type of its values as AWS calls it: `String`, `ARN`, `Bool`, `Date`, `Numeric`, `IPAddress`, and with
    /// `ArrayOf` before it where it has several.
    pub fn value_type(self) -> &'a str {
        self.rows.types.get(usize::from(self.row.value_type)).map_or("", |kind| self.rows.text(*kind))
    }

    /// Whether a request can have several values of it.
    pub fn is_multivalued(self) -> bool {
        self.value_type().starts_with("ArrayOf")
    }
}

// At most a third of the characters may be others.
fn nearest<'a, T>(name: &str, known: impl Iterator<Item = (&'a str, T)>) -> Option<T> {
    let lower = name.to_ascii_lowercase();
    let distance = |known: &str| strsim::damerau_levenshtein(&lower, &known.to_ascii_lowercase());
    let near = known.map(|(text, value)| (distance(text), value)).min_by_key(|(distance, _)| *distance)?;
    (near.0 * 3 <= name.len()).then_some(near.1)
}

fn slice<'a, T>(rows: &'a [T], range: &Range<u32>) -> &'a [T] {
    let at = |end: u32| usize::try_from(end).unwrap_or(usize::MAX);
    rows.get(at(range.start)..at(range.end)).unwrap_or_default()
}

// Rows are sorted by their names in lower case.
fn find<'a, T>(rows: &Rows, sorted: &'a [T], name: &str, of: impl Fn(&T) -> Span) -> Option<&'a T> {
    let name = name.to_ascii_lowercase();
    let at = sorted.binary_search_by(|row| rows.lower(of(row)).cmp(&name)).ok()?;
    sorted.get(at)
}

/// The name in lower case; of one with a variable part what stands before it.
fn indexed(name: &str) -> String {
    match name.split_once('/') {
        Some((stem, part)) if is_variable(part) => format!("{}/", stem.to_ascii_lowercase()),
        _ => name.to_ascii_lowercase(),
    }
}

fn is_variable(part: &str) -> bool {
    part.contains(['$', '<']) || part.eq_ignore_ascii_case("tag-key")
}

// `aws:ResourceTag/${TagKey}` and `aws:PrincipalTag/tag-key` stand for every tag.
fn is_named(known: &str, asked: &str) -> bool {
    let Some((known_stem, variable)) = known.split_once('/') else {
        return known.eq_ignore_ascii_case(asked);
    };
    let Some((stem, rest)) = asked.split_once('/') else { return false };
    let is_variable = is_variable(variable);
    known_stem.eq_ignore_ascii_case(stem)
        && !rest.is_empty()
        && (is_variable || variable.eq_ignore_ascii_case(rest))
}

#[cfg(test)]
mod tests;
