//! Leasekey.
