//! What Leasekey promises of a real server, the same for OpenBao and HashiCorp Vault, through the public API and
//! the real AWS SDK. Each test has a login of its own, so that its part of the audit log can be told apart.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests"
)]

mod audit;
mod lease;
mod login;
mod namespace;
mod refused;
mod sharing;

use std::fmt::Debug;
use std::time::Duration;

use leasekey::Events;
use leasekey::{Error, Event, EventKind};
use leasekey_tests::log::{self, Watch};
use leasekey_tests::stack::Stack;

/// What the example's AppRole may do with AWS, alone.
const ORDERS: &str = r#"path "aws/creds/orders" { capabilities = ["update"] }"#;

/// The servers, and the log with the administrator's secrets planted in it.
fn begin() -> (Stack, Watch) {
    let (stack, logs) = (Stack::from_env(), log::watch());
    logs.planted("the root token", &stack.root_token);
    logs.planted("the stack's secret id", &stack.secret_id);
    (stack, logs)
}

/// The error, printed in every way it can be, so that the log is searched for what it shows.
fn refused<T: Debug>(result: leasekey::Result<T>) -> Error {
    let error = result.unwrap_err();
    tracing::info!("{error} {error:?} {error:#?}");
    error
}

/// The next event of this kind, which must come within 10 s.
async fn next(events: &mut Events, kind: EventKind) -> Event {
    let found = async {
        loop {
            let event = events.next().await.unwrap();
            if event.kind == kind {
                return event;
            }
        }
    };
    let within = tokio::time::timeout(Duration::from_secs(10), found);
    within.await.unwrap_or_else(|_| panic!("no {} within 10 s", kind.name()))
}
