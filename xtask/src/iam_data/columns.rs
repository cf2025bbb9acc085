//! The catalogue as columns; `crates/core/src/iam/catalog/blob.rs` reads them and says what they are.

use super::Source;
use super::services::{Key, Service};
use crate::failure::{Doing, Result};

const FORM: u32 = 1;

/// A list of the lists of a service, each written once.
#[derive(Default)]
struct Lists(Vec<Vec<u32>>);

#[derive(Default)]
struct Column(Vec<u8>);

impl Column {
    fn line(&mut self, text: &str) {
        self.0.extend(text.bytes().filter(|byte| *byte != b'\n'));
        self.0.push(b'\n');
    }

    fn number(&mut self, mut number: u32) {
        loop {
            let low = number.to_le_bytes()[0] & 0x7f;
            number >>= 7;
            if number == 0 {
                return self.0.push(low);
            }
            self.0.push(low | 0x80);
        }
    }

    fn count(&mut self, count: usize) -> Result<()> {
        self.number(u32::try_from(count).doing(|| "too many of something".into())?);
        Ok(())
    }

    fn list(&mut self, lists: &mut Lists, list: Vec<u32>) -> Result<()> {
        if let Some(before) = lists.0.iter().position(|known| *known == list) {
            return self.count(before + 1);
        }
        self.number(0);
        self.count(list.len())?;
        list.iter().for_each(|number| self.number(*number));
        lists.0.push(list);
        Ok(())
    }
}

#[derive(Default)]
struct Columns {
    sources: Column,
    types: Column,
    services: Column,
    keys: Column,
    resources: Column,
    arns: Column,
    actions: Column,
    dependents: Column,
    counts: Column,
    key_types: Column,
    levels: Column,
    resource_lists: Column,
    key_lists: Column,
    dependent_lists: Column,
    resource_key_lists: Column,
}

/// The whole catalogue, not compressed yet.
pub(super) fn encode(sources: &[Source], globals: &[Key], services: &[Service]) -> Result<Vec<u8>> {
    let types =
        sorted(services.iter().flat_map(|service| &service.keys).chain(globals).map(|key| &key.value_type));
    let actions = services.iter().flat_map(|service| &service.actions);
    let dependents = sorted(actions.flat_map(|action| &action.dependents));
    let mut columns = Columns::default();
    columns.counts.count(sources.len())?;
    for source in sources {
        let Source { what, package, version, licence, date } = source;
        [what, package, version.as_str(), licence, date].iter().for_each(|text| columns.sources.line(text));
    }
    columns.counts.count(types.len())?;
    types.iter().for_each(|kind| columns.types.line(kind));
    columns.counts.count(dependents.len())?;
    dependents.iter().for_each(|action| columns.dependents.line(action));
    columns.keys(globals, &types)?;
    columns.counts.count(services.len())?;
    for service in services {
        columns.service(service, &types, &dependents)?;
    }
    columns.joined()
}

fn sorted<'a>(texts: impl Iterator<Item = &'a String>) -> Vec<&'a str> {
    let mut all: Vec<&str> = texts.map(String::as_str).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn place(all: &[&str], text: &str) -> Result<u32> {
    let at = all.binary_search(&text).map_err(|_| text).doing(|| "a name is in no table".into())?;
    u32::try_from(at).doing(|| "too many names".into())
}

impl Columns {
    fn keys(&mut self, keys: &[Key], types: &[&str]) -> Result<()> {
        self.counts.count(keys.len())?;
        for key in keys {
            self.keys.line(&key.name);
            self.key_types.number(place(types, &key.value_type)?);
        }
        Ok(())
    }

    fn service(&mut self, service: &Service, types: &[&str], dependents: &[&str]) -> Result<()> {
        self.services.line(&service.prefix);
        self.services.line(&service.name);
        self.keys(&service.keys, types)?;
        self.counts.count(service.resources.len())?;
        let mut known = Lists::default();
        for resource in &service.resources {
            self.resources.line(&resource.name);
            self.arns.line(&resource.arn);
            self.resource_key_lists.list(&mut known, resource.keys.clone())?;
        }
        self.counts.count(service.actions.len())?;
        let (mut resources, mut keys, mut needs) = (Lists::default(), Lists::default(), Lists::default());
        for action in &service.actions {
            self.actions.line(&action.name);
            self.levels.number(action.levels);
            let entries =
                action.resources.iter().map(|(at, required)| at * 2 + u32::from(*required)).collect();
            self.resource_lists.list(&mut resources, entries)?;
            self.key_lists.list(&mut keys, action.keys.clone())?;
            let places = action.dependents.iter().map(|action| place(dependents, action));
            self.dependent_lists.list(&mut needs, places.collect::<Result<_>>()?)?;
        }
        Ok(())
    }

    fn joined(self) -> Result<Vec<u8>> {
        let texts = [
            self.sources,
            self.types,
            self.services,
            self.keys,
            self.resources,
            self.arns,
            self.actions,
            self.dependents,
        ];
        let numbers = [
            self.counts,
            self.key_types,
            self.levels,
            self.resource_lists,
            self.key_lists,
            self.dependent_lists,
            self.resource_key_lists,
        ];
        let mut whole = Column::default();
        whole.number(FORM);
        for column in texts.iter().chain(&numbers) {
            whole.count(column.0.len())?;
        }
        texts.iter().chain(&numbers).for_each(|column| whole.0.extend(&column.0));
        Ok(whole.0)
    }
}
