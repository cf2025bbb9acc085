//! A scripted world with a runtime of its own, for tests in languages that have none.

use std::future::Future;
use std::io;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use super::{Happening, Scripted, ScriptedVault};
use crate::context::Context;

/// A [`Scripted`] world with a [`ScriptedVault`] whose clock moves only while somebody waits in
/// [`run`](Self::run). The bindings run the shared refresh scenarios on it.
#[derive(Debug)]
pub struct Stage {
    // Dropped first: what runs there is part of the world.
    runtime: Runtime,
    world: Scripted,
    vault: ScriptedVault,
}

impl Stage {
    /// A world in which Vault is well.
    ///
    /// # Errors
    /// The system's, when it gives no runtime.
    pub fn new() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().start_paused(true).build()?;
        let world = runtime.block_on(async { Scripted::new() });
        let vault = ScriptedVault::new(&world);
        Ok(Self { runtime, world, vault })
    }

    /// Does in this world what waits for nothing: only here are its clocks read, and providers built.
    pub fn within<T>(&self, act: impl FnOnce() -> T) -> T {
        self.run(async { act() })
    }

    /// The context of a provider in this world; build it and look at it [`within`](Self::within).
    pub fn context(&self) -> Context {
        self.world.context()
    }

    /// Its Vault, which counts what it was asked.
    pub fn vault(&self) -> &ScriptedVault {
        &self.vault
    }

    /// Waits for a future; all that it waits for takes no time but the world's.
    pub fn run<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    /// Waits for a future for so long at most.
    pub fn run_for<F: Future>(&self, future: F, span: Duration) -> Option<F::Output> {
        self.run(async { tokio::time::timeout(span, future).await.ok() })
    }

    /// Time passes.
    pub fn wait(&self, span: Duration) {
        self.run(async { tokio::time::sleep(span).await });
    }

    /// How much time has passed since the beginning, suspensions left out.
    pub fn passed(&self) -> Duration {
        self.within(|| self.world.0.started.elapsed())
    }

    /// Lets something happen, told as JSON.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn happen(&self, json: &str) -> Result<(), String> {
        let happening: Happening = serde_json::from_str(json).map_err(|error| error.to_string())?;
        self.within(|| happening.happen(&self.world, &self.vault))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::VaultAsk;
    use crate::{AppRoleAuth, VaultCredentialsProvider};

    #[test]
    fn a_caller_without_a_runtime_sees_a_day_go_by_at_once() {
        let stage = Stage::new().unwrap();
        let builder = VaultCredentialsProvider::builder().context(stage.context());
        let builder = builder.address("https://vault:8200").role("orders").auth(AppRoleAuth::new("r", "s"));
        let vault = stage.within(|| builder.build()).unwrap();
        let first = stage.run(vault.credentials()).unwrap();
        stage.wait(Duration::from_secs(3600));
        let later = stage.within(|| vault.credentials_now()).unwrap();
        assert_ne!(first.access_key_id(), later.access_key_id());
        assert_eq!(stage.vault().asked(VaultAsk::Login), 1);
        stage.happen(r#"{"vault": {"all": "down"}}"#).unwrap();
        stage.wait(Duration::from_secs(3600));
        assert!(stage.within(|| vault.credentials_now()).is_none());
        assert_eq!(stage.run(vault.credentials()).unwrap_err().code(), "LK-0117");
        assert!(stage.passed() >= Duration::from_secs(7200));
        assert!(stage.happen(r#"{"vault": {"issue": "glad"}}"#).unwrap_err().contains("unknown variant"));
    }
}
