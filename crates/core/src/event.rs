//! What happened, fit to be an audit record, and never a secret.

#[cfg(feature = "vault")]
mod hub;

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

#[cfg(feature = "vault")]
pub(crate) use hub::EventHub;
#[cfg(feature = "vault")]
pub use hub::{EventSink, Events};

/// How much an event matters.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Severity {
    /// As planned.
    Info,
    /// Not as planned; callers notice nothing.
    Warning,
    /// Callers are about to notice, or notice, or somebody attacks.
    Critical,
}

macro_rules! event_kinds {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal, $severity:ident;)+) => {
        /// The kinds of [`Event`]. All languages use [`name`](Self::name).
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        #[non_exhaustive]
        pub enum EventKind { $($(#[doc = $doc])+ $name,)+ }

        impl EventKind {
            /// Every kind, in alphabetical order of their names.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The stable name, `"credentials.issued"`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }

            /// How much it matters.
            pub fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity),+ }
            }

            /// What it means.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),+).trim_ascii()),+ }
            }
        }
    };
}

event_kinds! {
    /// The provider was closed.
    Closed = "credentials.closed", Info;
    /// Two refreshes in a row failed, or refreshes fail for 30 s; the set in hand serves.
    Degraded = "credentials.degraded", Warning;
    /// The refresh was refused; only a person can mend it. The set in hand serves until its end.
    Denied = "credentials.denied", Critical;
    /// The set in hand is dead and no new one could be had.
    Expired = "credentials.expired", Critical;
    /// AWS refused the set in hand as if it were dead; a new one is asked for at once.
    Healed = "credentials.healed", Warning;
    /// Vault issued a set and it serves from now on.
    Issued = "credentials.issued", Info;
    /// All is well again.
    Recovered = "credentials.recovered", Info;
    /// An attempt to get a new set failed; the set in hand serves.
    RefreshFailed = "credentials.refresh_failed", Warning;
    /// The lease in hand was renewed.
    Renewed = "credentials.renewed", Info;
    /// A lease was given back.
    Revoked = "credentials.revoked", Info;
    /// A new set serves in place of the one before.
    Swapped = "credentials.swapped", Info;
    /// Refreshes fail and little remains of the set in hand.
    Urgent = "credentials.urgent", Critical;
    /// Vault stated a longer life than the configured maximum; it was clamped.
    LeaseTooLong = "lease.too_long", Warning;
    /// Vault stated a life of less than 60 s.
    LeaseTooShort = "lease.too_short", Warning;
    /// Somebody may be attacking: a used wrapping token, a refused redirect, a wrong identity, a bad certificate.
    Security = "security.alert", Critical;
    /// A login succeeded.
    LoggedIn = "vault.logged_in", Info;
    /// A login or a renewal of the token failed.
    LoginFailed = "vault.login_failed", Warning;
    /// A node of several failed, and the next one is asked.
    NodeFailed = "vault.node_failed", Warning;
    /// A reply was lost: Vault may hold a lease that nobody knows.
    ReplyLost = "vault.reply_lost", Warning;
    /// The token was renewed.
    TokenRenewed = "vault.token_renewed", Info;
    /// Our own token was revoked, and with it every lease made under it.
    TokenRevoked = "vault.token_revoked", Info;
    /// The login went to a server that was not verified, because VAULT_SKIP_VERIFY is on: anybody can answer.
    Unverified = "vault.unverified", Critical;
    /// Vault's reply carried a warning.
    Warned = "vault.warning", Warning;
}

macro_rules! event {
    ($($(#[doc = $doc:literal])+ $field:ident: $type:ty,)+) => {
        /// Something that happened. Fields that do not apply are none.
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        pub struct Event {
            /// What happened.
            pub kind: EventKind,
            /// When, on the wall clock.
            pub at: SystemTime,
            /// What it happened to: `aws/creds/orders`, `auth/approle` for a login, a node's address.
            pub subject: Arc<str>,
            $($(#[doc = $doc])+ pub $field: Option<$type>,)+
        }

        impl Event {
            #[cfg(any(feature = "vault", test))]
            pub(crate) fn new(kind: EventKind, at: SystemTime, subject: Arc<str>) -> Self {
                Self { kind, at, subject, $($field: None,)+ }
            }

            /// The optional fields and their meanings, for tables.
            pub const FIELDS: &'static [(&'static str, &'static str)] =
                &[$((stringify!($field), concat!($($doc),+).trim_ascii())),+];

            /// The fields that are set, by name, printed.
            pub fn fields(&self) -> Vec<(&'static str, String)> {
                let mut fields = Vec::new();
                $(if let Some(value) = &self.$field { fields.push((stringify!($field), value.text())); })+
                fields
            }
        }
    };
}

event! {
    /// The access key's id.
    access_key_id: String,
    /// The AWS account.
    account_id: String,
    /// The error's code.
    code: &'static str,
    /// When the set in hand ends.
    expires_at: SystemTime,
    /// Counts the sets of one provider, from 1.
    generation: u64,
    /// The lease in Vault.
    lease_id: String,
    /// Why, in words.
    reason: String,
    /// The ARN of the set, as Vault tells it.
    role_arn: String,
    /// The role session's name, in CloudTrail.
    session_name: String,
    /// The entity of the login, in Vault's audit log.
    vault_entity_id: String,
    /// The request, `request.id` in Vault's audit log.
    vault_request_id: String,
}

trait Text {
    fn text(&self) -> String;
}

impl Text for String {
    fn text(&self) -> String {
        self.clone()
    }
}

impl Text for &'static str {
    fn text(&self) -> String {
        (*self).to_owned()
    }
}

impl Text for u64 {
    fn text(&self) -> String {
        self.to_string()
    }
}

impl Text for SystemTime {
    fn text(&self) -> String {
        rfc3339(*self)
    }
}

/// A wall time as RFC 3339 in UTC, whole seconds.
pub(crate) fn rfc3339(at: SystemTime) -> String {
    let seconds = at.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let second = i64::try_from(seconds).ok().and_then(|second| jiff::Timestamp::from_second(second).ok());
    second.map_or_else(|| "out of range".into(), |at| at.to_string())
}

impl fmt::Display for Event {
    /// One line: `credentials.issued aws/creds/orders access_key_id=ASIA... expires_at=2026-01-01T00:15:00Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.name(), self.subject)?;
        self.fields().into_iter().try_for_each(|(name, value)| write!(f, " {name}={value}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line_of_its_set_fields() {
        let mut event = Event::new(EventKind::Issued, SystemTime::UNIX_EPOCH, "aws/creds/orders".into());
        event.access_key_id = Some("ASIAEXAMPLE".into());
        event.expires_at = Some(SystemTime::UNIX_EPOCH);
        assert_eq!(
            event.to_string(),
            "credentials.issued aws/creds/orders access_key_id=ASIAEXAMPLE expires_at=1970-01-01T00:00:00Z"
        );
    }

    #[test]
    fn names_are_unique_and_every_kind_says_what_it_means() {
        let mut names: Vec<_> = EventKind::ALL.iter().map(|kind| kind.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), EventKind::ALL.len());
        assert!(EventKind::ALL.iter().all(|kind| kind.meaning().ends_with('.')));
    }
}
