//! Where the calls that JavaScript waits for are waited for: one thread of the process, and none of Node's.

use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;

use leasekey::context::Context;
use leasekey::{Error, ErrorKind, Result};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs futures, as long as it or a clone of it lives.
#[derive(Clone)]
pub(crate) struct Background(UnboundedSender<Work>);

impl Background {
    /// The one of the process: started when it is first needed, and shared by all threads that JavaScript runs on.
    pub(crate) fn of_process() -> Result<Self> {
        static PROCESS: Mutex<Option<Background>> = Mutex::new(None);
        let mut process = PROCESS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match &*process {
            Some(background) => Ok(background.clone()),
            None => Ok(process.insert(Self::launch(&Context::system())?).clone()),
        }
    }

    /// A new one, where this context runs what is in the background.
    pub(crate) fn launch(context: &Context) -> Result<Self> {
        let (sender, mut receiver) = unbounded_channel();
        let run = async move {
            while let Some(work) = receiver.recv().await {
                tokio::spawn::<Work>(work);
            }
        };
        context.launch.launch(Box::pin(run)).map_err(|error| {
            Error::new(ErrorKind::Bug, "the background thread could not be started").with_source(error)
        })?;
        Ok(Self(sender))
    }

    /// Runs `work` to its end.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        // Its thread ends with the process only.
        let _ended = self.0.send(Box::pin(work));
    }
}
