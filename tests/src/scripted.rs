//! A scripted world with a Vault in it, for what no real server shows: outages by the second, broken replies,
//! clocks that jump. Use it under tokio's paused clock.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use leasekey::context::{HttpRequest, Scripted, ScriptedReply};
use leasekey::{AppRoleAuth, Builder, VaultCredentialsProvider};

use crate::log::Watch;

/// How long its sets live.
pub const LIFE: Duration = Duration::from_secs(900);
/// The secret key of every set.
pub const SECRET_KEY: &str = "canary-secret-key-5f0c1e";
/// The session token of every set.
pub const SESSION_TOKEN: &str = "canary-session-token-91aa7d";
/// The Vault token of every login.
pub const TOKEN: &str = "hvs.canary-vault-token-33b0e2";
/// The secret id of every login.
pub const SECRET_ID: &str = "canary-secret-id-c4471b";

type Rule = Box<dyn Fn(&HttpRequest) -> Option<ScriptedReply> + Send>;

/// The world, and what its Vault was asked.
#[derive(Clone)]
pub struct ScriptedVault {
    /// The world.
    pub world: Scripted,
    script: Arc<Mutex<Script>>,
}

struct Script {
    rule: Rule,
    sent: Vec<String>,
    issues: usize,
    logins: usize,
}

impl ScriptedVault {
    /// A Vault that is well. Must be made inside a runtime whose clock is paused.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it needs a runtime, which a default should not")]
    pub fn new() -> Self {
        let script = Script { rule: Box::new(|_| None), sent: Vec::new(), issues: 0, logins: 0 };
        let vault = Self { world: Scripted::new(), script: Arc::new(Mutex::new(script)) };
        let script = vault.script.clone();
        vault.world.answer(move |request| lock(&script).answer(request));
        vault
    }

    /// A builder of providers in this world, with a login and a role.
    pub fn builder(&self) -> Builder {
        self.bare_builder().auth(AppRoleAuth::new("role-id", SECRET_ID)).role("orders")
    }

    /// The same without a login and a role.
    pub fn bare_builder(&self) -> Builder {
        VaultCredentialsProvider::builder().context(self.world.context()).address("https://vault:8200")
    }

    /// Answers these requests from now on; what the rule leaves is answered as by a Vault that is well.
    pub fn rule(&self, rule: impl Fn(&HttpRequest) -> Option<ScriptedReply> + Send + 'static) {
        lock(&self.script).rule = Box::new(rule);
    }

    /// Every request is answered like this from now on.
    pub fn always(&self, status: u16, body: &'static str) {
        self.rule(move |_| Some(ScriptedReply::json(status, body)));
    }

    /// Every request for credentials is answered like this from now on.
    pub fn issues_like(&self, status: u16, body: &str) {
        let body = body.to_owned();
        self.rule(move |request| is_issue(request).then(|| ScriptedReply::json(status, &body)));
    }

    /// Nobody answers from now on.
    pub fn down(&self) {
        self.rule(|_| Some(ScriptedReply::refused()));
    }

    /// All is well from now on.
    pub fn up(&self) {
        self.rule(|_| None);
    }

    /// How many sets a well Vault has issued.
    #[must_use]
    pub fn issues(&self) -> usize {
        lock(&self.script).issues
    }

    /// How many logins a well Vault has granted.
    #[must_use]
    pub fn logins(&self) -> usize {
        lock(&self.script).logins
    }

    /// Every request so far, `POST https://vault:8200/v1/aws/creds/orders`.
    #[must_use]
    pub fn sent(&self) -> Vec<String> {
        lock(&self.script).sent.clone()
    }

    /// Plants every secret of this world.
    pub fn plant(logs: &Watch) {
        for (name, secret) in [
            ("the secret key", SECRET_KEY),
            ("the session token", SESSION_TOKEN),
            ("the Vault token", TOKEN),
            ("the secret id", SECRET_ID),
        ] {
            logs.planted(name, secret);
        }
    }
}

/// Whether credentials are asked for.
#[must_use]
pub fn is_issue(request: &HttpRequest) -> bool {
    request.url.path().contains("/creds/")
}

/// Whether somebody logs in.
#[must_use]
pub fn is_login(request: &HttpRequest) -> bool {
    request.url.path().ends_with("/login")
}

/// The reply that issues the set of this number; `lease_duration` is JSON.
#[must_use]
pub fn issued(number: usize, lease_duration: &str) -> String {
    format!(
        r#"{{"request_id":"issue-{number}","lease_id":"aws/creds/orders/{number}","renewable":false,
        "lease_duration":{lease_duration},"data":{{"access_key":"ASIACANARY{number:010}","secret_key":"{SECRET_KEY}",
        "session_token":"{SESSION_TOKEN}","arn":"arn:aws:sts::1:assumed-role/orders/session"}}}}"#
    )
}

impl Script {
    fn answer(&mut self, request: &HttpRequest) -> ScriptedReply {
        self.sent.push(format!("{} {}", request.method, request.url));
        if let Some(reply) = (self.rule)(request) {
            return reply;
        }
        if is_issue(request) {
            self.issues += 1;
            return ScriptedReply::json(200, &issued(self.issues, &LIFE.as_secs().to_string()));
        }
        if is_login(request) {
            self.logins += 1;
            let number = self.logins;
            let login = format!(
                r#"{{"request_id":"login-{number}","auth":{{"client_token":"{TOKEN}","lease_duration":3600,"renewable":true}}}}"#
            );
            return ScriptedReply::json(200, &login);
        }
        if request.url.path().ends_with("/renew-self") {
            let renewed =
                format!(r#"{{"auth":{{"client_token":"{TOKEN}","lease_duration":3600,"renewable":true}}}}"#);
            return ScriptedReply::json(200, &renewed);
        }
        if request.url.path().ends_with("/lookup-self") {
            let found =
                r#"{"request_id":"lookup","data":{"ttl":3600,"renewable":true,"policies":["orders"]}}"#;
            return ScriptedReply::json(200, found);
        }
        ScriptedReply::json(204, "")
    }
}

fn lock(script: &Mutex<Script>) -> MutexGuard<'_, Script> {
    script.lock().unwrap_or_else(PoisonError::into_inner)
}
