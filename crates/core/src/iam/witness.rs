//! Requests that show what a policy allows: found by trying, and allowed by the engine itself.

mod home;
mod judge;
mod search;
mod telling;

pub(super) use self::home::Home;
pub(super) use self::judge::Judge;
pub(super) use self::search::{Ask, concrete_arn, find, may_be_about, may_match, satisfied};
pub(super) use self::telling::values_beside;

use std::collections::BTreeMap;
use std::fmt;

use super::arn::{Arn, is_account};
use super::document::{PrincipalKind, PrincipalNames, Statement};
use super::named::USER_ID;
use super::set::Layer;

/// The name of what stands for any of its kind.
pub(super) const EXAMPLE: &str = "example";
/// The account of what stands for any of its kind.
pub(super) const ACCOUNT: &str = "111122223333";
/// An account that has nothing to do with the policy.
const STRANGER: &str = "999999999999";

/// What a caller has who is limited by the resource's policy alone.
const EVERYTHING: &str = r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#;

/// The trust policy or key policy of what the caller's own account has: it leaves the decision to the caller's
/// policies, which nothing but it can.
fn delegating(account: &str) -> String {
    format!(
        r#"{{"Statement": {{"Effect": "Allow", "Principal": {{"AWS": "{account}"}}, "Action": ["sts:*", "kms:*"], "Resource": "*"}}}}"#
    )
}

/// What a request has besides, a value for each key.
pub(super) type Context = BTreeMap<String, String>;

/// A request that the policy allows.
///
/// It is judged by the policy alone: of one that is attached to a resource, as a caller of another account whose own
/// policies allow everything, or of the same one without any; of any other, as the caller's only policy, where roles and
/// keys trust the caller's account.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Witness {
    /// Who asks.
    pub caller: Caller,
    /// What for, `s3:GetObject`.
    pub action: String,
    /// Of what, an ARN or `*`.
    pub resource: String,
    /// The account of the resource.
    pub resource_account: String,
    /// The condition keys that the request has; those that follow from the caller are left out.
    pub context: BTreeMap<String, String>,
    /// What the request needs besides the policy that allows it.
    pub beside: Vec<Beside>,
}

/// A policy besides the one that is looked at, without which a request is denied all the same.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Beside {
    /// The caller's own policy, which allows everything: the resource's policy is all that limits it.
    CallerMayEverything,
    /// The trust policy or key policy of the resource, which leaves the decision to the caller's account.
    ResourceDelegates,
}

/// Who makes a request.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Caller {
    /// Somebody without credentials.
    Anonymous,
    /// The principal of this ARN.
    Arn(String),
    /// Somebody whom an identity provider vouches for, by the provider's name or ARN.
    Federated(String),
    /// An AWS service, `sns.amazonaws.com`.
    Service(String),
}

impl Caller {
    /// The key that names such a principal in a case file, `service`; none for an ARN, which stands there by itself.
    pub fn form(&self) -> Option<&'static str> {
        match self {
            Self::Anonymous => Some("anonymous"),
            Self::Arn(_) => None,
            Self::Federated(_) => Some("federated"),
            Self::Service(_) => Some("service"),
        }
    }

    /// The ARN or the name; nobody without credentials has one.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Anonymous => None,
            Self::Arn(name) | Self::Federated(name) | Self::Service(name) => Some(name),
        }
    }

    /// A caller for each principal that a statement names; everybody is a stranger and somebody unknown.
    pub(super) fn of(statement: &Statement) -> Vec<Self> {
        let stranger = || [Self::stranger(), Self::Anonymous];
        let Some(element) = &statement.principal else { return Vec::new() };
        let named = match &element.names {
            PrincipalNames::Everyone => return stranger().to_vec(),
            PrincipalNames::Of(named) => named,
        };
        let each = named
            .iter()
            .flat_map(|(kind, texts)| texts.values.iter().map(move |text| (kind, text.value.as_str())));
        each.flat_map(|(kind, name)| match kind {
            PrincipalKind::Aws if name == "*" => stranger().to_vec(),
            PrincipalKind::Aws => vec![Self::Arn(somebody_of(name))],
            PrincipalKind::Service => vec![Self::Service(name.to_owned())],
            PrincipalKind::Federated => vec![Self::Federated(name.to_owned())],
            PrincipalKind::CanonicalUser => Vec::new(),
        })
        .collect()
    }

    /// The same, each with what its requests have: who is named by a unique id is told by it.
    pub(super) fn with_context(statement: &Statement, home: &Home) -> Vec<(Self, Context)> {
        let with = |caller: Self| {
            let (caller, id) = match caller.name() {
                Some(id) if id.starts_with("AIDA") => (home.user(), id.to_owned()),
                Some(id) if id.starts_with("AROA") => (home.session(), format!("{id}:{EXAMPLE}")),
                _ => return (caller, Context::new()),
            };
            (caller, Context::from([(USER_ID.to_owned(), id)]))
        };
        Self::of(statement).into_iter().map(with).collect()
    }

    /// Whether the statement names its principals one by one: neither everybody, nor all of an account, nor all others.
    pub(super) fn are_named_by(statement: &Statement) -> bool {
        let is_one = |name: &str| name != "*" && !is_account(name) && !name.ends_with(":root");
        statement.principal.as_ref().is_some_and(|element| match &element.names {
            PrincipalNames::Of(named) if !element.negated => {
                named.iter().flat_map(|(_, texts)| &texts.values).all(|text| is_one(&text.value))
            }
            _ => false,
        })
    }

    /// Somebody who has nothing to do with the account.
    pub(super) fn stranger() -> Self {
        Self::Arn(format!("arn:aws:iam::{STRANGER}:user/stranger"))
    }
}

/// The account of a principal: of its ARN, or the principal itself.
pub(super) fn account(principal: &str) -> Option<&str> {
    if is_account(principal) {
        return Some(principal);
    }
    Arn::parse(principal).map(|arn| arn.account).filter(|account| is_account(account))
}

/// A principal of what is named: an account stands for any of its roles.
pub(super) fn somebody_of(principal: &str) -> String {
    let of = account(principal).unwrap_or(ACCOUNT);
    let is_whole = is_account(principal) || principal.ends_with(":root");
    if is_whole { format!("arn:aws:iam::{of}:role/{EXAMPLE}") } else { principal.to_owned() }
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name().unwrap_or("anybody, without credentials"))
    }
}

impl Witness {
    /// The policies that the request needs besides the one that it shows, their JSON and their place in a case file.
    pub fn beside_policies(&self) -> impl Iterator<Item = (Layer, String)> {
        self.beside.iter().map(|beside| match beside {
            Beside::CallerMayEverything => (Layer::Identity, EVERYTHING.to_owned()),
            Beside::ResourceDelegates => (Layer::Resource, delegating(&self.resource_account)),
        })
    }

    /// The context with the keys that follow from the caller.
    pub fn whole_context(&self) -> BTreeMap<String, String> {
        self.facts().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    /// The keys of the whole context with their values.
    fn facts(&self) -> impl Iterator<Item = (&str, &str)> {
        let arn = if let Caller::Arn(arn) = &self.caller { arn.as_str() } else { "" };
        let account = account(arn).map(|account| ("aws:PrincipalAccount", account));
        let user = arn.split_once(":user/").map(|(_, name)| name.rsplit('/').next().unwrap_or(name));
        let own = account.into_iter().chain(user.map(|name| ("aws:username", name)));
        let given = self.context.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let is_given = |key: &str| self.context.keys().any(|known| known.eq_ignore_ascii_case(key));
        own.filter(move |(key, _)| !is_given(key)).chain(given)
    }
}

impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} may {} on {}", self.caller, self.action, self.resource)?;
        for (at, (key, value)) in self.context.iter().enumerate() {
            write!(f, "{}{key}={value}", if at == 0 { " with " } else { ", " })?;
        }
        if self.beside.contains(&Beside::ResourceDelegates) {
            let which = if self.action.starts_with("kms:") { "key policy" } else { "trust policy" };
            write!(f, "; the {which} leaves it to account {}", self.resource_account)?;
        }
        Ok(())
    }
}
