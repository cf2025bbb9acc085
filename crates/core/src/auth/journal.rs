//! What is told of a login: events and counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Login;
use super::live_token::Token;
use crate::context::Context;
use crate::event::{Event, EventHub, EventKind};
use crate::refresh::{Fault, Note};
use crate::vault::VaultClient;

/// What a session did, counted.
#[derive(Debug, Default)]
pub(crate) struct LoginStats {
    pub(crate) logins: AtomicU64,
    pub(crate) renewals: AtomicU64,
    pub(crate) failures: AtomicU64,
}

/// Writes down what happens to one login.
#[derive(Debug)]
pub(super) struct LoginJournal {
    context: Context,
    subject: Arc<str>,
    hub: EventHub,
    unverified: bool,
    stats: LoginStats,
}

impl LoginJournal {
    pub(super) fn new(client: &VaultClient, subject: Arc<str>) -> Self {
        let (context, hub) = (client.context().clone(), client.hub().clone());
        Self { context, subject, hub, unverified: client.is_unverified(), stats: LoginStats::default() }
    }

    pub(super) fn hub(&self) -> &EventHub {
        &self.hub
    }

    pub(super) fn stats(&self) -> &LoginStats {
        &self.stats
    }

    /// What the engine noticed.
    pub(super) fn note(&self, note: Note<'_, Token>) {
        match note {
            Note::Published(token, generation, why) => {
                self.stats.logins.fetch_add(1, Ordering::Relaxed);
                let request_id = token.login().request_id.as_deref();
                let (reason, vault_request_id) = (Some(why.into()), request_id.map(Into::into));
                let event = self.in_hand(EventKind::LoggedIn, token, generation);
                self.hub.emit(Event { reason, vault_request_id, ..event });
                if self.unverified {
                    self.hub.emit(self.event(EventKind::Unverified, Some(token.login())));
                }
                self.warn(&token.login().warnings, request_id);
            }
            Note::Extended(token, generation) => {
                self.stats.renewals.fetch_add(1, Ordering::Relaxed);
                self.hub.emit(self.in_hand(EventKind::TokenRenewed, token, generation));
            }
            Note::Failed(fault, held) => {
                self.stats.failures.fetch_add(1, Ordering::Relaxed);
                self.hub.emit(self.failed("", fault, held.map(Token::login)));
            }
            Note::Phase(..) | Note::Doubted(..) => {}
        }
    }

    /// Warnings of a reply of Vault's.
    pub(super) fn warn(&self, warnings: &[String], request_id: Option<&str>) {
        for warning in warnings {
            let (reason, vault_request_id) = (Some(warning.clone()), request_id.map(Into::into));
            self.hub.emit(Event { reason, vault_request_id, ..self.event(EventKind::Warned, None) });
        }
    }

    /// A token was revoked, or could not be.
    pub(super) fn given_back(&self, login: &Login, done: Result<(), Fault>) {
        self.hub.emit(match done {
            Ok(()) => self.event(EventKind::TokenRevoked, Some(login)),
            Err(fault) => self.failed("the token was not revoked and ends by its ttl: ", &fault, Some(login)),
        });
    }

    fn event(&self, kind: EventKind, login: Option<&Login>) -> Event {
        let mut event = Event::new(kind, self.context.time.wall(), self.subject.clone());
        event.vault_entity_id = login.and_then(|login| login.entity_id.clone());
        event
    }

    fn in_hand(&self, kind: EventKind, token: &Token, generation: u64) -> Event {
        let (generation, expires_at) = (Some(generation), token.expires);
        Event { generation, expires_at, ..self.event(kind, Some(token.login())) }
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
}
