//! Organizations that conditions let in, and whether they are the reader's own.

use super::callers::is_no_limit_to_callers;
use super::subject::{Stated, Subject};
use crate::iam::document::{Condition, PrincipalKind};
use crate::iam::witness::{Caller, EXAMPLE, Witness, account, somebody_of};

/// The keys that tell the organization of the caller.
const OF_CALLERS: [&str; 2] = ["aws:PrincipalOrgID", "aws:PrincipalOrgPaths"];

/// The keys that tell the organization that a service acts for.
const OF_SOURCES: [&str; 2] = ["aws:SourceOrgID", "aws:SourceOrgPaths"];

/// An organization that is not the reader's own, and what a request of it has.
pub(super) struct ForeignOrganization<'a> {
    /// Its id; none where any but certain ones are let in.
    id: Option<String>,
    keys: Vec<(&'a str, String)>,
}

impl ForeignOrganization<'_> {
    /// What it is called in a message.
    pub(super) fn title(&self) -> String {
        match &self.id {
            Some(id) => format!("Organization {}", crate::error::printable(id)),
            None => "An organization that is not yours".to_owned(),
        }
    }

    /// What is to be done if it is the reader's own after all.
    pub(super) fn if_own(&self) -> String {
        let declare =
            |id| format!("; if it is yours, declare {} an own organization", crate::error::printable(id));
        self.id.as_deref().map(declare).unwrap_or_default()
    }
}

impl<'s> Subject<'s> {
    /// Callers of other organizations that the statement lets in, each with a request; nothing where the reader did not
    /// say which are own ones.
    pub(super) fn foreign_callers<'a>(
        &self,
        stated: &'a Stated<'s>,
    ) -> Vec<(ForeignOrganization<'a>, Witness)> {
        let is_foreign = |name: &str| account(name).is_some_and(|account| self.is_foreign(account));
        let mut named = stated.principals().filter(|(kind, ..)| *kind == PrincipalKind::Aws);
        let named = named.find(|(_, _, text)| is_foreign(&text.value));
        let caller = match named {
            Some((_, _, text)) => Caller::Arn(somebody_of(&text.value)),
            None if stated.is_for_everybody() => Caller::stranger(),
            None => return Vec::new(),
        };
        self.shown(stated, &OF_CALLERS, &caller, is_no_limit_to_callers)
    }

    /// Organizations for which the statement lets a service act, each with a request.
    pub(super) fn foreign_sources<'a>(
        &self,
        stated: &'a Stated<'s>,
        service: &str,
        chosen: fn(&str) -> bool,
    ) -> Vec<(ForeignOrganization<'a>, Witness)> {
        self.shown(stated, &OF_SOURCES, &Caller::Service(service.to_owned()), chosen)
    }

    fn shown<'a>(
        &self,
        stated: &'a Stated<'s>,
        keys: &[&str],
        caller: &Caller,
        chosen: fn(&str) -> bool,
    ) -> Vec<(ForeignOrganization<'a>, Witness)> {
        let shown = |foreign: ForeignOrganization<'a>| {
            let fixed: Vec<_> = foreign.keys.iter().map(|(key, value)| (*key, value.as_str())).collect();
            let witness = self.ask(stated, caller.clone(), &fixed, chosen)?;
            Some((foreign, witness))
        };
        self.foreign_organizations(stated, keys).into_iter().filter_map(shown).collect()
    }

    fn foreign_organizations<'a>(
        &self,
        stated: &'a Stated<'s>,
        keys: &[&str],
    ) -> Vec<ForeignOrganization<'a>> {
        let own = &self.options.own_organizations;
        let is_about =
            |condition: &&Condition| keys.iter().any(|key| condition.key.value.eq_ignore_ascii_case(key));
        let conditions: Vec<_> = stated.statement.conditions.iter().filter(is_about).collect();
        if own.is_empty() || conditions.is_empty() {
            return Vec::new();
        }
        let values = conditions.iter().filter(|condition| !condition.operator.negated);
        let values = values.flat_map(|condition| &condition.values.values);
        let mut ids: Vec<_> =
            values.map(|text| organization(&text.value)).filter(|id| !own.contains(id)).collect();
        ids.sort_unstable();
        ids.dedup();
        let negated = conditions.iter().any(|condition| condition.operator.negated);
        let ids = ids.into_iter().map(Some).chain(negated.then_some(None));
        ids.map(|id| {
            let of = id.clone().unwrap_or_else(|| format!("o-{EXAMPLE}"));
            let keys =
                conditions.iter().map(|condition| (condition.key.value.as_str(), value(condition, &of)));
            ForeignOrganization { id, keys: keys.collect() }
        })
        .collect()
    }
}

/// The id of an organization that a value of a condition is of: `o-a1b2c3d4e5` of `o-a1b2c3d4e5/r-ab12/*`.
fn organization(value: &str) -> String {
    value.split('/').next().unwrap_or_default().replace('*', EXAMPLE).replace('?', "x")
}

/// What the key has in a request of the organization, as the condition asks for it.
fn value(condition: &Condition, of: &str) -> String {
    let mut values =
        condition.values.values.iter().map(|text| text.value.replace('*', EXAMPLE).replace('?', "x"));
    let own = values.find(|value| organization(value) == of);
    own.filter(|_| !condition.operator.negated).unwrap_or_else(|| of.to_owned())
}
