//! Requests for an action on a resource that no careful policy names, and for what a statement says.

use super::subject::{Asked, Stated, Subject};
use crate::iam::catalog::{AccessLevel, Action};
use crate::iam::witness::{Ask, Caller, Context, EXAMPLE, Witness, concrete_arn, find, may_match};

/// Powerful actions of services that most accounts use.
pub(super) const PROBES: [&str; 9] = [
    "iam:CreateUser",
    "iam:CreatePolicyVersion",
    "kms:ScheduleKeyDeletion",
    "s3:DeleteBucket",
    "ec2:TerminateInstances",
    "sqs:PurgeQueue",
    "lambda:UpdateFunctionCode",
    "dynamodb:DeleteTable",
    "rds:DeleteDBInstance",
];

/// A request that the policy allows for the action on a resource that no careful policy names.
pub(super) fn on_anything(
    subject: &Subject<'_>,
    action: Action<'_>,
    fixed: &[(&str, &str)],
    chosen: fn(&str) -> bool,
) -> Option<Witness> {
    let home = subject.judge.home();
    let name = action.full_name();
    let own = home.iam("user", EXAMPLE);
    home.groups(action).iter().find_map(|group| {
        let each = group.iter().map(|resource| {
            // What the caller may do with itself it may not do with others.
            let other = (*resource == own).then(|| home.iam("user", "administrator"));
            let resource = other.as_ref().unwrap_or(resource);
            let ask = Ask { caller: home.user(), action: &name, resource, fixed, chosen };
            find(&subject.judge, &ask)
        });
        each.collect::<Option<Vec<_>>>()?.pop()
    })
}

/// A request that the policy allows for one of the actions, on what the statement names and by whom it names: of the
/// most powerful one, and of those that a Deny speaks of only where no other is found.
pub(super) fn reached(subject: &Subject<'_>, stated: &Stated<'_>, actions: &[Action<'_>]) -> Option<Witness> {
    /// Of actions alike so many are tried: what is in the way of these is in the way of all.
    const ALIKE: usize = 24;
    let callers = callers(subject, stated);
    let of = |level: AccessLevel| actions.iter().filter(move |action| action.is(level));
    let ordered = AccessLevel::ALL.into_iter().rev().flat_map(of);
    let (denied, free): (Vec<&Action<'_>>, Vec<_>) = ordered.partition(|action| subject.is_denied(**action));
    free.into_iter().take(ALIKE).chain(denied).find_map(|action| {
        let (name, resources) = (action.full_name(), resources(subject, stated, *action));
        let mut pairs = callers.iter().flat_map(|caller| resources.iter().map(move |one| (caller, one)));
        pairs.find_map(|((caller, context), resource)| {
            found_once(subject, (caller.clone(), context.clone(), name.clone(), resource.clone()))
        })
    })
}

/// The request that is found for this; looked for once.
fn found_once(subject: &Subject<'_>, asked: Asked) -> Option<Witness> {
    if let Some(known) = subject.asked.borrow().get(&asked) {
        return known.clone();
    }
    let (caller, context, action, resource) = &asked;
    let fixed: Vec<_> = context.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let ask = Ask { caller: caller.clone(), action, resource, fixed: &fixed, chosen: |_| true };
    let found = find(&subject.judge, &ask);
    subject.asked.borrow_mut().insert(asked, found.clone());
    found
}

fn callers(subject: &Subject<'_>, stated: &Stated<'_>) -> Vec<(Caller, Context)> {
    const FEW: usize = 4;
    let home = subject.judge.home();
    if stated.statement.principal.is_none() {
        return vec![(home.user(), Context::new())];
    }
    Caller::with_context(stated.statement, home).into_iter().take(FEW).collect()
}

/// Resources of the statement that the action takes: those that it names, else some of each type.
fn resources(subject: &Subject<'_>, stated: &Stated<'_>, action: Action<'_>) -> Vec<String> {
    if stated.is_for_everything() || stated.resources().next().is_none() {
        return subject.judge.home().groups(action).concat();
    }
    let named = stated.resources().filter(|(_, text)| action.takes(&text.value));
    named.map(|(_, text)| concrete_arn(&text.value)).collect()
}

/// Actions that the statement may be about: all that its patterns mean; of every action, strong ones, those of the
/// services of its resources, one of each service, and what a Deny of all others spares.
pub(super) fn actions_of<'a>(subject: &Subject<'a>, stated: &Stated<'a>) -> Vec<Action<'a>> {
    let known = stated.actions().filter_map(|(_, _, known)| known).flatten().copied();
    if !stated.statement.action.negated && stated.actions().all(|(_, _, known)| known.is_some()) {
        return known.collect();
    }
    let catalog = subject.catalog;
    let strong = PROBES.iter().filter_map(|name| catalog.action(name));
    let prefixes = stated.resources().filter_map(|(_, text)| text.value.split(':').nth(2));
    let of_resources = prefixes.filter_map(|prefix| catalog.service(prefix)).flat_map(|one| one.actions());
    let of_each = catalog.services().filter_map(|service| service.actions().next());
    let all = strong.chain(of_resources).chain(of_each).chain(spared(subject));
    all.filter(|action| may_match(stated.statement, &action.full_name())).collect()
}

/// The first actions that each Deny with `NotAction` leaves alone.
fn spared<'a>(subject: &Subject<'a>) -> impl Iterator<Item = Action<'a>> {
    const FEW: usize = 8;
    let denying =
        subject.statements.iter().filter(|stated| !stated.allows() && stated.statement.action.negated);
    let patterns = denying.flat_map(|stated| stated.expanded.iter().flatten());
    patterns.flat_map(|known| known.iter().take(FEW).copied())
}

/// Tags are the resource's, not the caller's: a policy that asks for one is narrower than any resource.
pub(super) fn of_the_request(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    !key.contains(":resourcetag/") && !matches!(key.as_str(), "aws:resourceaccount" | "aws:resourceorgid")
}
