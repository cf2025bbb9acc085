//! What the engine keeps fresh: where values come from, and what becomes of them.

use std::time::SystemTime;

use async_trait::async_trait;

use super::effect::{Grant, Phase};
use super::fault::{Allowance, Fault};

/// Where the values of one machine come from. The driver calls it from its own thread, one attempt at a
/// time; what a call returns decides the next step.
#[async_trait]
pub trait Source: Send + Sync + 'static {
    /// What is kept fresh. Cloning it must not copy key material.
    type Value: Clone + Send + Sync + 'static;

    /// Gets a value; `held` is the one in hand.
    async fn issue(
        &self,
        held: Option<Self::Value>,
        allowance: &Allowance,
    ) -> Result<(Self::Value, Grant), Fault>;

    /// Lengthens the life of a value.
    async fn renew(&self, value: Self::Value, allowance: &Allowance) -> Result<Grant, Fault>;

    /// Checks once that a candidate works.
    async fn verify(&self, candidate: Self::Value, allowance: &Allowance) -> Result<(), Fault>;

    /// Gives a value back; false if that is to be tried again later.
    async fn revoke(&self, value: Self::Value) -> bool;

    /// Ends the source after its last value; what it should give back is in `last`.
    async fn close(&self, last: Option<Self::Value>);

    /// The value as it is handed out: with the remaining life written on the wall clock.
    fn stamp(&self, value: &Self::Value, expires: SystemTime) -> Self::Value;

    /// Takes note of what happened.
    fn note(&self, note: Note<'_, Self::Value>);
}

/// What happened to a value.
#[derive(Debug)]
pub enum Note<'a, T> {
    /// A new value serves, as this generation, and why it was asked for.
    Published(&'a T, u64, &'static str),
    /// The value in hand lives longer.
    Extended(&'a T, u64),
    /// An attempt failed; the value in hand, if any, still serves.
    Failed(&'a Fault, Option<&'a T>),
    /// The phase changed.
    Phase(Phase, Option<&'a T>),
    /// The value in hand is doubted.
    Doubted(&'a T, u64),
}
