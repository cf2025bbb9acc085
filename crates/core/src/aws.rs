//! The few calls of AWS that Leasekey makes itself.

mod sts;

pub(crate) use sts::{CallerIdentity, Sts};
