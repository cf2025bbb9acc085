//! The resources for which two policies are asked.

use std::collections::HashSet;

use crate::iam::cover::is_any_resource;
use crate::iam::document::{PolicyDocument, Statement};
use crate::iam::witness::{EXAMPLE, Home, concrete_arn, may_be_about};

/// A resource to ask for, and the pattern that it was made from.
#[derive(Clone)]
pub(super) struct Target<'a> {
    pub(super) pattern: &'a str,
    pub(super) resource: String,
}

/// One for each pattern of two policies.
pub(super) struct Targets<'a>(Vec<Target<'a>>);

impl<'a> Targets<'a> {
    pub(super) fn of(documents: &[&'a PolicyDocument]) -> Self {
        let statements = documents.iter().flat_map(|one| one.statements());
        let mut seen = HashSet::new();
        let patterns = statements.flat_map(patterns).filter(|pattern| seen.insert(*pattern));
        let of = |pattern| {
            let resource = if is_any_resource(pattern) { "*".to_owned() } else { concrete_arn(pattern) };
            Target { pattern, resource }
        };
        Self(patterns.map(of).collect())
    }

    /// Those of the statement, then those that it meets.
    pub(super) fn about(&self, statement: &Statement, home: &Home) -> Vec<Target<'a>> {
        let own: HashSet<_> = patterns(statement).collect();
        // What the statement is not about it cannot change.
        let is_about = |target: &&Target<'_>| {
            is_any_resource(target.pattern) || may_be_about(statement, &target.resource)
        };
        let about = self.0.iter().filter(is_about).cloned();
        let (mut targets, others): (Vec<_>, Vec<_>) = about.partition(|target| own.contains(target.pattern));
        targets.extend(others);
        if statement.resource.as_ref().is_some_and(|element| element.negated) {
            targets.push(Target { pattern: "any other resource", resource: "*".to_owned() });
        }
        if targets.is_empty() {
            targets.push(Target { pattern: "the role", resource: home.iam("role", EXAMPLE) });
        }
        targets
    }
}

fn patterns(statement: &Statement) -> impl Iterator<Item = &str> {
    let texts = statement.resource.iter().flat_map(|element| &element.texts.values);
    texts.map(|text| text.value.as_str())
}
