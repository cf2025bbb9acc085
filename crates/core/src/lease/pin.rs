//! The identity pin: before any set serves, AWS itself is asked whose it is.
//!
//! Vault's own `arn` field proves nothing here: whoever can answer as Vault can write it.

use aws_credential_types::Credentials;

use super::identity::Identity;
use crate::aws::{CallerIdentity, Sts};
use crate::error::{Error, ErrorKind};
use crate::refresh::{Class, Fault};

/// Whose credentials are expected.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub(crate) struct Expected {
    pub(crate) account: Option<String>,
    pub(crate) role_arn: Option<String>,
}

impl Expected {
    pub(crate) fn is_nobody(&self) -> bool {
        self.account.is_none() && self.role_arn.is_none()
    }

    fn matches(&self, found: &CallerIdentity) -> bool {
        let account = self.account.as_ref().is_none_or(|account| *account == found.account);
        account && self.role_arn.as_deref().is_none_or(|role| is_session_of(&found.arn, role))
    }
}

/// AWS to ask, and what is expected of its answer.
#[derive(Clone, Debug)]
pub(crate) struct Pin {
    pub(crate) expected: Expected,
    pub(crate) sts: Sts,
}

impl Pin {
    pub(super) fn identity(&self) -> Identity {
        let Expected { account, role_arn } = &self.expected;
        let text = |text: &Option<String>| text.clone().unwrap_or_default().into_bytes();
        Identity::of([text(account).as_slice(), &text(role_arn), self.sts.endpoint().as_bytes()])
    }

    /// The same, with a connection to AWS of its own.
    pub(crate) fn anew(&self) -> Self {
        Self { expected: self.expected.clone(), sts: self.sts.anew() }
    }

    /// Whether anything is expected: then AWS is asked before every set serves.
    pub(crate) fn expects(&self) -> bool {
        !self.expected.is_nobody()
    }

    /// Whose credentials these are, if AWS says.
    pub(super) async fn arn(&self, credentials: &Credentials) -> Option<String> {
        self.sts.caller_identity(credentials).await.ok().map(|identity| identity.arn)
    }

    /// Fails unless AWS says that the credentials belong to whom they should.
    pub(crate) async fn check(&self, credentials: &Credentials, subject: &str) -> Result<(), Fault> {
        let found = self.sts.caller_identity(credentials).await?;
        if self.expected.matches(&found) {
            return Ok(());
        }
        let expected = [&self.expected.account, &self.expected.role_arn];
        let expected: Vec<_> = expected.into_iter().flatten().map(String::as_str).collect();
        let found = crate::error::printable(&found.arn);
        let what = format!(
            "{subject} was to give credentials of {}, but AWS says they are of {found}; they were not served",
            expected.join(" and ")
        );
        Err(Fault::new(Class::Denied, Error::new(ErrorKind::IdentityPin, what)).acted())
    }
}

// `arn:aws:sts::1:assumed-role/NAME/session` is a session of `arn:aws:iam::1:role/any/path/NAME`.
fn is_session_of(found: &str, role: &str) -> bool {
    let parts = |arn: &'_ str| {
        let mut parts = arn.splitn(6, ':').map(ToOwned::to_owned);
        let (partition, account) = (parts.nth(1), parts.nth(2));
        (partition, account, parts.next())
    };
    let (found, role) = (parts(found), parts(role));
    let name = |resource: &Option<String>| {
        resource
            .as_deref()
            .and_then(|r| r.strip_prefix("role/"))
            .and_then(|r| r.rsplit('/').next().map(String::from))
    };
    let session =
        found.2.as_deref().and_then(|r| r.strip_prefix("assumed-role/")).and_then(|r| r.split('/').next());
    found.0 == role.0 && found.1 == role.1 && session.is_some() && session == name(&role.2).as_deref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_belongs_to_its_role_and_to_no_other() {
        let session = "arn:aws:sts::1:assumed-role/orders/vault-x";
        assert!(is_session_of(session, "arn:aws:iam::1:role/orders"));
        assert!(is_session_of(session, "arn:aws:iam::1:role/team/a/orders"));
        for other in [
            "arn:aws:iam::2:role/orders",
            "arn:aws:iam::1:role/orders2",
            "arn:aws:iam::1:user/orders",
            "arn:aws-cn:iam::1:role/orders",
            "orders",
            "",
        ] {
            assert!(!is_session_of(session, other), "{other}");
        }
        assert!(!is_session_of("arn:aws:iam::1:user/orders", "arn:aws:iam::1:role/orders"));
    }

    #[test]
    fn both_expectations_must_hold() {
        let found =
            CallerIdentity { account: "1".into(), arn: "arn:aws:sts::1:assumed-role/orders/s".into() };
        let expected = |account: &str, role: &str| Expected {
            account: Some(account.into()),
            role_arn: Some(role.into()),
        };
        assert!(expected("1", "arn:aws:iam::1:role/orders").matches(&found));
        assert!(!expected("2", "arn:aws:iam::1:role/orders").matches(&found));
        assert!(!expected("1", "arn:aws:iam::1:role/other").matches(&found));
        assert!(Expected::default().is_nobody());
    }
}
