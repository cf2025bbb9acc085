//! The list of what is to be allowed.

use std::collections::BTreeMap;

use crate::error::{Error, ErrorKind, Result};
use crate::iam::document::text;
use crate::iam::json::{self, Node, Refusal};
use crate::iam::part::{Part, list};
use crate::iam::principal::Principal;
use crate::iam::request::Request;

/// A request that a policy is to allow.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct AllowedRequest {
    /// The action, `s3:GetObject`.
    pub action: String,
    /// The resource: an ARN, or `*`. As in a policy, `*` and `?` stand for any characters, and `${...}` for a variable.
    pub resource: String,
    /// What the request is allowed with only: keys of its context and their values.
    pub context: BTreeMap<String, Vec<String>>,
}

impl AllowedRequest {
    /// An action on a resource, in any context.
    pub fn new(action: impl Into<String>, resource: impl Into<String>) -> Self {
        Self { action: action.into(), resource: resource.into(), context: BTreeMap::new() }
    }
}

/// Reads a list of what is to be allowed: a JSON array of objects with `action`, `resource` (a text, or a list of them)
/// and, where the action is allowed with certain values of context keys only, `context`.
///
/// # Errors
///
/// `LK-0202` with the line, the column and the JSON pointer of what cannot be read, or of what AWS could not be asked.
///
/// ```
/// use leasekey::iam::read_allowed;
///
/// let used = read_allowed(r#"[{"action": "s3:GetObject", "resource": ["arn:aws:s3:::a/1", "arn:aws:s3:::b/1"]}]"#)?;
/// assert_eq!(used.len(), 2);
///
/// let error = read_allowed(r#"[{"action": "s3:Get*", "resource": "*"}]"#).unwrap_err();
/// assert!(error.message().starts_with("line 1, column 13 (/0/action): "));
/// # Ok::<(), leasekey::Error>(())
/// ```
pub fn read_allowed(text: &str) -> Result<Vec<AllowedRequest>> {
    let read = json::parse(text).and_then(|node| {
        let mut all = Vec::new();
        for (at, item) in list(&node, "a list of what is allowed")?.iter().enumerate() {
            all.extend(entry(item, json::below("", at))?);
        }
        Ok(all)
    });
    read.map_err(|refusal| Error::new(ErrorKind::InvalidRequest, refusal.to_string()))
}

fn entry(node: &Node, pointer: String) -> std::result::Result<Vec<AllowedRequest>, Refusal> {
    let entry = Part::whole(node, pointer);
    entry.knows(&["action", "resource", "context"])?;
    let (action, resource) = (entry.part("action")?, entry.part("resource")?);
    let name = action.needed(text)?.value;
    checked(&name, "*").map_err(|error| action.refuse(error.message()))?;
    let context: BTreeMap<_, _> = entry.part("context")?.keys()?.into_iter().collect();
    let items = resource.items()?;
    if items.is_empty() {
        return Err(resource.refuse("an entry names a resource, or \"*\""));
    }
    let each = items.into_iter().map(|item| {
        let request = AllowedRequest {
            action: name.clone(),
            resource: item.needed(text)?.value,
            context: context.clone(),
        };
        checked(&name, &request.resource).map_err(|error| item.refuse(error.message()))?;
        Ok(request)
    });
    each.collect()
}

/// Refuses what is no request, and what no policy can name.
pub(super) fn checked(action: &str, resource: &str) -> Result<()> {
    Request::new(Principal::anonymous(), action, resource)?;
    match resource.chars().find(|c| !matches!(c, '\t' | '\n' | '\r' | ' '..='\u{ff}')) {
        None => Ok(()),
        Some(c) => {
            let what = format!("AWS takes no '{}' in a policy", c.escape_debug());
            Err(Error::new(ErrorKind::InvalidRequest, what).with_hint("Put a ? in its place"))
        }
    }
}
