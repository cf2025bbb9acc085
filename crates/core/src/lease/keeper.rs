//! One lease kept fresh, shared by all providers that ask for the same.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::SystemTime;

use super::journal::{Journal, LeaseStats};
use super::leased::Leased;
use super::pin::Pin;
use super::source::LeaseSource;
use super::{CredentialKind, Lease, LeaseSpec};
use crate::auth::VaultSession;
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::refresh::{Kept, Plan, Snapshot};

/// Keeps one lease; closes when its last user leaves.
#[derive(Debug)]
pub(crate) struct LeaseKeeper {
    kept: Kept<Leased>,
    subject: Arc<str>,
    session: Arc<VaultSession>,
    stats: Arc<LeaseStats>,
    users: AtomicUsize,
    ended: AtomicBool,
}

impl LeaseKeeper {
    /// A keeper with one user, and with what a parent process had in hand. Nothing is asked before somebody wants
    /// the lease.
    pub(super) fn open(
        context: &Context,
        session: Arc<VaultSession>,
        spec: LeaseSpec,
        pin: Pin,
        heritage: Option<&Snapshot<Leased>>,
    ) -> Result<Self> {
        let stats = Arc::new(LeaseStats::default());
        let subject: Arc<str> = spec.path().into();
        let plan = spec.kind.map_or(Plan::STS, |kind| spec.plan(kind));
        let hub = session.hub().clone();
        let journal = Journal::new(context.clone(), hub, subject.clone(), stats.clone());
        let source = LeaseSource::new(context.clone(), session.clone(), spec, pin, journal);
        let kept = match heritage {
            Some(heritage) => Kept::heir(context, plan, source, heritage)?,
            None => Kept::new(context, plan, source)?,
        };
        let (users, ended) = (AtomicUsize::new(1), AtomicBool::new(false));
        Ok(Self { kept, subject, session, stats, users, ended })
    }

    pub(crate) fn kept(&self) -> &Kept<Leased> {
        &self.kept
    }

    pub(crate) fn subject(&self) -> &Arc<str> {
        &self.subject
    }

    pub(crate) fn session(&self) -> &VaultSession {
        &self.session
    }

    pub(crate) fn stats(&self) -> &LeaseStats {
        &self.stats
    }

    /// What is in hand, without its secrets.
    pub(crate) fn lease(&self) -> Option<Lease> {
        let snapshot = self.kept.snapshot();
        let leased = snapshot.alive(self.kept.now())?;
        Some(describe(leased, &snapshot, self.kept.wall(snapshot.expires)))
    }

    /// An error with what only the kind of the lease tells: a static key is not Leasekey's to rotate.
    pub(crate) fn explained(&self, error: Error) -> Error {
        let is_static = self.lease().is_some_and(|lease| lease.kind == CredentialKind::Static);
        if error.kind() != ErrorKind::NotRotated || !is_static {
            return error;
        }
        let what = format!("Vault has not rotated the key of {} since it was last read", self.subject);
        let role = self.subject.replace("/static-creds/", "/static-roles/");
        let hint = format!("Wait for the role's rotation_period: vault read {role}");
        Error::new(ErrorKind::NotRotated, what).with_hint(hint)
    }

    /// One more user; false when the last has left.
    pub(super) fn join(&self) -> bool {
        let joined = |users: usize| (users > 0).then_some(users + 1);
        self.users.fetch_update(Ordering::AcqRel, Ordering::Acquire, joined).is_ok()
    }

    /// A user leaves for good; with the last the lease closes.
    pub(crate) async fn leave(&self) {
        if self.is_last() && !self.ended.swap(true, Ordering::AcqRel) {
            self.kept.close().await;
        }
    }

    /// A user is dropped, which gives nothing back; with the last the refreshing ends, whoever still holds
    /// this, and the session is left, or the close of its other leases would not give the token back.
    pub(crate) fn drop_user(&self) {
        if self.is_last() && !self.ended.swap(true, Ordering::AcqRel) {
            self.kept.abandon();
            self.session.drop_user();
        }
    }

    fn is_last(&self) -> bool {
        self.users.fetch_sub(1, Ordering::AcqRel) == 1
    }
}

fn describe(leased: &Leased, snapshot: &Snapshot<Leased>, expires_at: SystemTime) -> Lease {
    let facts = &leased.facts;
    let text = |text: &Option<Box<str>>| text.as_deref().map(Into::into);
    Lease {
        kind: facts.kind,
        generation: snapshot.generation,
        access_key_id: leased.credentials.access_key_id().into(),
        account_id: facts.arn.as_deref().and_then(super::account_id).map(Into::into),
        arn: text(&facts.arn),
        lease_id: text(&facts.lease_id),
        vault_request_id: facts.request_id.as_ref().into(),
        vault_entity_id: text(&facts.entity_id),
        issued_at: facts.issued_at,
        expires_at,
    }
}
