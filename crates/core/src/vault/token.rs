//! `auth/token`: what a token is, its renewal and its end; and the `auth` block that every login answers.

use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;
use vaultrs::api::token::requests::{LookupTokenSelfRequest, RevokeTokenSelfRequest};

use super::ask::header_text;
use super::client::VaultClient;
use super::endpoint::Post;
use super::envelope::Envelope;
use super::fault::Operation;
use super::json::Seconds;
use crate::error::{Error, ErrorKind, printable};
use crate::refresh::{Allowance, Class, Fault};
use crate::secret::SecretString;
use crate::time::BootInstant;

/// What Vault says of a token.
#[derive(Clone, Debug)]
pub(crate) struct TokenInfo {
    /// How long it lasts, counted from `started`; none is for ever.
    pub(crate) ttl: Option<Duration>,
    pub(crate) renewable: bool,
    pub(crate) policies: Vec<String>,
    pub(crate) entity_id: Option<String>,
    pub(crate) request_id: String,
    pub(crate) warnings: Vec<String>,
    pub(crate) started: BootInstant,
    pub(crate) rtt: Duration,
}

/// What a login or a renewal answers in `auth`.
#[derive(Debug)]
pub(crate) struct LoginReply {
    pub(crate) token: SecretString,
    /// How long the token lasts, counted from `started`; none is for ever.
    pub(crate) ttl: Option<Duration>,
    pub(crate) renewable: bool,
    pub(crate) entity_id: Option<String>,
    /// A batch token is neither renewed nor revoked.
    pub(crate) batch: bool,
    pub(crate) request_id: String,
    pub(crate) warnings: Vec<String>,
    pub(crate) started: BootInstant,
    pub(crate) rtt: Duration,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Found {
    ttl: Seconds,
    renewable: Option<bool>,
    policies: Option<Vec<String>>,
    identity_policies: Option<Vec<String>>,
    entity_id: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Auth {
    client_token: Option<SecretString>,
    lease_duration: Seconds,
    renewable: Option<bool>,
    entity_id: Option<String>,
    token_type: Option<String>,
    mfa_requirement: Option<Box<RawValue>>,
}

/// Looks the token up. Uses up one of its uses, if they are counted.
pub(crate) async fn lookup_self(
    client: &VaultClient,
    token: &SecretString,
    allowance: &Allowance,
) -> Result<TokenInfo, Fault> {
    let ask = LookupTokenSelfRequest {};
    let envelope = client.call(Operation::Token, &ask, Some(token), allowance).await?;
    let found: Found = envelope.data()?;
    let ttl = ttl(&found.ttl).ok_or_else(|| envelope.unusable(&format!("has the ttl {}", found.ttl)))?;
    let policies = found.policies.into_iter().chain(found.identity_policies).flatten();
    Ok(TokenInfo {
        ttl,
        renewable: found.renewable.unwrap_or(false),
        policies: policies.map(|policy| printable(&policy)).collect(),
        entity_id: text(found.entity_id),
        request_id: envelope.request_id,
        warnings: envelope.warnings,
        started: envelope.started,
        rtt: envelope.rtt,
    })
}

/// Renews the token by as much as Vault gives.
pub(crate) async fn renew_self(
    client: &VaultClient,
    token: &SecretString,
    allowance: &Allowance,
) -> Result<LoginReply, Fault> {
    let post = Post::new("auth/token/renew-self", &serde_json::json!({}))?;
    LoginReply::read(client.call(Operation::Token, &post, Some(token), allowance).await?)
}

/// Ends the token and every lease that was made under it. Only for tokens that Leasekey created.
pub(crate) async fn revoke_self(
    client: &VaultClient,
    token: &SecretString,
    allowance: &Allowance,
) -> Result<(), Fault> {
    let ask = RevokeTokenSelfRequest {};
    client.call(Operation::Revoke, &ask, Some(token), allowance).await.map(drop)
}

impl LoginReply {
    /// Logs in with `post`.
    pub(crate) async fn of(client: &VaultClient, post: &Post, allowance: &Allowance) -> Result<Self, Fault> {
        Self::read(client.call(Operation::Login, post, None, allowance).await?)
    }

    fn read(envelope: Envelope) -> Result<Self, Fault> {
        let auth: Auth = envelope.auth()?;
        if auth.mfa_requirement.is_some() {
            let what = "the login needs a second factor, which a background login cannot give";
            return Err(Fault::new(Class::Denied, Error::new(ErrorKind::MfaRequired, what)));
        }
        let token = auth.client_token.filter(|token| header_text(token, "").is_ok());
        let token = token.ok_or_else(|| envelope.unusable("has no token that can be sent"))?;
        let said = &auth.lease_duration;
        let ttl =
            ttl(said).ok_or_else(|| envelope.unusable(&format!("has a token of lease_duration {said}")))?;
        Ok(Self {
            token,
            ttl,
            renewable: auth.renewable.unwrap_or(false),
            entity_id: text(auth.entity_id),
            batch: auth.token_type.as_deref() == Some("batch"),
            request_id: envelope.request_id,
            warnings: envelope.warnings,
            started: envelope.started,
            rtt: envelope.rtt,
        })
    }
}

// Of a token, unlike of a lease, 0 does mean for ever.
fn ttl(said: &Seconds) -> Option<Option<Duration>> {
    match said {
        Seconds::Count(_) => Some(said.span()),
        Seconds::Absent | Seconds::Unusable(_) => None,
    }
}

fn text(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(|text| printable(&text))
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use serde_json::{Value, json};

    use super::*;
    use crate::secret::SecretBytes;

    fn login(auth: &Value) -> Result<LoginReply, Fault> {
        let body = json!({ "request_id": "7a2e", "auth": auth }).to_string();
        LoginReply::read(Envelope::read(SecretBytes::from(body.into_bytes()), &HeaderMap::new()).unwrap())
    }

    #[test]
    fn a_login_is_read_and_its_token_not_shown() {
        let auth = json!({"client_token": "hvs.s3cret", "accessor": "acc", "policies": ["default", "orders"],
            "lease_duration": 3600, "renewable": true, "entity_id": "", "token_type": "service", "orphan": true,
            "mfa_requirement": null});
        let reply = login(&auth).unwrap();
        assert_eq!((reply.token.expose(), reply.ttl), ("hvs.s3cret", Some(Duration::from_secs(3600))));
        assert_eq!((reply.entity_id.as_deref(), reply.batch), (None, false));
        assert!(!format!("{reply:?}").contains("s3cret"));
    }

    #[test]
    fn a_token_of_duration_0_is_for_ever() {
        assert_eq!(login(&json!({"client_token": "t", "lease_duration": 0})).unwrap().ttl, None);
    }

    #[test]
    fn a_login_that_cannot_be_used_is_refused() {
        for auth in [
            json!(null),
            json!({"client_token": "t"}),
            json!({"client_token": "t", "lease_duration": -1}),
            json!({"client_token": "", "lease_duration": 1}),
            json!({"client_token": "t\n", "lease_duration": 1}),
            json!({"client_token": 1, "lease_duration": 1}),
        ] {
            assert_eq!(login(&auth).unwrap_err().error.code(), "LK-0113", "{auth}");
        }
    }

    #[test]
    fn a_second_factor_is_named() {
        let auth = json!({"client_token": "", "mfa_requirement": {"mfa_request_id": "x"}});
        assert_eq!(login(&auth).unwrap_err().error.code(), "LK-0121");
    }
}
