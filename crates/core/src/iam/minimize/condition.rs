//! The context that a request is allowed with, as conditions.

use std::collections::{BTreeMap, BTreeSet};

use super::Wider;
use crate::error::printable;
use crate::iam::catalog::{Catalog, ConditionKey};

/// The values of each key of each operator.
#[derive(Clone, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Conditions(BTreeMap<String, BTreeMap<String, Vec<String>>>);

impl Conditions {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The keys and values by operator.
    pub(super) fn operators(&self) -> impl Iterator<Item = (&String, &BTreeMap<String, Vec<String>>)> {
        self.0.iter()
    }

    /// Whether a key is asked for as one with several values.
    pub(super) fn is_of_several(&self, key: &str) -> bool {
        self.0.iter().any(|(operator, keys)| operator.starts_with(ALL) && keys.contains_key(key))
    }

    pub(super) fn set(&mut self, operator: &str, key: &str, values: Vec<String>) {
        self.0.entry(operator.to_owned()).or_default().insert(key.to_owned(), values);
    }

    pub(super) fn take(&mut self, operator: &str, key: &str) -> Option<Vec<String>> {
        let keys = self.0.get_mut(operator)?;
        let values = keys.remove(key);
        if keys.is_empty() {
            self.0.remove(operator);
        }
        values
    }

    /// The operators that compare one value, each with its key.
    pub(super) fn single(&self) -> impl Iterator<Item = (String, String)> {
        let single = self.0.iter().filter(|(operator, _)| !operator.starts_with(ALL) && *operator != NULL);
        single.flat_map(|(operator, keys)| keys.keys().map(move |key| (operator.clone(), key.clone())))
    }

    /// The conditions that these are met by, each with one value of each key.
    pub(super) fn one_by_one(&self) -> Vec<Self> {
        let Some((operator, key)) = self.single().next() else { return vec![self.clone()] };
        let mut rest = self.clone();
        let values = rest.take(&operator, &key).unwrap_or_default();
        let mut each = Vec::new();
        for others in rest.one_by_one() {
            each.extend(values.iter().map(|value| {
                let mut one = others.clone();
                one.set(&operator, &key, vec![value.clone()]);
                one
            }));
        }
        each
    }
}

const ALL: &str = "ForAllValues:";
const NULL: &str = "Null";

/// The conditions that ask for this context.
pub(super) fn of(
    context: &BTreeMap<String, Vec<String>>,
    catalog: &Catalog,
    wider: &mut BTreeSet<Wider>,
) -> Result<Conditions, String> {
    let mut conditions = Conditions::default();
    let mut seen = BTreeSet::new();
    for (key, values) in context {
        let known = catalog.condition_key(key);
        let shown = printable(key);
        if !seen.insert(key.to_ascii_lowercase()) {
            return Err(format!("{shown} is in the context twice"));
        }
        let several = known.map_or(values.len() > 1, ConditionKey::is_multivalued);
        let operator = operator(known, values);
        match values.as_slice() {
            [] => return Err(format!("{shown} has no value")),
            [_, _, ..] if !several => return Err(format!("{shown} has one value in a request, not several")),
            [value] if !several => conditions.set(operator, key, vec![value.clone()]),
            _ => {
                let values: BTreeSet<_> = values.iter().cloned().collect();
                let values: Vec<_> = values.into_iter().collect();
                if values.len() > 1 {
                    wider.insert(Wider::FewerValues { key: key.clone(), values: values.clone() });
                }
                conditions.set(&format!("{ALL}{operator}"), key, values);
                // All of no values would be met too.
                conditions.set(NULL, key, vec!["false".to_owned()]);
            }
        }
    }
    Ok(conditions)
}

fn operator(key: Option<ConditionKey<'_>>, values: &[String]) -> &'static str {
    let kind = key.map_or("String", ConditionKey::value_type);
    match kind.strip_prefix("ArrayOf").unwrap_or(kind) {
        "ARN" => "ArnLike",
        "Binary" => "BinaryEquals",
        "Bool" => "Bool",
        "Date" => "DateEquals",
        "IPAddress" => "IpAddress",
        "Numeric" => "NumericEquals",
        _ if values.iter().any(|value| value.contains(['*', '?'])) => "StringLike",
        _ => "StringEquals",
    }
}
