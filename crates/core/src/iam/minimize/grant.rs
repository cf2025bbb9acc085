//! What a list asks for, as the policy has it.

use std::collections::BTreeSet;

use super::Wider;
use super::condition::{self, Conditions};
use super::list::{AllowedRequest, checked};
use crate::error::{Error, ErrorKind, Result, printable};
use crate::iam::catalog::Catalog;

/// An action on a resource under conditions, as the policy has it.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Grant {
    pub(super) action: String,
    pub(super) resource: String,
    pub(super) conditions: Conditions,
}

/// A request of the list, and what the policy has for it.
pub(super) struct Asked<'a> {
    pub(super) request: &'a AllowedRequest,
    pub(super) grant: Grant,
}

impl Grant {
    pub(super) fn of(
        request: &AllowedRequest,
        catalog: &Catalog,
        wider: &mut BTreeSet<Wider>,
    ) -> Result<Self> {
        let AllowedRequest { action, resource, context } = request;
        checked(action, resource)?;
        let conditions = condition::of(context, catalog, wider).map_err(|why| {
            let what = format!("{} on {}: {why}", printable(action), printable(resource));
            Error::new(ErrorKind::InvalidRequest, what).with_hint("Correct the context of the entry")
        })?;
        let Some(known) = catalog.action(action) else {
            return Ok(Self { action: action.clone(), resource: resource.clone(), conditions });
        };
        let action = known.full_name();
        if !known.is_wildcard_only() || resource == "*" {
            return Ok(Self { action, resource: resource.clone(), conditions });
        }
        wider.insert(Wider::NoResourceLevel { action: action.clone(), resource: resource.clone() });
        Ok(Self { action, resource: "*".to_owned(), conditions })
    }
}
