//! One session per identity and one keeper per lease in a process, however many providers ask.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use aws_lc_rs::digest::{Context as Digest, SHA256};

use super::LeaseSpec;
use super::keeper::LeaseKeeper;
use super::pin::Pin;
use crate::auth::session::VaultSession;
use crate::context::Context;
use crate::error::Result;

/// Who logs in where, as a digest: address, namespace, certificates, proxy and login material. Two
/// providers share a session only when all of it is equal.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Identity([u8; 32]);

impl Identity {
    /// The identity of these parts, in this order. Secrets may be among them: a digest does not show them,
    /// and it never leaves the process.
    pub(crate) fn of<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut digest = Digest::new(&SHA256);
        for part in parts {
            // The length first: ["ab", "c"] is not ["a", "bc"].
            digest.update(&part.len().to_le_bytes());
            digest.update(part);
        }
        let mut bytes = [0; 32];
        for (to, from) in bytes.iter_mut().zip(digest.finish().as_ref()) {
            *to = *from;
        }
        Self(bytes)
    }
}

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
pub(crate) fn keeper(
    context: &Context,
    identity: Identity,
    spec: LeaseSpec,
    pin: Option<Pin>,
    open_session: impl FnOnce() -> Result<VaultSession>,
) -> Result<Arc<LeaseKeeper>> {
    let mut registry = REGISTRY.lock().unwrap_or_else(PoisonError::into_inner);
    let registry = registry.get_or_insert_default();
    registry.sessions.retain(|_, session| session.strong_count() > 0);
    registry.keepers.retain(|_, keeper| keeper.strong_count() > 0);
    let key = Key { context: context.address(), process: context.env.process_id(), identity };
    let place = (key.clone(), spec.clone(), pin.as_ref().map_or(Identity::of([]), Pin::identity));
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
    let keeper = Arc::new(LeaseKeeper::open(context, session, spec, pin)?);
    registry.keepers.insert(place, Arc::downgrade(&keeper));
    Ok(keeper)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_differ_when_any_part_does() {
        let one = Identity::of([b"https://v:8200".as_slice(), b"ns", b"token"]);
        assert_eq!(one, Identity::of([b"https://v:8200".as_slice(), b"ns", b"token"]));
        for other in [
            Identity::of([b"https://v:8200".as_slice(), b"ns", b"tokex"]),
            Identity::of([b"https://v:8200".as_slice(), b"nst", b"oken"]),
            Identity::of([b"https://v:8200".as_slice(), b"ns"]),
        ] {
            assert_ne!(one, other);
        }
    }
}
