//! The contexts in which two policies are asked: those that their conditions ask for, and one for each value that
//! tells one condition from another.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::same;
use crate::iam::document::{Condition, Statement};
use crate::iam::witness::{Context, satisfied, values_beside};

/// So many contexts are tried at most, those of values that only one side has first.
const MOST: usize = 256;

/// Contexts for a statement of which one side says something else, with the statements of each side that meet it.
pub(super) fn contexts(statement: &Statement, sides: &[Vec<&Statement>; 2]) -> Vec<Context> {
    let bases = bases(statement, sides);
    let mut all = bases.clone();
    for (key, values) in values(statement, sides) {
        for base in &bases {
            let without = || {
                let others = base.iter().filter(|(known, _)| !known.eq_ignore_ascii_case(&key));
                others.map(|(known, value)| (known.clone(), value.clone())).collect::<Context>()
            };
            all.push(without());
            all.extend(values.iter().map(|value| {
                let mut context = without();
                context.insert(key.clone(), value.clone());
                context
            }));
        }
    }
    let mut seen = BTreeSet::new();
    all.retain(|context| seen.insert(context.clone()));
    all.truncate(MOST);
    all
}

/// What the statement's conditions ask for, and those of the statements that it meets, and both.
fn bases(statement: &Statement, sides: &[Vec<&Statement>; 2]) -> Vec<Context> {
    const FEW: usize = 16;
    let none = Context::new();
    let own = satisfied(&statement.conditions, &none, |_| true);
    let mut bases: Vec<Context> = own.iter().cloned().chain([none.clone()]).collect();
    let conditional = sides.iter().flatten().filter(|other| !other.conditions.is_empty());
    for other in conditional {
        let both = own.as_ref().and_then(|own| satisfied(&other.conditions, own, |_| true));
        let alone = satisfied(&other.conditions, &none, |_| true);
        for context in [both, alone].into_iter().flatten() {
            if !bases.contains(&context) {
                bases.push(context);
            }
        }
        if bases.len() >= FEW {
            break;
        }
    }
    bases
}

/// The keys of conditions, each with the values to try: keys of conditions that only one side has first.
fn values(statement: &Statement, [old, new]: &[Vec<&Statement>; 2]) -> Vec<(String, Vec<String>)> {
    let said = |side: &[&Statement]| -> HashSet<String> {
        side.iter().flat_map(|one| &one.conditions).map(same::condition).collect()
    };
    let (in_old, in_new) = (said(old), said(new));
    let conditions = statement.conditions.iter().chain(old.iter().chain(new).flat_map(|one| &one.conditions));
    let is_shared = |condition: &&Condition| {
        let said = same::condition(condition);
        in_old.contains(&said) && in_new.contains(&said)
    };
    let (shared, changed): (Vec<&Condition>, Vec<_>) = conditions.partition(is_shared);
    let mut order: Vec<String> = Vec::new();
    let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for condition in changed.into_iter().chain(shared) {
        let key = condition.key.value.to_ascii_lowercase();
        let known = values.entry(key.clone()).or_insert_with(|| {
            order.push(key);
            Vec::new()
        });
        for value in values_beside(condition) {
            if !known.contains(&value) {
                known.push(value);
            }
        }
    }
    order.into_iter().filter_map(|key| values.remove_entry(&key)).collect()
}
