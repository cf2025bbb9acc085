//! The provider behind `fromVault`.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use aws_credential_types::Credentials;
use leasekey::config::ConfigKey;
use leasekey::context::Context;
use leasekey::{Error, ErrorKind, SecretString, VaultCredentialsProvider};
use napi_derive::napi;

use crate::background::Background;
use crate::calls::{Calls, Settled, Wake};
use crate::errors::thrown;
use crate::events::{Heard, Queue};
use crate::facts::{Lease, Set, Stats};

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

/// What is asked for.
#[napi(string_enum)]
pub enum Ask {
    /// The set in hand, or the first one.
    Get,
    /// A newer set than the one in hand.
    Refresh,
    /// A set that lasts.
    ValidFor,
    /// The end.
    Close,
}

/// A provider that reads its environment and asks Vault when it is first used.
#[napi]
pub struct Provider {
    settings: BTreeMap<ConfigKey, SecretString>,
    deadline: Option<Duration>,
    context: Context,
    background: Background,
    calls: Arc<Calls>,
    opened: OnceLock<VaultCredentialsProvider>,
    taken: Mutex<Option<Credentials>>,
    events: Mutex<Option<Arc<Queue>>>,
    #[cfg(feature = "test-util")]
    pub(crate) world: Option<Arc<leasekey::context::Stage>>,
}

#[napi]
impl Provider {
    /// Checks the settings' names; `deadline` is in milliseconds.
    #[napi(constructor)]
    pub fn new(settings: HashMap<String, String>, deadline: Option<f64>, wake: Wake) -> napi::Result<Self> {
        let background = Background::of_process().map_err(|error| thrown(&error))?;
        Self::within(Context::system(), background, settings, deadline, wake)
    }

    pub(crate) fn within(
        context: Context,
        background: Background,
        settings: HashMap<String, String>,
        deadline: Option<f64>,
        wake: Wake,
    ) -> napi::Result<Self> {
        let settings = settings.into_iter().map(|(keyword, text)| Ok((keyword.parse()?, text.into())));
        Ok(Self {
            settings: settings.collect::<leasekey::Result<_>>().map_err(|error| thrown(&error))?,
            deadline: deadline.map(milliseconds),
            context,
            background,
            calls: Arc::new(Calls::new(wake)),
            opened: OnceLock::new(),
            taken: Mutex::default(),
            events: Mutex::default(),
            #[cfg(feature = "test-util")]
            world: None,
        })
    }

    /// Reads the environment and the files, unless that was done. `region` stands where no Region is set.
    #[napi]
    pub fn open(&self, region: Option<String>) -> napi::Result<()> {
        if self.opened.get().is_some() {
            return Ok(());
        }
        let mut builder = VaultCredentialsProvider::from_env().context(self.context.clone());
        for (key, text) in &self.settings {
            builder = builder.set(*key, text.clone());
        }
        if let Some(region) = region.filter(|_| !self.settings.contains_key(&ConfigKey::Region)) {
            builder = builder.set(ConfigKey::Region, region);
        }
        if let Some(deadline) = self.deadline {
            builder = builder.deadline(deadline);
        }
        let provider = builder.build().map_err(|error| thrown(&error))?;
        let _opened = self.opened.set(provider);
        Ok(())
    }

    /// Looks at the set in hand.
    #[napi]
    pub fn read(&self) -> Reading {
        let Some(credentials) = self.here(VaultCredentialsProvider::credentials_now).flatten() else {
            return Reading::Nothing;
        };
        let mut taken = lock(&self.taken);
        let same = taken.as_ref().is_some_and(|taken| {
            taken.expiry() == credentials.expiry() && taken.access_key_id() == credentials.access_key_id()
        });
        if same {
            return Reading::Same;
        }
        *taken = Some(credentials);
        Reading::Another
    }

    /// The set that was found last.
    #[napi]
    pub fn take(&self) -> Option<Set> {
        let provider = self.opened.get()?;
        lock(&self.taken).as_ref().map(|credentials| Set::new(credentials, provider))
    }

    /// Asks in the background. `lasts` is in milliseconds.
    #[napi]
    pub fn ask(&self, what: Ask, lasts: Option<f64>) -> napi::Result<u32> {
        let provider = self.provider()?.clone();
        let lasts = lasts.map_or(Duration::ZERO, milliseconds);
        Ok(self.calls.begin(&self.background, async move {
            let credentials = match what {
                Ask::Get => provider.credentials().await,
                Ask::Refresh => provider.refresh().await,
                Ask::ValidFor => provider.valid_for(lasts).await,
                Ask::Close => return provider.close().await.map(|()| None),
            };
            credentials.map(|credentials| Some(Set::new(&credentials, &provider)))
        }))
    }

    /// Nobody waits for this call any more.
    #[napi]
    pub fn give_up(&self, id: u32) {
        self.calls.give_up(id);
    }

    /// The calls that have ended since the last look.
    #[napi]
    pub fn settled(&self) -> Vec<Settled> {
        self.calls.take()
    }

    /// Keeps the events from now on.
    #[napi]
    pub fn listen(&self) -> napi::Result<()> {
        let events = self.provider()?.events();
        lock(&self.events).get_or_insert_with(|| Queue::fill(events, &self.calls, &self.background));
        Ok(())
    }

    /// The events since the last look.
    #[napi]
    pub fn heard(&self) -> Vec<Heard> {
        lock(&self.events).as_ref().map_or_else(Vec::new, |queue| queue.take())
    }

    /// AWS answered with `code` a call that was signed as this header tells. True: make it once more.
    #[napi]
    pub fn refused(&self, authorization: String, code: String) -> bool {
        self.here(|provider| provider.heal().refused(&authorization, &code)).unwrap_or(false)
    }

    /// What was done so far.
    #[napi(getter)]
    pub fn stats(&self) -> Stats {
        self.opened.get().map(VaultCredentialsProvider::stats).unwrap_or_default().into()
    }

    /// The lease in hand.
    #[napi(getter)]
    pub fn lease(&self) -> Option<Lease> {
        self.here(VaultCredentialsProvider::lease).flatten().map(Into::into)
    }

    /// How the lease is.
    #[napi(getter)]
    pub fn phase(&self) -> String {
        self.opened
            .get()
            .map_or_else(|| "empty".into(), |provider| format!("{:?}", provider.phase()).to_lowercase())
    }

    /// Whether JavaScript waits for a call.
    #[cfg(feature = "test-util")]
    pub(crate) fn is_waited_for(&self) -> bool {
        self.calls.are_under_way()
    }

    /// What `call` returns of the provider, once it is opened, by the clock that it lives by.
    #[inline]
    fn here<T>(&self, call: impl FnOnce(&VaultCredentialsProvider) -> T) -> Option<T> {
        let provider = self.opened.get()?;
        #[cfg(feature = "test-util")]
        if let Some(world) = &self.world {
            return Some(world.within(|| call(provider)));
        }
        Some(call(provider))
    }

    fn provider(&self) -> napi::Result<&VaultCredentialsProvider> {
        self.opened.get().ok_or_else(|| thrown(&Error::new(ErrorKind::Bug, "a provider was not opened")))
    }
}

fn milliseconds(number: f64) -> Duration {
    Duration::try_from_secs_f64(number / 1000.0).unwrap_or(Duration::MAX)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
