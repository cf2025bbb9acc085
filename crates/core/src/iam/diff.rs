//! What a change of a policy gives and takes, each with a request that shows it.

mod contexts;
mod same;
mod target;

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use self::target::Targets;
use super::catalog::{Action, Catalog};
use super::document::{Effect, PolicyDocument, Statement, Text};
use super::kind::{LARGEST, PolicyKind};
use super::witness::{Caller, Context, EXAMPLE, Home, Judge, Witness, may_be_about, may_match};
use crate::error::{Error, ErrorKind, Result, printable};

/// Of more actions than these, one of each service and access level is looked at.
const ALL: usize = 1_000;

/// What the new policy allows and the old one does not, and the other way round.
#[derive(Clone, Debug, Default)]
pub struct Difference {
    /// Access that the new policy gives.
    pub gained: Vec<Change>,
    /// Access that the new policy takes.
    pub lost: Vec<Change>,
    /// How many statements only one of the two has for which no request was found that the two decide differently. They
    /// may say the same in other words; it is not proved.
    pub undecided: usize,
}

impl Difference {
    /// Whether no access was found that is gained or lost; what is [`undecided`](Self::undecided) may hide some.
    pub fn is_empty(&self) -> bool {
        self.gained.is_empty() && self.lost.is_empty()
    }
}

impl Difference {
    fn note(&mut self, is_gain: bool, action: &Asked<'_>, is_sample: bool, resource: &str, witness: Witness) {
        let changes = if is_gain { &mut self.gained } else { &mut self.lost };
        let name = action.shown.clone();
        let known =
            changes.iter_mut().find(|change| change.resource == resource && change.is_sample == is_sample);
        match known {
            Some(change) if change.actions.contains(&name) => {}
            Some(change) => change.actions.push(name),
            None => {
                changes.push(Change {
                    actions: vec![name],
                    is_sample,
                    resource: resource.to_owned(),
                    witness,
                });
            }
        }
    }
}

/// Access that one of two policies gives and the other does not.
#[derive(Clone, Debug)]
pub struct Change {
    /// The actions, `s3:GetObject`.
    pub actions: Vec<String>,
    /// Whether the policy speaks of more actions, of which one per service and access level was looked at.
    pub is_sample: bool,
    /// The resources, as the policy has them.
    pub resource: String,
    /// A request that the one policy allows and the other does not.
    pub witness: Witness,
}

/// Compares what two policies allow, by asking both for requests made from the statements that differ.
///
/// What is told is true of the two policies: each request was decided by the engine with each of them. What is not
/// told may still differ, where it takes values that neither policy names.
///
/// # Errors
///
/// [`InvalidPolicy`](crate::ErrorKind::InvalidPolicy) if the engine does not take one of the two, or one has more than
/// 300,000 characters without white space, nine times what AWS takes of any kind;
/// [`Bug`](crate::ErrorKind::Bug) if the bundled catalogue is damaged.
pub fn difference(
    old: &PolicyDocument,
    new: &PolicyDocument,
    kind: Option<PolicyKind>,
) -> Result<Difference> {
    [old, new].into_iter().try_for_each(check_size)?;
    compared(old, new, kind)
}

/// The same for policies of any size.
pub(super) fn compared(
    old: &PolicyDocument,
    new: &PolicyDocument,
    kind: Option<PolicyKind>,
) -> Result<Difference> {
    let kind = kind.unwrap_or_else(|| PolicyKind::of(new));
    let home = Home::of(&[new, old]);
    let pair = Pair {
        old,
        new,
        before: Judge::at(old, kind, home.clone()),
        after: Judge::at(new, kind, home),
        catalog: Catalog::bundled()?,
        targets: Targets::of(&[new, old]),
    };
    pair.before.check()?;
    pair.after.check()?;
    let mut difference = Difference::default();
    for statement in pair.changed() {
        if !pair.compare(statement, &mut difference) {
            difference.undecided += 1;
        }
    }
    Ok(difference)
}

fn check_size(document: &PolicyDocument) -> Result<()> {
    let size = document.size();
    if size <= LARGEST {
        return Ok(());
    }
    let name = document.name().map(|name| format!("{}: ", printable(name))).unwrap_or_default();
    let what = format!("{name}{size} characters without white space, and {LARGEST} at most are compared");
    Err(Error::new(ErrorKind::InvalidPolicy, what)
        .with_hint("Compare parts of it: AWS takes no policy so large"))
}

struct Pair<'a> {
    old: &'a PolicyDocument,
    new: &'a PolicyDocument,
    before: Judge<'a>,
    after: Judge<'a>,
    catalog: &'a Catalog,
    targets: Targets<'a>,
}

impl<'a> Pair<'a> {
    /// The statements that only one of the two has.
    fn changed(&self) -> impl Iterator<Item = &'a Statement> {
        let only = |these: &'a PolicyDocument, those: &'a PolicyDocument| {
            let said: HashSet<_> = those.statements().iter().map(same::said).collect();
            let variables_differ = these.has_variables() != those.has_variables();
            let is_new = move |one: &&Statement| variables_differ || !said.contains(&same::said(one));
            these.statements().iter().filter(is_new)
        };
        only(self.new, self.old).chain(only(self.old, self.new))
    }

    /// Tells whether something was found.
    fn compare(&self, statement: &'a Statement, difference: &mut Difference) -> bool {
        let (actions, is_sample) = self.actions(statement);
        let callers = self.callers(statement);
        let mut groups = HashMap::new();
        let mut found = false;
        for target in self.targets.about(statement, self.after.home()) {
            // Groups of statements that only give, or only take: what one action shows of them is not asked of each.
            let mut one_way = HashSet::new();
            for action in actions.iter().filter(|action| action.takes(target.pattern)) {
                let resources = self.resources(action, &target.resource);
                let meeting = self.meeting(&action.name, &resources);
                let next = groups.len();
                let (group, contexts) = match groups.entry(meeting) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(place) => {
                        let contexts = contexts::contexts(statement, &self.statements(place.key()));
                        place.insert((next, contexts))
                    }
                };
                let question = Question { callers: &callers, contexts, action: &action.name, resources };
                let Some((is_gain, witness)) = self.ask(&question, None) else { continue };
                found = true;
                difference.note(is_gain, action, is_sample, target.pattern, witness);
                if one_way.contains(&(*group, is_gain)) {
                    continue;
                }
                match self.ask(&question, Some(!is_gain)) {
                    Some((_, witness)) => {
                        difference.note(!is_gain, action, is_sample, target.pattern, witness);
                    }
                    None => drop(one_way.insert((*group, is_gain))),
                }
            }
        }
        found
    }

    /// The statements of either side that may be about this action on one of these resources, by their numbers.
    fn meeting(&self, action: &str, resources: &[String]) -> [Vec<usize>; 2] {
        [(&self.before, self.old), (&self.after, self.new)].map(|(judge, document)| {
            let is_about = |at: &usize| {
                document.statements().get(*at).is_some_and(|statement| {
                    let mut each = resources.iter();
                    may_match(statement, action) && each.any(|resource| may_be_about(statement, resource))
                })
            };
            judge.about_any(action, resources).into_iter().filter(is_about).collect()
        })
    }

    /// The statements of either side, by their numbers.
    fn statements(&self, [old, new]: &[Vec<usize>; 2]) -> [Vec<&'a Statement>; 2] {
        let of = |document: &'a PolicyDocument, numbers: &[usize]| {
            numbers.iter().filter_map(|at| document.statements().get(*at)).collect()
        };
        [of(self.old, old), of(self.new, new)]
    }

    /// The actions that the statement speaks of. What the catalogue lacks is taken as it is written.
    fn actions(&self, statement: &'a Statement) -> (Vec<Asked<'a>>, bool) {
        let element = &statement.action;
        let mut unknown = Vec::new();
        let mut all: Vec<Action<'a>> = if element.negated {
            let all = self.catalog.services().flat_map(|service| service.actions());
            all.filter(|action| may_match(statement, &action.full_name())).collect()
        } else {
            let of = |text: &'a Text| {
                let known: Vec<_> = self.catalog.matching(&text.value).collect();
                if known.is_empty() {
                    unknown.push(Asked::unknown(&text.value));
                }
                known
            };
            element.texts.values.iter().flat_map(of).collect()
        };
        all.sort_by_key(|action| action.row());
        all.dedup_by_key(|action| action.row());
        let is_sample = all.len() > ALL;
        let mut all = if is_sample { sample(all) } else { all };
        if is_sample {
            all.extend(self.allowed().filter(|action| may_match(statement, &action.full_name())).take(ALL));
        }
        (all.into_iter().map(Asked::known).chain(unknown).collect(), is_sample)
    }

    /// The actions that an Allow of either policy names.
    fn allowed(&self) -> impl Iterator<Item = Action<'a>> {
        let all = self.new.statements().iter().chain(self.old.statements());
        let allowing = all.filter(|one| one.effect == Effect::Allow && !one.action.negated);
        let texts = allowing.flat_map(|one| &one.action.texts.values).filter(|text| text.value.contains(':'));
        texts.flat_map(|text| self.catalog.matching(&text.value))
    }

    /// A request that the two decide differently, and whether it is the new one that allows it; one that it does, or
    /// does not, if that is wanted.
    fn ask(&self, question: &Question<'_>, wanted: Option<bool>) -> Option<(bool, Witness)> {
        let Question { callers, contexts, action, resources } = question;
        for (caller, of_caller) in *callers {
            let bare = |resource| self.after.witness(caller.clone(), action, resource, Context::new());
            let of_each = resources.iter().map(|resource| {
                let witness = bare(resource);
                (self.before.ready(&witness), self.after.ready(&witness), witness)
            });
            let of_each: Vec<_> = of_each.collect();
            for context in *contexts {
                let mut context = context.clone();
                context.extend(of_caller.clone());
                for (before, after, witness) in &of_each {
                    let witness = Witness { context: context.clone(), ..witness.clone() };
                    let (before, after) = (before.allows(&witness), after.allows(&witness));
                    if before != after && wanted.is_none_or(|wanted| wanted == after) {
                        return Some((after, witness));
                    }
                }
            }
        }
        None
    }

    /// For a pattern that is everything: a resource of each type that the action takes, there and elsewhere.
    fn resources(&self, action: &Asked<'a>, resource: &str) -> Vec<String> {
        let Some(known) = action.known.filter(|_| resource == "*") else { return vec![resource.to_owned()] };
        let homes = [self.after.home(), &Home::nowhere()];
        let mut each: Vec<String> = homes.into_iter().flat_map(|home| home.groups(known).concat()).collect();
        each.dedup();
        each
    }

    fn callers(&self, statement: &Statement) -> Vec<(Caller, Context)> {
        let all = self.new.statements().iter().chain(self.old.statements());
        let of = |statement| Caller::with_context(statement, self.after.home());
        if Caller::are_named_by(statement) {
            return of(statement);
        }
        let mut callers = Vec::new();
        for caller in std::iter::once(statement).chain(all).flat_map(of) {
            if !callers.contains(&caller) {
                callers.push(caller);
            }
        }
        if callers.is_empty() {
            callers.push((self.after.home().user(), Context::new()));
        }
        callers
    }
}

/// Requests for one action on each of these resources, by each of these callers in each of these contexts.
struct Question<'q> {
    callers: &'q [(Caller, Context)],
    contexts: &'q [Context],
    action: &'q str,
    resources: Vec<String>,
}

/// An action to ask for.
struct Asked<'a> {
    /// As the policy or the catalogue has it.
    shown: String,
    name: String,
    known: Option<Action<'a>>,
}

impl<'a> Asked<'a> {
    fn known(action: Action<'a>) -> Self {
        Self { shown: action.full_name(), name: action.full_name(), known: Some(action) }
    }

    fn unknown(pattern: &str) -> Self {
        let name = pattern.replace('*', EXAMPLE).replace('?', "x");
        Self { shown: pattern.to_owned(), name, known: None }
    }

    /// Whether a request for it can name a resource of this pattern.
    fn takes(&self, pattern: &str) -> bool {
        self.known.is_none_or(|action| action.takes(pattern))
    }
}

/// One action of each service and access level.
fn sample(all: Vec<Action<'_>>) -> Vec<Action<'_>> {
    let mut sample: Vec<Action<'_>> = Vec::new();
    for action in all {
        let same = |other: &Action<'_>| {
            other.service().prefix() == action.service().prefix()
                && other.access_levels().eq(action.access_levels())
        };
        if !sample.iter().rev().take(8).any(same) {
            sample.push(action);
        }
    }
    sample
}

#[cfg(test)]
mod tests;
