//! Whether two statements say the same, wherever they stand and in whatever order.

use crate::iam::document::{
    Condition, Effect, Element, PrincipalElement, PrincipalKind, PrincipalNames, Statement, Texts,
};

/// What the statement says: the same of two that differ in places and orders only.
pub(super) fn said(statement: &Statement) -> Vec<String> {
    let mut parts = vec![
        format!("{:?}", statement.effect == Effect::Allow),
        element(&statement.action),
        statement.resource.as_ref().map(element).unwrap_or_default(),
        statement.principal.as_ref().map(principal).unwrap_or_default(),
    ];
    let mut conditions: Vec<_> = statement.conditions.iter().map(condition).collect();
    conditions.sort_unstable();
    parts.extend(conditions);
    parts
}

/// What a condition says.
pub(super) fn condition(condition: &Condition) -> String {
    let key = condition.key.value.to_ascii_lowercase();
    format!("{} {key} {:?}", condition.operator, sorted(&condition.values))
}

fn element(element: &Element) -> String {
    format!("{} {:?}", element.negated, sorted(&element.texts))
}

fn principal(element: &PrincipalElement) -> String {
    let mut names: Vec<(String, &str)> = match &element.names {
        PrincipalNames::Everyone => vec![(format!("{:?}", PrincipalKind::Aws), "*")],
        PrincipalNames::Of(named) => {
            let each =
                named.iter().flat_map(|(kind, texts)| texts.values.iter().map(move |text| (kind, text)));
            each.map(|(kind, text)| (format!("{kind:?}"), text.value.as_str())).collect()
        }
    };
    names.sort_unstable();
    format!("{} {names:?}", element.negated)
}

fn sorted(texts: &Texts) -> Vec<&str> {
    let mut values: Vec<_> = texts.values.iter().map(|text| text.value.as_str()).collect();
    values.sort_unstable();
    values
}
