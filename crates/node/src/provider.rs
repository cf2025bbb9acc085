//! The provider behind `fromVault`.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use leasekey::config::ConfigKey;
use leasekey::context::Context;
use leasekey::{Error, ErrorKind, SecretString, VaultCredentialsProvider};
use napi::Env;
use napi::bindgen_prelude::Function;
use napi_derive::napi;

use crate::background::Background;
use crate::calls::{Calls, Settled, Wake};
use crate::errors::thrown;
use crate::events::{Heard, Queue};
use crate::facts::{Lease, Set, Stats};
use crate::hand::{Hand, Reading};

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
    pub(crate) hand: Arc<Hand>,
    events: Mutex<Option<Arc<Queue>>>,
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
            hand: Arc::default(),
            events: Mutex::default(),
        })
    }

    /// Reads the environment and the files, unless that was done. `region` stands where the settings name none: it is that of the client that asks, whatever the environment says.
    #[napi]
    pub fn open(&self, region: Option<String>) -> napi::Result<()> {
        if self.hand.provider().is_some() {
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
        self.hand.open(builder.build().map_err(|error| thrown(&error))?);
        Ok(())
    }

    /// A function that looks at the set in hand. No method: the checks of a method's `this` cost more than the look.
    #[napi]
    pub fn reader<'env>(&self, env: &'env Env) -> napi::Result<Function<'env, (), Reading>> {
        let hand = self.hand.clone();
        env.create_function_from_closure("read", move |_| Ok(hand.read()))
    }

    /// The set that was found last.
    #[napi]
    pub fn take(&self) -> Option<Set> {
        self.hand.take()
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
        let mut queue = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        queue.get_or_insert_with(|| Queue::fill(events, &self.calls, &self.background));
        Ok(())
    }

    /// The events since the last look.
    #[napi]
    pub fn heard(&self) -> Vec<Heard> {
        let queue = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        queue.as_ref().map_or_else(Vec::new, |queue| queue.take())
    }

    /// AWS answered with `code` a call that was signed as this header tells. True: make it once more.
    #[napi]
    pub fn refused(&self, authorization: String, code: String) -> bool {
        self.hand.here(|provider| provider.heal().refused(&authorization, &code)).unwrap_or(false)
    }

    /// What was done so far.
    #[napi(getter)]
    pub fn stats(&self) -> Stats {
        self.hand.provider().map(VaultCredentialsProvider::stats).unwrap_or_default().into()
    }

    /// The lease in hand.
    #[napi(getter)]
    pub fn lease(&self) -> Option<Lease> {
        self.hand.here(VaultCredentialsProvider::lease).flatten().map(Into::into)
    }

    /// How the lease is.
    #[napi(getter)]
    pub fn phase(&self) -> String {
        self.hand
            .provider()
            .map_or_else(|| "empty".into(), |provider| format!("{:?}", provider.phase()).to_lowercase())
    }

    /// Whether JavaScript waits for a call.
    #[cfg(feature = "test-util")]
    pub(crate) fn is_waited_for(&self) -> bool {
        self.calls.are_under_way()
    }

    fn provider(&self) -> napi::Result<&VaultCredentialsProvider> {
        self.hand.provider().ok_or_else(|| thrown(&Error::new(ErrorKind::Bug, "a provider was not opened")))
    }
}

fn milliseconds(number: f64) -> Duration {
    Duration::try_from_secs_f64(number / 1000.0).unwrap_or(Duration::MAX)
}
