//! Requests that the policy allows, found by trying.

use super::judge::Judge;
use super::{ACCOUNT, Caller, Context, EXAMPLE, Witness};
use crate::iam::cover::{covers, covers_action};
use crate::iam::document::{Condition, Effect, Statement};
use crate::iam::operator::{Comparison, Operator, Quantifier};

/// How often a request is changed to get around a Deny.
const TRIES: usize = 4;

/// A request that is looked for.
#[derive(Clone)]
pub(in crate::iam) struct Ask<'a> {
    pub(in crate::iam) caller: Caller,
    pub(in crate::iam) action: &'a str,
    pub(in crate::iam) resource: &'a str,
    /// Keys whose values are given.
    pub(in crate::iam) fixed: &'a [(&'a str, &'a str)],
    /// Whether the caller can have any value of this key in the request.
    pub(in crate::iam) chosen: fn(&str) -> bool,
}

/// A request of this kind that the policy allows, if one is found.
pub(in crate::iam) fn find(judge: &Judge<'_>, ask: &Ask<'_>) -> Option<Witness> {
    let fixed: Context =
        ask.fixed.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let about = |statement: &&Statement| may_match(statement, ask.action) && may_meet(statement, ask);
    let allowing = judge.about(Effect::Allow, ask.action, ask.resource).filter(about);
    let mut seen: Vec<Context> = Vec::new();
    for statement in allowing {
        let Some(context) = satisfied(&statement.conditions, &fixed, ask.chosen) else { continue };
        if seen.contains(&context) {
            continue;
        }
        seen.push(context.clone());
        let found = around_denies(judge, ask, context);
        if found.is_some() {
            return found;
        }
    }
    None
}

fn around_denies(judge: &Judge<'_>, ask: &Ask<'_>, mut context: Context) -> Option<Witness> {
    let denying = || {
        let denying = judge.about(Effect::Deny, ask.action, ask.resource);
        denying.filter(|statement| may_match(statement, ask.action))
    };
    for _ in 0..TRIES {
        let witness = judge.witness(ask.caller.clone(), ask.action, ask.resource, context.clone());
        if judge.allows(&witness) {
            return Some(witness);
        }
        let changed = denying().flat_map(|statement| &statement.conditions);
        context =
            changed.filter_map(|condition| broken(condition, &context, ask)).find(|new| *new != context)?;
    }
    None
}

/// Whether the statement speaks of the action at all.
pub(in crate::iam) fn may_match(statement: &Statement, action: &str) -> bool {
    let matched = statement.action.texts.values.iter().any(|text| covers_action(&text.value, action));
    matched != statement.action.negated
}

/// Whether the statement may be about the resource, and may hold with the keys that are given. Only what is plain
/// is told here; the engine judges the rest.
fn may_meet(statement: &Statement, ask: &Ask<'_>) -> bool {
    let holds = |condition: &Condition| {
        let operator = condition.operator;
        let plain = operator.comparison == Comparison::StringEquals
            && !operator.negated
            && operator.quantifier.is_none();
        let mut given =
            ask.fixed.iter().filter(|(key, _)| plain && condition.key.value.eq_ignore_ascii_case(key));
        given.all(|(_, given)| {
            condition.values.values.iter().any(|text| text.value.contains('$') || text.value == *given)
        })
    };
    may_be_about(statement, ask.resource) && statement.conditions.iter().all(holds)
}

/// Whether the statement may be about the resource.
pub(in crate::iam) fn may_be_about(statement: &Statement, resource: &str) -> bool {
    statement.resource.as_ref().is_none_or(|element| {
        element.negated || element.texts.values.iter().any(|text| may_fit(&text.value, resource))
    })
}

// Of a pattern with a variable what stands before it.
fn may_fit(pattern: &str, resource: &str) -> bool {
    match pattern.split_once('$') {
        Some((before, _)) => covers(&format!("{before}*"), resource),
        None => covers(pattern, resource),
    }
}

/// The context with what these conditions ask for; nothing where the caller cannot have it.
pub(in crate::iam) fn satisfied(
    conditions: &[Condition],
    given: &Context,
    chosen: fn(&str) -> bool,
) -> Option<Context> {
    let mut context = given.clone();
    for condition in conditions {
        let key = &condition.key.value;
        if is_there(&context, key) || (holds_without(condition) && !must_be_there(conditions, key)) {
            continue;
        }
        // What others say of the key is what its value must be, not merely that there is one.
        if condition.operator.comparison == Comparison::Null && others_fit(conditions, key) {
            continue;
        }
        if !chosen(key) {
            return None;
        }
        let value =
            condition.values.values.iter().find_map(|text| fitting(condition.operator, &text.value))?;
        context.insert(key.clone(), value);
    }
    Some(context)
}

/// Whether the key is asked for, whatever its value.
fn must_be_there(conditions: &[Condition], key: &str) -> bool {
    conditions.iter().any(|condition| {
        condition.key.value.eq_ignore_ascii_case(key)
            && condition.operator.comparison == Comparison::Null
            && !holds_without(condition)
    })
}

/// Whether another condition on the key gives it a value.
fn others_fit(conditions: &[Condition], key: &str) -> bool {
    conditions.iter().any(|condition| {
        condition.key.value.eq_ignore_ascii_case(key) && condition.operator.comparison != Comparison::Null
    })
}

fn is_there(context: &Context, key: &str) -> bool {
    context.keys().any(|known| known.eq_ignore_ascii_case(key))
}

// Whether the condition holds for a request that does not have the key.
fn holds_without(condition: &Condition) -> bool {
    let Operator { comparison, negated, quantifier, if_exists } = condition.operator;
    match (comparison, quantifier) {
        (Comparison::Null, _) => {
            condition.values.values.iter().any(|text| text.value.eq_ignore_ascii_case("true"))
        }
        (_, Some(Quantifier::ForAllValues)) => true,
        (_, Some(Quantifier::ForAnyValue)) => false,
        (_, None) => if_exists || negated,
    }
}

/// The context changed so that this condition of a Deny does not hold.
fn broken(condition: &Condition, context: &Context, ask: &Ask<'_>) -> Option<Context> {
    let key = &condition.key.value;
    let is_fixed = ask.fixed.iter().any(|(fixed, _)| fixed.eq_ignore_ascii_case(key));
    if is_fixed || !(ask.chosen)(key) {
        return None;
    }
    let Operator { comparison, negated, .. } = condition.operator;
    let first = condition.values.values.first()?;
    let mut changed: Context = context
        .iter()
        .filter(|(known, _)| !known.eq_ignore_ascii_case(key))
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    let value = match comparison {
        Comparison::Bool => {
            Some(if first.value.eq_ignore_ascii_case("true") { "false" } else { "true" }.to_owned())
        }
        Comparison::Null if first.value.eq_ignore_ascii_case("true") => Some(EXAMPLE.to_owned()),
        Comparison::Null => None,
        // What it must be if it is not to be another.
        _ if negated => Some(fitting(Operator { negated: false, ..condition.operator }, &first.value)?),
        _ if holds_without(condition) => Some(EXAMPLE.to_owned()),
        _ => None,
    };
    changed.extend(value.map(|value| (key.clone(), value)));
    Some(changed)
}

/// A value that the operator finds to fit this one of the policy.
fn fitting(operator: Operator, value: &str) -> Option<String> {
    use Comparison as C;
    let plain = resolved(value);
    Some(match operator.comparison {
        _ if operator.negated => EXAMPLE.to_owned(),
        C::StringLike => plain.replace('*', EXAMPLE).replace('?', "x"),
        C::ArnLike | C::ArnEquals => concrete_arn(&plain),
        C::Null => EXAMPLE.to_owned(),
        C::IpAddress => plain.split('/').next()?.to_owned(),
        C::NumericLessThan => (plain.parse::<f64>().ok()? - 1.0).to_string(),
        C::NumericGreaterThan => (plain.parse::<f64>().ok()? + 1.0).to_string(),
        C::DateGreaterThan => "2099-12-31T00:00:00Z".to_owned(),
        C::DateLessThan => "2001-01-01T00:00:00Z".to_owned(),
        _ => plain,
    })
}

/// The value with its variables replaced as for the callers that are tried here.
pub(super) fn resolved(value: &str) -> String {
    let mut out = String::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, after)) = after.split_once('}') else { break };
        out += before;
        out += if matches!(name, "*" | "?" | "$") { name } else { EXAMPLE };
        rest = after;
    }
    out + rest
}

/// An ARN that a pattern of ARNs matches.
pub(in crate::iam) fn concrete_arn(pattern: &str) -> String {
    if pattern == "*" {
        return format!("arn:aws:iam::{ACCOUNT}:role/{EXAMPLE}");
    }
    let pattern = resolved(pattern);
    let parts: Vec<_> = pattern.splitn(6, ':').collect();
    let stand_ins = ["arn", "aws", EXAMPLE, "us-east-1", ACCOUNT, EXAMPLE];
    let parts = parts.iter().zip(stand_ins).map(|(part, stand_in)| match *part {
        "*" => stand_in.to_owned(),
        part => part.replace('*', EXAMPLE).replace('?', "x"),
    });
    parts.collect::<Vec<_>>().join(":")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iam::document::PolicyDocument;

    #[test]
    fn a_key_that_must_be_there_has_a_value_that_all_conditions_on_it_take() {
        for conditions in [
            r#"{"ForAllValues:StringEquals": {"aws:TagKeys": "team"}, "Null": {"aws:TagKeys": "false"}}"#,
            r#"{"Null": {"aws:TagKeys": "false"}, "ForAllValues:StringEquals": {"aws:TagKeys": "team"}}"#,
        ] {
            let policy = format!(
                r#"{{"Statement": {{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {conditions}}}}}"#
            );
            let document = PolicyDocument::parse(&policy).unwrap();
            let conditions = &document.statements()[0].conditions;
            let context = satisfied(conditions, &Context::new(), |_| true).unwrap();
            assert_eq!(context.get("aws:TagKeys").map(String::as_str), Some("team"));
        }
    }
}
