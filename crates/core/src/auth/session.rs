//! A login kept fresh: the refresh engine over an [`AuthMethod`].

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;

use super::journal::{LoginJournal, LoginStats};
use super::live_token::{LiveToken, Token};
use super::tainted::Tainted;
use super::{AuthMethod, LoginContext};
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::event::EventHub;
use crate::refresh::{Allowance, Class, Fault, Grant, Kept, Note, Plan, Reading, Snapshot, Source, Want};
use crate::time::BootInstant;
use crate::vault::{VaultClient, renew_self, revoke_self};

// A token without an end is looked after like one of ten years.
const ENDLESS: Duration = Duration::from_secs(10 * 365 * 86_400);
const WITHIN: Duration = Duration::from_secs(10);
// A server that loses reply after reply is not to be asked for login after login.
const TAINT_SPACING: Duration = Duration::from_secs(60);

/// A login to one cluster: all leases of one identity share it, so that a process logs in once.
#[derive(Debug)]
pub(crate) struct VaultSession {
    client: VaultClient,
    journal: Arc<LoginJournal>,
    tainted: Arc<Tainted>,
    // When a tainted token may be replaced again.
    replaced_again: Mutex<BootInstant>,
    users: AtomicUsize,
    kept: Kept<Token>,
}

/// A token, and which generation of the session it is.
pub(crate) struct SessionToken {
    pub(crate) live: Arc<LiveToken>,
    pub(crate) generation: u64,
}

impl VaultSession {
    /// A session with one user; in a forked child, with the process that it was forked from. Nobody logs in
    /// before a token is wanted.
    pub(crate) fn open(
        context: &Context,
        client: VaultClient,
        method: Arc<dyn AuthMethod>,
        forked_from: Option<u32>,
    ) -> Result<Self> {
        let journal = Arc::new(LoginJournal::new(&client, method.subject().into()));
        let tainted = Arc::<Tainted>::default();
        let source = Logins {
            context: context.clone(),
            client: client.clone(),
            method,
            journal: journal.clone(),
            tainted: tainted.clone(),
            forked_from,
        };
        let kept = Kept::new(context, Plan::LOGIN, source)?;
        let (replaced_again, users) = (Mutex::default(), AtomicUsize::new(1));
        Ok(Self { client, journal, tainted, replaced_again, users, kept })
    }

    pub(crate) fn client(&self) -> &VaultClient {
        &self.client
    }

    pub(crate) fn hub(&self) -> &EventHub {
        self.journal.hub()
    }

    pub(crate) fn stats(&self) -> &LoginStats {
        self.journal.stats()
    }

    /// A token that lives, from memory when there is one; in the place of a tainted one another, if there is
    /// one to be had.
    pub(crate) async fn token(&self) -> Result<SessionToken, Fault> {
        let want = Want { lasts: Duration::ZERO, newer_than: None, doubts: false, within: WITHIN };
        let token = self.wait(want).await?;
        if !self.is_tainted(&token.live) || !self.may_replace(&token.live) {
            return Ok(token);
        }
        let newer_than = Some(token.generation);
        self.wait(Want { newer_than, ..want }).await.or(Ok(token))
    }

    // One asks, a minute after the login and as rarely as logins are to be had; nobody else waits for them.
    fn may_replace(&self, token: &LiveToken) -> bool {
        let now = self.kept.now();
        let mut again = self.replaced_again.lock().unwrap_or_else(PoisonError::into_inner);
        let may = now >= token.began.plus(TAINT_SPACING) && now >= *again;
        if may {
            let earned = Plan::issue_interval(token.login.ttl.unwrap_or(ENDLESS));
            *again = now.plus(earned.max(TAINT_SPACING));
        }
        may
    }

    /// Another token than that of `generation`, which the server refused as dead.
    pub(crate) async fn token_after(&self, generation: u64) -> Result<SessionToken, Fault> {
        let newer_than = Some(generation);
        self.wait(Want { lasts: Duration::ZERO, newer_than, doubts: true, within: WITHIN }).await
    }

    /// Vault may have issued a set under this token that nobody knows, and deletes it with the token only: so
    /// the token is replaced at its next use or its refresh point, and revoked once no set depends on it.
    pub(crate) fn taint(&self, token: &Arc<LiveToken>) {
        if !token.login.owned {
            return;
        }
        self.tainted.add(token);
        let snapshot = self.kept.snapshot();
        if snapshot.value.as_ref().is_some_and(|held| Arc::ptr_eq(&held.live, token)) {
            self.kept.spend();
        }
    }

    pub(crate) fn is_tainted(&self, token: &Arc<LiveToken>) -> bool {
        self.tainted.holds(token)
    }

    /// Revokes the tainted tokens that no set depends on any more, in the background of the driver.
    pub(crate) fn revoke_tainted(&self) {
        revoke_unused(&self.client, &self.journal, &self.tainted);
    }

    async fn wait(&self, want: Want) -> Result<SessionToken, Fault> {
        let snapshot = self.kept.wait(want).await?;
        let (Reading::Ready(Token { live, .. }) | Reading::Unattended(Token { live, .. })) =
            snapshot.read(self.kept.now())
        else {
            return Err(gone(&snapshot));
        };
        Ok(SessionToken { live: live.clone(), generation: snapshot.generation })
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

// A token that the user gave is the user's: only one that a login made is revoked. False if that may be tried
// again.
async fn give_back(client: &VaultClient, journal: &LoginJournal, token: &LiveToken) -> bool {
    if !token.login.owned {
        return true;
    }
    let done = revoke_self(client, &token.login.token, &Allowance::new(3)).await;
    let again = done.as_ref().is_err_and(|fault| fault.class != Class::Denied);
    journal.given_back(&token.login, done);
    !again
}

fn revoke_unused(client: &VaultClient, journal: &Arc<LoginJournal>, tainted: &Arc<Tainted>) {
    let unused = tainted.take_unused();
    if unused.is_empty() {
        return;
    }
    let (client, journal, tainted) = (client.clone(), journal.clone(), tainted.clone());
    tokio::spawn(async move {
        for token in unused {
            if !give_back(&client, &journal, &token).await {
                tainted.add(&token);
            }
        }
    });
}

struct Logins {
    context: Context,
    client: VaultClient,
    method: Arc<dyn AuthMethod>,
    journal: Arc<LoginJournal>,
    tainted: Arc<Tainted>,
    forked_from: Option<u32>,
}

impl Logins {
    // What works once is the parent's, whose copy this is.
    fn material(&self) -> Result<(), Fault> {
        match self.forked_from {
            Some(parent) if self.method.single_use() => {
                let subject = self.method.subject();
                let what = format!(
                    "Leasekey was started before fork() in process {parent}, and the login at {subject} works once"
                );
                Err(Fault::new(Class::Denied, Error::new(ErrorKind::Forked, what)))
            }
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl Source for Logins {
    type Value = Token;

    async fn issue(&self, _: Option<Token>, allowance: &Allowance) -> Result<(Token, Grant), Fault> {
        self.material()?;
        let began = self.context.time.boot();
        let vault = LoginContext::new(&self.client, allowance);
        let login = match self.method.login(&vault).await {
            Ok(login) => login,
            Err(error) => return Err(vault.fault_of(error)),
        };
        let (started, rtt, renewable) = (login.started.unwrap_or(began), login.rtt, login.renewable);
        let lifetime = login.ttl.unwrap_or(ENDLESS);
        let live = Arc::new(LiveToken::new(login, began, started.plus(lifetime)));
        let token = Token { live, expires: None };
        Ok((token, Grant { started, rtt, lifetime, renewable, changed: true, ..Grant::default() }))
    }

    async fn renew(&self, token: Token, allowance: &Allowance) -> Result<Grant, Fault> {
        let reply = renew_self(&self.client, &token.login().token, allowance).await?;
        self.journal.warn(&reply.warnings, Some(&reply.request_id));
        let lifetime = reply.ttl.unwrap_or(ENDLESS);
        token.live.lasts_until(reply.started.plus(lifetime));
        let (started, rtt, renewable) = (reply.started, reply.rtt, reply.renewable);
        Ok(Grant { started, rtt, lifetime, renewable, ..Grant::default() })
    }

    async fn verify(&self, _: Token, _: &Allowance) -> Result<(), Fault> {
        Ok(())
    }

    async fn revoke(&self, token: Token) -> bool {
        give_back(&self.client, &self.journal, &token.live).await
    }

    async fn close(&self, last: Option<Token>) {
        let last = last.map(|token| token.live);
        let tainted = self.tainted.take_all();
        let others = tainted.into_iter().filter(|token| last.as_ref().is_none_or(|l| !Arc::ptr_eq(l, token)));
        for token in last.iter().cloned().chain(others) {
            give_back(&self.client, &self.journal, &token).await;
        }
    }

    fn stamp(&self, token: &Token, expires: SystemTime) -> Token {
        Token { live: token.live.clone(), expires: token.login().ttl.map(|_| expires) }
    }

    fn note(&self, note: Note<'_, Token>) {
        let replaced = matches!(note, Note::Published(..));
        self.journal.note(note);
        if replaced {
            revoke_unused(&self.client, &self.journal, &self.tainted);
        }
    }
}
