//! Response wrapping: a secret that can be had once. Where it was made is checked before it is used up.

use serde::{Deserialize, Serialize};
use vaultrs::api::sys::requests::UnwrapRequest;

use super::client::VaultClient;
use super::endpoint::{Post, exposed};
use super::fault::Operation;
use super::name::MountPath;
use crate::error::{Error, ErrorKind, printable};
use crate::refresh::{Allowance, Class, Fault};
use crate::secret::SecretString;

/// Where a wrapping token must have been made.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum CreationPath {
    /// Exactly there.
    Exactly(String),
    /// At the secret ids of any one role of this AppRole mount.
    SecretIdAt(MountPath),
}

impl CreationPath {
    fn allows(&self, found: &str) -> bool {
        match self {
            Self::Exactly(path) => path == found,
            Self::SecretIdAt(mount) => found
                .strip_prefix(&format!("auth/{mount}/role/"))
                .and_then(|rest| rest.strip_suffix("/secret-id"))
                .is_some_and(|role| !role.is_empty() && !role.contains('/')),
        }
    }

    fn told(&self) -> String {
        match self {
            Self::Exactly(path) => path.clone(),
            Self::SecretIdAt(mount) => format!("auth/{mount}/role/<role>/secret-id"),
        }
    }
}

#[derive(Serialize)]
struct Lookup<'a> {
    #[serde(serialize_with = "exposed")]
    token: &'a SecretString,
}

#[derive(Deserialize)]
struct Found {
    creation_path: Option<String>,
}

#[derive(Deserialize)]
struct Unwrapped {
    secret_id: SecretString,
}

/// Unwraps an AppRole secret id: two requests, and none that uses the token up before its origin is known.
///
/// # Errors
/// `LK-0119` when the token was used before, is forged or was made elsewhere: a security event.
pub(crate) async fn unwrap_secret_id(
    client: &VaultClient,
    wrapping_token: &SecretString,
    expected: &CreationPath,
    allowance: &Allowance,
) -> Result<SecretString, Fault> {
    let lookup = Post::new("sys/wrapping/lookup", &Lookup { token: wrapping_token })?;
    let envelope = client.call(Operation::Wrapping, &lookup, None, allowance).await?;
    let found: Found = envelope.data()?;
    origin(found.creation_path.as_deref(), expected)?;
    let unwrap = UnwrapRequest { token: None };
    let envelope = client.call(Operation::Wrapping, &unwrap, Some(wrapping_token), allowance).await?;
    Ok(envelope.data::<Unwrapped>()?.secret_id)
}

fn origin(found: Option<&str>, expected: &CreationPath) -> Result<(), Fault> {
    let found = found.unwrap_or("an unknown path");
    if expected.allows(found) {
        return Ok(());
    }
    let what = format!(
        "the wrapping token was made at {}, not at {}; it was not unwrapped",
        printable(found),
        expected.told()
    );
    Err(Fault::new(Class::Denied, Error::new(ErrorKind::Wrapping, what)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_secret_ids_of_the_mount_are_expected() {
        let at = CreationPath::SecretIdAt("approle".parse().unwrap());
        assert!(at.allows("auth/approle/role/orders/secret-id"));
        for path in [
            "auth/other/role/orders/secret-id",
            "auth/approle/role//secret-id",
            "auth/approle/role/a/b/secret-id",
            "auth/approle/role/secret-id",
            "sys/wrapping/wrap",
            "auth/approle/role/orders/secret-id/",
        ] {
            assert!(!at.allows(path), "{path}");
            assert_eq!(origin(Some(path), &at).unwrap_err().error.code(), "LK-0119");
        }
        assert!(origin(None, &at).is_err());
    }

    #[test]
    fn a_named_path_must_be_met_exactly() {
        let at = CreationPath::Exactly("auth/approle/role/orders/secret-id".into());
        assert!(at.allows("auth/approle/role/orders/secret-id"));
        assert!(!at.allows("auth/approle/role/billing/secret-id"));
    }
}
