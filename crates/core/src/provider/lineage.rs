//! A provider across forks: each process keeps a lease of its own, from the same settings.
//!
//! A fork copies the memory and none of the threads. What the parent's background thread drove stands still in
//! the child for ever: locks, connections, machines. So the child touches nothing of it but the set in hand,
//! which it reads without a lock, and makes its own keeper when it first needs one.

use std::sync::{Arc, OnceLock};

use crate::auth::{AuthMethod, VaultSession};
use crate::context::Context;
use crate::error::Result;
use crate::event::EventSink;
use crate::lease::{Identity, LeaseKeeper, LeaseSpec, Pin, keep};
use crate::vault::{ClusterOptions, VaultClient};

/// What a keeper is made of.
pub(super) struct Recipe {
    pub(super) context: Context,
    pub(super) options: ClusterOptions,
    pub(super) identity: Identity,
    pub(super) spec: LeaseSpec,
    pub(super) pin: Pin,
    pub(super) method: Arc<dyn AuthMethod>,
    pub(super) sinks: Vec<Arc<dyn EventSink>>,
}

/// The keepers of one provider: that of the process that built it, and those of its forked children.
pub(super) struct Lineage {
    recipe: Recipe,
    first: Keeping,
}

struct Keeping {
    process: u32,
    keeper: Arc<LeaseKeeper>,
    child: OnceLock<Box<Self>>,
}

impl Recipe {
    fn keeping(&self, parent: Option<&Keeping>) -> Result<Keeping> {
        let Self { context, options, identity, spec, method, .. } = self;
        let process = context.env.process_id();
        let heritage = parent.map(|parent| parent.keeper.kept().snapshot());
        let keeper = keep(
            context,
            *identity,
            spec.clone(),
            self.pin.anew(),
            heritage.as_deref().map(AsRef::as_ref),
            || {
                let client = VaultClient::open(context, options.clone())?;
                VaultSession::open(context, client, method.clone(), parent.map(|parent| parent.process))
            },
        )?;
        for sink in &self.sinks {
            keeper.session().hub().pour_into(sink.clone(), keeper.subject().clone(), context)?;
        }
        Ok(Keeping { process, keeper, child: OnceLock::new() })
    }
}

impl Lineage {
    pub(super) fn begin(recipe: Recipe) -> Result<Self> {
        let first = recipe.keeping(None)?;
        Ok(Self { recipe, first })
    }

    /// The youngest keeper: this process's, or its parent's while this process has needed none.
    #[inline]
    pub(super) fn last(&self) -> &Arc<LeaseKeeper> {
        &self.youngest().keeper
    }

    /// The keeper of this process. A forked child makes one now, which takes over what its parent had in hand.
    ///
    /// # Errors
    /// As [`Builder::build`](super::Builder::build).
    pub(super) fn here(&self) -> Result<&Arc<LeaseKeeper>> {
        let youngest = self.youngest();
        if youngest.process == self.process() {
            return Ok(&youngest.keeper);
        }
        let heir = self.recipe.keeping(Some(youngest))?;
        if let Err(late) = youngest.child.set(Box::new(heir)) {
            // Another thread of this process was faster.
            late.keeper.drop_user();
        }
        Ok(self.last())
    }

    /// The keeper of this process, if it has one.
    pub(super) fn own(&self) -> Option<&Arc<LeaseKeeper>> {
        let youngest = self.youngest();
        (youngest.process == self.process()).then_some(&youngest.keeper)
    }

    fn process(&self) -> u32 {
        self.recipe.context.env.process_id()
    }

    #[inline]
    fn youngest(&self) -> &Keeping {
        let mut keeping = &self.first;
        while let Some(child) = keeping.child.get() {
            keeping = child;
        }
        keeping
    }
}

impl Drop for Lineage {
    // Dropping a parent's keeper would take its connections out of the parent's event loop, which both share.
    fn drop(&mut self) {
        let process = self.process();
        let mut keeping = Some(&self.first);
        while let Some(Keeping { process: owner, keeper, child }) = keeping {
            if *owner != process {
                std::mem::forget(keeper.clone());
            }
            keeping = child.get().map(AsRef::as_ref);
        }
    }
}
