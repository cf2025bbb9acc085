//! Statements as they are written.

use std::collections::BTreeMap;

use serde::Serialize;

use super::condition::Conditions;
use crate::error::{Error, ErrorKind, Result};

/// A statement that allows.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Draft {
    pub(super) sid: String,
    pub(super) actions: Vec<String>,
    pub(super) resources: Vec<String>,
    pub(super) conditions: Conditions,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Document<'a> {
    version: &'static str,
    statement: Vec<Statement<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    sid: &'a str,
    effect: &'static str,
    action: Texts<'a>,
    resource: Texts<'a>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    condition: BTreeMap<&'a str, BTreeMap<&'a str, Texts<'a>>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Texts<'a> {
    One(&'a str),
    Several(&'a [String]),
}

impl<'a> Texts<'a> {
    fn of(texts: &'a [String]) -> Self {
        match texts {
            [one] => Self::One(one),
            several => Self::Several(several),
        }
    }
}

impl Draft {
    fn statement(&self) -> Statement<'_> {
        Statement {
            sid: &self.sid,
            effect: "Allow",
            action: Texts::of(&self.actions),
            resource: Texts::of(&self.resources),
            condition: self
                .conditions
                .operators()
                .map(|(operator, keys)| (operator.as_str(), written(keys)))
                .collect(),
        }
    }

    /// Its characters without white space.
    pub(super) fn size(&self) -> Result<usize> {
        serde_json::to_string(&self.statement()).map(|text| text.chars().count()).map_err(unwritable)
    }
}

fn written(keys: &BTreeMap<String, Vec<String>>) -> BTreeMap<&str, Texts<'_>> {
    keys.iter().map(|(key, values)| (key.as_str(), Texts::of(values))).collect()
}

/// A policy of these statements, in lines for people or in one.
pub(super) fn policy<'a>(drafts: impl IntoIterator<Item = &'a Draft>, in_lines: bool) -> Result<String> {
    let statement = drafts.into_iter().map(Draft::statement).collect();
    let document = Document { version: "2012-10-17", statement };
    let write = if in_lines { serde_json::to_string_pretty } else { serde_json::to_string };
    write(&document).map_err(unwritable)
}

fn unwritable(error: serde_json::Error) -> Error {
    Error::new(ErrorKind::Bug, "a policy cannot be written as JSON").with_source(error)
}
