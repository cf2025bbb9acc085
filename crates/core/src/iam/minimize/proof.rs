//! The proof that statements allow a list and nothing else.
//!
//! Three ways, of which each would do where the others are right. Every action of every statement on every resource of
//! it is looked up in the list; the engine decides every request of the list; and the engine compares the statements of
//! each service with a policy that has one for each of its actions.

use std::collections::{BTreeMap, BTreeSet};

use super::condition::Conditions;
use super::draft::{Draft, policy};
use super::grant::{Asked, Grant};
use super::grid::stands_for;
use super::list::AllowedRequest;
use crate::error::{Error, ErrorKind, Result, printable};
use crate::iam::catalog::Catalog;
use crate::iam::diff::compared;
use crate::iam::document::PolicyDocument;
use crate::iam::kind::PolicyKind;
use crate::iam::variable::{Piece, Signs, pieces};
use crate::iam::witness::{Context, EXAMPLE, Judge, Witness, satisfied};

/// Refuses statements that allow more or less than the list.
pub(super) fn prove(asked: &[Asked<'_>], drafts: &[Draft], catalog: &Catalog) -> Result<()> {
    nothing_else(asked, drafts, catalog)?;
    everything(asked, drafts)?;
    no_difference(asked, drafts)
}

fn refuted(why: String) -> Error {
    let error = Error::new(ErrorKind::Bug, format!("the smallest policy is not what the list says: {why}"));
    error.with_hint("Report it, with the list")
}

/// The resources of each action, by the conditions under which they are allowed.
type Listed<'a> = BTreeMap<&'a Conditions, BTreeMap<String, Vec<&'a str>>>;

/// Every action of every statement is in the list, for every resource and every condition of it.
fn nothing_else(asked: &[Asked<'_>], drafts: &[Draft], catalog: &Catalog) -> Result<()> {
    let mut listed = Listed::new();
    for Grant { action, resource, conditions } in asked.iter().map(|asked| &asked.grant) {
        listed.entry(conditions).or_default().entry(action.to_ascii_lowercase()).or_default().push(resource);
    }
    let always = Conditions::default();
    for draft in drafts {
        let conditions = draft.conditions.one_by_one();
        for (action, resource) in meant(draft, catalog) {
            let is_listed = |conditions: &Conditions| {
                let resources = listed.get(conditions).and_then(|actions| actions.get(&action));
                resources.into_iter().flatten().any(|wide| stands_for(wide, resource))
            };
            if !conditions.iter().all(|conditions| is_listed(conditions) || is_listed(&always)) {
                return Err(refuted(format!("{action} on {} is not in it", printable(resource))));
            }
        }
    }
    Ok(())
}

/// The actions that a statement stands for, in lower case, each on each of its resources.
fn meant<'a>(draft: &'a Draft, catalog: &Catalog) -> Vec<(String, &'a str)> {
    let patterns = draft.actions.iter().filter(|action| action.contains('*'));
    let known = patterns.flat_map(|pattern| catalog.matching(pattern)).map(|action| action.full_name());
    let plain = draft.actions.iter().filter(|action| !action.contains('*')).cloned();
    let actions = known.chain(plain).map(|action| action.to_ascii_lowercase());
    let on_each =
        |action: String| draft.resources.iter().map(move |resource| (action.clone(), resource.as_str()));
    actions.flat_map(on_each).collect()
}

/// The engine allows every request of the list.
fn everything(asked: &[Asked<'_>], drafts: &[Draft]) -> Result<()> {
    let whole = PolicyDocument::parse(&policy(drafts, false)?)?;
    let judge = Judge::new(&whole, PolicyKind::Identity);
    for asked in asked {
        let alone = PolicyDocument::parse(&policy([&asked.alone()], false)?)?;
        let (witness, several) = asked.witness(&alone, &judge)?;
        if judge.allows_with(&witness, &several) {
            continue;
        }
        if Judge::new(&alone, PolicyKind::Identity).allows_with(&witness, &several) {
            return Err(refuted(format!("{} is denied", printable(&witness.to_string()))));
        }
        return Err(asked.refused("the engine denies it whatever the policy"));
    }
    Ok(())
}

/// A key with several values.
type Several = (String, Vec<String>);

impl Asked<'_> {
    /// A policy for it alone.
    fn alone(&self) -> Draft {
        let Grant { action, resource, conditions } = self.grant.clone();
        Draft { sid: String::new(), actions: vec![action], resources: vec![resource], conditions }
    }

    fn refused(&self, why: &str) -> Error {
        let (action, resource) = (printable(&self.request.action), printable(&self.request.resource));
        let what = format!("{action} on {resource} cannot be allowed: {why}");
        Error::new(ErrorKind::InvalidRequest, what)
            .with_hint("Correct the entry, its context and its variables")
    }

    /// A request of its kind: signs and variables replaced by what they may stand for.
    fn witness(&self, alone: &PolicyDocument, judge: &Judge<'_>) -> Result<(Witness, Vec<Several>)> {
        let AllowedRequest { action, resource, context } = self.request;
        let mut given = Context::new();
        for text in context.values().flatten().chain([resource]) {
            for variable in self.variables(text)? {
                let is_asked = context.keys().any(|key| key.eq_ignore_ascii_case(&variable));
                if !is_asked {
                    given.insert(variable, EXAMPLE.to_owned());
                }
            }
        }
        let mut several = Vec::new();
        for (key, values) in context.iter().filter(|(key, _)| self.grant.conditions.is_of_several(key)) {
            let values =
                values.iter().map(|value| self.concrete(value, &given)).collect::<Result<Vec<_>>>()?;
            given.extend(values.first().map(|first| (key.clone(), first.clone())));
            several.push((key.clone(), values));
        }
        let conditions = alone.statements().iter().flat_map(|statement| statement.conditions.clone());
        let context = satisfied(&conditions.collect::<Vec<_>>(), &given, |_| true)
            .ok_or_else(|| self.refused("no request meets its context"))?;
        let resource = if resource == "*" { resource.clone() } else { self.concrete(resource, &context)? };
        Ok((judge.witness(judge.home().user(), action, &resource, context), several))
    }

    fn pieces(&self, text: &str) -> Result<Vec<Piece>> {
        pieces(text, Signs { variables: true, wildcards: true }).map_err(|why| self.refused(&why))
    }

    fn variables(&self, text: &str) -> Result<Vec<String>> {
        let names = self.pieces(text)?.into_iter().filter_map(|piece| match piece {
            Piece::Variable(variable) => Some(variable.name),
            Piece::Text(_) | Piece::One | Piece::Star => None,
        });
        Ok(names.collect())
    }

    fn concrete(&self, text: &str, context: &Context) -> Result<String> {
        let value = |name: &str| {
            let known = context.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            known.map_or_else(|| EXAMPLE.to_owned(), |(_, value)| value.clone())
        };
        let pieces = self.pieces(text)?.into_iter().map(|piece| match piece {
            Piece::Text(text) => text,
            Piece::One => "x".to_owned(),
            Piece::Star => EXAMPLE.to_owned(),
            Piece::Variable(variable) => value(&variable.name),
        });
        Ok(pieces.collect())
    }
}

/// The engine finds no access gained or lost, service by service, beside a policy with a statement for each action.
fn no_difference(asked: &[Asked<'_>], drafts: &[Draft]) -> Result<()> {
    let mut services: BTreeMap<&str, BTreeMap<(&str, &Conditions), BTreeSet<&str>>> = BTreeMap::new();
    for Grant { action, resource, conditions } in asked.iter().map(|asked| &asked.grant) {
        let service = services.entry(service(action)).or_default();
        service.entry((action, conditions)).or_default().insert(resource);
    }
    for (name, listed) in services {
        let naive = listed.into_iter().map(|((action, conditions), resources)| Draft {
            sid: String::new(),
            actions: vec![action.to_owned()],
            resources: resources.into_iter().map(str::to_owned).collect(),
            conditions: conditions.clone(),
        });
        let of_service = |draft: &Draft| {
            let actions = draft.actions.iter().filter(|action| service(action) == name).cloned();
            Draft { actions: actions.collect(), ..draft.clone() }
        };
        let ours = drafts.iter().map(of_service).filter(|draft| !draft.actions.is_empty());
        let documents = [naive.collect::<Vec<_>>(), ours.collect()]
            .map(|drafts| policy(&drafts, false).and_then(|text| PolicyDocument::parse(&text)));
        let [naive, ours] = documents;
        let found = compared(&naive?, &ours?, Some(PolicyKind::Identity))?;
        for (what, change) in [("gained", found.gained.first()), ("lost", found.lost.first())] {
            if let Some(change) = change {
                return Err(refuted(format!("{what}: {}", printable(&change.witness.to_string()))));
            }
        }
    }
    Ok(())
}

fn service(action: &str) -> &str {
    action.split(':').next().unwrap_or_default()
}
