//! What a policy is attached to.

use std::str::FromStr;

use super::document::{PolicyDocument, Text};
use crate::error::{Error, ErrorKind, Result, printable};

/// What a policy is attached to. It decides what its elements mean.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PolicyKind {
    /// To a user, a group or a role.
    Identity,
    /// To a resource, a bucket for example.
    Resource,
    /// To a role: who may assume it.
    Trust,
    /// To an account or an organisational unit, as a service control policy.
    Scp,
    /// To a session, passed when it is made.
    Session,
    /// To a user or a role, as a permissions boundary.
    Boundary,
}

/// The most characters that lint and differences look at: twice those of the largest policy that AWS itself attaches,
/// and nine times what it takes of others. To judge each statement by all of them takes the product of both.
pub(super) const LARGEST: usize = 300_000;

/// What AWS takes, in characters without white space.
pub(super) struct SizeLimit {
    pub(super) most: usize,
    pub(super) what: &'static str,
}

impl PolicyKind {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Identity, Self::Resource, Self::Trust, Self::Scp, Self::Session, Self::Boundary];

    /// Its name, `identity`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Resource => "resource",
            Self::Trust => "trust",
            Self::Scp => "scp",
            Self::Session => "session",
            Self::Boundary => "boundary",
        }
    }

    /// The kind of a policy that was not said to be of one: those with principals are attached to resources, and
    /// those of them that only speak of assuming roles are trust policies.
    pub fn of(document: &PolicyDocument) -> Self {
        let statements = document.statements();
        if !statements.iter().any(|statement| statement.principal.is_some()) {
            return Self::Identity;
        }
        let assumes = |text: &Text| {
            let action = text.value.to_ascii_lowercase();
            action.starts_with("sts:assumerole")
                || action == "sts:tagsession"
                || action == "sts:setsourceidentity"
        };
        let is_trust = statements.iter().all(|statement| {
            statement.resource.is_none() && statement.action.texts.values.iter().all(assumes)
        });
        if is_trust { Self::Trust } else { Self::Resource }
    }

    /// Whether its policies say who they are for.
    pub(super) fn names_principals(self) -> bool {
        matches!(self, Self::Resource | Self::Trust)
    }

    /// Whether its policies grant access, rather than only limit what others grant.
    pub(super) fn grants(self) -> bool {
        matches!(self, Self::Identity | Self::Resource | Self::Trust)
    }

    /// What AWS takes of a policy of the kind, the least first; the last is what none may exceed.
    pub(super) fn size_limits(self, document: &PolicyDocument) -> &'static [SizeLimit] {
        match self {
            Self::Identity => &[
                SizeLimit { most: 2_048, what: "the inline policies of a user" },
                SizeLimit { most: 5_120, what: "the inline policies of a group" },
                MANAGED,
                SizeLimit { most: 10_240, what: "the inline policies of a role" },
            ],
            Self::Boundary => &[MANAGED],
            Self::Session => &[SESSION],
            Self::Trust => &[
                SizeLimit { most: 2_048, what: "a trust policy, unless the quota was raised" },
                SizeLimit { most: 8_192, what: "a trust policy" },
            ],
            Self::Scp => &[
                SizeLimit { most: 5_120, what: "a service control policy, unless the quota was raised" },
                SizeLimit { most: 10_240, what: "a service control policy" },
            ],
            Self::Resource => of_service(document),
        }
    }

    /// What AWS takes of one that is made for somebody, whom nobody knows yet.
    pub(super) fn made_limit(self) -> Option<&'static SizeLimit> {
        match self {
            Self::Identity | Self::Boundary => Some(&MANAGED),
            Self::Session => Some(&SESSION),
            Self::Resource | Self::Trust | Self::Scp => None,
        }
    }
}

const MANAGED: SizeLimit = SizeLimit { most: 6_144, what: "a managed policy" };
const SESSION: SizeLimit = SizeLimit { most: 2_048, what: "session policies" };

/// What the services take of the policies of their resources, by their own pages on quotas.
const OF_SERVICES: &[(&str, &[SizeLimit])] = &[
    ("dynamodb", &[SizeLimit { most: 20_480, what: "a table's policy" }]),
    ("kms", &[SizeLimit { most: 32_768, what: "a key policy" }]),
    ("lambda", &[SizeLimit { most: 20_480, what: "a function's policy" }]),
    ("s3", &[SizeLimit { most: 20_480, what: "a bucket policy" }]),
    ("sns", &[SizeLimit { most: 30_720, what: "a topic's policy" }]),
    ("sqs", &[SizeLimit { most: 8_192, what: "a queue's policy" }]),
];

/// The limits of the service that all actions of the document are of.
fn of_service(document: &PolicyDocument) -> &'static [SizeLimit] {
    let actions = document.statements().iter().flat_map(|statement| &statement.action.texts.values);
    let mut services = actions.filter_map(|text| text.value.split_once(':')).map(|(service, _)| service);
    let first = services.next().unwrap_or_default();
    let is_one = services.all(|service| service.eq_ignore_ascii_case(first));
    let known = OF_SERVICES.iter().find(|(service, _)| is_one && service.eq_ignore_ascii_case(first));
    known.map_or(&[SizeLimit { most: 32_768, what: "the largest resource policies" }], |(_, limits)| limits)
}

impl FromStr for PolicyKind {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            let what = format!("the type of policies \"{}\" is none of {names}", printable(name));
            Error::new(ErrorKind::InvalidSetting, what).with_hint("Correct the type, or leave it out")
        })
    }
}
