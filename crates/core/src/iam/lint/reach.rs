//! Requests for an action on a resource that no careful policy names.

use super::subject::Subject;
use crate::iam::catalog::{AccessLevel, Action};
use crate::iam::witness::{Ask, Witness, find};

/// A request that the policy allows for the action on a resource that no careful policy names.
pub(super) fn on_anything(
    subject: &Subject<'_>,
    action: Action<'_>,
    fixed: &[(&str, &str)],
    chosen: fn(&str) -> bool,
) -> Option<Witness> {
    let home = subject.judge.home();
    let name = action.full_name();
    home.groups(action).iter().find_map(|group| {
        let each = group.iter().map(|resource| {
            let ask = Ask { caller: home.user(), action: &name, resource, fixed, chosen };
            find(&subject.judge, subject.document, &ask)
        });
        each.collect::<Option<Vec<_>>>()?.pop()
    })
}

/// The first of some actions, the most powerful first, for which the policy allows such a request.
pub(super) fn strongest(subject: &Subject<'_>, actions: &[Action<'_>]) -> Option<Witness> {
    let of = |level: AccessLevel| actions.iter().filter(move |action| action.is(level)).take(3);
    let ordered = AccessLevel::ALL.into_iter().rev().flat_map(of);
    ordered.take(8).find_map(|action| on_anything(subject, *action, &[], of_the_request))
}

/// Tags are the resource's, not the caller's: a policy that asks for one is narrower than any resource.
pub(super) fn of_the_request(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    !key.contains(":resourcetag/") && !matches!(key.as_str(), "aws:resourceaccount" | "aws:resourceorgid")
}
