//! Errors on their way to JavaScript, which makes its own of them.

use std::error::Error as _;

use leasekey::Error;
use serde_json::json;

/// What `LeasekeyError` is made of, as JSON.
pub(crate) fn failure(error: &Error) -> String {
    let mut causes = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        causes.push(cause.to_string());
        next = cause.source();
    }
    json!({
        "code": error.code(),
        "message": error.message(),
        "hint": error.hint(),
        "vaultRequestId": error.vault_request_id(),
        "retryable": error.is_retryable(),
        "causes": causes,
    })
    .to_string()
}

/// The same, thrown.
pub(crate) fn thrown(error: &Error) -> napi::Error {
    napi::Error::from_reason(failure(error))
}
