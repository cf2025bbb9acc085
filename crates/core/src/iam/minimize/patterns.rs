//! Patterns of actions that stand for no other action than those that may be allowed.

use std::collections::{BTreeMap, BTreeSet};

use super::grant::Grant;
use crate::iam::catalog::Catalog;

/// The names of all actions of the services that a list is about, in lower case and in order.
pub(super) struct Names(BTreeMap<String, Vec<String>>);

impl Names {
    pub(super) fn of(grants: &BTreeSet<Grant>, catalog: &Catalog) -> Self {
        let services = grants.iter().filter_map(|grant| grant.action.split_once(':'));
        let services = services.filter_map(|(prefix, _)| catalog.service(prefix));
        let names = services.map(|service| {
            let names = service.actions().map(|action| action.name().to_ascii_lowercase());
            (service.prefix().to_owned(), names.collect())
        });
        Self(names.collect())
    }

    /// The actions, with a pattern in the place of two or more of them where it stands for nothing but harmless ones.
    pub(super) fn shortened(&self, actions: &[&str], harmless: &[&str]) -> Vec<String> {
        let harmless: BTreeSet<_> = harmless.iter().map(|action| action.to_ascii_lowercase()).collect();
        let mut by_pattern: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        let mut texts = Vec::new();
        for action in actions {
            match self.shortest(action, &harmless) {
                Some(pattern) => by_pattern.entry(pattern).or_default().push(action),
                None => texts.push((*action).to_owned()),
            }
        }
        for (pattern, actions) in by_pattern {
            match actions.as_slice() {
                [one] => texts.push((*one).to_owned()),
                _ => texts.push(pattern),
            }
        }
        texts.sort_unstable();
        texts
    }

    /// The shortest pattern for the action that is harmless, cut where one of its words ends.
    fn shortest(&self, action: &str, harmless: &BTreeSet<String>) -> Option<String> {
        let (service, name) = action.split_once(':')?;
        let names = self.0.get(service)?;
        let is_harmless = |part: &&str| {
            let part = part.to_ascii_lowercase();
            let start = names.partition_point(|name| name.as_str() < part.as_str());
            let meant = names.iter().skip(start).take_while(|name| name.starts_with(&part));
            meant.into_iter().all(|name| harmless.contains(&format!("{service}:{name}")))
        };
        let part = words(name).find(is_harmless)?;
        Some(format!("{service}:{part}*"))
    }
}

/// What the first words of a name are, from none to all of them: "", `Get`, `GetObject`.
fn words(name: &str) -> impl Iterator<Item = &str> {
    let ends = name.char_indices().zip(name.chars().skip(1));
    let ends = ends.filter(|((_, this), next)| next.is_ascii_uppercase() && !this.is_ascii_uppercase());
    let ends = ends.map(|((at, this), _)| at + this.len_utf8());
    std::iter::once(0).chain(ends).chain([name.len()]).filter_map(|end| name.get(..end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shortened(actions: &[&str], harmless: &[&str]) -> Vec<String> {
        let all = actions.iter().chain(harmless).copied();
        let grants = all.clone().map(|action| Grant {
            action: action.to_owned(),
            resource: "*".to_owned(),
            conditions: Default::default(),
        });
        let names = Names::of(&grants.collect(), Catalog::bundled().unwrap());
        names.shortened(actions, &all.collect::<Vec<_>>())
    }

    fn matching(pattern: &str) -> Vec<String> {
        Catalog::bundled().unwrap().matching(pattern).map(|action| action.full_name()).collect()
    }

    #[test]
    fn a_pattern_stands_for_the_listed_actions_and_no_others() {
        assert_eq!(shortened(&["sqs:DeleteMessage", "sqs:SendMessage"], &[]).len(), 2);
        for pattern in ["sqs:Delete*", "sqs:*"] {
            let all = matching(pattern);
            let all: Vec<_> = all.iter().map(String::as_str).collect();
            assert_eq!(shortened(&all, &[]), [pattern]);
            assert!(!shortened(&all[1..], &[]).contains(&pattern.to_owned()));
        }
    }

    #[test]
    fn what_is_allowed_anyway_may_be_in_a_pattern_but_does_not_make_one() {
        let all = matching("sqs:List*");
        let all: Vec<_> = all.iter().map(String::as_str).collect();
        assert_eq!(shortened(&all[..1], &all[1..]), [all[0]]);
        assert_eq!(shortened(&all[..2], &all[2..]), ["sqs:List*"]);
    }

    #[test]
    fn unknown_actions_and_services_are_named() {
        let unknown = ["sqs:SendMessagePigeon", "xyzzy:GetA", "xyzzy:GetB"];
        assert_eq!(shortened(&unknown, &[]), unknown);
    }

    #[test]
    fn words_end_where_the_next_one_begins() {
        assert_eq!(words("GetObject").collect::<Vec<_>>(), ["", "Get", "GetObject"]);
        assert_eq!(words("GetSMSAttributes").collect::<Vec<_>>(), ["", "Get", "GetSMSAttributes"]);
        assert_eq!(words("ListV2Things").collect::<Vec<_>>(), ["", "List", "ListV2", "ListV2Things"]);
    }
}
