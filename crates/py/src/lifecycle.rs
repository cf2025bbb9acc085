//! The end of the interpreter: no thread may be in Rust's frames when Python ends it.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

use pyo3::prelude::*;

static ENDED: AtomicBool = AtomicBool::new(false);
static WAITING: AtomicUsize = AtomicUsize::new(0);
static FORKS: AtomicU32 = AtomicU32::new(0);

/// The longest that a thread waits without looking up.
pub(crate) const SLICE: Duration = Duration::from_millis(50);
const LOOKS: u32 = 20;

/// Does `wait` without the interpreter; none once waits have ended.
pub(crate) fn waiting<T: Send>(py: Python<'_>, wait: impl Send + FnOnce() -> Option<T>) -> Option<T> {
    WAITING.fetch_add(1, Ordering::SeqCst);
    // Looked at after the counting, as `end_waits` counts after the setting: one of the two sees the other.
    let answer = if ENDED.load(Ordering::SeqCst) { None } else { py.detach(wait) };
    WAITING.fetch_sub(1, Ordering::SeqCst);
    answer
}

/// Whether the interpreter is about to end, so that nothing is waited for any more.
pub(crate) fn have_ended() -> bool {
    ENDED.load(Ordering::SeqCst)
}

/// Ends all waits, of daemon threads too, and waits until their threads have left: within a slice or two.
#[pyfunction]
pub(crate) fn end_waits(py: Python<'_>) {
    ENDED.store(true, Ordering::SeqCst);
    for _ in 0..LOOKS {
        if WAITING.load(Ordering::SeqCst) == 0 {
            return;
        }
        py.detach(|| std::thread::park_timeout(SLICE));
    }
}

/// How many forks lie behind this process: another number than its parent's.
pub(crate) fn forks() -> u32 {
    FORKS.load(Ordering::Relaxed)
}

/// In a forked child nobody waits: the parent's threads are not in it.
#[pyfunction]
pub(crate) fn after_fork() {
    WAITING.store(0, Ordering::SeqCst);
    FORKS.fetch_add(1, Ordering::Relaxed);
}
