//! How fast a server was asked: no more than one request a second, averaged over any 10 s.

use std::time::Duration;

const WINDOW: Duration = Duration::from_secs(10);

/// The most requests that one provider may send within any 10 s.
pub const MOST: usize = 10;

/// How many of these moments lie within the fullest 10 s. They are in order.
#[must_use]
pub fn peak(moments: &[Duration]) -> usize {
    let within = |from: &Duration| moments.iter().filter(|at| *at >= from && **at < *from + WINDOW).count();
    moments.iter().map(within).max().unwrap_or(0)
}
