//! The token of a login, as long as anything depends on it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use super::Login;
use crate::secret::SecretString;
use crate::time::BootInstant;

/// The token of a login. A set that ends with its token holds it, so that it is not revoked under the set.
#[derive(Debug)]
pub(crate) struct LiveToken {
    pub(super) login: Login,
    /// When it was made.
    pub(super) began: BootInstant,
    ends: AtomicU64,
}

/// The token in hand, and its end on the wall clock.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(super) live: Arc<LiveToken>,
    pub(super) expires: Option<SystemTime>,
}

impl Token {
    pub(super) fn login(&self) -> &Login {
        &self.live.login
    }
}

impl LiveToken {
    pub(super) fn new(login: Login, began: BootInstant, ends: BootInstant) -> Self {
        Self { login, began, ends: AtomicU64::new(ends.as_nanos()) }
    }

    pub(crate) fn secret(&self) -> &SecretString {
        &self.login.token
    }

    pub(crate) fn entity_id(&self) -> Option<&str> {
        self.login.entity_id.as_deref()
    }

    /// When it ends, as far as is known; a renewal moves it.
    pub(crate) fn ends(&self) -> BootInstant {
        BootInstant::from_nanos(self.ends.load(Ordering::Relaxed))
    }

    pub(super) fn lasts_until(&self, ends: BootInstant) {
        self.ends.store(ends.as_nanos(), Ordering::Relaxed);
    }
}
