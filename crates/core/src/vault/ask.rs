//! A request before a node is chosen: everything of it is judged before anything is sent.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method};
use rustify::endpoint::Endpoint;
use serde_json::value::RawValue;

use super::fault::Operation;
use super::name::{Namespace, path};
use crate::error::{Error, ErrorKind, Result, printable};
use crate::secret::{SecretBytes, SecretString};

const LONGEST_PATH: usize = 512;
const AGENT: &str = concat!("leasekey/", env!("CARGO_PKG_VERSION"));

/// What is asked, of whichever node.
pub(super) struct Ask<'a> {
    pub(super) operation: Operation<'a>,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: SecretBytes,
    secrets: Vec<SecretString>,
}

impl<'a> Ask<'a> {
    pub(super) fn new<E: Endpoint>(
        operation: Operation<'a>,
        endpoint: &E,
        token: Option<&SecretString>,
        namespace: Option<&Namespace>,
        mfa: Option<&HeaderValue>,
    ) -> Result<Self> {
        let bug = |what: &str| Error::new(ErrorKind::Bug, format!("a request to Vault has {what}"));
        // Some paths in vaultrs begin with a tab.
        let given = endpoint.path();
        let given = given.trim_matches(|c: char| c == '/' || c.is_whitespace());
        judge(given)?;
        let body = endpoint.body().map_err(|_| bug("a body that cannot be written"))?.unwrap_or_default();
        let body = SecretBytes::from(body);
        let mut headers = headers(token, namespace, mfa)?;
        if !body.expose().is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let mut secrets: Vec<SecretString> = token.into_iter().cloned().collect();
        if matches!(operation, Operation::Login | Operation::Wrapping) {
            secrets.extend(texts(body.expose()));
        }
        let method = endpoint.method().into();
        Ok(Self { operation, method, path: given.to_owned(), headers, body, secrets })
    }

    /// The capability that a policy must grant for this.
    pub(super) fn capability(&self) -> &'static str {
        if self.method == Method::GET { "read" } else { "update" }
    }

    /// The text without what must not be printed: AppRole, for one, quotes a refused secret id.
    pub(super) fn hide(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret.expose(), "[secret]"))
    }
}

fn judge(given: &str) -> Result<()> {
    let plain = given.replace('@', "_"); // allowed in roles, and in every path
    path(&plain, LONGEST_PATH).map_err(|why| {
        let shown: String = given.chars().take(60).collect();
        Error::new(ErrorKind::InvalidName, format!("the path \"{}\" {why}", printable(&shown)))
    })
}

fn headers(
    token: Option<&SecretString>,
    namespace: Option<&Namespace>,
    mfa: Option<&HeaderValue>,
) -> Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
    // Agents that ask for it refuse requests without: a browser cannot be tricked into sending it.
    headers.insert("x-vault-request", HeaderValue::from_static("true"));
    if let Some(token) = token {
        headers.insert("x-vault-token", header_text(token, "the token")?);
    }
    if let Some(namespace) = namespace {
        let value = HeaderValue::from_str(namespace.as_str())
            .map_err(|_| Error::new(ErrorKind::InvalidName, "the namespace cannot be sent"))?;
        headers.insert("x-vault-namespace", value);
    }
    if let Some(mfa) = mfa {
        headers.insert("x-vault-mfa", mfa.clone());
    }
    Ok(headers)
}

/// A secret as the value of a header, marked sensitive. `what` names it: `VAULT_TOKEN`, a file.
///
/// # Errors
/// `LK-0103` saying what is wrong with it, never what it is.
pub(crate) fn header_text(secret: &SecretString, what: &str) -> Result<HeaderValue> {
    let refuse = |why: &str| Error::new(ErrorKind::TokenRefused, format!("{what} {why}"));
    let text = secret.expose();
    if text.is_empty() {
        return Err(refuse("is empty"));
    }
    if text.ends_with(['\n', '\r']) {
        return Err(refuse("ends with a newline").with_hint("Remove the newline"));
    }
    if let Some(place) = text.bytes().position(|byte| !byte.is_ascii_graphic()) {
        let why = format!("has a space, a control character or a letter beyond ASCII as byte {}", place + 1);
        return Err(refuse(&why));
    }
    let mut value = HeaderValue::from_maybe_shared(Bytes::from_owner(Wiped(secret.clone())))
        .map_err(|_| refuse("cannot be sent in a header"))?;
    value.set_sensitive(true);
    Ok(value)
}

// The header's own memory, wiped with its last clone.
struct Wiped(SecretString);

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        self.0.expose().as_bytes()
    }
}

// The texts in a login's body, but for the names that a message needs.
fn texts(body: &[u8]) -> Vec<SecretString> {
    let fields: std::collections::HashMap<String, &RawValue> =
        serde_json::from_slice(body).unwrap_or_default();
    let secret = |(key, _): &(String, &RawValue)| key != "role" && key != "name";
    let text = |(_, raw): (String, &RawValue)| serde_json::from_str::<SecretString>(raw.get()).ok();
    let long = |text: &SecretString| text.expose().len() >= 4;
    fields.into_iter().filter(secret).filter_map(text).filter(long).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::endpoint::Post;

    fn ask(path: &str, token: &str) -> Result<Ask<'static>> {
        let post =
            Post::new(path, &serde_json::json!({ "secret_id": "s3cret-id", "role": "orders" })).unwrap();
        Ask::new(Operation::Login, &post, Some(&token.into()), None, None)
    }

    #[test]
    fn secrets_in_headers_are_marked_sensitive() {
        let namespace = "pay/eu/".parse().unwrap();
        let post = Post::new("aws/creds/r", &()).unwrap();
        let token = "hvs.x".into();
        let ask = Ask::new(Operation::Token, &post, Some(&token), Some(&namespace), None).unwrap();
        assert!(ask.headers.get("x-vault-token").unwrap().is_sensitive());
        assert_eq!(ask.headers.get("x-vault-namespace").unwrap(), "pay/eu");
        assert_eq!(ask.headers.get("x-vault-request").unwrap(), "true");
    }

    #[test]
    fn a_token_that_cannot_be_sent_is_refused_and_not_shown() {
        for (token, why) in [
            ("s3cret\n", "the token ends with a newline"),
            ("", "the token is empty"),
            ("s3c ret", "the token has a space, a control character or a letter beyond ASCII as byte 4"),
            ("s3cr\u{e9}t", "the token has a space, a control character or a letter beyond ASCII as byte 5"),
        ] {
            let error = ask("auth/approle/login", token).err().unwrap();
            assert_eq!((error.code(), error.message()), ("LK-0103", why));
        }
    }

    #[test]
    fn paths_that_mean_others_are_never_sent() {
        for path in ["auth/../sys/seal", "auth//login", "", "a%2fb", "a?b", "a\r\nb", "auth/./x"] {
            assert_eq!(ask(path, "t").err().unwrap().code(), "LK-0115", "{path}");
        }
        assert_eq!(ask("/auth/custom/login/", "t").unwrap().path, "auth/custom/login");
    }

    #[test]
    fn the_words_of_a_refused_login_hide_its_material() {
        let ask = ask("auth/approle/login", "hvs.token").unwrap();
        assert_eq!(ask.hide("orders: invalid s3cret-id, hvs.token"), "orders: invalid [secret], [secret]");
    }
}
