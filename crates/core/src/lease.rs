//! What is leased: kinds, specifications, and the lease in hand without its secrets.

mod identity;
mod issue;
mod journal;
mod keeper;
mod leased;
mod period;
mod pin;
mod registry;
mod source;

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

pub(crate) use identity::Identity;
#[cfg(feature = "cli")]
pub(crate) use issue::{Issuer, credentials};
pub(crate) use keeper::LeaseKeeper;
pub(crate) use leased::Leased;
pub(crate) use pin::{Expected, Pin};
pub(crate) use registry::keep;

use crate::error::{Error, ErrorKind, Result};
use crate::refresh::Plan;
use crate::vault::{MountPath, RoleName, SessionName};

/// What Vault's AWS secrets engine can hand out.
///
/// Source: the AWS secrets engine's API documentation, `credential_type` of `aws/roles/:name`, and
/// `aws/static-roles`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum CredentialKind {
    /// A session of an IAM role (`sts:AssumeRole`): 15 min to 12 h. Cannot be revoked at AWS.
    AssumedRole,
    /// A federated session of Vault's own IAM user (`sts:GetFederationToken`): 15 min to 36 h. Cannot be
    /// revoked at AWS.
    FederationToken,
    /// An IAM user made for the lease: renewable, and deleted when the lease ends.
    IamUser,
    /// A session of Vault's own IAM user (`sts:GetSessionToken`): 15 min to 36 h. Cannot be revoked at AWS.
    SessionToken,
    /// The key of a long-lived IAM user that Vault rotates. There is no lease.
    Static,
}

impl CredentialKind {
    /// Every kind.
    pub const ALL: [Self; 5] =
        [Self::AssumedRole, Self::FederationToken, Self::IamUser, Self::SessionToken, Self::Static];

    /// Vault's own name, `"assumed_role"`.
    pub fn name(self) -> &'static str {
        match self {
            Self::AssumedRole => "assumed_role",
            Self::FederationToken => "federation_token",
            Self::IamUser => "iam_user",
            Self::SessionToken => "session_token",
            Self::Static => "static",
        }
    }

    /// Whether its sets carry a session token and end by themselves.
    pub fn is_temporary(self) -> bool {
        matches!(self, Self::AssumedRole | Self::FederationToken | Self::SessionToken)
    }

    /// Whether a revocation in Vault ends the set at AWS. Only an IAM user can be deleted.
    pub fn is_revocable(self) -> bool {
        self == Self::IamUser
    }

    /// The range of `ttl` that AWS allows; none where a ttl cannot be asked for.
    pub fn ttl_range(self) -> Option<(Duration, Duration)> {
        const HOUR: u64 = 3600;
        let to = |hours| Some((Duration::from_secs(900), Duration::from_secs(hours * HOUR)));
        match self {
            Self::AssumedRole => to(12),
            Self::FederationToken | Self::SessionToken => to(36),
            Self::IamUser | Self::Static => None,
        }
    }

    pub(crate) fn plan(self) -> Plan {
        match self {
            Self::AssumedRole => Plan { max_lifetime: Duration::from_secs(12 * 3600), ..Plan::STS },
            Self::FederationToken | Self::SessionToken => Plan::STS,
            Self::IamUser => Plan::IAM_USER,
            Self::Static => Plan::STATIC,
        }
    }
}

impl fmt::Display for CredentialKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for CredentialKind {
    type Err = Error;

    /// Accepts Vault's spelling and the one with hyphens: `assumed_role` and `assumed-role`.
    fn from_str(text: &str) -> Result<Self> {
        let name = text.replace('-', "_");
        Self::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| {
            let known = Self::ALL.map(Self::name).join(", ");
            let text = crate::error::printable(text);
            Error::new(ErrorKind::InvalidSetting, format!("kind {text:?} is none of {known}"))
        })
    }
}

/// What to lease: a role of an AWS secrets engine, and how.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct LeaseSpec {
    pub(crate) mount: MountPath,
    pub(crate) role: RoleName,
    pub(crate) kind: Option<CredentialKind>,
    pub(crate) ttl: Option<Duration>,
    pub(crate) role_arn: Option<String>,
    pub(crate) session_name: Option<SessionName>,
    /// The longest life that the key of an IAM user may have.
    pub(crate) max_lease: Duration,
    /// From this age on the key of an IAM user is replaced, not renewed.
    pub(crate) max_age: Duration,
}

impl LeaseSpec {
    /// The path that issues, `aws/creds/orders`: the subject of events.
    pub(crate) fn path(&self) -> String {
        let engine = if self.kind == Some(CredentialKind::Static) { "static-creds" } else { "creds" };
        format!("{}/{engine}/{}", self.mount.as_str(), self.role.as_str())
    }

    /// How a set of this kind is kept fresh.
    pub(crate) fn plan(&self, kind: CredentialKind) -> Plan {
        match kind {
            CredentialKind::IamUser => {
                Plan { max_age: self.max_age, max_lifetime: self.max_lease, ..kind.plan() }
            }
            _ => kind.plan(),
        }
    }

    /// A specification that Vault can answer.
    ///
    /// # Errors
    /// `LK-0108` for a ttl out of the kind's range.
    pub(crate) fn checked(self) -> Result<Self> {
        let Some(ttl) = self.ttl else { return Ok(self) };
        // A kind that is not named is learnt from the reply; until then AWS's widest range holds.
        let kind = self.kind.unwrap_or(CredentialKind::SessionToken);
        let asked = humantime::format_duration(ttl);
        let Some((least, most)) = kind.ttl_range() else {
            let what = format!("ttl {asked} was given, but {kind} takes none");
            return Err(Error::new(ErrorKind::TtlOutOfRange, what).with_hint("Leave ttl out"));
        };
        if (least..=most).contains(&ttl) {
            return Ok(self);
        }
        let (least, most) = (humantime::format_duration(least), humantime::format_duration(most));
        let what = format!("ttl {asked} of role {} is not between {least} and {most}", self.role.as_str());
        Err(Error::new(ErrorKind::TtlOutOfRange, what).with_hint(format!("Set a ttl from {least} to {most}")))
    }
}

/// The lease in hand, without its secrets.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Lease {
    /// What kind it is, as asked for or as learnt from the reply.
    pub kind: CredentialKind,
    /// Counts the sets of one provider, from 1.
    pub generation: u64,
    /// The id of the access key, which CloudTrail shows.
    pub access_key_id: String,
    /// The ARN as Vault tells it: `arn:aws:sts::111122223333:assumed-role/orders/session`.
    pub arn: Option<String>,
    /// The AWS account, from the ARN.
    pub account_id: Option<String>,
    /// The id of the lease in Vault; none where Vault keeps no lease.
    pub lease_id: Option<String>,
    /// The `request_id` of Vault's reply, the `request.id` of its audit log.
    pub vault_request_id: String,
    /// The entity of the login, in Vault's audit log.
    pub vault_entity_id: Option<String>,
    /// When it was asked for, on the wall clock.
    pub issued_at: SystemTime,
    /// When it ends, on the wall clock, as of this call.
    pub expires_at: SystemTime,
}

impl Lease {
    /// The role session's name, which CloudTrail shows; the last part of the ARN.
    pub fn session_name(&self) -> Option<&str> {
        session_name(self.arn.as_deref()?)
    }
}

fn session_name(arn: &str) -> Option<&str> {
    arn.split_once(":assumed-role/").and_then(|(_, path)| path.rsplit_once('/')).map(|(_, name)| name)
}

fn account_id(arn: &str) -> Option<&str> {
    arn.split(':').nth(4).filter(|account| !account.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ConfigKey;

    #[test]
    fn both_spellings_of_a_kind_are_accepted() {
        assert_eq!("assumed-role".parse::<CredentialKind>().unwrap(), CredentialKind::AssumedRole);
        assert_eq!("federation_token".parse::<CredentialKind>().unwrap(), CredentialKind::FederationToken);
        assert_eq!("iamuser".parse::<CredentialKind>().unwrap_err().code(), "LK-0116");
    }

    #[test]
    fn the_words_of_the_setting_are_the_kinds_in_both_spellings() {
        let words = ConfigKey::Kind.words();
        assert!(words.iter().all(|word| word.parse::<CredentialKind>().is_ok()));
        assert!(CredentialKind::ALL.iter().all(|kind| words.contains(&kind.name())));
        assert!(words.iter().all(|word| words.contains(&word.replace('_', "-").as_str())));
    }

    #[test]
    fn account_and_session_come_from_the_arn() {
        let arn = "arn:aws:sts::111122223333:assumed-role/orders/vault-approle-orders-1";
        assert_eq!(
            (account_id(arn), session_name(arn)),
            (Some("111122223333"), Some("vault-approle-orders-1"))
        );
        assert_eq!(account_id("nonsense"), None);
    }
}
