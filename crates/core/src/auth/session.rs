//! A login kept fresh: the refresh engine over an [`AuthMethod`].

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;

use super::{AuthMethod, Login, LoginContext};
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Event, EventHub, EventKind};
use crate::refresh::{Allowance, Class, Fault, Grant, Kept, Note, Plan, Reading, Snapshot, Source, Want};
use crate::secret::SecretString;
use crate::vault::{VaultClient, renew_self, revoke_self};

// A token without an end is looked after like one of ten years.
const ENDLESS: Duration = Duration::from_secs(10 * 365 * 86_400);
const WITHIN: Duration = Duration::from_secs(10);

/// A login to one cluster: all leases of one identity share it, so that a process logs in once.
#[derive(Debug)]
pub(crate) struct VaultSession {
    client: VaultClient,
    hub: EventHub,
    stats: Arc<LoginStats>,
    users: AtomicUsize,
    kept: Kept<Token>,
}

/// What a session did, counted.
#[derive(Debug, Default)]
pub(crate) struct LoginStats {
    pub(crate) logins: AtomicU64,
    pub(crate) renewals: AtomicU64,
    pub(crate) failures: AtomicU64,
}

/// The token in hand.
#[derive(Clone, Debug)]
pub(crate) struct Token(Arc<Login>);

/// A token, and which generation of the session it is.
pub(crate) struct SessionToken {
    pub(crate) token: SecretString,
    pub(crate) entity_id: Option<String>,
    pub(crate) generation: u64,
}

impl VaultSession {
    /// A session with one user. Nobody logs in before a token is wanted.
    pub(crate) fn open(context: &Context, client: VaultClient, method: Arc<dyn AuthMethod>) -> Result<Self> {
        let hub = EventHub::default();
        let stats = Arc::new(LoginStats::default());
        let source = Logins {
            context: context.clone(),
            client: client.clone(),
            subject: method.subject().into(),
            method,
            hub: hub.clone(),
            stats: stats.clone(),
        };
        let kept = Kept::new(context, Plan::LOGIN, source)?;
        Ok(Self { client, hub, stats, users: AtomicUsize::new(1), kept })
    }

    pub(crate) fn client(&self) -> &VaultClient {
        &self.client
    }

    pub(crate) fn hub(&self) -> &EventHub {
        &self.hub
    }

    pub(crate) fn stats(&self) -> &LoginStats {
        &self.stats
    }

    /// A token that lives, from memory when there is one.
    pub(crate) async fn token(&self) -> Result<SessionToken, Fault> {
        self.wait(Want { lasts: Duration::ZERO, newer_than: None, doubts: false, within: WITHIN }).await
    }

    /// Another token than that of `generation`, which the server refused as dead.
    pub(crate) async fn token_after(&self, generation: u64) -> Result<SessionToken, Fault> {
        let newer_than = Some(generation);
        self.wait(Want { lasts: Duration::ZERO, newer_than, doubts: true, within: WITHIN }).await
    }

    async fn wait(&self, want: Want) -> Result<SessionToken, Fault> {
        let snapshot = self.kept.wait(want).await?;
        let Reading::Ready(Token(login)) = snapshot.read(self.kept.now()) else {
            return Err(gone(&snapshot));
        };
        let entity_id = login.entity_id.clone();
        Ok(SessionToken { token: login.token.clone(), entity_id, generation: snapshot.generation })
    }

    /// One more lease uses this session; false when the last has left.
    pub(crate) fn join(&self) -> bool {
        let joined = |users: usize| (users > 0).then_some(users + 1);
        self.users.fetch_update(Ordering::AcqRel, Ordering::Acquire, joined).is_ok()
    }

    /// A lease has ended; with the last one the token ends, too, if this session made it.
    pub(crate) async fn leave(&self) {
        if self.drop_user() {
            self.kept.close().await;
        }
    }

    /// A lease was dropped, which gives nothing back; true for the last.
    pub(crate) fn drop_user(&self) -> bool {
        self.users.fetch_sub(1, Ordering::AcqRel) == 1
    }
}

fn gone(snapshot: &Snapshot<Token>) -> Fault {
    let error = || Error::new(ErrorKind::NotReady, "the token ended at this moment");
    Fault::new(Class::Node, snapshot.error.clone().unwrap_or_else(error))
}

struct Logins {
    context: Context,
    client: VaultClient,
    subject: Arc<str>,
    method: Arc<dyn AuthMethod>,
    hub: EventHub,
    stats: Arc<LoginStats>,
}

impl Logins {
    fn event(&self, kind: EventKind, login: Option<&Login>) -> Event {
        let mut event = Event::new(kind, self.context.time.wall(), self.subject.clone());
        event.vault_entity_id = login.and_then(|login| login.entity_id.clone());
        event.vault_request_id = login.and_then(|login| login.request_id.clone());
        event
    }

    fn warn(&self, login: &Login) {
        for warning in &login.warnings {
            let reason = Some(warning.clone());
            self.hub.emit(Event { reason, ..self.event(EventKind::Warned, Some(login)) });
        }
    }
}

#[async_trait]
impl Source for Logins {
    type Value = Token;

    async fn issue(&self, _: Option<Token>, allowance: &Allowance) -> Result<(Token, Grant), Fault> {
        let began = self.context.time.boot();
        let vault = LoginContext::new(&self.client, allowance);
        let login = match self.method.login(&vault).await {
            Ok(login) => login,
            Err(error) => return Err(vault.fault_of(error)),
        };
        let (started, rtt, renewable) = (login.started.unwrap_or(began), login.rtt, login.renewable);
        let lifetime = login.ttl.unwrap_or(ENDLESS);
        let grant = Grant { started, rtt, lifetime, renewable, changed: true, poll_after: None, requests: 0 };
        Ok((Token(Arc::new(login)), grant))
    }

    async fn renew(&self, Token(login): Token, allowance: &Allowance) -> Result<Grant, Fault> {
        let reply = renew_self(&self.client, &login.token, None, allowance).await?;
        let lifetime = reply.ttl.unwrap_or(ENDLESS);
        let (started, rtt, renewable) = (reply.started, reply.rtt, reply.renewable);
        Ok(Grant { started, rtt, lifetime, renewable, changed: false, poll_after: None, requests: 0 })
    }

    async fn verify(&self, _: Token, _: &Allowance) -> Result<(), Fault> {
        Ok(())
    }

    async fn revoke(&self, _: Token) {}

    async fn close(&self, last: Option<Token>) {
        // A token that the user gave is the user's: only one that a login made is revoked.
        let Some(Token(login)) = last.filter(|Token(login)| login.owned) else { return };
        let kind = match revoke_self(&self.client, &login.token, &Allowance::new(3)).await {
            Ok(()) => EventKind::TokenRevoked,
            // Its end comes by its ttl; there is nothing a caller could do about it.
            Err(_) => EventKind::LoginFailed,
        };
        self.hub.emit(self.event(kind, Some(&login)));
    }

    fn stamp(&self, value: &Token, _: SystemTime) -> Token {
        value.clone()
    }

    fn note(&self, note: Note<'_, Token>) {
        match note {
            Note::Published(Token(login), generation) => {
                self.stats.logins.fetch_add(1, Ordering::Relaxed);
                let mut event = self.event(EventKind::LoggedIn, Some(login));
                event.generation = Some(generation);
                self.hub.emit(event);
                self.warn(login);
            }
            Note::Extended(Token(login), generation) => {
                self.stats.renewals.fetch_add(1, Ordering::Relaxed);
                let mut event = self.event(EventKind::TokenRenewed, Some(login));
                event.generation = Some(generation);
                self.hub.emit(event);
            }
            Note::Failed(fault, held) => {
                self.stats.failures.fetch_add(1, Ordering::Relaxed);
                let mut event = self.event(EventKind::LoginFailed, held.map(|Token(login)| login.as_ref()));
                event.code = Some(fault.error.code());
                event.reason = Some(fault.error.message().into());
                self.hub.emit(event);
            }
            Note::Phase(..) | Note::Doubted(..) | Note::Tainted => {}
        }
    }
}
