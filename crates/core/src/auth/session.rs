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

/// The token in hand, and its end on the wall clock.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    login: Arc<Login>,
    expires: Option<SystemTime>,
}

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
        let Reading::Ready(Token { login, .. }) = snapshot.read(self.kept.now()) else {
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
        event
    }

    fn in_hand(&self, kind: EventKind, token: &Token, generation: u64) -> Event {
        let (generation, expires_at) = (Some(generation), token.expires);
        Event { generation, expires_at, ..self.event(kind, Some(&token.login)) }
    }

    fn failed(&self, what: &str, fault: &Fault, login: Option<&Login>) -> Event {
        let error = &fault.error;
        Event {
            code: Some(error.code()),
            reason: Some(format!("{what}{}", error.message())),
            vault_request_id: error.vault_request_id().map(Into::into),
            ..self.event(EventKind::LoginFailed, login)
        }
    }

    fn warn(&self, warnings: &[String], request_id: Option<&str>) {
        for warning in warnings {
            let (reason, vault_request_id) = (Some(warning.clone()), request_id.map(Into::into));
            self.hub.emit(Event { reason, vault_request_id, ..self.event(EventKind::Warned, None) });
        }
    }

    // A token that the user gave is the user's: only one that a login made is revoked.
    async fn give_back(&self, login: &Login) {
        if !login.owned {
            return;
        }
        let revoked = revoke_self(&self.client, &login.token, &Allowance::new(3)).await;
        self.hub.emit(match revoked {
            Ok(()) => self.event(EventKind::TokenRevoked, Some(login)),
            Err(fault) => self.failed("the token was not revoked and ends by its ttl: ", &fault, Some(login)),
        });
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
        Ok((Token { login: Arc::new(login), expires: None }, grant))
    }

    async fn renew(&self, token: Token, allowance: &Allowance) -> Result<Grant, Fault> {
        let reply = renew_self(&self.client, &token.login.token, allowance).await?;
        self.warn(&reply.warnings, Some(&reply.request_id));
        let lifetime = reply.ttl.unwrap_or(ENDLESS);
        let (started, rtt, renewable) = (reply.started, reply.rtt, reply.renewable);
        Ok(Grant { started, rtt, lifetime, renewable, changed: false, poll_after: None, requests: 0 })
    }

    async fn verify(&self, _: Token, _: &Allowance) -> Result<(), Fault> {
        Ok(())
    }

    async fn revoke(&self, token: Token) {
        self.give_back(&token.login).await;
    }

    async fn close(&self, last: Option<Token>) {
        if let Some(token) = last {
            self.give_back(&token.login).await;
        }
    }

    fn stamp(&self, token: &Token, expires: SystemTime) -> Token {
        Token { login: token.login.clone(), expires: token.login.ttl.map(|_| expires) }
    }

    fn note(&self, note: Note<'_, Token>) {
        match note {
            Note::Published(token, generation, why) => {
                self.stats.logins.fetch_add(1, Ordering::Relaxed);
                let request_id = token.login.request_id.as_deref();
                let (reason, vault_request_id) = (Some(why.into()), request_id.map(Into::into));
                let event = self.in_hand(EventKind::LoggedIn, token, generation);
                self.hub.emit(Event { reason, vault_request_id, ..event });
                self.warn(&token.login.warnings, request_id);
            }
            Note::Extended(token, generation) => {
                self.stats.renewals.fetch_add(1, Ordering::Relaxed);
                self.hub.emit(self.in_hand(EventKind::TokenRenewed, token, generation));
            }
            Note::Failed(fault, held) => {
                self.stats.failures.fetch_add(1, Ordering::Relaxed);
                self.hub.emit(self.failed("", fault, held.map(|token| token.login.as_ref())));
            }
            Note::Phase(..) | Note::Doubted(..) | Note::Tainted => {}
        }
    }
}
