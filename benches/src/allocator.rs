//! The system's allocator, counted per thread: nothing that another thread does gets into a figure.
#![allow(
    unsafe_code,
    reason = "an allocator can only be written so; each call goes to the system's unchanged"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

struct Counting;

thread_local! {
    static CALLS: Cell<u64> = const { Cell::new(0) };
    static LIVE: Cell<i64> = const { Cell::new(0) };
}

/// How often this thread has allocated so far.
pub(crate) fn calls() -> u64 {
    CALLS.get()
}

/// The bytes that this thread has allocated less those that it has freed.
pub(crate) fn live_bytes() -> i64 {
    LIVE.get()
}

fn count(calls: u64, more: usize, less: usize) {
    // A thread that is ending has no counters any more, and nobody asks for them.
    let _ = CALLS.try_with(|all| all.set(all.get() + calls));
    let _ = LIVE.try_with(|live| live.set(live.get() + more as i64 - less as i64));
}

// Safety: every method hands its arguments to the system's allocator and returns what that returns.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(1, layout.size(), 0);
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(1, layout.size(), 0);
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(1, size, layout.size());
        unsafe { System.realloc(place, layout, size) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        count(0, 0, layout.size());
        unsafe { System.dealloc(place, layout) }
    }
}
