//! A scripted world for the refresh scenarios.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use leasekey::context::Stage as World;
use napi_derive::napi;

use crate::background::Background;
use crate::calls::Wake;
use crate::facts::milliseconds;
use crate::provider::Provider;

/// A world whose clock moves only while somebody waits in it.
#[napi]
pub struct Stage {
    world: Arc<World>,
    background: Background,
}

#[napi]
impl Stage {
    /// A world in which Vault is well.
    #[napi(constructor)]
    pub fn new() -> napi::Result<Self> {
        let world = Arc::new(World::new()?);
        let background = world.within(|| Background::launch(&world.context()));
        Ok(Self { background: background.map_err(|error| crate::errors::thrown(&error))?, world })
    }

    /// A provider in this world, opened.
    #[napi]
    pub fn provider(
        &self,
        settings: HashMap<String, String>,
        deadline: Option<f64>,
        wake: Wake,
    ) -> napi::Result<Provider> {
        self.world.within(|| {
            let context = self.world.context();
            let provider = Provider::within(context, self.background.clone(), settings, deadline, wake)?;
            provider.open(None)?;
            provider.hand.place_in(self.world.clone());
            Ok(provider)
        })
    }

    /// Time passes, in milliseconds.
    #[napi]
    pub fn wait(&self, span: f64) {
        self.world.wait(Duration::from_secs_f64(span / 1000.0));
    }

    /// Time passes until nobody waits for a call of this provider, for an hour at most.
    #[napi]
    pub fn finish(&self, provider: &Provider) {
        let began = self.world.passed();
        while provider.is_waited_for() && self.world.passed() - began < Duration::from_secs(3600) {
            self.settle();
            if provider.is_waited_for() {
                self.wait(1.0);
            }
        }
        self.settle();
    }

    /// What is in the background says what it has to say, in no time.
    #[napi]
    pub fn settle(&self) {
        const TURNS: usize = 64;
        self.world.run(async {
            for _ in 0..TURNS {
                tokio::task::yield_now().await;
            }
        });
    }

    /// The wall clock, in milliseconds since 1970.
    #[napi]
    pub fn wall(&self) -> f64 {
        self.world.within(|| milliseconds(self.world.context().time.wall()))
    }

    /// How many milliseconds have passed.
    #[napi]
    pub fn passed(&self) -> f64 {
        self.world.passed().as_secs_f64() * 1000.0
    }

    /// Lets something happen, told as JSON.
    #[napi]
    pub fn happen(&self, json: String) -> napi::Result<()> {
        self.world.happen(&json).map_err(napi::Error::from_reason)
    }

    /// How often Vault was asked for this.
    #[napi]
    pub fn asked(&self, what: String) -> napi::Result<f64> {
        let what = what.parse().map_err(napi::Error::from_reason::<String>)?;
        Ok(self.world.vault().asked(what) as f64)
    }

    /// How many sets it issued.
    #[napi]
    pub fn issued(&self) -> f64 {
        self.world.vault().issued() as f64
    }
}
