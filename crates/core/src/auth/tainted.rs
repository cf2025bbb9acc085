//! Tokens under which Vault may hold a lease that nobody knows.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::live_token::LiveToken;

/// Tainted tokens, until they are revoked.
#[derive(Debug, Default)]
pub(super) struct Tainted(Mutex<Vec<Arc<LiveToken>>>);

impl Tainted {
    pub(super) fn add(&self, token: &Arc<LiveToken>) {
        if !self.holds(token) {
            self.all().push(token.clone());
        }
    }

    pub(super) fn holds(&self, token: &Arc<LiveToken>) -> bool {
        self.all().iter().any(|tainted| Arc::ptr_eq(tainted, token))
    }

    /// Those that nobody else holds.
    pub(super) fn take_unused(&self) -> Vec<Arc<LiveToken>> {
        self.all().extract_if(.., |token| Arc::strong_count(token) == 1).collect()
    }

    pub(super) fn take_all(&self) -> Vec<Arc<LiveToken>> {
        std::mem::take(&mut *self.all())
    }

    fn all(&self) -> MutexGuard<'_, Vec<Arc<LiveToken>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
