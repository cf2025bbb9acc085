//! What AWS said to Vault, told apart by its words: Vault passes it on as 400 or 502.

use super::{MountPath, Refused, RoleName, denied};
use crate::error::{Error, ErrorKind};
use crate::refresh::{Class, Fault};

// AWS, or the way to it, is unwell; ExpiredToken is that of Vault's own identity, which Vault renews.
const PASSING: [&str; 17] = [
    "Throttl",
    "RequestLimitExceeded",
    "TooManyRequests",
    "SlowDown",
    "BandwidthLimitExceeded",
    "ServiceUnavailable",
    "ServiceFailure",
    "InternalFailure",
    "RequestError",
    "RequestTimeout",
    "ExpiredToken",
    "EntityTemporarilyUnmodifiable",
    "ConcurrentModification",
    "no such host",
    "connection refused",
    "i/o timeout",
    "deadline exceeded",
];

const REFUSING: [&str; 17] = [
    "AccessDenied",
    "NoSuchEntity",
    "MalformedPolicy",
    "ValidationError",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "IncompleteSignature",
    "UnrecognizedClient",
    "PackedPolicyTooLarge",
    "RegionDisabled",
    "LimitExceeded",
    "EntityAlreadyExists",
    "InvalidInput",
    "InvalidParameter",
    "NoCredentialProviders",
    "OptInRequired",
    "MissingAuthenticationToken",
];

// How Vault's AWS engine begins what it passes on.
const PASSED_ON: [&str; 7] = [
    "Error assuming role",
    "Error generating STS keys",
    "Error creating IAM user",
    "Error attaching user policy",
    "Error putting user policy",
    "Error adding user to group",
    "Error creating access keys",
];

/// The fault that AWS's words in the reply are; none when they are not AWS's.
pub(super) fn fault(mount: &MountPath, role: &RoleName, refused: &Refused<'_>) -> Option<Fault> {
    let asked = format!("for the role \"{role}\" at {mount}/");
    let says = |words: &[&str]| words.iter().any(|word| refused.says(word));
    if says(&PASSING) {
        let what =
            format!("Vault at {} is well but AWS behind it is not ({})", refused.origin, refused.told());
        let error = Error::new(ErrorKind::VaultUnavailable, what)
            .with_hint("Check AWS's health and Vault's way to it; Leasekey goes on trying");
        return Some(Fault::new(Class::Upstream, error));
    }
    if says(&["DurationSeconds", "durationSeconds"]) {
        return Some(denied(ErrorKind::TtlOutOfRange, &format!("AWS refused the ttl {asked}"), refused));
    }
    if says(&["MultiFactorAuthentication failed"]) {
        let what = format!("AWS wants a second factor, or refused the one it got, {asked}");
        let hint = "Use a role without MFA, or pass the device's code: leasekey creds --mfa-code 123456";
        let fault = denied(ErrorKind::MfaRequired, &what, refused);
        return Some(Fault { error: fault.error.with_hint(hint), ..fault });
    }
    (says(&REFUSING) || says(&PASSED_ON))
        .then(|| denied(ErrorKind::AwsRefused, &format!("AWS refused what Vault asked {asked}"), refused))
}
