//! What a refusal means: the class that paces the next attempt, and what the user is told. Pure.

mod aws;
mod refused;
mod transport;

use std::fmt;

pub(super) use refused::{Refused, http_date, retry_after};
use transport::tls;
pub(super) use transport::{no_reply, redirected_away, redirected_to_the_dead, redirected_twice, unusable};

use super::name::{MountPath, RoleName};
use crate::context::TlsFault;
use crate::error::{Error, ErrorKind};
use crate::refresh::{Class, Fault};

/// What was asked of Vault: the same status means different things to different questions.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Operation<'a> {
    /// Credentials of a role.
    Issue(&'a MountPath, &'a RoleName),
    /// A lease's renewal or look-up.
    Lease,
    /// A login; the path is its own.
    Login,
    /// The end of a lease or of our own token.
    Revoke,
    /// Our own token's renewal or look-up.
    Token,
    /// A wrapped secret, which can be had once.
    Wrapping,
}

impl Operation<'_> {
    /// Whether asking another node after a lost reply does no harm that a later clean-up cannot mend. A
    /// wrapped or single-use secret would be found used, and reported as stolen.
    pub(super) fn is_repeatable(self) -> bool {
        !matches!(self, Self::Login | Self::Wrapping)
    }
}

/// How a refusal reads whose status means several things: for a 403, whether the token is dead.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Refusal {
    /// The token lives and its policies lack the path.
    Acl,
    /// The token is revoked, expired or never was one.
    DeadToken,
    /// A legacy role that issues STS credentials only at `sts/`.
    StsPathOnly,
    /// A 403 of neither wording: log in again at most once a minute.
    Unknown,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Acl => "the reply reads as a policy that lacks the path",
            Self::DeadToken => "the reply reads as a token that is revoked or expired",
            Self::StsPathOnly => "the reply reads as a legacy role, which issues at sts/ only",
            Self::Unknown => "the reply does not tell a dead token from a policy that lacks the path",
        })
    }
}

impl std::error::Error for Refusal {}

/// How the refusal behind this error read, if one is behind it.
pub(crate) fn refusal(error: &Error) -> Option<Refusal> {
    std::error::Error::source(error)?.downcast_ref().copied()
}

/// The fault that a reply of this status and text is.
pub(super) fn fault(operation: Operation<'_>, refused: &Refused<'_>) -> Fault {
    let fault = match refused.status {
        412 => unavailable(Class::Lag, refused, "has not replicated yet what is needed"),
        429 => unavailable(Class::Throttled, refused, "limits the rate of requests"),
        // Vault itself answers 502 only where AWS throttles it; a proxy does so where Vault is down.
        502 if !refused.foreign => unavailable(Class::Throttled, refused, "says that AWS limits its rate"),
        503 if refused.says("sealed") => sealed(refused),
        408 => unavailable(Class::Node, refused, "did not get the request in time").acted(),
        ..400 => unusable(refused.origin, &format!("has the status {}", refused.status), None),
        472..=474 | 501 | 503 | 530 => unavailable(Class::Node, refused, "is not ready"),
        500.. => internal(operation, refused),
        403 => forbidden(operation, refused),
        _ => bad_request(operation, refused),
    };
    let mut fault = fault.retry_after(refused.retry_after);
    if let Some(id) = &refused.request_id {
        fault.error = fault.error.with_vault_request_id(id);
    }
    fault
}

fn unavailable(class: Class, refused: &Refused<'_>, what: &str) -> Fault {
    let what = format!("Vault at {} {what} ({})", refused.origin, refused.told());
    Fault::new(class, Error::new(ErrorKind::VaultUnavailable, what))
}

fn sealed(refused: &Refused<'_>) -> Fault {
    let error =
        Error::new(ErrorKind::VaultUnavailable, format!("Vault at {} is sealed (503)", refused.origin));
    Fault::new(Class::Node, error.with_hint("Unseal it: vault operator unseal; Leasekey goes on trying"))
}

// A failure inside Vault may come after the deed, but for a standby that says it did nothing.
fn internal(operation: Operation<'_>, refused: &Refused<'_>) -> Fault {
    if let Operation::Issue(mount, role) = operation
        && let Some(fault) = aws::fault(mount, role, refused)
    {
        return fault.acted();
    }
    if refused.says("local node not active") {
        return unavailable(Class::NotReady, refused, "knows no leader");
    }
    let fault = unavailable(Class::Node, refused, "failed");
    let idle = refused.says("sealed") || refused.says("standby");
    if idle { fault } else { fault.acted() }
}

fn forbidden(operation: Operation<'_>, refused: &Refused<'_>) -> Fault {
    let error = match (operation, refused.refusal()) {
        (Operation::Login, _) => return rejected(refused),
        (Operation::Wrapping, _) => return stolen(refused),
        (_, Refusal::Acl) => lacks_path(refused),
        (_, Refusal::DeadToken) => {
            Error::new(ErrorKind::TokenRefused, format!("Vault refused the token ({})", refused.told()))
        }
        (_, Refusal::Unknown | Refusal::StsPathOnly) => Error::new(
            ErrorKind::TokenRefused,
            format!("Vault refused the token or the path {} ({})", refused.path, refused.told()),
        ),
    };
    Fault::new(Class::Denied, error.with_source(refused.refusal()))
}

// Vault does not lease under the last use of a token: it has revoked at once what it issued.
fn used_up(refused: &Refused<'_>) -> Fault {
    let what = format!("the uses of the token are used up ({})", refused.told());
    let error = Error::new(ErrorKind::TokenRefused, what).with_hint("Raise token_num_uses, or leave it out");
    Fault::new(Class::Denied, error.with_source(Refusal::DeadToken))
}

fn lacks_path(refused: &Refused<'_>) -> Error {
    let what = format!("the token's policies do not allow {}{} (403)", refused.path, refused.within());
    Error::new(ErrorKind::PermissionDenied, what).with_hint(format!(
        "Add to a policy of this login: path \"{}\" {{ capabilities = [\"{}\"] }}",
        refused.path, refused.capability
    ))
}

fn rejected(refused: &Refused<'_>) -> Fault {
    let what =
        format!("Vault rejected the login at {}{} ({})", refused.path, refused.within(), refused.told());
    let hint = "Check the login material, and that the method is mounted there: vault auth list";
    Fault::new(Class::Denied, Error::new(ErrorKind::AuthRejected, what).with_hint(hint))
}

fn stolen(refused: &Refused<'_>) -> Fault {
    let what = format!("the wrapping token was used before, has expired or is forged ({})", refused.told());
    Fault::new(Class::Denied, Error::new(ErrorKind::Wrapping, what))
}

fn bad_request(operation: Operation<'_>, refused: &Refused<'_>) -> Fault {
    if refused.says("HTTP request to an HTTPS server") {
        return tls(&TlsFault::OnlyTls, refused.origin);
    }
    match (operation, refused.status) {
        (Operation::Login, 400) => rejected(refused),
        (Operation::Issue(..), 400) if refused.says("token had one use left") => used_up(refused),
        (Operation::Wrapping, 400 | 404) => stolen(refused),
        (Operation::Issue(mount, role), _) => issue(mount, role, refused),
        (Operation::Token, 400) => {
            gone(ErrorKind::TokenRefused, "the token cannot be renewed", "Leasekey logs in again", refused)
        }
        (Operation::Lease, 400) if refused.says("lease") => {
            let next = "Leasekey asks for a new set";
            gone(ErrorKind::LeaseLost, "the lease is gone or cannot be renewed", next, refused)
        }
        (_, 404 | 405) => missing(format!("there is no {}{}", refused.path, refused.within()), refused),
        _ => denied(ErrorKind::InvalidSetting, "Vault refused the request", refused),
    }
}

fn gone(kind: ErrorKind, what: &str, next: &str, refused: &Refused<'_>) -> Fault {
    let error = Error::new(kind, format!("{what} ({})", refused.told()));
    Fault::new(Class::Lost, error.with_hint(format!("Nothing: {next}")))
}

fn issue(mount: &MountPath, role: &RoleName, refused: &Refused<'_>) -> Fault {
    let unknown_role = refused.says(&format!("Role \"{role}\" not found"));
    if matches!(refused.status, 404 | 405) || unknown_role || refused.says_no_route() {
        let what = format!("Vault has no AWS role \"{role}\" at {mount}/{}", refused.within());
        return missing(what, refused);
    }
    aws::fault(mount, role, refused).unwrap_or_else(|| cannot_issue(mount, role, refused))
}

fn cannot_issue(mount: &MountPath, role: &RoleName, refused: &Refused<'_>) -> Fault {
    let what = format!("Vault cannot issue for the role \"{role}\" at {mount}/");
    let mut fault = denied(ErrorKind::InvalidSetting, &what, refused);
    fault.error = fault
        .error
        .with_hint(format!("Check what was asked for against the role: vault read {mount}/roles/{role}"));
    if refused.says("through the creds path; this is not allowed for legacy roles") {
        fault.error = fault.error.with_source(Refusal::StsPathOnly);
    }
    fault
}

fn missing(what: String, refused: &Refused<'_>) -> Fault {
    let hint = "Check role, mount and namespace: vault secrets list; vault list <mount>/roles";
    let error = Error::new(ErrorKind::RoleNotFound, format!("{what} ({})", refused.told()));
    Fault::new(Class::Denied, error.with_hint(hint))
}

fn denied(kind: ErrorKind, what: &str, refused: &Refused<'_>) -> Fault {
    Fault::new(Class::Denied, Error::new(kind, format!("{what} ({})", refused.told())))
}

#[cfg(test)]
mod tests;
