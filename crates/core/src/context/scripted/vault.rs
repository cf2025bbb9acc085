//! A Vault for tests: answers in Vault's shapes, counts what it was asked, and fails as it is told to.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{HttpFault, HttpRequest, HttpResponse, Scripted, ScriptedReply};
use crate::secret::SecretBytes;
use crate::time::{BootInstant, TimeSource};

/// What is asked of Vault, by its path.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum VaultAsk {
    /// `.../creds/...`: a set.
    Issue,
    /// `auth/.../login`.
    Login,
    /// `auth/token/lookup-self`.
    LookupSelf,
    /// Any other path.
    Other,
    /// `auth/token/renew-self`.
    RenewSelf,
    /// `sys/leases/revoke`.
    RevokeLease,
    /// `auth/token/revoke-self`.
    RevokeSelf,
}

impl VaultAsk {
    /// Every kind, in alphabetical order.
    pub const ALL: [Self; 7] = [
        Self::Issue,
        Self::Login,
        Self::LookupSelf,
        Self::Other,
        Self::RenewSelf,
        Self::RevokeLease,
        Self::RevokeSelf,
    ];

    /// The name in scenarios, `"issue"`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Issue => "issue",
            Self::Login => "login",
            Self::LookupSelf => "lookup_self",
            Self::Other => "other",
            Self::RenewSelf => "renew_self",
            Self::RevokeLease => "revoke_lease",
            Self::RevokeSelf => "revoke_self",
        }
    }

    fn of(path: &str) -> Self {
        match path.trim_start_matches("/v1/") {
            "auth/token/lookup-self" => Self::LookupSelf,
            "auth/token/renew-self" => Self::RenewSelf,
            "auth/token/revoke-self" => Self::RevokeSelf,
            "sys/leases/revoke" => Self::RevokeLease,
            path if path.starts_with("auth/") && path.contains("/login") => Self::Login,
            path if path.contains("/creds/") => Self::Issue,
            _ => Self::Other,
        }
    }
}

/// How the scripted Vault answers one kind of request.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum VaultMood {
    /// A 403 that reads as a policy that lacks the path.
    AclRefusal,
    /// A 403 that reads as a revoked token.
    DeadToken,
    /// Nobody listens.
    Down,
    /// No reply ever.
    Hangs,
    /// It does what it was asked, and the reply is lost.
    LostReply,
    /// This reply: its status, headers and body.
    Raw(u16, Vec<(String, String)>, String),
    /// A 400 as for a login whose material is used up.
    Rejects,
    /// 503, sealed.
    Sealed,
    /// As it should, but so late.
    Slow(Duration),
    /// 429, with this `Retry-After`.
    Throttles(Option<String>),
    /// As it should.
    #[default]
    Well,
}

/// A Vault in a [`Scripted`] world. Every secret that it hands out contains [`CANARY`](Self::CANARY), so a
/// test can look for leaks.
#[derive(Clone)]
pub struct ScriptedVault(Arc<Inner>);

struct Inner {
    world: Scripted,
    script: Mutex<Script>,
}

struct Script {
    moods: HashMap<VaultAsk, VaultMood>,
    asked: BTreeMap<VaultAsk, u64>,
    fields: HashMap<String, Option<String>>,
    tokens: HashMap<String, Token>,
    token_life: Duration,
    token_max: Duration,
    issued: u64,
    replies: u64,
}

#[derive(Clone, Copy)]
struct Token {
    ends: BootInstant,
    ends_at_most: BootInstant,
}

impl ScriptedVault {
    /// Part of every token, secret key and session token; plant it in what you give away, too.
    pub const CANARY: &str = "c4nary-5f0c1e";

    /// A Vault that answers all requests of this world. Sets live for 900 s, tokens for 20 min, renewable
    /// up to 4 h.
    pub fn new(world: &Scripted) -> Self {
        let script = Script {
            moods: HashMap::new(),
            asked: BTreeMap::new(),
            fields: HashMap::new(),
            tokens: HashMap::new(),
            token_life: Duration::from_secs(1200),
            token_max: Duration::from_secs(4 * 3600),
            issued: 0,
            replies: 0,
        };
        let vault = Self(Arc::new(Inner { world: world.clone(), script: Mutex::new(script) }));
        // Weak: the world is part of the Vault.
        let answering = Arc::downgrade(&vault.0);
        world.answer(move |request| match answering.upgrade() {
            Some(inner) => Self(inner).answer(request),
            None => ScriptedReply::refused(),
        });
        vault
    }

    /// Answers this kind of request in this way from now on.
    pub fn set_mood(&self, ask: VaultAsk, mood: VaultMood) {
        self.script().moods.insert(ask, mood);
    }

    /// Answers every request in this way from now on.
    pub fn set_moods(&self, mood: &VaultMood) {
        VaultAsk::ALL.into_iter().for_each(|ask| self.set_mood(ask, mood.clone()));
    }

    /// Writes this JSON text as a field of each issue from now on, `lease_duration` or `data.access_key`;
    /// none leaves the field out. The text need not be JSON.
    pub fn set_field(&self, name: &str, json: Option<&str>) {
        self.script().fields.insert(name.into(), json.map(Into::into));
    }

    /// How long new tokens live, and how long at most with all renewals.
    pub fn set_token_life(&self, life: Duration, at_most: Duration) {
        let mut script = self.script();
        (script.token_life, script.token_max) = (life, at_most);
    }

    /// Knows this token as if it were handed out now: for a login that brings one.
    pub fn add_token(&self, token: &str) {
        let now = self.0.world.boot();
        self.script().add_token(token, now);
    }

    /// Revokes every token that it knows.
    pub fn revoke_tokens(&self) {
        self.script().tokens.clear();
    }

    /// How many requests of this kind arrived.
    pub fn asked(&self, ask: VaultAsk) -> u64 {
        self.script().asked.get(&ask).copied().unwrap_or(0)
    }

    /// How many sets were issued, those of lost replies too. The access key of the n-th ends with n.
    pub fn issued(&self) -> u64 {
        self.script().issued
    }

    /// Answers as [`new`](Self::new) lets it answer all requests: for a world where others answer, too.
    pub fn answer(&self, request: &HttpRequest) -> ScriptedReply {
        let now = self.0.world.boot();
        let ask = VaultAsk::of(request.url.path());
        let mut script = self.script();
        *script.asked.entry(ask).or_default() += 1;
        script.replies += 1;
        let mood = script.moods.get(&ask).cloned().unwrap_or_default();
        let acl = r#"{"errors":["1 error occurred:\n\t* permission denied\n\n"]}"#;
        match mood {
            VaultMood::Well => script.well(ask, request, now),
            VaultMood::Slow(by) => script.well(ask, request, now).after(by),
            VaultMood::LostReply => {
                script.well(ask, request, now);
                failed(HttpFault::Cut("connection reset by peer".into()))
            }
            VaultMood::Down => ScriptedReply::refused(),
            VaultMood::Hangs => failed(HttpFault::Timeout).after(Duration::MAX),
            VaultMood::Sealed => ScriptedReply::json(503, r#"{"errors":["Vault is sealed"]}"#),
            VaultMood::AclRefusal => ScriptedReply::json(403, acl),
            VaultMood::DeadToken => dead_token(),
            VaultMood::Rejects => ScriptedReply::json(400, r#"{"errors":["invalid role or secret ID"]}"#),
            VaultMood::Throttles(wait) => {
                let headers = wait.map(|wait| ("retry-after".to_owned(), wait)).into_iter().collect();
                raw(429, headers, r#"{"errors":["request path \"aws/\": rate limit quota exceeded"]}"#.into())
            }
            VaultMood::Raw(status, headers, body) => raw(status, headers, body),
        }
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.0.script.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for ScriptedVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptedVault").field("asked", &self.script().asked).finish_non_exhaustive()
    }
}

impl Script {
    fn well(&mut self, ask: VaultAsk, request: &HttpRequest, now: BootInstant) -> ScriptedReply {
        if ask == VaultAsk::Login {
            return self.login(now);
        }
        let token = request.headers.get("x-vault-token").and_then(|token| token.to_str().ok());
        let token = token.unwrap_or_default().to_owned();
        let Some(known) = self.tokens.get(&token).copied().filter(|known| now < known.ends) else {
            return dead_token();
        };
        match ask {
            VaultAsk::Issue => self.issue(request.url.path()),
            VaultAsk::RenewSelf => self.renew(token, known, now),
            VaultAsk::LookupSelf => {
                let ttl = known.ends.since(now).as_secs();
                let data =
                    format!(r#"{{"ttl":{ttl},"renewable":true,"policies":["orders"],"type":"service"}}"#);
                self.envelope(&format!(r#""data":{data}"#))
            }
            VaultAsk::RevokeSelf => {
                self.tokens.remove(&token);
                ScriptedReply::json(204, "")
            }
            VaultAsk::RevokeLease => ScriptedReply::json(204, ""),
            VaultAsk::Login | VaultAsk::Other => ScriptedReply::json(404, r#"{"errors":[]}"#),
        }
    }

    fn login(&mut self, now: BootInstant) -> ScriptedReply {
        let token = format!("hvs.{}-token-{}", ScriptedVault::CANARY, self.replies);
        self.add_token(&token, now);
        self.auth(&token, self.token_life)
    }

    fn add_token(&mut self, token: &str, now: BootInstant) {
        let known = Token { ends: now.plus(self.token_life), ends_at_most: now.plus(self.token_max) };
        self.tokens.insert(token.into(), known);
    }

    fn renew(&mut self, token: String, known: Token, now: BootInstant) -> ScriptedReply {
        let ends = now.plus(self.token_life).min(known.ends_at_most);
        let reply = self.auth(&token, ends.since(now));
        self.tokens.insert(token, Token { ends, ..known });
        reply
    }

    fn auth(&self, token: &str, life: Duration) -> ScriptedReply {
        self.envelope(&format!(
            r#""auth":{{"client_token":"{token}","accessor":"accessor","policies":["orders"],"lease_duration":{},
               "renewable":true,"entity_id":"entity-orders","token_type":"service"}}"#,
            life.as_secs()
        ))
    }

    fn issue(&mut self, path: &str) -> ScriptedReply {
        self.issued += 1;
        let (number, canary) = (self.issued, ScriptedVault::CANARY);
        let path = path.trim_start_matches("/v1/");
        let role = path.rsplit('/').next().unwrap_or_default();
        let data = self.object(
            "data.",
            &[
                ("access_key", format!(r#""ASIASCRIPTED{number:08}""#)),
                ("secret_key", format!(r#""{canary}/secret/key/{number}""#)),
                ("session_token", format!(r#""{canary}/session/token/{number}""#)),
                ("arn", format!(r#""arn:aws:sts::111122223333:assumed-role/{role}/vault-{number}""#)),
            ],
        );
        let fields = self.object(
            "",
            &[
                ("request_id", format!(r#""request-{}""#, self.replies)),
                ("lease_id", format!(r#""{path}/lease{number}""#)),
                ("lease_duration", "900".into()),
                ("renewable", "false".into()),
                ("warnings", "null".into()),
                ("data", format!("{{{data}}}")),
            ],
        );
        ScriptedReply::json(200, &format!("{{{fields}}}"))
    }

    // The fields as JSON, but for those that the test has changed.
    fn object(&self, prefix: &str, fields: &[(&str, String)]) -> String {
        let told = |(name, usual): &(&str, String)| {
            let text = match self.fields.get(&format!("{prefix}{name}")) {
                Some(changed) => changed.clone()?,
                None => usual.clone(),
            };
            Some(format!(r#""{name}":{text}"#))
        };
        fields.iter().filter_map(told).collect::<Vec<_>>().join(",")
    }

    fn envelope(&self, part: &str) -> ScriptedReply {
        ScriptedReply::json(200, &format!(r#"{{"request_id":"request-{}",{part}}}"#, self.replies))
    }
}

fn dead_token() -> ScriptedReply {
    ScriptedReply::json(403, r#"{"errors":["permission denied"]}"#)
}

fn failed(fault: HttpFault) -> ScriptedReply {
    ScriptedReply { after: Duration::from_millis(5), outcome: Err(fault) }
}

// A header that HTTP does not allow is left out.
fn raw(status: u16, given: Vec<(String, String)>, body: String) -> ScriptedReply {
    let mut headers = http::HeaderMap::new();
    for (name, value) in given {
        if let (Ok(name), Ok(value)) = (name.parse::<http::HeaderName>(), value.parse()) {
            headers.insert(name, value);
        }
    }
    let response = HttpResponse { status, headers, body: SecretBytes::from(body.into_bytes()) };
    ScriptedReply { after: Duration::from_millis(5), outcome: Ok(response) }
}
