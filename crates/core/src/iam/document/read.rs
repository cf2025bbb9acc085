//! From JSON to a policy document.

use super::{
    Condition, Effect, Element, PolicyDocument, PrincipalElement, PrincipalKind, PrincipalNames, Statement,
    Text, Texts, Version,
};
use crate::error::printable;
use crate::iam::json::{self, Member, Node, Refusal, Value};
use crate::iam::operator::Operator;

type Result<T> = std::result::Result<T, Refusal>;

/// Reads the document whose pointer in its file is `root`.
pub(in crate::iam) fn document(node: &Node, root: String) -> Result<PolicyDocument> {
    let mut document = PolicyDocument {
        name: None,
        root,
        version: None,
        id: None,
        statements: Vec::new(),
        listed: false,
        size: node.size,
    };
    let mut stated = false;
    for member in object(node, &document.root, "a policy document")? {
        let pointer = json::below(&document.root, &member.key);
        match member.key.as_str() {
            "Version" => document.version = Some(version(&member.value, &pointer)?),
            "Id" => document.id = Some(text(&member.value, &pointer)?),
            "Statement" => {
                stated = true;
                (document.listed, document.statements) = statements(&member.value, &pointer)?;
            }
            _ => return Err(unknown(member, &pointer, &["Version", "Id", "Statement"])),
        }
    }
    if stated {
        Ok(document)
    } else {
        Err(Refusal::new(node.place, document.root, "the document has no Statement"))
    }
}

fn version(node: &Node, pointer: &str) -> Result<Version> {
    match text(node, pointer)?.value.as_str() {
        "2012-10-17" => Ok(Version::V2012),
        "2008-10-17" => Ok(Version::V2008),
        other => {
            let why = format!("the version is \"{}\"; there are 2012-10-17 and 2008-10-17", printable(other));
            Err(Refusal::new(node.place, pointer, why))
        }
    }
}

fn statements(node: &Node, pointer: &str) -> Result<(bool, Vec<Statement>)> {
    let Value::List(items) = &node.value else { return Ok((false, vec![statement(node, pointer)?])) };
    let statements = items.iter().enumerate().map(|(at, item)| statement(item, &json::below(pointer, at)));
    Ok((true, statements.collect::<Result<_>>()?))
}

#[derive(Default)]
struct Parts {
    sid: Option<Text>,
    effect: Option<Effect>,
    principal: Option<PrincipalElement>,
    action: Option<Element>,
    resource: Option<Element>,
    conditions: Vec<Condition>,
}

const ELEMENTS: &[&str] = &[
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

fn statement(node: &Node, pointer: &str) -> Result<Statement> {
    let mut parts = Parts::default();
    for member in object(node, pointer, "a statement")? {
        part(&mut parts, member, &json::below(pointer, &member.key))?;
    }
    let lacks = |what| Refusal::new(node.place, pointer, format!("the statement has no {what}"));
    Ok(Statement {
        place: node.place,
        sid: parts.sid,
        effect: parts.effect.ok_or_else(|| lacks("Effect"))?,
        principal: parts.principal,
        action: parts.action.ok_or_else(|| lacks("Action"))?,
        resource: parts.resource,
        conditions: parts.conditions,
    })
}

fn part(parts: &mut Parts, member: &Member, pointer: &str) -> Result<()> {
    let node = &member.value;
    let negated = member.key.starts_with("Not");
    match member.key.as_str() {
        "Sid" => parts.sid = Some(text(node, pointer)?),
        "Effect" => parts.effect = Some(effect(node, pointer)?),
        "Principal" | "NotPrincipal" => {
            once(&parts.principal, member, pointer, "Principal")?;
            parts.principal = Some(principal(node, negated, pointer)?);
        }
        "Action" | "NotAction" => {
            once(&parts.action, member, pointer, "Action")?;
            parts.action = Some(Element { negated, texts: texts(node, pointer)? });
        }
        "Resource" | "NotResource" => {
            once(&parts.resource, member, pointer, "Resource")?;
            parts.resource = Some(Element { negated, texts: texts(node, pointer)? });
        }
        "Condition" => parts.conditions = conditions(node, pointer)?,
        _ => return Err(unknown(member, pointer, ELEMENTS)),
    }
    Ok(())
}

fn once<T>(place: &Option<T>, member: &Member, pointer: &str, name: &str) -> Result<()> {
    if place.is_none() {
        return Ok(());
    }
    Err(Refusal::new(member.place, pointer, format!("the statement has both {name} and Not{name}")))
}

fn effect(node: &Node, pointer: &str) -> Result<Effect> {
    match text(node, pointer)?.value.as_str() {
        "Allow" => Ok(Effect::Allow),
        "Deny" => Ok(Effect::Deny),
        other => {
            let why = format!("the effect is \"{}\"; there are Allow and Deny", printable(other));
            Err(Refusal::new(node.place, pointer, why))
        }
    }
}

fn principal(node: &Node, negated: bool, pointer: &str) -> Result<PrincipalElement> {
    let names = match &node.value {
        Value::Text(name) if name == "*" => PrincipalNames::Everyone,
        Value::Object(members) if !members.is_empty() => {
            let kinds = members.iter().map(|member| {
                let pointer = json::below(pointer, &member.key);
                Ok((kind(member, &pointer)?, texts(&member.value, &pointer)?))
            });
            PrincipalNames::Of(kinds.collect::<Result<_>>()?)
        }
        _ => {
            let why = "principals are \"*\", or an object such as {\"AWS\": \"111122223333\"}";
            return Err(Refusal::new(node.place, pointer, why));
        }
    };
    Ok(PrincipalElement { place: node.place, negated, names })
}

fn kind(member: &Member, pointer: &str) -> Result<PrincipalKind> {
    match member.key.as_str() {
        "AWS" => Ok(PrincipalKind::Aws),
        "CanonicalUser" => Ok(PrincipalKind::CanonicalUser),
        "Federated" => Ok(PrincipalKind::Federated),
        "Service" => Ok(PrincipalKind::Service),
        _ => Err(unknown(member, pointer, &["AWS", "CanonicalUser", "Federated", "Service"])),
    }
}

fn conditions(node: &Node, pointer: &str) -> Result<Vec<Condition>> {
    let mut conditions = Vec::new();
    for block in object(node, pointer, "Condition")? {
        let pointer = json::below(pointer, &block.key);
        let Some(operator) = Operator::parse(&block.key) else {
            let near = Operator::nearest(&block.key);
            let why = format!("there is no operator \"{}\"; the nearest is {near}", printable(&block.key));
            return Err(Refusal::new(block.place, pointer, why));
        };
        for member in object(&block.value, &pointer, "what an operator holds")? {
            let written = Text { place: block.place, value: block.key.clone() };
            let key = Text { place: member.place, value: member.key.clone() };
            let pointer = json::below(&pointer, &member.key);
            conditions.push(Condition { operator, written, key, values: scalars(&member.value, &pointer)? });
        }
    }
    Ok(conditions)
}

fn object<'a>(node: &'a Node, pointer: &str, what: &str) -> Result<&'a [Member]> {
    let wrong = || Refusal::new(node.place, pointer, format!("{what} is an object, not {}", node.kind()));
    node.members().ok_or_else(wrong)
}

/// One text.
pub(in crate::iam) fn text(node: &Node, pointer: &str) -> Result<Text> {
    match &node.value {
        Value::Text(value) => Ok(Text { place: node.place, value: value.clone() }),
        _ => Err(Refusal::new(node.place, pointer, format!("here stands a text, not {}", node.kind()))),
    }
}

/// A text or a list of them.
fn texts(node: &Node, pointer: &str) -> Result<Texts> {
    each(node, pointer, text)
}

/// As [`texts`], with numbers, `true` and `false` taken as their text.
fn scalars(node: &Node, pointer: &str) -> Result<Texts> {
    each(node, pointer, scalar)
}

/// One text, number, `true` or `false`, as text.
pub(in crate::iam) fn scalar(node: &Node, pointer: &str) -> Result<Text> {
    let value = match &node.value {
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.clone(),
        _ => return text(node, pointer),
    };
    Ok(Text { place: node.place, value })
}

fn each(node: &Node, pointer: &str, one: fn(&Node, &str) -> Result<Text>) -> Result<Texts> {
    let Value::List(items) = &node.value else {
        return Ok(Texts { place: node.place, listed: false, values: vec![one(node, pointer)?] });
    };
    if items.is_empty() {
        return Err(Refusal::new(node.place, pointer, "the list is empty, which says nothing"));
    }
    let values = items.iter().enumerate().map(|(at, item)| one(item, &json::below(pointer, at)));
    Ok(Texts { place: node.place, listed: true, values: values.collect::<Result<_>>()? })
}

fn unknown(member: &Member, pointer: &str, known: &[&str]) -> Refusal {
    let near = known.iter().min_by_key(|name| strsim::damerau_levenshtein(&member.key, name));
    let near = near.copied().unwrap_or_default();
    let why =
        format!("\"{}\" is no element of the grammar here; the nearest is {near}", printable(&member.key));
    Refusal::new(member.place, pointer, why)
}
