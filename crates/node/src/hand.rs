//! The set in hand, as JavaScript reads it.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use aws_credential_types::Credentials;
use leasekey::VaultCredentialsProvider;
use napi_derive::napi;

use crate::facts::Set;

/// What a reader finds.
#[napi]
pub enum Reading {
    /// Nothing that serves: wait for it.
    Nothing,
    /// The set that was taken last.
    Same,
    /// Another one: take it.
    Another,
}

/// A provider, once it is opened, and the set that was found last.
#[derive(Default)]
pub(crate) struct Hand {
    opened: OnceLock<VaultCredentialsProvider>,
    found: Mutex<Option<Credentials>>,
    #[cfg(feature = "test-util")]
    world: OnceLock<std::sync::Arc<leasekey::context::Stage>>,
}

impl Hand {
    /// From now on there is a provider; the first one stays.
    pub(crate) fn open(&self, provider: VaultCredentialsProvider) {
        let _opened = self.opened.set(provider);
    }

    /// It lives by the clock of this world.
    #[cfg(feature = "test-util")]
    pub(crate) fn place_in(&self, world: std::sync::Arc<leasekey::context::Stage>) {
        let _placed = self.world.set(world);
    }

    /// The provider, once it is opened.
    pub(crate) fn provider(&self) -> Option<&VaultCredentialsProvider> {
        self.opened.get()
    }

    /// What `call` returns of the provider, once it is opened, by the clock that it lives by.
    #[inline]
    pub(crate) fn here<T>(&self, call: impl FnOnce(&VaultCredentialsProvider) -> T) -> Option<T> {
        let provider = self.opened.get()?;
        #[cfg(feature = "test-util")]
        if let Some(world) = self.world.get() {
            return Some(world.within(|| call(provider)));
        }
        Some(call(provider))
    }

    /// Looks at the set in hand.
    pub(crate) fn read(&self) -> Reading {
        let look = |credentials: &Credentials| {
            let mut found = self.found();
            let same = found.as_ref().is_some_and(|found| {
                found.expiry() == credentials.expiry() && found.access_key_id() == credentials.access_key_id()
            });
            if same {
                return Reading::Same;
            }
            *found = Some(credentials.clone());
            Reading::Another
        };
        self.here(|provider| provider.with_credentials_now(look)).flatten().unwrap_or(Reading::Nothing)
    }

    /// The set that was found last.
    pub(crate) fn take(&self) -> Option<Set> {
        let provider = self.opened.get()?;
        self.found().as_ref().map(|credentials| Set::new(credentials, provider))
    }

    fn found(&self) -> MutexGuard<'_, Option<Credentials>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
