//! What tests wait for and look at.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test cannot go on without what these helpers return"
)]

use std::fmt::Debug;
use std::time::Duration;

use leasekey::Events;
use leasekey::{Error, Event, EventKind, VaultCredentialsProvider};
use tokio::time::Instant;

/// The error, printed in every way it can be, so that the log is searched for what it shows.
///
/// # Panics
/// If there is none.
pub fn refused<T: Debug>(result: leasekey::Result<T>) -> Error {
    let error = result.unwrap_err();
    tracing::info!("{error} {error:?} {error:#?} {}", sources(&error));
    error
}

fn sources(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(String::new, |source| format!("{source} {source:?} {}", sources(source)))
}

/// The next event of this kind, which must come within 10 s.
///
/// # Panics
/// If it does not.
pub async fn next(events: &mut Events, kind: EventKind) -> Event {
    next_within(events, kind, Duration::from_secs(10)).await
}

/// The same within another time.
///
/// # Panics
/// If it does not come.
pub async fn next_within(events: &mut Events, kind: EventKind, within: Duration) -> Event {
    let found = async {
        loop {
            let event = events.next().await.unwrap();
            if event.kind == kind {
                return event;
            }
        }
    };
    let found = tokio::time::timeout(within, found).await;
    found.unwrap_or_else(|_| panic!("no {} within {within:?}", kind.name()))
}

/// The id of the key that is served at once.
///
/// # Panics
/// If the caller gets an error, or under a paused clock has to wait.
pub async fn served(vault: &VaultCredentialsProvider) -> String {
    let asked = Instant::now();
    let key = vault.credentials().await.unwrap().access_key_id().to_owned();
    assert!(asked.elapsed() < Duration::from_millis(50), "a caller waited {:?}", asked.elapsed());
    key
}
