//! `leasekey iam actions`: what a pattern of a policy stands for.

use std::collections::HashSet;

use clap::builder::styling::Style;
use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::cli::table::{self, Wrap};
use crate::cli::{Console, Outcome};
use crate::error::{Error, ErrorKind, printable};
use crate::iam::{AccessLevel, Action, Catalog};

const NAME: Style = Style::new().bold();

#[derive(Args)]
pub(super) struct Arguments {
    /// Actions as in a policy: 's3:Get*', 'iam:PassRole', '*:*Tag*'
    #[arg(required = true)]
    patterns: Vec<String>,
    /// How to print them
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Clone, Copy, Default, Eq, PartialEq, ValueEnum)]
enum Format {
    /// A row per action; one action alone is told at length
    #[default]
    Table,
    /// Everything that is known, as JSON
    Json,
}

pub(super) fn run(arguments: &Arguments, console: &mut Console<'_>) -> Outcome {
    let catalog = Catalog::bundled()?;
    let mut actions = Vec::new();
    for pattern in &arguments.patterns {
        let before = actions.len();
        actions.extend(catalog.matching(pattern));
        if actions.len() == before {
            return Err(no_match(pattern, catalog).into());
        }
    }
    let mut seen = HashSet::new();
    actions.retain(|action| seen.insert(action.full_name()));
    match (arguments.format, actions.as_slice()) {
        (Format::Json, _) => json(&actions, catalog, console),
        (Format::Table, [action]) => one(*action, catalog, console),
        (Format::Table, _) => all(&actions, catalog, console),
    }
}

fn no_match(pattern: &str, catalog: &Catalog) -> Error {
    let what = format!("no action matches \"{}\" in the data of {}", printable(pattern), catalog.date());
    let error = Error::new(ErrorKind::InvalidName, what);
    match catalog.nearest_action(pattern) {
        Some(near) => error.with_hint(format!("The nearest is {near}")),
        None => error.with_hint("Write it as in a policy: 's3:Get*'; newer actions need a newer Leasekey"),
    }
}

fn all(actions: &[Action<'_>], catalog: &Catalog, console: &mut Console<'_>) -> Outcome {
    if console.terminal {
        actions.iter().try_for_each(|action| block(*action, console))?;
    } else {
        let rows = actions
            .iter()
            .map(|action| [action.full_name(), levels(*action), resources(*action), listed(keys(*action))]);
        table::print(console.out, Wrap::Nothing, ["ACTION", "ACCESS", "RESOURCES", "CONDITION KEYS"], rows)?;
    }
    let count = actions.len();
    writeln!(console.out, "\n{count} actions; a request always names the resources with a *.")?;
    Ok(writeln!(console.out, "{}", dated(catalog))?)
}

// Keys are many: next to the other columns they would not fit a terminal.
fn block(action: Action<'_>, console: &mut Console<'_>) -> Outcome {
    writeln!(console.out, "{NAME}{}{NAME:#}  {}", action.full_name(), levels(action))?;
    let keys = listed(keys(action));
    let facts = [("  on", resources(action)), ("  keys", keys)];
    let facts = facts.into_iter().filter(|(_, fact)| !fact.is_empty());
    Ok(table::facts(console.out, Wrap::Columns, facts)?)
}

fn one(action: Action<'_>, catalog: &Catalog, console: &mut Console<'_>) -> Outcome {
    let wrap = if console.terminal { Wrap::Columns } else { Wrap::Nothing };
    let mut facts = vec![
        ("Action", action.full_name()),
        ("Service", action.service().name().to_owned()),
        ("Access", levels(action)),
    ];
    if action.is_wildcard_only() {
        facts.push(("Resources", "none: its statements need \"Resource\": \"*\"".to_owned()));
    }
    for (at, (kind, required)) in action.resource_types().enumerate() {
        let title = if at == 0 { "Resources" } else { "" };
        let always = if required { ", always named" } else { "" };
        facts.push((title, format!("{}{always}: {}", kind.name(), kind.arn())));
    }
    let lists = [("Condition keys", keys(action)), ("Needs too", action.dependent_actions().collect())];
    facts.extend(
        lists.into_iter().filter(|(_, list)| !list.is_empty()).map(|(name, list)| (name, listed(list))),
    );
    table::facts(console.out, wrap, facts)?;
    Ok(writeln!(console.out, "\n{}", dated(catalog))?)
}

fn dated(catalog: &Catalog) -> String {
    format!("As AWS had it on {}; global condition keys are not listed.", catalog.date())
}

fn levels(action: Action<'_>) -> String {
    listed(action.access_levels().map(AccessLevel::name).collect())
}

fn resources(action: Action<'_>) -> String {
    let named = |(kind, required): (crate::iam::ResourceType<'_>, bool)| {
        format!("{}{}", kind.name(), if required { "*" } else { "" })
    };
    let names: Vec<_> = action.resource_types().map(named).collect();
    if names.is_empty() { "(any)".to_owned() } else { names.join(", ") }
}

/// The keys of an action and of its resource types.
fn keys<'a>(action: Action<'a>) -> Vec<&'a str> {
    let types = action.resource_types().flat_map(|(kind, _)| kind.condition_keys());
    let mut keys: Vec<_> = action.condition_keys().chain(types).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn listed(names: Vec<&str>) -> String {
    names.join(", ")
}

#[derive(Serialize)]
struct Known<'a> {
    action: String,
    service: &'a str,
    access_levels: Vec<&'static str>,
    wildcard_only: bool,
    resource_types: Vec<KnownType<'a>>,
    condition_keys: Vec<&'a str>,
    dependent_actions: Vec<&'a str>,
}

#[derive(Serialize)]
struct KnownType<'a> {
    name: &'a str,
    arn: &'a str,
    required: bool,
}

#[derive(Serialize)]
struct Answer<'a> {
    data_date: &'a str,
    actions: Vec<Known<'a>>,
}

fn json(actions: &[Action<'_>], catalog: &Catalog, console: &mut Console<'_>) -> Outcome {
    let known = actions.iter().map(|action| Known {
        action: action.full_name(),
        service: action.service().name(),
        access_levels: action.access_levels().map(AccessLevel::name).collect(),
        wildcard_only: action.is_wildcard_only(),
        resource_types: action
            .resource_types()
            .map(|(kind, required)| KnownType { name: kind.name(), arn: kind.arn(), required })
            .collect(),
        condition_keys: keys(*action),
        dependent_actions: action.dependent_actions().collect(),
    });
    let answer = Answer { data_date: catalog.date(), actions: known.collect() };
    serde_json::to_writer_pretty(&mut *console.out, &answer).map_err(std::io::Error::from)?;
    Ok(writeln!(console.out)?)
}
