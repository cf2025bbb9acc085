//! A leased set in hand.

use std::sync::Arc;
use std::time::SystemTime;

use aws_credential_types::Credentials;

use super::CredentialKind;

/// A set and what is known of it. The key material lives in `credentials` alone, which wipes it.
#[derive(Clone, Debug)]
pub(crate) struct Leased {
    pub(crate) credentials: Credentials,
    pub(crate) facts: Arc<Facts>,
}

/// What is known of a set, without its secrets.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) kind: CredentialKind,
    pub(crate) arn: Option<Box<str>>,
    pub(crate) lease_id: Option<Box<str>>,
    pub(crate) request_id: Box<str>,
    pub(crate) entity_id: Option<Box<str>>,
    pub(crate) issued_at: SystemTime,
}
