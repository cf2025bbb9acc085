//! What can go wrong, and what the user should do about it.

mod explanation;

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

/// A result whose error is [`enum@ErrorKind`] with its story: [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of Leasekey.
///
/// `Display` is one line, `LK-0106: what, where and why. next command`; it never repeats
/// [`source`](StdError::source), so print the whole chain where the chain matters. No error of
/// Leasekey holds a secret, a token, a request body or a reply body: the texts that Vault lists in its
/// `errors` are kept, escaped and cut to 300 characters each.
///
/// `Debug`, which `main` prints, is the same line and then the chain, a line each.
///
/// An `Error` is cheap to clone: all callers that waited for one attempt share it.
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    what: String,
    hint: String,
    vault_request_id: Option<String>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of this kind; `what` says what happened, where and why, without a full stop.
    ///
    /// Use it in your own [`AuthMethod`](crate::AuthMethod) and hooks. The hint is the kind's own until
    /// [`with_hint`](Self::with_hint) gives a better one.
    pub fn new(kind: ErrorKind, what: impl Into<String>) -> Self {
        let hint = kind.hint().to_owned();
        Self(Arc::new(Inner { kind, what: what.into(), hint, vault_request_id: None, source: None }))
    }

    /// Replaces the user's next action, for example a command.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.0).hint = hint.into();
        self
    }

    /// Tells what became of it besides, after what happened.
    #[cfg(feature = "vault")]
    #[must_use]
    pub(crate) fn and(mut self, more: &str) -> Self {
        Arc::make_mut(&mut self.0).what.push_str(more);
        self
    }

    /// Keeps the error that caused this one.
    #[must_use]
    pub fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        Arc::make_mut(&mut self.0).source = Some(Arc::new(source));
        self
    }

    /// Keeps the `request_id` of Vault's reply, the `request.id` of its audit log.
    #[must_use]
    pub fn with_vault_request_id(mut self, id: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.0).vault_request_id = Some(id.into());
        self
    }

    /// Names what an error is about that says when and not what: an expiry, a deadline.
    #[cfg(feature = "vault")]
    pub(crate) fn about(mut self, subject: &str) -> Self {
        if matches!(self.0.kind, ErrorKind::Expired | ErrorKind::NotReady) {
            let inner = Arc::make_mut(&mut self.0);
            inner.what = format!("{subject}: {}", inner.what);
        }
        self
    }

    /// What kind of error this is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The stable code, `"LK-0106"`; `docs/errors.md` lists them.
    pub fn code(&self) -> &'static str {
        self.0.kind.code()
    }

    /// What happened, where and why, without the code and the hint.
    pub fn message(&self) -> &str {
        &self.0.what
    }

    /// What the user should do next.
    pub fn hint(&self) -> &str {
        &self.0.hint
    }

    /// The `request_id` of Vault's reply, when there was one.
    pub fn vault_request_id(&self) -> Option<&str> {
        self.0.vault_request_id.as_deref()
    }

    /// Whether the same call may succeed later with nothing changed. Leasekey retries in the background
    /// by itself; this is for callers that decide whether to wait.
    pub fn is_retryable(&self) -> bool {
        self.0.kind.is_retryable()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}. {}", self.code(), self.0.what, self.0.hint)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        if let Some(id) = &self.0.vault_request_id {
            write!(f, "\n  Vault's request: {id}")?;
        }
        let mut cause = self.source();
        while let Some(error) = cause {
            write!(f, "\n  caused by: {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|s| s as &(dyn StdError + 'static))
    }
}

macro_rules! error_kinds {
    ($($(#[$doc:meta])+ $name:ident = $code:literal, $retry:literal, $hint:literal;)+) => {
        /// The kinds of [`Error`], one code each. Each says what the user should do.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        #[non_exhaustive]
        pub enum ErrorKind { $($(#[$doc])+ $name,)+ }

        impl ErrorKind {
            /// Every kind, in the order of their codes.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The stable code, `"LK-0101"`.
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }

            /// Whether waiting alone can help.
            pub fn is_retryable(self) -> bool {
                match self { $(Self::$name => $retry),+ }
            }

            /// What the user should do, in general.
            pub fn hint(self) -> &'static str {
                match self { $(Self::$name => $hint),+ }
            }
        }
    };
}

error_kinds! {
    /// No Vault address is configured: set one. The only kind after which a credential chain goes on.
    NotConfigured = "LK-0101", false, "Set VAULT_ADDR (or BAO_ADDR), or pass address=";
    /// No way to log in is configured: set AppRole variables, a token, or name an auth method.
    NoAuth = "LK-0102", false, "Choose one: LEASEKEY_ROLE_ID with LEASEKEY_SECRET_ID, VAULT_TOKEN, or auth=";
    /// Vault refused the token, or the token cannot be one: log in again.
    TokenRefused = "LK-0103", false, "Run: vault login, or use AppRole so that Leasekey can log in again";
    /// TLS failed: name the right CA, server name or scheme. Never downgraded.
    Tls = "LK-0104", false, "Set VAULT_CACERT to the PEM file of the CA that signed Vault's certificate";
    /// The mount, namespace or role does not exist: correct the name.
    RoleNotFound = "LK-0105", false, "Check role, mount and namespace";
    /// The token's policies lack a path: extend the policy.
    PermissionDenied = "LK-0106", false, "Add the path to the policy of this login";
    /// AWS refused what Vault asked of it: correct the role's trust policy or Vault's own rights.
    AwsRefused = "LK-0107", false, "Correct the trust policy of the AWS role or the rights of Vault's AWS identity";
    /// The ttl is out of range for this kind or role: ask for one in range.
    TtlOutOfRange = "LK-0108", false, "Set a ttl that the kind and the role allow";
    /// Vault is sealed, a standby, down or limiting rates: Leasekey goes on trying by itself.
    VaultUnavailable = "LK-0109", true, "Check: curl $VAULT_ADDR/v1/sys/health; Leasekey goes on trying";
    /// The clocks differ by more than AWS accepts: correct the clock.
    ClockSkew = "LK-0110", false, "Correct this host's clock (NTP)";
    /// A new IAM user's key is not usable yet: wait, or use assumed_role.
    KeyNotYetUsable = "LK-0111", true, "Wait up to 30 s; assumed_role avoids this";
    /// A forked process holds single-use login material: give the child its own.
    Forked = "LK-0112", false, "Give the child process its own login material";
    /// Vault's reply cannot be used; the set in hand is kept.
    UnusableReply = "LK-0113", true, "Check what answers at the Vault address and the AWS engine's role";
    /// A redirect left the configured addresses; the token was not sent there.
    RedirectRefused = "LK-0114", false, "Configure the address that answers, or every node in LEASEKEY_ADDRS";
    /// A mount, role or session name has characters that are not allowed.
    InvalidName = "LK-0115", false, "Correct the name";
    /// A setting cannot be read: correct the variable, keyword or file named.
    InvalidSetting = "LK-0116", false, "Correct the setting";
    /// The last set has expired and no new one could be had; Leasekey goes on trying.
    Expired = "LK-0117", true, "See the last error; Leasekey goes on trying";
    /// The provider was closed: make a new one.
    Closed = "LK-0118", false, "Start a new provider";
    /// A response-wrapping token was used before, or comes from another path: treat it as stolen.
    Wrapping = "LK-0119", false, "Treat the wrapped secret as stolen: revoke it and have a new one wrapped";
    /// AWS says that the new set belongs to another account or role than the pin expects.
    IdentityPin = "LK-0120", false, "Check the role and who answers at the Vault address; nothing was served";
    /// The method needs a second factor.
    MfaRequired = "LK-0121", false, "Use a login without MFA, or pass the code where a person is present";
    /// Vault refused the login itself: correct or renew the login material.
    AuthRejected = "LK-0122", false, "Check the login material and the auth mount";
    /// No set yet within the caller's own deadline; the attempt goes on.
    NotReady = "LK-0123", true, "Call again, or raise the deadline; the attempt goes on in the background";
    /// The lease is gone from Vault, revoked or expired: a new set is asked for at once.
    LeaseLost = "LK-0124", true, "Nothing: Leasekey asks for a new set; see who revoked it: Vault's audit log";
    /// A new set was asked for and the one in hand came again: something on the way caches replies.
    NotRotated = "LK-0125", true, "Configure Vault's own address, or leave the AWS engine out of the agent's cache";
    /// A fault in Leasekey, or a panic in a user's own hook; the set in hand is kept.
    Bug = "LK-0199", true, "Report it, with this line; Leasekey goes on with the set in hand";
    /// A policy document cannot be read or is not what its place allows: correct it where the error points.
    InvalidPolicy = "LK-0201", false, "Correct the policy at the place named";
    /// A request, or a case to evaluate, cannot be read: correct it.
    InvalidRequest = "LK-0202", false, "Correct the request";
}

/// Makes text of somebody else's safe to print: control characters escaped, 300 characters at most.
pub(crate) fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(MOST));
    push_printable(&mut out, text);
    out
}

/// The same at the end of another text.
pub(crate) fn push_printable(out: &mut String, text: &str) {
    // Most texts are safe as they stand.
    if text.len() <= MOST && !text.contains(char::is_control) {
        return out.push_str(text);
    }
    out.extend(text.chars().take(MOST).flat_map(escaped));
    if text.chars().nth(MOST).is_some() {
        out.push_str("...");
    }
}

/// How many characters are printed.
const MOST: usize = 300;

fn escaped(c: char) -> impl Iterator<Item = char> {
    let plain = (!c.is_control()).then_some(c);
    let escape = c.is_control().then(|| c.escape_default());
    plain.into_iter().chain(escape.into_iter().flatten())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_is_one_line_with_code_story_and_next_action() {
        let error = Error::new(ErrorKind::VaultUnavailable, "Vault at https://v:8200 is sealed (503)")
            .with_hint("Unseal it: vault operator unseal");
        assert_eq!(
            error.to_string(),
            "LK-0109: Vault at https://v:8200 is sealed (503). Unseal it: vault operator unseal"
        );
    }

    #[test]
    fn display_never_repeats_the_source() {
        let error = Error::new(ErrorKind::Bug, "outer").with_source(std::io::Error::other("inner"));
        assert!(!error.to_string().contains("inner"));
        assert_eq!(error.source().map(ToString::to_string).as_deref(), Some("inner"));
    }

    #[test]
    fn debug_tells_the_whole_chain() {
        let inner = Error::new(ErrorKind::Tls, "inner").with_source(std::io::Error::other("root"));
        let error = Error::new(ErrorKind::Expired, "outer").with_hint("Wait").with_source(inner);
        let told = "LK-0117: outer. Wait\n  Vault's request: 7a2e\n  caused by: LK-0104: inner. Set VAULT_CACERT to the \
                    PEM file of the CA that signed Vault's certificate\n  caused by: root";
        assert_eq!(format!("{:?}", error.with_vault_request_id("7a2e")), told);
    }

    #[test]
    fn codes_are_unique_and_ascend() {
        assert!(ErrorKind::ALL.iter().zip(ErrorKind::ALL.iter().skip(1)).all(|(a, b)| a.code() < b.code()));
    }

    #[test]
    fn text_of_others_is_escaped_and_cut() {
        assert_eq!(printable("a\u{1b}[31m\r\nb"), "a\\u{1b}[31m\\r\\nb");
        assert_eq!(printable(&"x".repeat(301)).len(), 303);
    }
}
