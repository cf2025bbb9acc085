//! What a change of a policy gives and takes, each with a request that shows it.

use super::catalog::{Action, Catalog};
use super::document::{Effect, PolicyDocument, Statement};
use super::kind::PolicyKind;
use super::overlap::takes;
use super::witness::{Caller, Context, EXAMPLE, Judge, Witness, concrete_arn, may_match, satisfied};
use crate::error::Result;

/// Of more actions than these, one of each service and access level is looked at.
const ALL: usize = 1_000;

/// What the new policy allows and the old one does not, and the other way round.
#[derive(Clone, Debug, Default)]
pub struct Difference {
    /// Access that the new policy gives.
    pub gained: Vec<Change>,
    /// Access that the new policy takes.
    pub lost: Vec<Change>,
}

impl Difference {
    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.gained.is_empty() && self.lost.is_empty()
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
/// [`InvalidPolicy`](crate::ErrorKind::InvalidPolicy) if the engine does not take one of the two,
/// [`Bug`](crate::ErrorKind::Bug) if the bundled catalogue is damaged.
pub fn difference(
    old: &PolicyDocument,
    new: &PolicyDocument,
    kind: Option<PolicyKind>,
) -> Result<Difference> {
    let kind = kind.unwrap_or_else(|| PolicyKind::of(new));
    let pair = Pair {
        old,
        new,
        before: Judge::new(old, kind),
        after: Judge::new(new, kind),
        catalog: Catalog::bundled()?,
    };
    pair.before.check()?;
    pair.after.check()?;
    let mut difference = Difference::default();
    for statement in pair.changed() {
        pair.compare(statement, &mut difference);
    }
    Ok(difference)
}

struct Pair<'a> {
    old: &'a PolicyDocument,
    new: &'a PolicyDocument,
    before: Judge<'a>,
    after: Judge<'a>,
    catalog: &'a Catalog,
}

/// A resource to ask for, and the pattern that it was made from.
struct Target {
    pattern: String,
    resource: String,
}

impl<'a> Pair<'a> {
    /// The statements that only one of the two has.
    fn changed(&self) -> impl Iterator<Item = &'a Statement> {
        let only = |these: &'a PolicyDocument, those: &'a PolicyDocument| {
            let has = move |statement: &Statement| {
                those.statements().iter().any(|other| says_the_same(other, statement))
            };
            let variables_differ = these.has_variables() != those.has_variables();
            these.statements().iter().filter(move |statement| variables_differ || !has(statement))
        };
        only(self.new, self.old).chain(only(self.old, self.new))
    }

    fn compare(&self, statement: &'a Statement, difference: &mut Difference) {
        let (actions, is_sample) = self.actions(statement);
        for target in self.targets(statement) {
            for action in actions.iter().filter(|action| takes(**action, &target.pattern)) {
                let Some((is_gain, witness)) = self.ask(statement, *action, &target.resource) else {
                    continue;
                };
                let changes = if is_gain { &mut difference.gained } else { &mut difference.lost };
                note(changes, *action, is_sample, &target.pattern, witness);
            }
        }
    }

    /// The actions that the statement speaks of.
    fn actions(&self, statement: &'a Statement) -> (Vec<Action<'a>>, bool) {
        let element = &statement.action;
        let mut all: Vec<Action<'a>> = if element.negated {
            let all = self.catalog.services().flat_map(|service| service.actions());
            all.filter(|action| may_match(statement, &action.full_name())).collect()
        } else {
            element.texts.values.iter().flat_map(|text| self.catalog.matching(&text.value)).collect()
        };
        all.sort_by_key(|action| action.row());
        all.dedup_by_key(|action| action.row());
        if all.len() <= ALL {
            return (all, false);
        }
        let mut sample: Vec<Action<'a>> = Vec::new();
        for action in all {
            let same = |other: &Action<'_>| {
                other.service().prefix() == action.service().prefix()
                    && other.access_levels().eq(action.access_levels())
            };
            if !sample.iter().rev().take(8).any(same) {
                sample.push(action);
            }
        }
        (sample, true)
    }

    /// Resources of the statement, and of those that meet it in either policy.
    fn targets(&self, statement: &Statement) -> Vec<Target> {
        let home = self.after.home();
        let mut targets: Vec<Target> = Vec::new();
        let all = self.new.statements().iter().chain(self.old.statements());
        for other in std::iter::once(statement).chain(all) {
            let Some(element) = other.resource.as_ref() else { continue };
            for text in &element.texts.values {
                if !targets.iter().any(|target| target.pattern == text.value) {
                    let resource = if text.value == "*" { "*".to_owned() } else { concrete_arn(&text.value) };
                    targets.push(Target { pattern: text.value.clone(), resource });
                }
            }
        }
        if targets.is_empty() {
            let resource = home.iam("role", EXAMPLE);
            targets.push(Target { pattern: "the role".to_owned(), resource });
        }
        targets
    }

    /// A request that the two decide differently, and whether it is the new one that allows it.
    fn ask(&self, statement: &Statement, action: Action<'a>, resource: &str) -> Option<(bool, Witness)> {
        let name = action.full_name();
        for caller in self.callers(statement) {
            for context in self.contexts(statement, &name) {
                for resource in self.resources(action, resource) {
                    let witness = self.after.witness(caller.clone(), &name, &resource, context.clone());
                    let (before, after) = (self.before.allows(&witness), self.after.allows(&witness));
                    if before != after {
                        return Some((after, witness));
                    }
                }
            }
        }
        None
    }

    /// For a pattern that is everything: a resource of each type that the action takes.
    fn resources(&self, action: Action<'a>, resource: &str) -> Vec<String> {
        if resource != "*" {
            return vec![resource.to_owned()];
        }
        let mut each: Vec<String> = self.after.home().groups(action).into_iter().flatten().collect();
        each.dedup();
        each
    }

    fn callers(&self, statement: &Statement) -> Vec<Caller> {
        let all = self.new.statements().iter().chain(self.old.statements());
        let mut callers = Vec::new();
        for caller in std::iter::once(statement).chain(all).flat_map(Caller::of) {
            if !callers.contains(&caller) {
                callers.push(caller);
            }
        }
        if callers.is_empty() {
            callers.push(self.after.home().user());
        }
        callers
    }

    /// Contexts that the statement's conditions, or those of the ones it meets, ask for.
    fn contexts(&self, statement: &Statement, action: &str) -> Vec<Context> {
        let none = Context::new();
        let mut contexts = vec![none.clone()];
        let mut add = |context: Option<Context>| {
            if let Some(context) = context.filter(|context| !contexts.contains(context)) {
                contexts.push(context);
            }
        };
        let own = satisfied(&statement.conditions, &none, |_| true);
        add(own.clone());
        let all = self.new.statements().iter().chain(self.old.statements());
        for other in all.filter(|other| may_match(other, action) && !other.conditions.is_empty()) {
            add(satisfied(&other.conditions, &none, |_| true));
            add(own.as_ref().and_then(|own| satisfied(&other.conditions, own, |_| true)));
        }
        contexts
    }
}

fn says_the_same(a: &Statement, b: &Statement) -> bool {
    let effect = |statement: &Statement| statement.effect == Effect::Allow;
    effect(a) == effect(b) && without_places(a) == without_places(b)
}

/// What the statement says, wherever it stands.
fn without_places(statement: &Statement) -> Vec<String> {
    let element = |element: &super::document::Element| {
        let mut texts: Vec<_> = element.texts.values.iter().map(|text| text.value.clone()).collect();
        texts.sort_unstable();
        format!("{} {texts:?}", element.negated)
    };
    let mut parts = vec![element(&statement.action)];
    parts.push(statement.resource.as_ref().map(element).unwrap_or_default());
    parts.push(
        statement
            .principal
            .as_ref()
            .map(|principal| {
                let names = Caller::of(statement);
                format!(
                    "{} {names:?} {}",
                    principal.negated,
                    matches!(principal.names, super::document::PrincipalNames::Everyone)
                )
            })
            .unwrap_or_default(),
    );
    let conditions = statement.conditions.iter().map(|condition| {
        let mut values: Vec<_> = condition.values.values.iter().map(|text| text.value.as_str()).collect();
        values.sort_unstable();
        format!("{} {} {values:?}", condition.operator, condition.key.value.to_ascii_lowercase())
    });
    let mut conditions: Vec<_> = conditions.collect();
    conditions.sort_unstable();
    parts.extend(conditions);
    parts
}

fn note(changes: &mut Vec<Change>, action: Action<'_>, is_sample: bool, resource: &str, witness: Witness) {
    let name = action.full_name();
    if let Some(change) =
        changes.iter_mut().find(|change| change.resource == resource && change.is_sample == is_sample)
    {
        if !change.actions.contains(&name) {
            change.actions.push(name);
        }
        return;
    }
    changes.push(Change { actions: vec![name], is_sample, resource: resource.to_owned(), witness });
}

#[cfg(test)]
mod tests;
