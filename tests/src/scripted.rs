//! A scripted world with a Vault in it, for what no real server shows: outages by the second, broken replies,
//! clocks that jump. Use it under tokio's paused clock.

use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use leasekey::context::{
    Capabilities, Context, Env, Files, HttpRequest, Scripted, ScriptedReply, ScriptedVault, VaultMood,
};
use leasekey::{AppRoleAuth, Builder, VaultCredentialsProvider};
use tokio::time::Instant;

use crate::log::Watch;
use crate::pace;

/// How long its sets live.
pub const LIFE: Duration = Duration::from_secs(900);
/// Part of every secret that the Vault hands out.
pub const CANARY: &str = ScriptedVault::CANARY;
/// A token that the Vault knows, for logins that bring one.
pub const TOKEN: &str = "hvs.canary-vault-token-33b0e2";
/// The secret id of every login.
pub const SECRET_ID: &str = "canary-secret-id-c4471b";

const TOKEN_LIFE: Duration = Duration::from_secs(3600);

type Rule = Box<dyn Fn(&HttpRequest) -> Option<ScriptedReply> + Send>;

/// A [`ScriptedVault`] that answers what the test's own rule leaves, and a list of what both were asked. At its
/// end it must not have been asked faster than its providers may ask, whatever the test did.
pub struct RuledVault {
    /// The world.
    pub world: Scripted,
    inner: Arc<Inner>,
}

struct Inner {
    vault: ScriptedVault,
    script: Mutex<Script>,
    began: Instant,
}

struct Script {
    rule: Rule,
    sent: Vec<(Duration, String)>,
    providers: usize,
}

impl RuledVault {
    /// A Vault that is well. Must be made inside a runtime whose clock is paused.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it needs a runtime, which a default should not")]
    pub fn new() -> Self {
        let world = Scripted::new();
        let vault = ScriptedVault::new(&world);
        vault.set_token_life(TOKEN_LIFE, 4 * TOKEN_LIFE);
        vault.add_token(TOKEN);
        let script = Mutex::new(Script { rule: Box::new(|_| None), sent: Vec::new(), providers: 0 });
        let inner = Arc::new(Inner { vault, script, began: Instant::now() });
        // Weak: the world is part of the Vault.
        let answering = Arc::downgrade(&inner);
        world.answer(move |request| match answering.upgrade() {
            Some(inner) => inner.answer(request),
            None => ScriptedReply::refused(),
        });
        Self { world, inner }
    }

    /// The context of one provider in this world.
    #[must_use]
    pub fn context(&self) -> Context {
        self.inner.script().providers += 1;
        self.world.context()
    }

    /// The same with another environment and other files than the world's.
    pub fn context_with(&self, env: impl Env + 'static, files: impl Files + 'static) -> Context {
        self.inner.script().providers += 1;
        let world = || Box::new(self.world.clone());
        Context::new(Capabilities {
            time: world(),
            sleep: world(),
            env: Box::new(env),
            files: Box::new(files),
            random: world(),
            launch: world(),
            http: world(),
        })
    }

    /// A builder of providers in this world, with a login and a role.
    pub fn builder(&self) -> Builder {
        self.bare_builder().auth(AppRoleAuth::new("role-id", SECRET_ID)).role("orders")
    }

    /// The same without a login and a role.
    pub fn bare_builder(&self) -> Builder {
        VaultCredentialsProvider::builder().context(self.context()).address("https://vault:8200")
    }

    /// Answers these requests from now on; what the rule leaves is the Vault's.
    pub fn rule(&self, rule: impl Fn(&HttpRequest) -> Option<ScriptedReply> + Send + 'static) {
        self.inner.script().rule = Box::new(rule);
    }

    /// No rule from now on, and the Vault is well.
    pub fn up(&self) {
        self.rule(|_| None);
        self.set_moods(&VaultMood::Well);
    }

    /// Every request so far, `POST https://vault:8200/v1/aws/creds/orders`.
    #[must_use]
    pub fn sent(&self) -> Vec<String> {
        self.inner.script().sent.iter().map(|(_, sent)| sent.clone()).collect()
    }

    /// When each of these was sent, counted from the first moment of this world.
    #[must_use]
    pub fn moments(&self) -> Vec<Duration> {
        self.inner.script().sent.iter().map(|(at, _)| *at).collect()
    }

    /// Plants every secret of this world.
    pub fn plant(logs: &Watch) {
        for (name, secret) in
            [("the canary", CANARY), ("the Vault token", TOKEN), ("the secret id", SECRET_ID)]
        {
            logs.planted(name, secret);
        }
    }
}

impl Deref for RuledVault {
    type Target = ScriptedVault;

    fn deref(&self) -> &ScriptedVault {
        &self.inner.vault
    }
}

impl Drop for RuledVault {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let script = self.inner.script();
            // AWS is asked, too.
            let of_vault = script.sent.iter().filter(|(_, sent)| sent.contains("/v1/")).map(|(at, _)| *at);
            let (peak, most) = (pace::peak(&of_vault.collect::<Vec<_>>()), pace::MOST * script.providers);
            drop(script);
            assert!(peak <= most, "{peak} requests in 10 s, of {most}: {:?}", self.sent());
        }
    }
}

impl Inner {
    fn answer(&self, request: &HttpRequest) -> ScriptedReply {
        let ruled = {
            let mut script = self.script();
            script.sent.push((self.began.elapsed(), format!("{} {}", request.method, request.url)));
            (script.rule)(request)
        };
        ruled.unwrap_or_else(|| self.vault.answer(request))
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether credentials are asked for.
#[must_use]
pub fn is_issue(request: &HttpRequest) -> bool {
    request.url.path().contains("/creds/")
}
