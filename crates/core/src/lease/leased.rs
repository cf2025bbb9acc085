//! A leased set in hand.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use aws_credential_types::Credentials;

use super::CredentialKind;
use crate::auth::LiveToken;
use crate::time::BootInstant;

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
    pub(super) hold: Mutex<Hold>,
}

/// What of a set is still to be given back.
#[derive(Clone, Debug)]
pub(super) struct Hold {
    /// The token whose end deletes an IAM user; none once the lease is given back, and where it is not ours.
    pub(super) token: Option<Arc<LiveToken>>,
    /// When the lease ends by itself.
    pub(super) ends: BootInstant,
}

impl Facts {
    pub(super) fn hold(&self) -> MutexGuard<'_, Hold> {
        self.hold.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
