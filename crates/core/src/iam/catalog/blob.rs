//! The catalogue as it is stored: columns of text and of numbers, compressed as one.
//!
//! `cargo xtask update-iam-data` writes it. Names of one kind stand together, a line each; numbers are varints.
//! Lists that occur again in a service are written once: 0 and the list, or the number of the list counted from 1.

use std::ops::Range;
use std::sync::OnceLock;

use super::super::stored::inflated;
use super::Source;
use crate::error::{Error, ErrorKind, Result};

const FORM: u32 = 1;

/// A part of the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    start: u32,
    end: u32,
}

#[derive(Debug)]
pub(super) struct ServiceRow {
    pub(super) prefix: Span,
    pub(super) name: Span,
    pub(super) keys: Range<u32>,
    pub(super) resources: Range<u32>,
    pub(super) actions: Range<u32>,
}

#[derive(Debug)]
pub(super) struct ActionRow {
    pub(super) number: usize,
    pub(super) name: Span,
    pub(super) levels: u32,
    pub(super) resources: Range<u32>,
    pub(super) keys: Range<u32>,
    pub(super) dependents: Range<u32>,
}

#[derive(Debug)]
pub(super) struct ResourceRow {
    pub(super) number: usize,
    pub(super) name: Span,
    pub(super) arn: Span,
    pub(super) keys: Range<u32>,
}

#[derive(Debug)]
pub(super) struct KeyRow {
    pub(super) name: Span,
    pub(super) value_type: u8,
}

/// What a catalogue is, read.
#[derive(Debug, Default)]
pub(super) struct Rows {
    text: String,
    /// The same in lower case; made when something is first looked up.
    lower: OnceLock<String>,
    pub(super) sources: Vec<Source>,
    pub(super) types: Vec<Span>,
    pub(super) services: Vec<ServiceRow>,
    pub(super) keys: Vec<KeyRow>,
    /// The condition keys of no service.
    pub(super) globals: Range<u32>,
    pub(super) resources: Vec<ResourceRow>,
    pub(super) actions: Vec<ActionRow>,
    pub(super) dependents: Vec<Span>,
    pub(super) lists: Vec<u32>,
}

impl Rows {
    pub(super) fn text(&self, span: Span) -> &str {
        part(&self.text, span)
    }

    /// The same in lower case, in which names are looked up.
    pub(super) fn lower(&self, span: Span) -> &str {
        part(self.lower.get_or_init(|| self.text.to_ascii_lowercase()), span)
    }
}

fn part(text: &str, span: Span) -> &str {
    let at = |end: u32| usize::try_from(end).unwrap_or(usize::MAX);
    text.get(at(span.start)..at(span.end)).unwrap_or_default()
}

pub(super) fn read(blob: &[u8]) -> Result<Rows> {
    decoded(blob).ok_or_else(|| {
        let what = "the bundled IAM catalogue cannot be read";
        Error::new(ErrorKind::Bug, what).with_hint("Install Leasekey again, or report it with this line")
    })
}

fn decoded(blob: &[u8]) -> Option<Rows> {
    let mut payload = inflated(blob)?;
    let mut header = Numbers(&payload);
    if header.next()? != FORM {
        return None;
    }
    let texts: [usize; 8] = header.lengths()?;
    let columns: [usize; 7] = header.lengths()?;
    let start = payload.len() - header.0.len();
    let end = texts.iter().try_fold(start, |sum, one| sum.checked_add(*one))?;
    let rows = Decoder::new(payload.get(start..end)?, texts, payload.get(end..)?, columns)?.rows()?;
    // The text is most of it and stays where it is: a copy would cost as much as reading the rows.
    payload.truncate(end);
    payload.drain(..start);
    Some(Rows { text: String::from_utf8(payload).ok()?, ..rows })
}

/// Varints, least significant part first.
struct Numbers<'a>(&'a [u8]);

impl Numbers<'_> {
    fn next(&mut self) -> Option<u32> {
        let mut number = 0u32;
        for shift in (0..32).step_by(7) {
            let (first, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u32::from(first & 0x7f).checked_shl(shift)?;
            if first & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn lengths<const N: usize>(&mut self) -> Option<[usize; N]> {
        let mut lengths = [0; N];
        for length in &mut lengths {
            *length = usize::try_from(self.next()?).ok()?;
        }
        Some(lengths)
    }
}

/// Lines of one column of the text.
struct Names<'a> {
    text: &'a [u8],
    at: usize,
}

impl Names<'_> {
    fn next(&mut self) -> Option<Span> {
        let rest = self.text.get(self.at..)?;
        let length = memchr::memchr(b'\n', rest)?;
        let start = u32::try_from(self.at).ok()?;
        self.at += length + 1;
        Some(Span { start, end: start.checked_add(u32::try_from(length).ok()?)? })
    }

    fn next_text(&mut self) -> Option<String> {
        let span = self.next()?;
        let at = usize::try_from(span.start).ok()?..usize::try_from(span.end).ok()?;
        String::from_utf8(self.text.get(at)?.to_vec()).ok()
    }
}

struct Decoder<'a> {
    sources: Names<'a>,
    types: Names<'a>,
    services: Names<'a>,
    keys: Names<'a>,
    resources: Names<'a>,
    arns: Names<'a>,
    actions: Names<'a>,
    dependents: Names<'a>,
    counts: Numbers<'a>,
    key_types: Numbers<'a>,
    levels: Numbers<'a>,
    resource_lists: Numbers<'a>,
    key_lists: Numbers<'a>,
    dependent_lists: Numbers<'a>,
    resource_key_lists: Numbers<'a>,
}

impl<'a> Decoder<'a> {
    fn new(text: &'a [u8], texts: [usize; 8], numbers: &'a [u8], columns: [usize; 7]) -> Option<Self> {
        let mut start = 0;
        let [sources, types, services, keys, resources, arns, actions, dependents] = texts.map(|length| {
            let names = Names { text, at: start };
            start = start.saturating_add(length);
            names
        });
        let mut rest = numbers;
        let mut next = |length: usize| {
            let (column, after) = rest.split_at_checked(length)?;
            rest = after;
            Some(Numbers(column))
        };
        let [a, b, c, d, e, f, g] = columns;
        Some(Self {
            sources,
            types,
            services,
            keys,
            resources,
            arns,
            actions,
            dependents,
            counts: next(a)?,
            key_types: next(b)?,
            levels: next(c)?,
            resource_lists: next(d)?,
            key_lists: next(e)?,
            dependent_lists: next(f)?,
            resource_key_lists: next(g)?,
        })
    }

    fn rows(&mut self) -> Option<Rows> {
        let mut rows = Rows::default();
        // No row takes less than a byte of its column.
        rows.actions.reserve(self.levels.0.len());
        rows.keys.reserve(self.key_types.0.len());
        rows.lists.reserve(self.resource_lists.0.len() + self.key_lists.0.len());
        for _ in 0..self.counts.next()? {
            rows.sources.push(self.source()?);
        }
        for _ in 0..self.counts.next()? {
            rows.types.push(self.types.next()?);
        }
        for _ in 0..self.counts.next()? {
            rows.dependents.push(self.dependents.next()?);
        }
        let globals = self.counts.next()?;
        rows.globals = self.key_rows(globals, &mut rows)?;
        for _ in 0..self.counts.next()? {
            let service = self.service(&mut rows)?;
            rows.services.push(service);
        }
        Some(rows)
    }

    fn source(&mut self) -> Option<Source> {
        let mut next = || self.sources.next_text();
        Some(Source { what: next()?, package: next()?, version: next()?, licence: next()?, date: next()? })
    }

    fn key_rows(&mut self, count: u32, rows: &mut Rows) -> Option<Range<u32>> {
        let start = length(&rows.keys)?;
        for _ in 0..count {
            let value_type = u8::try_from(self.key_types.next()?).ok()?;
            rows.keys.push(KeyRow { name: self.keys.next()?, value_type });
        }
        Some(start..length(&rows.keys)?)
    }

    fn service(&mut self, rows: &mut Rows) -> Option<ServiceRow> {
        let (prefix, name) = (self.services.next()?, self.services.next()?);
        let count = self.counts.next()?;
        let keys = self.key_rows(count, rows)?;
        let first_resource = length(&rows.resources)?;
        let mut known = Vec::new();
        for _ in 0..self.counts.next()? {
            let (name, arn) = (self.resources.next()?, self.arns.next()?);
            let keys = list(&mut self.resource_key_lists, &mut known, &mut rows.lists, keys.start)?;
            rows.resources.push(ResourceRow { number: rows.resources.len(), name, arn, keys });
        }
        let resources = first_resource..length(&rows.resources)?;
        let first_action = length(&rows.actions)?;
        let (mut types, mut key_lists, mut dependents) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..self.counts.next()? {
            let row = ActionRow {
                number: rows.actions.len(),
                name: self.actions.next()?,
                levels: self.levels.next()?,
                resources: list(&mut self.resource_lists, &mut types, &mut rows.lists, 0)?,
                keys: list(&mut self.key_lists, &mut key_lists, &mut rows.lists, keys.start)?,
                dependents: list(&mut self.dependent_lists, &mut dependents, &mut rows.lists, 0)?,
            };
            rows.actions.push(row);
        }
        let actions = first_action..length(&rows.actions)?;
        Some(ServiceRow { prefix, name, keys, resources, actions })
    }
}

fn length<T>(rows: &[T]) -> Option<u32> {
    u32::try_from(rows.len()).ok()
}

// A list that is new, its numbers counted from `base`, or one that occurred in this service before.
fn list(
    numbers: &mut Numbers<'_>,
    known: &mut Vec<Range<u32>>,
    lists: &mut Vec<u32>,
    base: u32,
) -> Option<Range<u32>> {
    let which = numbers.next()?;
    if let Some(before) = which.checked_sub(1) {
        return known.get(usize::try_from(before).ok()?).cloned();
    }
    let start = length(lists)?;
    for _ in 0..numbers.next()? {
        lists.push(numbers.next()?.checked_add(base)?);
    }
    known.push(start..length(lists)?);
    known.last().cloned()
}
