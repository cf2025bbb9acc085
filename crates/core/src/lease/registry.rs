//! One session per identity and one keeper per lease in a process, however many providers ask.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::LeaseSpec;
use super::identity::Identity;
use super::keeper::LeaseKeeper;
use super::leased::Leased;
use super::pin::Pin;
use crate::auth::VaultSession;
use crate::context::{Context, PerProcess};
use crate::error::Result;
use crate::refresh::Snapshot;

#[derive(Clone, Eq, Hash, PartialEq)]
struct Key {
    context: usize,
    identity: Identity,
}

#[derive(Default)]
struct Registry {
    sessions: HashMap<Key, Weak<VaultSession>>,
    keepers: HashMap<(Key, LeaseSpec, Identity), Weak<LeaseKeeper>>,
}

/// The keeper of this lease for this identity, with one more user; made if there is none. In a forked child it
/// takes over what the parent's had in hand.
pub(crate) fn keep(
    context: &Context,
    identity: Identity,
    spec: LeaseSpec,
    pin: Pin,
    heritage: Option<&Snapshot<Leased>>,
    open_session: impl FnOnce() -> Result<VaultSession>,
) -> Result<Arc<LeaseKeeper>> {
    static REGISTRY: PerProcess<Mutex<Registry>> = PerProcess::new();
    let registry = REGISTRY.of(context.env.process_id());
    let mut registry = registry.lock().unwrap_or_else(PoisonError::into_inner);
    registry.sessions.retain(|_, session| session.strong_count() > 0);
    registry.keepers.retain(|_, keeper| keeper.strong_count() > 0);
    let key = Key { context: context.address(), identity };
    let place = (key.clone(), spec.clone(), pin.identity());
    if let Some(keeper) = registry.keepers.get(&place).and_then(Weak::upgrade).filter(|keeper| keeper.join())
    {
        return Ok(keeper);
    }
    let session = match registry.sessions.get(&key).and_then(Weak::upgrade).filter(|session| session.join()) {
        Some(session) => session,
        None => {
            let session = Arc::new(open_session()?);
            registry.sessions.insert(key, Arc::downgrade(&session));
            session
        }
    };
    let keeper = LeaseKeeper::open(context, session.clone(), spec, pin, heritage).inspect_err(|_| {
        session.drop_user();
    })?;
    let keeper = Arc::new(keeper);
    registry.keepers.insert(place, Arc::downgrade(&keeper));
    Ok(keeper)
}
