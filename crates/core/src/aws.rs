//! The few calls of AWS that Leasekey makes itself.

pub(crate) mod sts;
