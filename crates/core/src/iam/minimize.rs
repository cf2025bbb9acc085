//! The smallest policy that allows exactly what a list names, proved by the engine.

mod condition;
mod draft;
mod grant;
mod grid;
mod groups;
mod list;
mod patterns;
mod proof;
mod rectangle;
mod sid;
mod split;
mod trim;

pub use self::list::{AllowedRequest, read_allowed};

use std::collections::BTreeSet;
use std::fmt;

use self::draft::Draft;
use self::grant::{Asked, Grant};
use self::grid::Grid;
use self::groups::Groups;
use self::patterns::Names;
use super::catalog::Catalog;
use super::document::PolicyDocument;
use super::kind::PolicyKind;
use crate::error::{Error, ErrorKind, Result};

/// The smallest policy that allows a list of requests and nothing else.
#[derive(Clone, Debug)]
pub struct Minimized {
    /// The policies: one, or several that are to be attached together where one would be larger than AWS takes.
    pub policies: Vec<MinimalPolicy>,
    /// What is allowed besides the list because AWS offers nothing narrower.
    pub wider: Vec<Wider>,
    /// Actions of the list that the catalogue does not have; they are allowed as they are written.
    pub unknown: Vec<String>,
    /// The patterns of actions, each of which stands for actions of the list only, as of the catalogue's date.
    pub patterns: Vec<String>,
}

/// A policy of a [`Minimized`] list.
#[derive(Clone, Debug)]
pub struct MinimalPolicy {
    /// The document as JSON. That of a session is in one line, because white space counts there.
    pub text: String,
    /// The same, read.
    pub document: PolicyDocument,
}

/// What is allowed besides the list because AWS offers nothing narrower.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Wider {
    /// The action cannot be limited to a resource: it is allowed on `*`.
    NoResourceLevel {
        /// The action.
        action: String,
        /// The resource that the list names.
        resource: String,
    },
    /// A key with several values cannot be asked to have exactly these: fewer of them are allowed too.
    FewerValues {
        /// The condition key.
        key: String,
        /// The values that the list names.
        values: Vec<String>,
    },
}

impl fmt::Display for Wider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoResourceLevel { action, resource } => {
                write!(
                    f,
                    "{action} is allowed on *, not only on {resource}: AWS has no resource level for it"
                )
            }
            Self::FewerValues { key, values } => {
                write!(
                    f,
                    "{key} may have fewer values than {}: AWS compares no whole sets",
                    values.join(", ")
                )
            }
        }
    }
}

/// Makes the smallest policy that allows these requests and nothing else.
///
/// The policy has the fewest statements that can say it, and of those the fewest characters of actions and
/// resources. It names resources as the list does. A pattern of actions stands in it only where the catalogue has no
/// action for it that the list lacks. Lists that would take very long are cut into statements well rather than best.
///
/// Before it is handed out, the engine decides every request of the list with it, and compares it with the policy
/// that has a statement for each action of the list: no access may be gained or lost.
///
/// `kind` is what the policy is for: an identity, a session or a boundary.
///
/// # Errors
///
/// - [`InvalidRequest`](ErrorKind::InvalidRequest) if the list is empty or one of its requests is none that AWS could
///   get; if no policy for it is as small as AWS asks for; or if `kind` is another one.
/// - [`Bug`](ErrorKind::Bug) if the engine does not find the policy to allow exactly the list.
///
/// ```
/// use leasekey::iam::{PolicyKind, minimal_policy, read_allowed};
///
/// let used = read_allowed(r#"[
///     {"action": "sqs:SendMessage", "resource": "arn:aws:sqs:eu-west-1:111122223333:orders"},
///     {"action": "sqs:ReceiveMessage", "resource": "arn:aws:sqs:eu-west-1:111122223333:orders"}
/// ]"#)?;
/// let policies = minimal_policy(&used, PolicyKind::Identity)?.policies;
/// assert_eq!((policies.len(), policies[0].document.statements().len()), (1, 1));
/// # Ok::<(), leasekey::Error>(())
/// ```
pub fn minimal_policy(allowed: &[AllowedRequest], kind: PolicyKind) -> Result<Minimized> {
    let catalog = Catalog::bundled()?;
    let room = split::Room::of(kind)?;
    if allowed.is_empty() {
        let empty = Error::new(ErrorKind::InvalidRequest, "the list is empty: there is nothing to allow");
        return Err(empty.with_hint("Name an action and a resource at least"));
    }
    let mut wider = BTreeSet::new();
    let asked =
        allowed.iter().map(|request| Ok(Asked { request, grant: Grant::of(request, catalog, &mut wider)? }));
    let asked: Vec<_> = asked.collect::<Result<_>>()?;
    let grants: BTreeSet<_> = asked.iter().map(|asked| asked.grant.clone()).collect();
    room.may_hold(&grants)?;

    let mut drafts = room.cut(drafts(&grants, catalog))?;
    sid::name(&mut drafts, catalog);
    proof::prove(&asked, &drafts, catalog)?;

    let unknown = grants.iter().filter(|grant| catalog.action(&grant.action).is_none());
    let unknown: BTreeSet<_> = unknown.map(|grant| grant.action.clone()).collect();
    let patterns = drafts.iter().flat_map(|draft| &draft.actions).filter(|action| action.contains('*'));
    let patterns: BTreeSet<_> = patterns.cloned().collect();
    Ok(Minimized {
        policies: room.pack(&drafts)?,
        wider: wider.into_iter().collect(),
        unknown: unknown.into_iter().collect(),
        patterns: patterns.into_iter().collect(),
    })
}

/// The statements, group by group of those under the same conditions.
fn drafts(grants: &BTreeSet<Grant>, catalog: &Catalog) -> Vec<Draft> {
    let names = Names::of(grants, catalog);
    let groups = Groups::of(grants);
    let mut drafts = Vec::new();
    for (conditions, entries) in groups.all() {
        let grid = Grid::new(entries, groups.unconditional(conditions));
        for block in trim::smallest(&grid) {
            drafts.push(Draft {
                sid: String::new(),
                actions: names.shortened(&grid.actions(&block), &grid.harmless_actions(&block)),
                resources: grid.resources(&block),
                conditions: conditions.clone(),
            });
        }
    }
    drafts.sort();
    drafts
}

#[cfg(test)]
mod tests;
