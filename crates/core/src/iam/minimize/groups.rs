//! What is allowed under the same conditions.

use std::collections::{BTreeMap, BTreeSet};

use super::condition::Conditions;
use super::grant::Grant;

/// Actions, each on a resource.
pub(super) type Entries = BTreeSet<(String, String)>;

/// What is allowed, by the conditions under which it is.
pub(super) struct Groups(BTreeMap<Conditions, Entries>);

impl Groups {
    pub(super) fn of(grants: &BTreeSet<Grant>) -> Self {
        let mut groups: BTreeMap<_, Entries> = BTreeMap::new();
        for Grant { action, resource, conditions } in grants {
            let entries = groups.entry(conditions.clone()).or_default();
            entries.insert((action.clone(), resource.clone()));
        }
        let single: BTreeSet<_> = groups.keys().flat_map(Conditions::single).collect();
        let joined = single.into_iter().fold(groups, |groups, (operator, key)| join(groups, &operator, &key));
        Self(joined)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (&Conditions, &Entries)> {
        self.0.iter()
    }

    /// What is allowed in any context, and thus under these conditions too.
    pub(super) fn unconditional(&self, conditions: &Conditions) -> Option<&Entries> {
        self.0.get(&Conditions::default()).filter(|_| !conditions.is_empty())
    }
}

/// Puts together what differs in the values of this key only.
fn join(groups: BTreeMap<Conditions, Entries>, operator: &str, key: &str) -> BTreeMap<Conditions, Entries> {
    let mut joined: BTreeMap<(Conditions, Entries), Vec<String>> = BTreeMap::new();
    let mut all = BTreeMap::new();
    for (mut conditions, entries) in groups {
        match conditions.take(operator, key) {
            Some(values) => joined.entry((conditions, entries)).or_default().extend(values),
            None => {
                all.insert(conditions, entries);
            }
        }
    }
    for ((mut conditions, entries), mut values) in joined {
        values.sort_unstable();
        conditions.set(operator, key, values);
        all.insert(conditions, entries);
    }
    all
}
