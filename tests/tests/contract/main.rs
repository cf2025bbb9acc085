//! What Leasekey promises of a real server, the same for OpenBao and HashiCorp Vault, through the public API and
//! the real AWS SDK. Each test has a login of its own, so that its part of the audit log can be told apart.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests"
)]

mod agent;
mod audit;
mod kinds;
mod lease;
mod login;
mod namespace;
mod refused;
mod sharing;

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
