//! The refresh engine: keeps one value fresh. It knows neither Vault nor AWS.

mod budget;
#[cfg(feature = "vault")]
mod cell;
#[cfg(feature = "vault")]
mod command;
#[cfg(feature = "vault")]
mod driver;
#[cfg(test)]
mod driver_tests;
mod effect;
mod fault;
#[cfg(test)]
mod model;
mod schedule;
#[cfg(feature = "vault")]
mod snapshot;
#[cfg(feature = "vault")]
mod source;
mod state;
mod transition;

#[cfg(feature = "vault")]
pub use driver::{Kept, Want};
pub use effect::{Effect, Event, Failure, Grant, Now, Phase, Work};
pub use fault::{Allowance, Class, Fault};
pub use schedule::Plan;
#[cfg(feature = "vault")]
pub use snapshot::{Reading, Snapshot};
#[cfg(feature = "vault")]
pub use source::{Note, Source};
pub use state::State;
pub use transition::step;
#[cfg(feature = "cli")]
pub(crate) use transition::{PASSES, VERIFY_AT_MOST, VERIFY_SPACING};
