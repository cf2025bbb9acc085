//! How to log in when the code names no method: the first that is configured, and no other after it.

use std::path::PathBuf;
use std::sync::Arc;

use crate::auth::{AppRoleAuth, AuthMethod, TokenAuth};
use crate::config::{Config, ConfigKey, Origin};
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result, printable};

/// The configured method: `LEASEKEY_AUTH` if set; else AppRole, the token variable, the token file.
pub(super) fn configured(
    context: &Context,
    config: &Config,
    environment: bool,
) -> Result<Arc<dyn AuthMethod>> {
    match config.text(ConfigKey::Auth) {
        Some("approle") => app_role(config)?.ok_or_else(|| incomplete("LEASEKEY_ROLE_ID is not set")),
        Some("token") => {
            token(context, config, environment)?.ok_or_else(|| nothing(context, config, environment))
        }
        Some(other) => {
            let place = config.place(ConfigKey::Auth);
            let known = ConfigKey::Auth.words().join(" and ");
            let what = format!("{place} is {:?}; known are {known}", printable(other));
            Err(Error::new(ErrorKind::InvalidSetting, what))
        }
        None => match app_role(config)? {
            Some(method) => Ok(method),
            None => token(context, config, environment)?.ok_or_else(|| nothing(context, config, environment)),
        },
    }
}

fn app_role(config: &Config) -> Result<Option<Arc<dyn AuthMethod>>> {
    let Some(role_id) = config.text(ConfigKey::RoleId) else {
        return match config.origin(ConfigKey::SecretId).or(config.origin(ConfigKey::SecretIdFile)) {
            Some(_) => Err(incomplete("a secret id is set, but LEASEKEY_ROLE_ID is not")),
            None => Ok(None),
        };
    };
    let mut method = match (config.secret(ConfigKey::SecretId), config.text(ConfigKey::SecretIdFile)) {
        (Some(secret_id), _) => AppRoleAuth::new(role_id, secret_id),
        (None, Some(path)) => AppRoleAuth::file(role_id, path),
        (None, None) => {
            let what =
                "LEASEKEY_ROLE_ID is set, but neither LEASEKEY_SECRET_ID nor LEASEKEY_SECRET_ID_FILE is";
            return Err(incomplete(what));
        }
    };
    if let Some(mount) = config.text(ConfigKey::AuthMount) {
        method = method.mount(mount);
    }
    if config.boolean(ConfigKey::SecretIdWrapped)? {
        method = method.wrapped();
    }
    Ok(Some(Arc::new(method)))
}

fn token(context: &Context, config: &Config, environment: bool) -> Result<Option<Arc<dyn AuthMethod>>> {
    let mut method = match config.secret(ConfigKey::Token) {
        Some(token) => TokenAuth::of(token, token_place(config)),
        None => match token_file(context, config, environment) {
            Some(method) => method,
            None => return Ok(None),
        },
    };
    if config.boolean(ConfigKey::AllowRootToken)? {
        method = method.allow_root_token();
    }
    Ok(Some(Arc::new(method)))
}

// What a person has to correct when the token cannot be one.
fn token_place(config: &Config) -> &'static str {
    match config.origin(ConfigKey::Token) {
        Some(Origin::Env(name)) => name,
        Some(Origin::Builder) => "token=",
        _ => "the token of the settings file",
    }
}

/// A file that is named must be there when it is read; the usual one counts only if it exists.
fn token_file(context: &Context, config: &Config, environment: bool) -> Option<TokenAuth> {
    if let Some(Origin::Default) | None = config.origin(ConfigKey::TokenPath) {
        if !environment {
            return None;
        }
        let path = usual_token_file(context)?;
        let absent = context.files.read(&path, 0).is_err_and(|e| e.kind() == std::io::ErrorKind::NotFound);
        return (!absent).then(|| TokenAuth::home_file(path));
    }
    config.text(ConfigKey::TokenPath).map(TokenAuth::file)
}

fn usual_token_file(context: &Context) -> Option<PathBuf> {
    context.env.home().map(|home| home.join(".vault-token"))
}

fn incomplete(what: &str) -> Error {
    Error::new(ErrorKind::NoAuth, what)
}

fn nothing(context: &Context, config: &Config, environment: bool) -> Error {
    let address = config.text(ConfigKey::Address).map(printable).unwrap_or_default();
    let what = format!("no way to log in to {address} is configured");
    if !environment {
        return Error::new(ErrorKind::NoAuth, what).with_hint("Pass auth=, or build with from_env()");
    }
    let file = usual_token_file(context);
    let file = file.map_or("no home directory".into(), |path| format!("{} (missing)", path.display()));
    let tried = format!("AppRole (LEASEKEY_ROLE_ID unset), BAO_TOKEN and VAULT_TOKEN (unset), {file}");
    Error::new(ErrorKind::NoAuth, format!("{what}. Tried: {tried}"))
}
