//! Values of environment variables.

use super::ConfigKey;
use super::value::{Origin, Value};
use crate::context::Env;
use crate::error::{Error, ErrorKind, Result};
use crate::secret::SecretString;

/// The settings that variables give.
pub(super) fn values(env: &dyn Env) -> Result<Vec<(ConfigKey, Value)>> {
    let mut values = Vec::new();
    for key in ConfigKey::ALL {
        if let Some(value) = first(env, key.env_names())? {
            values.push((*key, value));
        }
    }
    Ok(values)
}

// The first variable that is set and not empty. An empty BAO_ADDR still hides VAULT_ADDR, as in OpenBao.
fn first(env: &dyn Env, names: &[&'static str]) -> Result<Option<Value>> {
    let mut hidden = String::new();
    for name in names {
        match read(env, name)? {
            _ if hidden == *name => {}
            Some(text) if text.is_empty() => hidden = name.replacen("BAO_", "VAULT_", 1),
            Some(text) => {
                return Ok(Some(Value { text: SecretString::from(text), origin: Origin::Env(name) }));
            }
            None => {}
        }
    }
    Ok(None)
}

/// A variable's text.
pub(super) fn read(env: &dyn Env, name: &str) -> Result<Option<String>> {
    env.var(name).map_err(|_| {
        Error::new(ErrorKind::InvalidSetting, format!("{name} is not UTF-8"))
            .with_hint(format!("Correct or unset {name}"))
    })
}
