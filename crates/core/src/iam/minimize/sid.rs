//! Names of statements: what they are about, for people.

use std::collections::BTreeSet;

use super::draft::Draft;
use crate::iam::arn::Arn;
use crate::iam::catalog::{AccessLevel, Action, Catalog};

/// The longest name of a resource that is part of one.
const SHORT: usize = 24;

/// Names each statement: service, access level and, of one resource, its name. `S3ReadOrders`.
pub(super) fn name(drafts: &mut [Draft], catalog: &Catalog) {
    let mut taken = BTreeSet::new();
    for draft in drafts {
        let plain = plain(draft, catalog);
        let numbered = (2..).map(|number: u32| format!("{plain}{number}"));
        let free = std::iter::once(plain.clone()).chain(numbered).find(|sid| !taken.contains(sid));
        draft.sid = free.unwrap_or_default();
        taken.insert(draft.sid.clone());
    }
}

fn plain(draft: &Draft, catalog: &Catalog) -> String {
    let services: BTreeSet<_> = draft.actions.iter().filter_map(|action| action.split(':').next()).collect();
    let services = match services.len() {
        1 | 2 => services.into_iter().map(pascal).collect(),
        _ => "Services".to_owned(),
    };
    let known: Vec<_> = draft.actions.iter().flat_map(|action| catalog.matching(action)).collect();
    let resource = match draft.resources.as_slice() {
        [one] => resource(one).filter(|name| name.len() <= SHORT).unwrap_or_default(),
        _ => String::new(),
    };
    format!("{services}{}{resource}", levels(&known))
}

fn levels(actions: &[Action<'_>]) -> String {
    let has = |level: &AccessLevel| actions.iter().any(|action| action.is(*level));
    let words = AccessLevel::ALL.into_iter().filter(has).map(|level| match level {
        AccessLevel::PermissionsManagement => "Permissions",
        AccessLevel::Tagging => "Tag",
        other => other.name(),
    });
    let words: String = words.collect();
    if words.is_empty() { "Use".to_owned() } else { words }
}

/// The words of what an ARN names: `Orders` of `orders/*`.
fn resource(resource: &str) -> Option<String> {
    Arn::parse(resource).map(|arn| pascal(arn.resource))
}

fn pascal(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let words = words.map(|word| {
        let (first, rest) = word.split_at(1);
        first.to_ascii_uppercase() + rest
    });
    words.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(statements: &[(&[&str], &[&str])]) -> Vec<String> {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let drafts = statements.iter().map(|(actions, resources)| Draft {
            sid: String::new(),
            actions: texts(actions),
            resources: texts(resources),
            conditions: Default::default(),
        });
        let mut drafts: Vec<_> = drafts.collect();
        name(&mut drafts, Catalog::bundled().unwrap());
        drafts.into_iter().map(|draft| draft.sid).collect()
    }

    #[test]
    fn names_say_the_service_the_level_and_the_resource() {
        let object: &[&str] = &["arn:aws:s3:::orders/*"];
        assert_eq!(named(&[(&["s3:GetObject"], object)]), ["S3ReadOrders"]);
        assert_eq!(named(&[(&["s3:GetObject", "sqs:SendMessage"], &["*"])]), ["S3SqsReadWrite"]);
        assert_eq!(named(&[(&["a:B", "c:D", "e:F"], &["*"])]), ["ServicesUse"]);
        assert_eq!(named(&[(&["execute-api:Invoke"], &["*"])]), ["ExecuteApiWrite"]);
    }

    #[test]
    fn no_two_statements_have_the_same_name() {
        let read: (&[&str], &[&str]) = (&["s3:GetObject"], &["*"]);
        assert_eq!(named(&[read, read, read]), ["S3Read", "S3Read2", "S3Read3"]);
    }
}
