//! Calls that JavaScript waits for, and how it is woken.

use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use leasekey::Error;
use napi::Status;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;
use tokio::sync::oneshot;

use crate::background::Background;
use crate::errors::failure;
use crate::facts::Set;

/// Wakes JavaScript on its own thread. It is weak: it never keeps a program from ending.
pub(crate) type Wake = ThreadsafeFunction<(), (), (), Status, false, true>;

/// A call that has ended: with a set, with an error, or, for a close, with neither.
#[napi(object)]
pub struct Settled {
    /// What [`Calls::begin`] returned.
    pub id: u32,
    /// The set that was asked for.
    pub set: Option<Set>,
    /// What the error is made of, as JSON.
    pub failure: Option<String>,
}

/// The calls of one provider.
pub(crate) struct Calls {
    wake: Wake,
    rung: AtomicBool,
    last: AtomicU32,
    // A call ends when its sender is dropped: somebody gave it up.
    under_way: Mutex<HashMap<u32, oneshot::Sender<()>>>,
    settled: Mutex<Vec<Settled>>,
}

impl Calls {
    pub(crate) fn new(wake: Wake) -> Self {
        Self {
            wake,
            rung: AtomicBool::new(false),
            last: AtomicU32::new(0),
            under_way: Mutex::default(),
            settled: Mutex::default(),
        }
    }

    /// Waits for `call` in the background; its outcome is among the settled ones when JavaScript is woken.
    pub(crate) fn begin(
        self: &Arc<Self>,
        background: &Background,
        call: impl Future<Output = Result<Option<Set>, Error>> + Send + 'static,
    ) -> u32 {
        let (calls, id) = (self.clone(), self.last.fetch_add(1, Ordering::Relaxed));
        let (sender, given_up) = oneshot::channel();
        lock(&self.under_way).insert(id, sender);
        background.spawn(async move {
            let settled = tokio::select! {
                _ = given_up => return,
                ended = call => match ended {
                    Ok(set) => Settled { id, set, failure: None },
                    Err(error) => Settled { id, set: None, failure: Some(failure(&error)) },
                },
            };
            lock(&calls.under_way).remove(&id);
            lock(&calls.settled).push(settled);
            calls.ring();
        });
        id
    }

    /// Nobody waits for this call any more; what it asked for goes on.
    pub(crate) fn give_up(&self, id: u32) {
        lock(&self.under_way).remove(&id);
    }

    /// Whether somebody waits.
    #[cfg(feature = "test-util")]
    pub(crate) fn are_under_way(&self) -> bool {
        !lock(&self.under_way).is_empty()
    }

    /// Wakes JavaScript, which looks for all that is new; once until it has looked.
    pub(crate) fn ring(&self) {
        if !self.rung.swap(true, Ordering::AcqRel) {
            // A thread of JavaScript that has ended hears nothing, and waits for nothing.
            let _unheard = self.wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
        }
    }

    /// JavaScript is awake and looks.
    pub(crate) fn take(&self) -> Vec<Settled> {
        self.rung.store(false, Ordering::Release);
        std::mem::take(&mut *lock(&self.settled))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
