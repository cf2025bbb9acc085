//! Who asks.

use super::arn::{Arn, is_account};
use crate::error::{Error, ErrorKind, Result, printable};

/// Who makes a request.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Principal(pub(super) Caller);

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) enum Caller {
    Anonymous,
    /// A service by its name, `s3.amazonaws.com`.
    Service(String),
    /// Somebody whom an identity provider vouches for, by the provider's name.
    Federated(String),
    Iam(Identity),
}

/// A principal of an account.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct Identity {
    pub(super) arn: String,
    pub(super) partition: String,
    pub(super) account: String,
    pub(super) kind: Kind,
}

/// What a principal of an account is; names come without their paths.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) enum Kind {
    Root,
    User(String),
    Role(String),
    /// A session of the role of this name.
    RoleSession(String),
    /// A session of a federation token, of the user of this name.
    FederatedUser(String),
}

impl Principal {
    /// Nobody known: a request without a signature.
    pub fn anonymous() -> Self {
        Self(Caller::Anonymous)
    }

    /// A service, `lambda.amazonaws.com`.
    pub fn service(name: impl Into<String>) -> Self {
        Self(Caller::Service(name.into()))
    }

    /// Somebody whom this identity provider vouches for: `cognito-identity.amazonaws.com`, or the ARN of a SAML or
    /// OpenID Connect provider.
    pub fn federated(provider: impl Into<String>) -> Self {
        Self(Caller::Federated(provider.into()))
    }

    /// The principal of this ARN: a user, a role, a session of a role or of a federation token, or the root user.
    ///
    /// # Errors
    /// `LK-0202` where it is none of these.
    ///
    /// ```
    /// use leasekey::iam::Principal;
    ///
    /// Principal::parse("arn:aws:sts::111122223333:assumed-role/orders/session-1")?;
    /// assert!(Principal::parse("arn:aws:iam::111122223333:group/orders").is_err());
    /// # Ok::<(), leasekey::Error>(())
    /// ```
    pub fn parse(arn: &str) -> Result<Self> {
        let identity = Arn::parse(arn).and_then(|parts| identity(arn, &parts));
        let identity = identity.ok_or_else(|| {
            let what = format!("\"{}\" is no principal that makes requests", printable(arn));
            Error::new(ErrorKind::InvalidRequest, what).with_hint(
                "Give the ARN of a user, a role, a session (arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION) or a root \
                 user",
            )
        })?;
        Ok(Self(Caller::Iam(identity)))
    }

    pub(super) fn identity(&self) -> Option<&Identity> {
        match &self.0 {
            Caller::Iam(identity) => Some(identity),
            _ => None,
        }
    }
}

fn identity(text: &str, arn: &Arn<'_>) -> Option<Identity> {
    if !arn.region.is_empty() || !is_account(arn.account) {
        return None;
    }
    let kind = match (arn.service, arn.resource.split_once('/')) {
        ("iam", None) if arn.resource == "root" => Kind::Root,
        ("iam", Some(("user", path))) => Kind::User(name(path)?),
        ("iam", Some(("role", path))) => Kind::Role(name(path)?),
        ("sts", Some(("assumed-role", session))) => Kind::RoleSession(session_role(session)?),
        ("sts", Some(("federated-user", user))) => Kind::FederatedUser(name(user)?),
        _ => return None,
    };
    let (arn, partition, account) = (text.to_owned(), arn.partition.to_owned(), arn.account.to_owned());
    Some(Identity { arn, partition, account, kind })
}

/// The name at the end of a path; none where the path holds a wildcard or ends without a name.
pub(super) fn name(path: &str) -> Option<String> {
    let name = path.rsplit('/').next().unwrap_or(path);
    (!name.is_empty() && !path.contains(['*', '?'])).then(|| name.to_owned())
}

/// The role of `role/session`.
pub(super) fn session_role(session: &str) -> Option<String> {
    match session.split_once('/') {
        Some((role, name)) if !role.is_empty() && !name.is_empty() && !session.contains(['*', '?']) => {
            Some(role.to_owned())
        }
        _ => None,
    }
}

impl Identity {
    /// The value of `aws:PrincipalArn`: for a session of a role, the role's ARN as far as the session's tells it.
    pub(super) fn principal_arn(&self) -> String {
        match &self.kind {
            Kind::RoleSession(role) => format!("arn:{}:iam::{}:role/{role}", self.partition, self.account),
            _ => self.arn.clone(),
        }
    }

    /// Whether the ARN is that value.
    pub(super) fn has_principal_arn(&self, arn: &str) -> bool {
        let Kind::RoleSession(role) = &self.kind else { return arn == self.arn };
        let account = arn.strip_prefix("arn:").and_then(|rest| rest.strip_prefix(self.partition.as_str()));
        let name = account.and_then(|rest| rest.strip_prefix(":iam::")?.strip_prefix(self.account.as_str()));
        name.and_then(|rest| rest.strip_prefix(":role/")) == Some(role.as_str())
    }

    /// Of a session of a role, the ARNs of the role with any path, as a pattern.
    pub(super) fn roles_with_path(&self) -> Option<String> {
        match &self.kind {
            Kind::RoleSession(role) => {
                Some(format!("arn:{}:iam::{}:role/*/{role}", self.partition, self.account))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(arn: &str) -> Kind {
        Principal::parse(arn).unwrap().identity().unwrap().kind.clone()
    }

    #[test]
    fn principals_are_known_by_their_arns() {
        for (arn, expected) in [
            ("arn:aws:iam::111122223333:root", Kind::Root),
            ("arn:aws:iam::111122223333:user/pay/ann", Kind::User("ann".into())),
            ("arn:aws-cn:iam::111122223333:role/aws-service-role/x.amazonaws.com/R", Kind::Role("R".into())),
            ("arn:aws:sts::111122223333:assumed-role/orders/s@x", Kind::RoleSession("orders".into())),
            ("arn:aws:sts::111122223333:federated-user/ann", Kind::FederatedUser("ann".into())),
        ] {
            assert_eq!(kind(arn), expected, "{arn}");
        }
    }

    #[test]
    fn what_makes_no_requests_is_refused() {
        for text in [
            "",
            "*",
            "111122223333",
            "arn:aws:iam::111122223333:group/g",
            "arn:aws:iam::111122223333:user/*",
            "arn:aws:iam::111122223333:user/",
            "arn:aws:iam::1111:user/ann",
            "arn:aws:iam:eu-west-1:111122223333:user/ann",
            "arn:aws:sts::111122223333:assumed-role/orders",
            "arn:aws:sts::111122223333:assumed-role/orders/",
            "arn:aws:s3:::bucket",
        ] {
            assert_eq!(Principal::parse(text).unwrap_err().code(), "LK-0202", "{text}");
        }
    }

    #[test]
    fn a_session_has_the_arn_of_its_role() {
        let session = Principal::parse("arn:aws:sts::111122223333:assumed-role/orders/s").unwrap();
        assert_eq!(session.identity().unwrap().principal_arn(), "arn:aws:iam::111122223333:role/orders");
    }
}
