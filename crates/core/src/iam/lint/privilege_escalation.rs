//! Ways from the rights of the policy to those of another principal.

mod paths;

use std::sync::OnceLock;

use self::paths::{On, Path, Step, paths};
use super::finding::{Findings, Rule, Severity};
use super::full_access;
use super::reach::{of_the_request, on_anything};
use super::subject::Subject;
use crate::iam::catalog::Catalog;
use crate::iam::kind::PolicyKind;
use crate::iam::witness::{Ask, EXAMPLE, Home, Witness, find};

pub(super) const RULE: Rule = Rule {
    id: "privilege-escalation",
    severity: Severity::Error,
    about: "Actions are allowed together that lead to the rights of another principal",
};

const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    if subject.kind != PolicyKind::Identity || full_access::told(subject).is_some() {
        return;
    }
    let mut open: Vec<(&Path, Witness)> = Vec::new();
    for (path, actions) in paths().zip(known(subject.catalog)) {
        if !actions.iter().all(|action| subject.may_allow_row(*action)) {
            continue;
        }
        // A way that holds another one adds nothing.
        if open.iter().any(|(shorter, _)| is_within(shorter, path)) {
            continue;
        }
        if let Some(witness) = walk(subject, path) {
            open.retain(|(longer, _)| !is_within(path, longer));
            open.push((path, witness));
        }
    }
    for (path, witness) in open {
        let names: Vec<_> = path.steps.iter().map(|step| step.action).collect();
        let Some((stated, at)) = path.steps.first().and_then(|step| subject.allowed_by(step.action)) else {
            continue;
        };
        let message = format!("{}: whoever has {} {}", path.id, names.join(" and "), path.how);
        let fix = "Name the users, roles and resources that are meant, or take one of the actions away";
        findings.shown(stated.action_spot(at), message, fix, witness);
    }
}

/// A known way from some rights to those of another principal.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Escalation {
    /// Its stable name, `lambda-create-invoke`.
    pub id: &'static str,
    /// The actions that it needs, all of them.
    pub actions: Vec<&'static str>,
    /// What whoever has them does.
    pub how: &'static str,
}

/// Every way that [`lint`](super::lint) looks for.
pub fn escalations() -> impl Iterator<Item = Escalation> {
    paths().map(|path| {
        let actions = path.steps.iter().map(|step| step.action).collect();
        Escalation { id: path.id, actions, how: path.how }
    })
}

/// The rows of the actions of each way; found once.
fn known(catalog: &Catalog) -> &'static [Vec<Option<usize>>] {
    static KNOWN: OnceLock<Vec<Vec<Option<usize>>>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let row = |step: &Step| catalog.action(step.action).map(|action| action.row());
        paths().map(|path| path.steps.iter().map(row).collect()).collect()
    })
}

fn is_within(shorter: &Path, longer: &Path) -> bool {
    let has =
        |step: &Step| longer.steps.iter().any(|other| other.action == step.action && other.on == step.on);
    shorter.steps.iter().all(has)
}

/// The request of the last step, if all steps are allowed.
fn walk(subject: &Subject<'_>, path: &Path) -> Option<Witness> {
    path.steps.iter().map(|step| take(subject, step)).collect::<Option<Vec<_>>>()?.into_iter().next()
}

fn take(subject: &Subject<'_>, step: &Step) -> Option<Witness> {
    let home = subject.judge.home();
    let Some(resource) = resource(home, step.on) else {
        return on_anything(subject, subject.catalog.action(step.action)?, &[], is_free);
    };
    let fixed: &[(&str, &str)] = match (step.on, step.action) {
        (On::PassedTo(service), _) => &[("iam:PassedToService", service)],
        (_, action) if action.starts_with("iam:Attach") => &[("iam:PolicyARN", ADMINISTRATOR)],
        (_, action) if action.ends_with("PermissionsBoundary") && action.starts_with("iam:Put") => {
            &[("iam:PermissionsBoundary", ADMINISTRATOR)]
        }
        _ => &[],
    };
    let ask = Ask { caller: home.user(), action: step.action, resource: &resource, fixed, chosen: is_free };
    find(&subject.judge, &ask)
}

/// Something that no careful policy names, other than the principal itself.
fn resource(home: &Home, on: On) -> Option<String> {
    Some(match on {
        On::Anything => return None,
        On::OwnUser => home.iam("user", EXAMPLE),
        On::StrongerUser => home.iam("user", "administrator"),
        On::AnyRole | On::PassedTo(_) => home.iam("role", "administrator"),
        On::AnyGroup => home.iam("group", "administrators"),
        On::AnyPolicy => home.iam("policy", "administrators"),
    })
}

/// Whether the caller can have any value of the key: not the boundary, the policies and the tags of others.
fn is_free(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    of_the_request(key)
        && !matches!(lower.as_str(), "iam:permissionsboundary" | "iam:policyarn" | "iam:passedtoservice")
}

#[cfg(test)]
mod tests;
