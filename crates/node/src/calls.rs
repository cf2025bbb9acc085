//! Calls that JavaScript waits for, and how it is woken.

use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use leasekey::Error;
use napi::Status;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;

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
    settled: Mutex<Vec<Settled>>,
    #[cfg(feature = "test-util")]
    under_way: tokio::sync::watch::Sender<usize>,
}

impl Calls {
    pub(crate) fn new(wake: Wake) -> Self {
        Self {
            wake,
            rung: AtomicBool::new(false),
            last: AtomicU32::new(0),
            settled: Mutex::default(),
            #[cfg(feature = "test-util")]
            under_way: tokio::sync::watch::Sender::new(0),
        }
    }

    /// Waits for `call` in the background; its outcome is among the settled ones when JavaScript is woken.
    pub(crate) fn begin(
        self: &Arc<Self>,
        background: &Background,
        call: impl Future<Output = Result<Option<Set>, Error>> + Send + 'static,
    ) -> u32 {
        let (calls, id) = (self.clone(), self.last.fetch_add(1, Ordering::Relaxed));
        #[cfg(feature = "test-util")]
        self.under_way.send_modify(|calls| *calls += 1);
        background.spawn(async move {
            let settled = match call.await {
                Ok(set) => Settled { id, set, failure: None },
                Err(error) => Settled { id, set: None, failure: Some(failure(&error)) },
            };
            calls.settled().push(settled);
            #[cfg(feature = "test-util")]
            calls.under_way.send_modify(|calls| *calls -= 1);
            calls.ring();
        });
        id
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
        std::mem::take(&mut *self.settled())
    }

    /// Waits until no call is under way, and a few turns more for all that these have set off.
    #[cfg(feature = "test-util")]
    pub(crate) async fn finished(&self) {
        const TURNS: usize = 32;
        // Its sender is here.
        let mut under_way = self.under_way.subscribe();
        let _open = under_way.wait_for(|calls| *calls == 0).await.is_ok();
        for _ in 0..TURNS {
            tokio::task::yield_now().await;
        }
    }

    fn settled(&self) -> MutexGuard<'_, Vec<Settled>> {
        self.settled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
