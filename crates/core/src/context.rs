//! The outside world as capabilities. Nothing in Leasekey reads a clock, a variable, a file, the network
//! or a random number but through a [`Context`]; only `context/system.rs` touches the real ones.

#[cfg(all(feature = "vault", any(target_os = "linux", target_os = "android")))]
mod coarse;
#[cfg(feature = "vault")]
mod http;
#[cfg(feature = "vault")]
mod names;
#[cfg(feature = "vault")]
mod per_process;
#[cfg(all(feature = "vault", test))]
mod planted;
#[cfg(all(feature = "vault", any(test, feature = "test-util")))]
mod scripted;
#[cfg(feature = "vault")]
mod system;
#[cfg(feature = "vault")]
mod tls;

use std::fmt;
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;

#[cfg(feature = "vault")]
pub use self::http::{HttpConnect, HttpFault, HttpOptions, HttpRequest, HttpResponse, HttpSend};
#[cfg(feature = "vault")]
pub(crate) use self::per_process::PerProcess;
#[cfg(all(feature = "vault", any(test, feature = "test-util")))]
pub use self::scripted::{
    Happening, Scripted, ScriptedReply, ScriptedVault, Shift, Span, Stage, TokenLife, VaultAsk, VaultMood,
};
#[cfg(feature = "vault")]
pub use self::tls::{ClientIdentity, NamedServer, Pem, TlsFault, TlsOptions};
use crate::secret::SecretBytes;
use crate::time::{Sleep, TimeSource};

/// The process's environment variables.
pub trait Env: fmt::Debug + Send + Sync {
    /// The variable's value; none when it is not set. A value that is not UTF-8 is an error.
    fn var(&self, name: &str) -> io::Result<Option<String>>;

    /// The user's home directory.
    fn home(&self) -> Option<PathBuf>;

    /// The directory that the process was started in.
    fn working_directory(&self) -> Option<PathBuf>;

    /// The process's id: another one means that the process was forked.
    fn process_id(&self) -> u32;
}

/// Reading of files, and writing of those that a user names for it.
pub trait Files: fmt::Debug + Send + Sync {
    /// Opens the file without ever blocking and reads it if it is a regular file of at most `limit`
    /// bytes; otherwise only the facts come back.
    fn read(&self, path: &Path, limit: u64) -> io::Result<FileRead>;

    /// The paths of what is in the directory, itself or by a link, in no order.
    fn list(&self, directory: &Path) -> io::Result<Vec<PathBuf>>;

    /// Writes a file in place of what is there. Nothing but what a user names on a command line is written.
    fn write(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        let _ = (path, content);
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// A file's facts, and its content if it is regular and small enough.
#[derive(Debug)]
pub struct FileRead {
    /// Whether it is a regular file, after following links.
    pub regular: bool,
    /// Whether the path itself is a symbolic link.
    pub link: bool,
    /// The permission bits, `0o600`; none where the system has none.
    pub mode: Option<u32>,
    /// Whether the process's own user owns it.
    pub own: bool,
    /// The size in bytes.
    pub size: u64,
    /// The content.
    pub content: Option<SecretBytes>,
}

/// A source of random numbers that differs in each forked child.
pub trait Random: fmt::Debug + Send + Sync {
    /// 64 random bits.
    fn bits(&self) -> u64;
}

/// A place where background work runs, apart from the caller's own runtime.
pub trait Launch: fmt::Debug + Send + Sync {
    /// Runs `work` to its end, in the background.
    fn launch(&self, work: Pin<Box<dyn Future<Output = ()> + Send>>) -> io::Result<()>;
}

/// The capabilities that a provider works with: [`Context::system`] for the real ones.
///
/// A context holds capabilities only, never state of Leasekey's own. Cloning is cheap, clones are the same
/// context.
#[derive(Clone, Debug)]
pub struct Context(Arc<Capabilities>);

/// What a [`Context`] is made of.
#[derive(Debug)]
pub struct Capabilities {
    /// The clocks.
    pub time: Box<dyn TimeSource>,
    /// Waiting.
    pub sleep: Box<dyn Sleep>,
    /// Environment variables.
    pub env: Box<dyn Env>,
    /// Files.
    pub files: Box<dyn Files>,
    /// Random numbers.
    pub random: Box<dyn Random>,
    /// Background work.
    pub launch: Box<dyn Launch>,
    /// Connections.
    #[cfg(feature = "vault")]
    pub http: Box<dyn HttpConnect>,
}

impl Context {
    /// A context of these capabilities.
    pub fn new(capabilities: Capabilities) -> Self {
        #[cfg(all(feature = "vault", test))]
        planted::watch();
        Self(Arc::new(capabilities))
    }

    /// The real world: one context per process, so all of its providers share one background thread.
    #[cfg(feature = "vault")]
    pub fn system() -> Self {
        system::context()
    }

    /// What tells this context from all others that are alive.
    #[cfg(feature = "vault")]
    pub(crate) fn address(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }
}

impl std::ops::Deref for Context {
    type Target = Capabilities;

    fn deref(&self) -> &Capabilities {
        &self.0
    }
}
