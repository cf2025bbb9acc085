//! Whom a statement of a resource policy names, and what a grant to them is worth.

use super::arn::{Arn, is_account};
use super::document::{Effect, PrincipalElement, PrincipalKind, PrincipalNames};
use super::principal::{Caller, Identity, Kind, name, session_role};
use super::request::{Fact, Request, SessionKind};
use super::truth::Truth;

/// The key that tells a caller's unique id.
pub(super) const USER_ID: &str = "aws:userid";

/// What a matching Allow of a resource policy gives within the account.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Grant {
    /// To the account: it only delegates, and the identity policy must allow too.
    Account,
    /// To a role, to the user behind a federation token, or to everybody: enough, within the permissions boundary and
    /// the session policy.
    Limited,
    /// To the user or the session itself: enough, whatever boundary and session policy leave out.
    Direct,
}

/// A principal that a statement names.
#[derive(Clone, Debug)]
enum Name {
    Everyone,
    /// All of an account; its partition if the name told it.
    Account {
        id: String,
        partition: Option<String>,
    },
    User {
        arn: String,
        account: String,
        name: String,
    },
    Role {
        arn: String,
        partition: String,
        account: String,
        name: String,
    },
    /// A session of a role or of a federation token.
    Session(String),
    Service(String),
    Provider(String),
    /// The unique id of a user or role that was deleted: its name belongs to somebody else now.
    UniqueId(String),
    /// An account by the id of Amazon S3, which no request tells.
    CanonicalUser,
    /// A text that no principal has.
    Nobody,
}

/// The principals of a statement.
#[derive(Clone, Debug)]
pub(super) struct Named {
    effect: Effect,
    negated: bool,
    names: Vec<Name>,
}

impl Named {
    pub(super) fn new(element: &PrincipalElement, effect: Effect) -> Self {
        let names = match &element.names {
            PrincipalNames::Everyone => vec![Name::Everyone],
            PrincipalNames::Of(kinds) => {
                let texts =
                    kinds.iter().flat_map(|(kind, texts)| texts.values.iter().map(|text| (*kind, text)));
                texts.map(|(kind, text)| read(kind, &text.value)).collect()
            }
        };
        Self { effect, negated: element.negated, names }
    }

    /// The index of the first name that no principal can have, a pattern for example.
    pub(super) fn nobody(&self) -> Option<usize> {
        self.names.iter().position(|name| matches!(name, Name::Nobody))
    }

    /// Whether it names everybody.
    pub(super) fn is_everyone(&self) -> bool {
        !self.negated && self.names.iter().any(|name| matches!(name, Name::Everyone))
    }

    /// The unique ids by which it names callers.
    pub(super) fn unique_ids(&self) -> impl Iterator<Item = &str> {
        self.names
            .iter()
            .filter_map(|name| if let Name::UniqueId(id) = name { Some(id.as_str()) } else { None })
    }

    /// What a grant is worth to the caller where it is among these by a unique id that is not known; none where it is
    /// not, or is named for certain as what is worth as much.
    pub(super) fn worth_by_id(&self, request: &Request) -> Option<Grant> {
        let is_open =
            matches!(request.principal().0, Caller::Iam(_)) && request.fact(USER_ID) == Fact::Unknown;
        let ids = self.unique_ids().filter(|_| is_open && !self.negated);
        ids.map(worth_of).max().filter(|worth| self.find(request) < (Truth::Yes, *worth))
    }

    /// Whether it is `NotPrincipal`.
    pub(super) fn is_negated(&self) -> bool {
        self.negated
    }

    /// Whether the statement is about the caller, and as whom it names them.
    ///
    /// `bounded` says that the caller has a permissions boundary: a `NotPrincipal` excepts nobody who has.
    pub(super) fn names(&self, request: &Request, bounded: bool) -> (Truth, Grant) {
        if !self.negated {
            return self.find(request);
        }
        let excepted = match &request.principal().0 {
            Caller::Iam(_) if bounded => Truth::No,
            Caller::Iam(identity) => self.excepts(identity, request),
            _ => self.find(request).0,
        };
        (!excepted, Grant::Limited)
    }

    fn find(&self, request: &Request) -> (Truth, Grant) {
        let mut found = (Truth::No, Grant::Account);
        for name in &self.names {
            let one = name.names(request, self.effect);
            // A certain grant before a possible one, and then the one that is worth more.
            found = found.max(one);
        }
        found
    }

    /// Whether `NotPrincipal` lists the caller in full: AWS looks at the account, the role and the session, one after
    /// the other, and a Deny spares only whom all of them are listed for.
    fn excepts(&self, identity: &Identity, request: &Request) -> Truth {
        if self.names.iter().any(|name| matches!(name, Name::Everyone)) {
            return Truth::Yes;
        }
        let listed = |wanted: fn(&Name) -> bool| {
            Truth::any(
                self.names.iter().filter(|name| wanted(name)).map(|name| name.names(request, self.effect).0),
            )
        };
        let account = listed(|name| matches!(name, Name::Account { .. }));
        let itself = match identity.kind {
            Kind::Root => Truth::Yes,
            Kind::User(_) => listed(|name| matches!(name, Name::User { .. })),
            Kind::Role(_) => listed(|name| matches!(name, Name::Role { .. })),
            Kind::RoleSession(_) => listed(|name| matches!(name, Name::Role { .. }))
                .and(listed(|name| matches!(name, Name::Session(_)))),
            Kind::FederatedUser(_) => listed(|name| matches!(name, Name::Session(_))),
        };
        account.and(itself)
    }
}

fn read(kind: PrincipalKind, text: &str) -> Name {
    match kind {
        PrincipalKind::Aws => read_aws(text).unwrap_or(Name::Nobody),
        PrincipalKind::CanonicalUser => Name::CanonicalUser,
        PrincipalKind::Federated | PrincipalKind::Service if text.contains(['*', '?']) => Name::Nobody,
        PrincipalKind::Federated => Name::Provider(text.to_owned()),
        PrincipalKind::Service => Name::Service(text.to_owned()),
    }
}

fn read_aws(text: &str) -> Option<Name> {
    if text == "*" {
        return Some(Name::Everyone);
    }
    if is_account(text) {
        return Some(Name::Account { id: text.to_owned(), partition: None });
    }
    let is_id = ["AIDA", "AROA"].iter().any(|prefix| text.starts_with(prefix));
    if is_id && text.len() >= 16 && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Some(Name::UniqueId(text.to_owned()));
    }
    let parts = Arn::parse(text).filter(|arn| arn.region.is_empty() && is_account(arn.account))?;
    let (partition, account, arn) = (parts.partition.to_owned(), parts.account.to_owned(), text.to_owned());
    Some(match (parts.service, parts.resource.split_once('/')) {
        ("iam", None) if parts.resource == "root" => {
            Name::Account { id: account, partition: Some(partition) }
        }
        ("iam", Some(("user", path))) => Name::User { arn, account, name: name(path)? },
        ("iam", Some(("role", path))) => Name::Role { arn, partition, account, name: name(path)? },
        ("sts", Some(("assumed-role", session))) => {
            session_role(session)?;
            Name::Session(arn)
        }
        ("sts", Some(("federated-user", user))) => {
            name(user)?;
            Name::Session(arn)
        }
        _ => return None,
    })
}

impl Name {
    fn names(&self, request: &Request, effect: Effect) -> (Truth, Grant) {
        let identity = request.principal().identity();
        let is = |known: bool, grant| (Truth::from(known), grant);
        match (self, &request.principal().0) {
            (Self::Everyone, _) => is(true, Grant::Limited),
            (Self::Service(name), Caller::Service(caller)) => is(name == caller, Grant::Direct),
            (Self::Provider(name), Caller::Federated(caller)) => is(name == caller, Grant::Direct),
            (Self::CanonicalUser, Caller::Iam(_)) if effect == Effect::Deny || request.is_partial() => {
                (Truth::Unknown, Grant::Account)
            }
            (Self::UniqueId(id), Caller::Iam(_)) => (is_id_of(id, request), worth_of(id)),
            _ => identity.map_or(is(false, Grant::Account), |identity| self.is_of(identity, request.kind())),
        }
    }

    fn is_of(&self, caller: &Identity, session: SessionKind) -> (Truth, Grant) {
        let (known, grant) = match (self, &caller.kind) {
            (Self::Account { id, partition }, kind) => {
                let same =
                    *id == caller.account && partition.as_ref().is_none_or(|own| *own == caller.partition);
                (same, if *kind == Kind::Root { Grant::Direct } else { Grant::Account })
            }
            // Behind a federation token it is not the user itself.
            (Self::User { arn, .. }, Kind::User(_)) if session == SessionKind::Federation => {
                (*arn == caller.arn, Grant::Limited)
            }
            (Self::User { arn, .. }, Kind::User(_)) => (*arn == caller.arn, Grant::Direct),
            (Self::User { account, name, .. }, Kind::FederatedUser(user)) => {
                (*account == caller.account && name == user, Grant::Limited)
            }
            (Self::Role { arn, .. }, Kind::Role(_)) => (*arn == caller.arn, Grant::Limited),
            // A session's ARN leaves out the path of its role.
            (Self::Role { partition, account, name, .. }, Kind::RoleSession(role)) => {
                (*account == caller.account && *partition == caller.partition && name == role, Grant::Limited)
            }
            (Self::Session(arn), Kind::RoleSession(_) | Kind::FederatedUser(_)) => {
                (*arn == caller.arn, Grant::Direct)
            }
            _ => (false, Grant::Account),
        };
        (known.into(), grant)
    }
}

/// A role that is named by its id stays as limited as one that is named by its ARN.
fn worth_of(id: &str) -> Grant {
    if id.starts_with("AROA") { Grant::Limited } else { Grant::Direct }
}

/// Whether the caller has this unique id, as `aws:userid` tells it: alone for a user, before a colon for a session.
fn is_id_of(id: &str, request: &Request) -> Truth {
    match request.fact(USER_ID) {
        Fact::Values([value]) => (value.split(':').next() == Some(id)).into(),
        Fact::Unknown => Truth::Unknown,
        Fact::Values(_) | Fact::Absent => Truth::No,
    }
}
