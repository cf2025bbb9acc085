//! What layers, statements and resources are called.

use std::borrow::Cow;
use std::collections::HashMap;

use super::Telling;
use crate::error::{printable, push_printable};
use crate::iam::decision::{Decision, StatementAt};
use crate::iam::set::{Layer, Level, PolicySet};

/// The names of the statements that a decision speaks of.
pub(super) fn of_statements(set: &PolicySet, decision: &Decision) -> HashMap<StatementAt, String> {
    decision.statements.iter().map(|result| (result.at, of_statement(set, result.at))).collect()
}

/// `statement "Read" (policy.json, line 3, column 5, /Statement/0)`.
fn of_statement(set: &PolicySet, at: StatementAt) -> String {
    let Some(policy) = set.layer(at.layer).get(at.policy) else { return "a statement".into() };
    let statement = set.statement(at);
    let mut name = String::with_capacity(100);
    name += "statement";
    if let Some(sid) = statement.and_then(|own| own.sid.as_ref()).filter(|sid| !sid.value.is_empty()) {
        name += " \"";
        push_printable(&mut name, &sid.value);
        name += "\"";
    }
    name += " (";
    if let Some(file) = policy.document.name() {
        push_printable(&mut name, file);
        name += ", ";
    }
    if let Some(own) = statement {
        name += &own.place.to_string();
    }
    name + ", " + &policy.document.pointer(at.statement) + ")"
}

impl Telling<'_> {
    /// The name of a statement, with its place.
    pub(super) fn statement(&self, at: StatementAt) -> Cow<'_, str> {
        self.names.get(&at).map_or_else(|| of_statement(self.set, at).into(), |name| name.as_str().into())
    }

    /// `the identity policy`.
    pub(super) fn layer(&self, layer: Layer) -> Cow<'static, str> {
        let level = |levels: &[Level], index: usize| {
            let name = levels.get(index).map(|level| level.name.as_str()).filter(|name| !name.is_empty());
            name.map_or_else(|| format!("level {index}"), printable)
        };
        match layer {
            Layer::Boundary => "the permissions boundary".into(),
            Layer::Identity => "the identity policy".into(),
            Layer::Rcp(index) => {
                format!("the resource control policy of {}", level(&self.set.rcp, index)).into()
            }
            Layer::Resource => "the resource policy".into(),
            Layer::Scp(index) => {
                format!("the service control policy of {}", level(&self.set.scp, index)).into()
            }
            Layer::Service => "AWS itself".into(),
            Layer::Session => "the session policy".into(),
            Layer::VpcEndpoint => "the VPC endpoint policy".into(),
        }
    }

    /// Of several resources the one that something is about, ` on arn:aws:s3:::orders/1`.
    pub(super) fn on(&self, resource: usize) -> String {
        match self.request.resource_count() {
            0 | 1 => String::new(),
            _ => format!(" on {}", printable(self.request.resource(resource))),
        }
    }
}
