//! The way in: a provider of AWS credentials that are leased from Vault and kept fresh.

mod builder;
mod heal;
mod lineage;
mod login;
#[cfg(feature = "cli")]
mod once;
mod sdk;
mod tls;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, future};

pub use builder::Builder;
pub use heal::Heal;
#[cfg(feature = "cli")]
pub(crate) use once::{Once, lease_once, spec_of};
pub use sdk::ConfigLoaderExt;

use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::event::{EventHub, Events};
use crate::lease::{Lease, Leased};
use crate::refresh::{Kept, Phase, Reading, Snapshot, Want};
use lineage::Lineage;

/// AWS credentials leased from Vault or OpenBao and kept fresh in the background.
///
/// Once [`start`](Builder::start) has returned, no caller ever waits for Vault while a set lives: a background
/// thread asks for the next set after 40 to 60 % of the life of the one in hand (a 15-minute set after 6 to
/// 9 minutes), and a failure never shortens or empties the set in hand. A set is never served at or after its
/// expiry. Providers with the same address, login and lease share one background lease.
///
/// Cloning is cheap and gives the same provider. Dropping the last clone ends the refreshing and sends
/// nothing; [`close`](Self::close) gives back what can be given back.
///
/// After a fork the child serves the set that its parent had in hand at once, and neither renews nor revokes it. It
/// starts a background thread of its own when the set is due, at a time drawn anew: then it logs in for itself and
/// takes its own lease. A login that works once, such as a wrapped secret id, ends there as `LK-0112`.
///
/// ```no_run
/// use aws_config::BehaviorVersion;
/// use leasekey::{ConfigLoaderExt, VaultCredentialsProvider};
///
/// # async fn example() -> leasekey::Result<()> {
/// let vault = VaultCredentialsProvider::from_env().role("orders").start().await?;
/// let aws = aws_config::defaults(BehaviorVersion::latest()).leasekey(&vault).load().await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct VaultCredentialsProvider(Arc<Inner>);

struct Inner {
    lineage: Lineage,
    context: Context,
    closed: AtomicBool,
    within: Duration,
    heal: heal::Doubts,
}

/// What a provider did since it was made, counted. Providers that share a lease share its counts. A forked child
/// counts from when it took over.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Stats {
    /// Sets that Vault issued and that served.
    pub issues: u64,
    /// Logins that succeeded.
    pub logins: u64,
    /// Renewals of leases and tokens.
    pub renewals: u64,
    /// Leases given back one by one.
    pub revocations: u64,
    /// Attempts that failed, logins among them.
    pub failures: u64,
    /// Sets that AWS refused as if they were dead, so that a new one was asked for at once.
    pub heals: u64,
}

impl VaultCredentialsProvider {
    /// A builder that reads the environment and the settings files; what the code sets wins over them.
    pub fn from_env() -> Builder {
        Builder::new(true)
    }

    /// A builder that reads neither: what the code does not set has its default.
    pub fn builder() -> Builder {
        Builder::new(false)
    }

    /// The credentials in hand, at once; before the first set, as soon as it is there.
    ///
    /// Their `expiry` is the true end of the set, on this host's wall clock, but at most 120 s ahead for a
    /// kind that can be revoked.
    ///
    /// # Errors
    /// The error of the first attempt, shared by all that waited for it; `LK-0123` after the caller's own
    /// deadline (10 s); `LK-0117` when the last set is dead; `LK-0118` after a close.
    pub async fn credentials(&self) -> Result<Credentials> {
        match self.credentials_now() {
            Some(credentials) => Ok(credentials),
            None => Ok(self.wait(Duration::ZERO, None).await?.0),
        }
    }

    /// The credentials in hand, without waiting; none when [`credentials`](Self::credentials) would wait or fail.
    #[inline]
    pub fn credentials_now(&self) -> Option<Credentials> {
        self.with_credentials_now(Credentials::clone)
    }

    /// What `look` returns of the credentials in hand, without waiting and without a copy of them; none, and `look` is
    /// not called, when [`credentials`](Self::credentials) would wait or fail.
    ///
    /// ```
    /// # use leasekey::VaultCredentialsProvider;
    /// fn is_in_hand(vault: &VaultCredentialsProvider, access_key_id: &str) -> bool {
    ///     vault.with_credentials_now(|now| now.access_key_id() == access_key_id).unwrap_or(false)
    /// }
    /// ```
    #[inline]
    pub fn with_credentials_now<T>(&self, look: impl FnOnce(&Credentials) -> T) -> Option<T> {
        let kept = self.0.lineage.last().kept();
        let snapshot = kept.snapshot();
        let leased = match snapshot.read(kept.now_coarse()) {
            Reading::Ready(leased) => leased,
            Reading::Unattended(leased) => {
                self.attend();
                leased
            }
            Reading::Wait | Reading::Refused(_) => return None,
        };
        (!self.is_closed()).then(|| look(&leased.credentials))
    }

    // Whoever should have replaced the set by now has not: perhaps because a fork left it behind.
    #[cold]
    fn attend(&self) {
        // The set in hand serves, whether or not another can be had.
        let _at_the_end_of_the_set_it_is_told = self.0.lineage.here();
    }

    /// Credentials that live for at least `span` from now, such as for a presigned address. A new set is
    /// asked for if the one in hand does not last that long.
    ///
    /// # Errors
    /// As [`credentials`](Self::credentials), and `LK-0108` if no set lives that long: with a ttl of 15
    /// minutes `valid_for` can promise 14 min 50 s, not 20 minutes.
    pub async fn valid_for(&self, span: Duration) -> Result<Credentials> {
        let (credentials, generation) = self.wait(span, None).await?;
        let kept = self.0.lineage.here()?.kept();
        kept.promise(generation, kept.now().plus(span));
        Ok(credentials)
    }

    /// A newer set than the one in hand. Callers go on with the old one until it is there.
    ///
    /// # Errors
    /// As [`credentials`](Self::credentials), for the new set; the set in hand is kept. `LK-0125` if the same
    /// set came again: a static role that Vault has not rotated yet, or a cache on the way. At most three new
    /// sets are asked for at once, and then one per sixth of their life.
    pub async fn refresh(&self) -> Result<Credentials> {
        let keeper = self.0.lineage.here()?;
        let generation = keeper.kept().snapshot().generation;
        let refreshed = self.wait(Duration::ZERO, Some(generation)).await;
        refreshed.map(|(credentials, _)| credentials).map_err(|error| keeper.explained(error))
    }

    /// What was done so far.
    pub fn stats(&self) -> Stats {
        let keeper = self.0.lineage.last();
        let (lease, login) = (keeper.stats(), keeper.session().stats());
        let read = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            issues: read(&lease.issues),
            logins: read(&login.logins),
            renewals: read(&lease.renewals) + read(&login.renewals),
            revocations: read(&lease.revocations),
            failures: read(&lease.failures) + read(&login.failures),
            heals: read(&lease.heals),
        }
    }

    /// The events from now on: every issue, swap, failure and close, without secrets.
    pub fn events(&self) -> Events {
        // A child that cannot have a keeper of its own hears nothing: its parent's speaks to the parent.
        match self.0.lineage.here() {
            Ok(keeper) => keeper.session().hub().listen(keeper.subject().clone()),
            Err(_) => EventHub::default().listen(self.0.lineage.last().subject().clone()),
        }
    }

    /// The lease in hand, without its secrets; none before the first and after the last.
    pub fn lease(&self) -> Option<Lease> {
        self.0.lineage.last().lease()
    }

    /// How the lease is.
    pub fn phase(&self) -> Phase {
        if self.is_closed() {
            return Phase::Closed;
        }
        match self.0.lineage.own() {
            Some(keeper) => keeper.kept().snapshot().phase,
            None if self.lease().is_some() => Phase::Inherited,
            None => Phase::Empty,
        }
    }

    /// Whether this process looks after the lease itself: false in a forked child for as long as it only serves what
    /// its parent had in hand.
    pub fn is_kept_here(&self) -> bool {
        self.0.lineage.own().is_some()
    }

    /// An interceptor and retry classifier for one SDK client: when AWS refuses the key as if it were dead,
    /// a new set is asked for and the call is made once more.
    pub fn heal(&self) -> Heal {
        Heal::new(self.clone())
    }

    /// Ends this provider within 2 s: no more sets, and with the last provider of a login the token that
    /// Leasekey logged in for is revoked, and every lease under it. A token that you gave is left alone, and
    /// a temporary set in hand stays valid at AWS until its end, because AWS cannot revoke it.
    ///
    /// # Errors
    /// `LK-0118` if it was closed before.
    pub async fn close(&self) -> Result<()> {
        if self.0.closed.swap(true, Ordering::AcqRel) {
            return Err(closed());
        }
        // A forked child that took no lease has none to give back.
        if let Some(keeper) = self.0.lineage.own() {
            keeper.leave().await;
        }
        Ok(())
    }

    fn is_closed(&self) -> bool {
        self.0.closed.load(Ordering::Acquire)
    }

    async fn wait(&self, lasts: Duration, newer_than: Option<u64>) -> Result<(Credentials, u64)> {
        if self.is_closed() {
            return Err(closed());
        }
        let keeper = self.0.lineage.here()?;
        let kept = keeper.kept();
        let want = Want { lasts, newer_than, doubts: false, within: self.0.within };
        let snapshot = kept.wait(want).await.map_err(|error| error.about(keeper.subject()))?;
        match snapshot.alive(kept.now()) {
            Some(leased) => Ok((self.stamped(kept, leased, &snapshot, lasts), snapshot.generation)),
            None => Err(Error::new(ErrorKind::NotReady, "the set ended at this moment")),
        }
    }

    // Whoever was promised a longer life than a usual hand-out is told of it.
    fn stamped(
        &self,
        kept: &Kept<Leased>,
        leased: &Leased,
        snapshot: &Snapshot<Leased>,
        lasts: Duration,
    ) -> Credentials {
        let mut credentials = leased.credentials.clone();
        if leased.facts.kind.is_revocable() && !lasts.is_zero() {
            let remaining = snapshot.expires.since(kept.now()).min(lasts);
            let expiry = self.0.context.time.wall().checked_add(remaining);
            *credentials.expiry_mut() = expiry.or(credentials.expiry());
        }
        credentials
    }

    async fn provided(&self) -> provider::Result {
        self.credentials().await.map_err(for_sdk)
    }
}

impl ProvideCredentials for VaultCredentialsProvider {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        match self.credentials_now() {
            Some(credentials) => future::ProvideCredentials::ready(Ok(credentials)),
            None => future::ProvideCredentials::new(self.provided()),
        }
    }

    fn fallback_on_interrupt(&self) -> Option<Credentials> {
        let kept = self.0.lineage.last().kept();
        let snapshot = kept.snapshot();
        snapshot.alive(kept.now()).filter(|_| !self.is_closed()).map(|leased| leased.credentials.clone())
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keeper = self.lineage.last();
        let phase = keeper.kept().snapshot().phase;
        f.debug_struct("Inner")
            .field("lease", &keeper.subject())
            .field("phase", &phase)
            .finish_non_exhaustive()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(keeper) = self.lineage.own()
            && !*self.closed.get_mut()
        {
            keeper.drop_user();
        }
    }
}

fn closed() -> Error {
    Error::new(ErrorKind::Closed, "this provider was closed by a call of close()")
}

/// The SDK's meaning of an error: only "Vault is not configured" lets a chain go on to the next provider.
/// `provider_timed_out` is not used: it has no room for the error that says why.
fn for_sdk(error: Error) -> CredentialsError {
    match error.kind() {
        ErrorKind::NotConfigured => CredentialsError::not_loaded(error),
        ErrorKind::InvalidName | ErrorKind::InvalidSetting | ErrorKind::NoAuth | ErrorKind::TtlOutOfRange => {
            CredentialsError::invalid_configuration(error)
        }
        _ => CredentialsError::provider_error(error),
    }
}
