//! The AWS managed policies, as published on a day.

use std::sync::OnceLock;

use super::document::PolicyDocument;
use super::stored::inflated;
use crate::error::{Error, ErrorKind, Result};

static BLOB: &[u8] = include_bytes!("data/managed.bin");

/// The AWS managed policies as they were on [`date`](Self::date): for policies named by their ARN where IAM cannot
/// be asked.
#[derive(Debug)]
pub struct ManagedPolicies {
    text: String,
}

/// An AWS managed policy.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ManagedPolicy<'a> {
    /// Its ARN, `arn:aws:iam::aws:policy/ReadOnlyAccess`.
    pub arn: &'a str,
    /// Its default version, `v151`.
    pub version: &'a str,
    /// Its document.
    pub document: &'a str,
}

impl ManagedPolicies {
    /// The policies that this version of Leasekey brings along; read at the first call.
    ///
    /// # Errors
    ///
    /// [`Bug`](crate::ErrorKind::Bug) if the data is damaged.
    pub fn bundled() -> Result<&'static Self> {
        static POLICIES: OnceLock<Result<ManagedPolicies>> = OnceLock::new();
        POLICIES.get_or_init(|| Self::read(BLOB)).as_ref().map_err(Clone::clone)
    }

    fn read(blob: &[u8]) -> Result<Self> {
        let text = inflated(blob).and_then(|text| String::from_utf8(text).ok());
        text.map(|text| Self { text }).ok_or_else(|| {
            let what = "the bundled AWS managed policies cannot be read";
            Error::new(ErrorKind::Bug, what).with_hint("Install Leasekey again, or report it with this line")
        })
    }

    /// The day of the newest of them, `2026-09-30`.
    pub fn date(&self) -> &str {
        self.text.lines().next().unwrap_or_default()
    }

    /// Every policy, by ARN.
    pub fn all(&self) -> impl Iterator<Item = ManagedPolicy<'_>> {
        self.text.lines().skip(1).filter_map(|line| {
            let (arn, rest) = line.split_once(' ')?;
            let (version, document) = rest.split_once(' ')?;
            Some(ManagedPolicy { arn, version, document })
        })
    }

    /// The policy of an ARN. Those of the partition `aws` are known; others have other policies by the same names.
    pub fn find(&self, arn: &str) -> Option<ManagedPolicy<'_>> {
        self.all().find(|policy| policy.arn == arn)
    }
}

impl ManagedPolicy<'_> {
    /// The document, read; it is named by its ARN.
    ///
    /// # Errors
    ///
    /// [`InvalidPolicy`](crate::ErrorKind::InvalidPolicy) if the engine does not understand it.
    pub fn read(&self) -> Result<PolicyDocument> {
        PolicyDocument::parse(self.document).map(|document| document.named(self.arn))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_found_by_their_arn_in_their_partition() {
        let policies = ManagedPolicies::bundled().unwrap();
        assert_eq!(policies.date().len(), "2026-09-30".len());
        assert!(policies.all().count() > 1_000);
        let policy = policies.find("arn:aws:iam::aws:policy/AdministratorAccess").unwrap();
        assert_eq!(policy.read().unwrap().statements().len(), 1);
        for other in [
            "arn:aws:iam::aws:policy/NoSuchPolicy",
            "arn:aws:iam::111122223333:policy/AdministratorAccess",
            "arn:aws-cn:iam::aws:policy/AdministratorAccess",
            "arn:aws-us-gov:iam::aws:policy/AdministratorAccess",
        ] {
            assert_eq!(policies.find(other), None, "{other}");
        }
    }

    #[test]
    fn policies_are_understood() {
        for policy in ManagedPolicies::bundled().unwrap().all() {
            policy.read().unwrap_or_else(|error| panic!("{}: {error}", policy.arn));
        }
    }
}
