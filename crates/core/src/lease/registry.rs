//! One session per identity and one keeper per lease in a process, however many providers ask.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::LeaseSpec;
use super::identity::Identity;
use super::keeper::LeaseKeeper;
use super::pin::Pin;
use crate::auth::VaultSession;
use crate::context::Context;
use crate::error::Result;

#[derive(Clone, Eq, Hash, PartialEq)]
struct Key {
    context: usize,
    process: u32,
    identity: Identity,
}

#[derive(Default)]
struct Registry {
    sessions: HashMap<Key, Weak<VaultSession>>,
    keepers: HashMap<(Key, LeaseSpec, Identity), Weak<LeaseKeeper>>,
}

static REGISTRY: Mutex<Option<Registry>> = Mutex::new(None);

/// The keeper of this lease for this identity, with one more user; made if there is none.
pub(crate) fn keep(
    context: &Context,
    identity: Identity,
    spec: LeaseSpec,
    pin: Pin,
    open_session: impl FnOnce() -> Result<VaultSession>,
) -> Result<Arc<LeaseKeeper>> {
    let mut registry = REGISTRY.lock().unwrap_or_else(PoisonError::into_inner);
    let registry = registry.get_or_insert_default();
    registry.sessions.retain(|_, session| session.strong_count() > 0);
    registry.keepers.retain(|_, keeper| keeper.strong_count() > 0);
    let key = Key { context: context.address(), process: context.env.process_id(), identity };
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
    let keeper = LeaseKeeper::open(context, session.clone(), spec, pin).inspect_err(|_| {
        session.drop_user();
    })?;
    let keeper = Arc::new(keeper);
    registry.keepers.insert(place, Arc::downgrade(&keeper));
    Ok(keeper)
}
