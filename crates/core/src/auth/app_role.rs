//! Logging in with AppRole.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use serde::Serialize;

use super::file::{Rules, SecretFile};
use super::{AuthMethod, Login, LoginContext, identity_of};
use crate::error::Result;
use crate::secret::SecretString;
use crate::vault::{CreationPath, MountPath, exposed, unwrap_secret_id};

const MOUNT: &str = "approle";

/// Logs in with a role id and a secret id, which is given, read from a file at each login, or unwrapped.
///
/// The token is Leasekey's own: it is renewed, and revoked on close.
#[derive(Debug)]
pub struct AppRoleAuth {
    role_id: SecretString,
    source: Source,
    mount: String,
    wrapping: Wrapping,
    unwrapped: Mutex<Option<Unwrapped>>,
}

#[derive(Debug)]
enum Source {
    Text(SecretString),
    File(SecretFile),
}

#[derive(Debug)]
enum Wrapping {
    No,
    /// Made for any role of the mount.
    AtMount,
    At(String),
}

// A wrapping token works once, its secret id perhaps more often: later logins use what it gave.
#[derive(Debug)]
struct Unwrapped {
    from: SecretString,
    secret_id: SecretString,
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(serialize_with = "exposed")]
    role_id: &'a SecretString,
    #[serde(serialize_with = "exposed")]
    secret_id: &'a SecretString,
}

impl AppRoleAuth {
    /// This role id and secret id.
    pub fn new(role_id: impl Into<SecretString>, secret_id: impl Into<SecretString>) -> Self {
        Self::of(role_id.into(), Source::Text(secret_id.into()))
    }

    /// This role id, and the secret id in this file, which is read anew at each login: at most 64 KiB, and a
    /// newline at its end is dropped. Links are followed; a file that others can write is refused, one that
    /// all can read is warned of once.
    pub fn file(role_id: impl Into<SecretString>, path: impl Into<PathBuf>) -> Self {
        Self::of(role_id.into(), Source::File(SecretFile::new(path, Rules::Named)))
    }

    fn of(role_id: SecretString, source: Source) -> Self {
        let (mount, wrapping) = (MOUNT.to_owned(), Wrapping::No);
        Self { role_id, source, mount, wrapping, unwrapped: Mutex::new(None) }
    }

    /// Where the method is mounted: `approle` unless set.
    #[must_use]
    pub fn mount(mut self, mount: impl Into<String>) -> Self {
        self.mount = mount.into();
        self
    }

    /// The secret id is a response-wrapping token. It is unwrapped only if it was made at
    /// `auth/<mount>/role/<any>/secret-id`; a token used before ends in `LK-0119`, a security event.
    #[must_use]
    pub fn wrapped(mut self) -> Self {
        self.wrapping = Wrapping::AtMount;
        self
    }

    /// The secret id is a response-wrapping token that was made at exactly this path,
    /// `auth/approle/role/orders/secret-id`.
    #[must_use]
    pub fn wrapped_at(mut self, creation_path: impl Into<String>) -> Self {
        self.wrapping = Wrapping::At(creation_path.into());
        self
    }

    async fn secret_id(&self, vault: &LoginContext<'_>, mount: MountPath) -> Result<SecretString> {
        let given = match &self.source {
            Source::Text(secret_id) => secret_id.clone(),
            Source::File(file) => file.read(vault.context())?,
        };
        let expected = match &self.wrapping {
            Wrapping::No => return Ok(given),
            Wrapping::AtMount => CreationPath::SecretIdAt(mount),
            Wrapping::At(path) => CreationPath::Exactly(path.trim_matches('/').to_owned()),
        };
        if let Some(secret_id) = self.unwrapped_from(&given) {
            return Ok(secret_id);
        }
        let secret_id = unwrap_secret_id(vault.client, &given, &expected, vault.allowance)
            .await
            .map_err(|fault| vault.keep(fault))?;
        let unwrapped = Unwrapped { from: given, secret_id: secret_id.clone() };
        *self.unwrapped.lock().unwrap_or_else(PoisonError::into_inner) = Some(unwrapped);
        Ok(secret_id)
    }

    fn unwrapped_from(&self, wrapping_token: &SecretString) -> Option<SecretString> {
        let unwrapped = self.unwrapped.lock().unwrap_or_else(PoisonError::into_inner);
        let unwrapped = unwrapped.as_ref().filter(|unwrapped| unwrapped.from == *wrapping_token)?;
        Some(unwrapped.secret_id.clone())
    }
}

#[async_trait]
impl AuthMethod for AppRoleAuth {
    async fn login(&self, vault: &LoginContext<'_>) -> Result<Login> {
        let mount: MountPath = self.mount.parse()?;
        let path = format!("auth/{mount}/login");
        let secret_id = self.secret_id(vault, mount).await?;
        vault.post(&path, &Body { role_id: &self.role_id, secret_id: &secret_id }).await
    }

    fn check(&self) -> Result<()> {
        self.mount.parse::<MountPath>().map(drop)
    }

    fn subject(&self) -> String {
        format!("auth/{}", self.mount)
    }

    fn identity(&self) -> Option<SecretString> {
        let wrapping = format!("{:?}", self.wrapping);
        let shared = ["approle", &self.mount, self.role_id.expose(), &wrapping];
        Some(match &self.source {
            Source::Text(secret_id) => identity_of(&[&shared[..], &["text", secret_id.expose()]].concat()),
            Source::File(file) => {
                identity_of(&[&shared[..], &["file", &file.path().to_string_lossy()]].concat())
            }
        })
    }

    fn single_use(&self) -> bool {
        !matches!(self.wrapping, Wrapping::No)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refresh::Allowance;
    use crate::vault::fake::{Fake, reply};

    const V: &str = "https://v";
    const LOGIN: &str = r#"{"auth":{"client_token":"hvs.x","lease_duration":60,"renewable":true}}"#;

    async fn login(fake: &Fake, auth: &AppRoleAuth) -> Result<Login> {
        let (client, allowance) = (fake.client(&[V]), Allowance::new(4));
        auth.login(&LoginContext::new(&client, &allowance)).await
    }

    fn wrapping(fake: &Fake, creation_path: &str) {
        fake.answers(V, reply(200, &format!(r#"{{"data":{{"creation_path":"{creation_path}"}}}}"#)));
    }

    #[tokio::test]
    async fn a_login_posts_both_ids_and_owns_its_token() {
        let fake = Fake::default();
        fake.answers(V, reply(200, LOGIN));
        let login = login(&fake, &AppRoleAuth::new("role", "s3cret").mount("team/approle")).await.unwrap();
        assert!(login.owned && login.renewable);
        let sent = r#"POST https://v/v1/auth/team/approle/login {"role_id":"role","secret_id":"s3cret"}"#;
        assert_eq!(fake.sent(), [sent]);
        assert_eq!(fake.header(0, "x-vault-token"), None);
    }

    #[tokio::test]
    async fn a_rejected_login_names_the_mount_and_hides_the_secret_id() {
        let fake = Fake::default();
        fake.answers(V, reply(400, r#"{"errors":["invalid secret_id \"s3cret\""]}"#));
        let error = login(&fake, &AppRoleAuth::new("role", "s3cret")).await.unwrap_err();
        assert_eq!(error.code(), "LK-0122");
        assert!(error.message().contains("auth/approle/login") && !format!("{error:?}").contains("s3cret"));
    }

    #[tokio::test]
    async fn a_wrapped_secret_id_is_unwrapped_once_and_used_again() {
        let fake = Fake::default();
        let auth = AppRoleAuth::new("role", "hvs.wrap").wrapped();
        wrapping(&fake, "auth/approle/role/orders/secret-id");
        fake.answers(V, reply(200, r#"{"data":{"secret_id":"s3cret"}}"#));
        fake.answers(V, reply(200, LOGIN)).answers(V, reply(200, LOGIN));
        login(&fake, &auth).await.unwrap();
        login(&fake, &auth).await.unwrap();
        let paths: Vec<_> =
            fake.sent().iter().map(|sent| sent.split(' ').nth(1).unwrap().to_owned()).collect();
        let (wrapping, login) = ("https://v/v1/sys/wrapping", "https://v/v1/auth/approle/login");
        assert_eq!(paths, [&format!("{wrapping}/lookup"), &format!("{wrapping}/unwrap"), login, login]);
        assert_eq!(fake.header(1, "x-vault-token").as_deref(), Some("hvs.wrap"));
        assert!(auth.single_use());
    }

    #[tokio::test]
    async fn a_token_wrapped_elsewhere_is_not_unwrapped() {
        let fake = Fake::default();
        wrapping(&fake, "auth/approle/role/billing/secret-id");
        let auth = AppRoleAuth::new("role", "hvs.wrap").wrapped_at("auth/approle/role/orders/secret-id");
        let error = login(&fake, &auth).await.unwrap_err();
        assert_eq!((error.code(), fake.sent().len()), ("LK-0119", 1));
        assert!(error.message().contains("role/billing"));
    }

    #[tokio::test]
    async fn a_used_wrapping_token_is_a_security_event() {
        let fake = Fake::default();
        fake.answers(V, reply(400, r#"{"errors":["wrapping token is not valid or does not exist"]}"#));
        let error = login(&fake, &AppRoleAuth::new("role", "hvs.wrap").wrapped()).await.unwrap_err();
        assert_eq!(error.code(), "LK-0119");
        assert!(!format!("{error:?}").contains("hvs.wrap"));
    }

    #[tokio::test]
    async fn a_secret_id_file_is_read_at_each_login() {
        let fake = Fake::default();
        let auth = AppRoleAuth::file("role", "/run/secret-id");
        for secret_id in ["one", "two"] {
            fake.file("/run/secret-id", secret_id);
            fake.answers(V, reply(200, LOGIN));
            login(&fake, &auth).await.unwrap();
        }
        assert!(fake.sent()[0].contains("one") && fake.sent()[1].contains("two"));
    }

    #[test]
    fn a_mount_that_would_change_the_path_is_refused_before_any_request() {
        assert_eq!(AppRoleAuth::new("r", "s").mount("../sys").check().unwrap_err().code(), "LK-0115");
    }

    #[test]
    fn logins_with_different_material_have_different_identities() {
        let identity = |auth: AppRoleAuth| auth.identity().unwrap().expose().to_owned();
        let all = [
            identity(AppRoleAuth::new("r", "a")),
            identity(AppRoleAuth::new("r", "b")),
            identity(AppRoleAuth::new("q", "a")),
            identity(AppRoleAuth::new("r", "a").mount("m")),
            identity(AppRoleAuth::new("r", "a").wrapped()),
            identity(AppRoleAuth::file("r", "a")),
        ];
        assert_eq!(all.iter().collect::<std::collections::HashSet<_>>().len(), all.len());
    }
}
