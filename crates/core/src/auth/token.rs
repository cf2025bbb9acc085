//! Logging in with a token that somebody else made.

use std::path::PathBuf;

use async_trait::async_trait;

use super::file::{Rules, SecretFile};
use super::{AuthMethod, Login, LoginContext, identity_of};
use crate::error::{Error, ErrorKind, Result};
use crate::secret::SecretString;
use crate::vault::{Refusal, TokenInfo, header_text, lookup_self, refusal};

/// Uses a token as it is, from a text or a file.
///
/// The token is looked up once per login, to learn how long it lasts. It is renewed if it is renewable and
/// was given as text; a token file is read anew instead. It is never revoked: it is not Leasekey's own.
#[derive(Debug)]
pub struct TokenAuth {
    source: Source,
    allow_root: bool,
}

#[derive(Debug)]
enum Source {
    Text(SecretString, &'static str),
    File(SecretFile),
}

impl TokenAuth {
    /// This token.
    pub fn new(token: impl Into<SecretString>) -> Self {
        Self::of(token, "the token")
    }

    /// The token in this file, read anew at each login: at most 64 KiB, and a newline at its end is dropped.
    /// Links are followed; a file that others can write is refused, one that all can read is warned of once.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self { source: Source::File(SecretFile::new(path, Rules::Named)), allow_root: false }
    }

    /// This token, which messages call `name`: `VAULT_TOKEN`.
    pub(crate) fn of(token: impl Into<SecretString>, name: &'static str) -> Self {
        Self { source: Source::Text(token.into(), name), allow_root: false }
    }

    /// The token in `~/.vault-token`, which must be the user's own file, no link, and closed to all others.
    pub(crate) fn home_file(path: impl Into<PathBuf>) -> Self {
        Self { source: Source::File(SecretFile::new(path, Rules::Found)), allow_root: false }
    }

    /// Accepts a token with the `root` policy, which is refused otherwise.
    #[must_use]
    pub fn allow_root_token(mut self) -> Self {
        self.allow_root = true;
        self
    }

    fn token(&self, vault: &LoginContext<'_>) -> Result<SecretString> {
        let (token, name) = match &self.source {
            Source::Text(token, name) => (token.clone(), (*name).to_owned()),
            Source::File(file) => {
                (file.read(vault.context())?, format!("the token in {}", file.path().display()))
            }
        };
        header_text(&token, &name)?;
        Ok(token)
    }

    fn judge(&self, token: SecretString, info: TokenInfo) -> Result<Login> {
        if info.policies.iter().any(|policy| policy == "root") && !self.allow_root {
            let what = "the token has the root policy, and so has every program that can read it";
            return Err(Error::new(ErrorKind::TokenRefused, what)
                .with_hint("Use a token with one least-privilege policy, or call allow_root_token()"));
        }
        let in_file = matches!(self.source, Source::File(_));
        Ok(Login {
            ttl: info.ttl,
            renewable: info.renewable && !in_file,
            started: Some(info.started),
            rtt: info.rtt,
            entity_id: info.entity_id,
            request_id: Some(info.request_id),
            warnings: info.warnings,
            ..Login::token(token)
        })
    }
}

#[async_trait]
impl AuthMethod for TokenAuth {
    async fn login(&self, vault: &LoginContext<'_>) -> Result<Login> {
        let token = self.token(vault)?;
        match lookup_self(vault.client, &token, vault.allowance).await {
            Ok(info) => self.judge(token, info),
            // Without the default policy a good token may not look itself up.
            Err(fault) if refusal(&fault.error) == Some(Refusal::Acl) => Ok(Login::token(token)),
            Err(fault) => Err(vault.keep(fault)),
        }
    }

    fn check(&self) -> Result<()> {
        match &self.source {
            Source::Text(token, name) => header_text(token, name).map(drop),
            Source::File(_) => Ok(()),
        }
    }

    fn subject(&self) -> String {
        "auth/token".into()
    }

    fn identity(&self) -> Option<SecretString> {
        let allowed = if self.allow_root { "root too" } else { "no root" };
        Some(match &self.source {
            Source::Text(token, _) => identity_of(&["token", token.expose(), allowed]),
            Source::File(file) => identity_of(&["token-file", &file.path().to_string_lossy(), allowed]),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refresh::{Allowance, Class};
    use crate::vault::fake::{Fake, reply};

    const V: &str = "https://v";

    async fn login(fake: &Fake, auth: &TokenAuth) -> Result<Login, (Error, Class)> {
        let (client, allowance) = (fake.client(&[V]), Allowance::new(4));
        let vault = LoginContext::new(&client, &allowance);
        match auth.login(&vault).await {
            Ok(login) => Ok(login),
            Err(error) => Err((error.clone(), vault.fault_of(error).class)),
        }
    }

    #[tokio::test]
    async fn a_token_is_looked_up_once_and_not_owned() {
        let fake = Fake::default();
        fake.answers(
            V,
            reply(200, r#"{"data":{"ttl":60,"renewable":true,"policies":["orders"],"num_uses":0}}"#),
        );
        let login = login(&fake, &TokenAuth::new("hvs.x")).await.unwrap();
        assert_eq!((login.ttl.unwrap().as_secs(), login.renewable, login.owned), (60, true, false));
        assert_eq!(fake.sent(), ["GET https://v/v1/auth/token/lookup-self"]);
    }

    #[tokio::test]
    async fn a_root_token_needs_to_be_allowed() {
        let fake = Fake::default();
        for _ in 0..2 {
            fake.answers(V, reply(200, r#"{"data":{"ttl":0,"policies":["root"]}}"#));
        }
        let (error, _) = login(&fake, &TokenAuth::new("hvs.x")).await.unwrap_err();
        assert_eq!(error.code(), "LK-0103");
        assert!(error.hint().contains("allow_root_token"));
        assert_eq!(login(&fake, &TokenAuth::new("hvs.x").allow_root_token()).await.unwrap().ttl, None);
    }

    #[tokio::test]
    async fn a_token_that_may_not_look_itself_up_is_used_and_a_dead_one_is_not() {
        let fake = Fake::default();
        fake.answers(V, reply(403, r#"{"errors":["1 error occurred:\n\t* permission denied\n\n"]}"#));
        let used = login(&fake, &TokenAuth::new("hvs.x")).await.unwrap();
        assert_eq!((used.ttl, used.renewable), (None, false));
        fake.answers(V, reply(403, r#"{"errors":["permission denied"]}"#));
        let (error, class) = login(&fake, &TokenAuth::new("hvs.x")).await.unwrap_err();
        assert_eq!((error.code(), class), ("LK-0103", Class::Denied));
    }

    #[tokio::test]
    async fn a_file_is_read_at_each_login_and_its_token_never_renewed() {
        let fake = Fake::default();
        for token in ["hvs.one\n", "hvs.two"] {
            fake.file("/run/token", token);
            fake.answers(V, reply(200, r#"{"data":{"ttl":60,"renewable":true}}"#));
            let login = login(&fake, &TokenAuth::file("/run/token")).await.unwrap();
            assert_eq!((login.token.expose(), login.renewable), (token.trim_end(), false));
        }
        let (error, _) = login(&fake, &TokenAuth::file("/nowhere")).await.unwrap_err();
        assert_eq!(
            (error.code(), error.message()),
            ("LK-0116", "the file /nowhere cannot be read: entity not found")
        );
    }

    #[tokio::test]
    async fn vault_that_is_down_paces_the_next_login() {
        let (error, class) = login(&Fake::default(), &TokenAuth::new("hvs.x")).await.unwrap_err();
        assert_eq!((error.code(), class), ("LK-0109", Class::Node));
    }

    #[test]
    fn a_token_with_a_newline_is_refused_by_the_name_it_came_by() {
        let error = TokenAuth::of("hvs.s3cret\n", "VAULT_TOKEN").check().unwrap_err();
        assert_eq!(error.to_string(), "LK-0103: VAULT_TOKEN ends with a newline. Remove the newline");
    }

    #[test]
    fn different_tokens_have_different_identities() {
        assert_ne!(TokenAuth::new("a").identity(), TokenAuth::new("b").identity());
        assert_ne!(TokenAuth::new("/a").identity(), TokenAuth::file("/a").identity());
    }

    #[test]
    fn who_allows_the_root_policy_shares_with_nobody_who_does_not() {
        assert_ne!(TokenAuth::new("a").identity(), TokenAuth::new("a").allow_root_token().identity());
    }
}
