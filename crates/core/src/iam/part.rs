//! Reading objects part by part, each refusal with its place.

use super::document::scalar;
use super::json::{self, Node, Refusal, Value};
use crate::error::printable;

/// A part of an object that may be left out, and where it stands.
pub(super) struct Part<'a> {
    parent: &'a Node,
    node: Option<&'a Node>,
    pointer: String,
}

impl<'a> Part<'a> {
    pub(super) fn of(parent: &'a Node, pointer: &str, name: &str) -> Result<Self, Refusal> {
        let wrong =
            || Refusal::new(parent.place, pointer, format!("here stands an object, not {}", parent.kind()));
        let members = parent.members().ok_or_else(wrong)?;
        let node = members.iter().find(|member| member.key == name).map(|member| &member.value);
        Ok(Self { parent, node, pointer: json::below(pointer, name) })
    }

    pub(super) fn part(&self, name: &str) -> Result<Self, Refusal> {
        match self.given() {
            Some(node) => Part::of(node, &self.pointer, name),
            None => Err(self.refuse("this is left out, and needed")),
        }
    }

    /// A value as a part of itself.
    pub(super) fn whole(node: &'a Node, pointer: String) -> Self {
        Self { parent: node, node: Some(node), pointer }
    }

    /// Where it stands in the document.
    pub(super) fn pointer(&self) -> &str {
        &self.pointer
    }

    /// The value, unless it is left out or null.
    pub(super) fn given(&self) -> Option<&'a Node> {
        self.node.filter(|node| !matches!(node.value, Value::Null))
    }

    pub(super) fn refuse(&self, why: impl Into<String>) -> Refusal {
        Refusal::new(self.node.unwrap_or(self.parent).place, self.pointer.clone(), why)
    }

    pub(super) fn read<T>(&self, read: fn(&Node, &str) -> Result<T, Refusal>) -> Result<Option<T>, Refusal> {
        self.given().map(|node| read(node, &self.pointer)).transpose()
    }

    pub(super) fn needed<T>(&self, read: fn(&Node, &str) -> Result<T, Refusal>) -> Result<T, Refusal> {
        self.read(read)?.ok_or_else(|| self.refuse("this is left out, and needed"))
    }

    pub(super) fn switch(&self) -> Result<Option<bool>, Refusal> {
        match self.given().map(|node| &node.value) {
            None => Ok(None),
            Some(Value::Bool(on)) => Ok(Some(*on)),
            Some(_) => Err(self.refuse("here stands true or false")),
        }
    }

    /// One value as a list of one.
    pub(super) fn items(&self) -> Result<Vec<Self>, Refusal> {
        let Some(node) = self.given() else { return Ok(Vec::new()) };
        let Value::List(items) = &node.value else {
            return Ok(vec![Part { parent: self.parent, node: self.node, pointer: self.pointer.clone() }]);
        };
        let part =
            |(at, item)| Part { parent: node, node: Some(item), pointer: json::below(&self.pointer, at) };
        Ok(items.iter().enumerate().map(part).collect())
    }

    /// The context keys of an object, each with its values.
    pub(super) fn keys(&self) -> Result<Vec<(String, Vec<String>)>, Refusal> {
        let Some(node) = self.given() else { return Ok(Vec::new()) };
        let members = node.members().ok_or_else(|| self.refuse("the context is an object"))?;
        let each = members.iter().enumerate().map(|(at, member)| {
            let part = self.part(&member.key)?;
            let mut before = members.iter().take(at);
            if before.any(|known| known.key.eq_ignore_ascii_case(&member.key)) {
                return Err(part.refuse("the key is in the context twice, in other case"));
            }
            if part.given().is_none() {
                return Err(
                    part.refuse("here stands a text or a list of texts; leave out a key that is absent")
                );
            }
            let values = part.items()?;
            let values = values.into_iter().map(|item| item.needed(scalar).map(|text| text.value));
            Ok((member.key.clone(), values.collect::<Result<_, _>>()?))
        });
        each.collect()
    }

    /// Refuses what is misspelt: a layer that is passed over would widen the answer.
    pub(super) fn knows(&self, names: &[&str]) -> Result<(), Refusal> {
        let Some(node) = self.given() else { return Ok(()) };
        let wrong = || self.refuse(format!("here stands an object, not {}", node.kind()));
        let members = node.members().ok_or_else(wrong)?;
        match members.iter().find(|member| !names.contains(&member.key.as_str())) {
            None => Ok(()),
            Some(member) => {
                let why = format!(
                    "there is no \"{}\" here; there are {}",
                    printable(&member.key),
                    names.join(", ")
                );
                Err(Refusal::new(member.place, json::below(&self.pointer, &member.key), why))
            }
        }
    }
}

/// The items of a file that is `what`, which is a list.
pub(super) fn list<'a>(node: &'a Node, what: &str) -> Result<&'a [Node], Refusal> {
    match &node.value {
        Value::List(items) => Ok(items),
        _ => Err(Refusal::new(node.place, "", format!("{what} is a list, not {}", node.kind()))),
    }
}
