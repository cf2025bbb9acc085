//! What a person at a shell does next: a command runs once, and nothing goes on trying behind it.

use std::borrow::Cow;

use crate::error::Error;

// What the author of a program reads, and what it is at a shell.
const AT_A_SHELL: [(&str, &str); 8] = [
    ("; Leasekey goes on trying", ", then run this again"),
    ("Nothing: Leasekey logs in again", "Run this again: each run logs in by itself"),
    ("; Leasekey goes on with the set in hand", ", and run this again"),
    ("or pass address=", "or set address in leasekey.toml"),
    ("Looked in: builder, ", "Looked in: "),
    ("or auth=", "or run: vault login"),
    ("or use AppRole so that Leasekey can log in again", "or set LEASEKEY_ROLE_ID and LEASEKEY_SECRET_ID"),
    ("or call allow_root_token()", "or set LEASEKEY_ALLOW_ROOT_TOKEN=true"),
];

pub(super) fn of(error: &Error) -> Cow<'_, str> {
    AT_A_SHELL.iter().fold(Cow::Borrowed(error.hint()), |hint, (in_a_program, here)| {
        if hint.contains(in_a_program) { hint.replace(in_a_program, here).into() } else { hint }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn hint(kind: ErrorKind) -> String {
        of(&Error::new(kind, "what")).into_owned()
    }

    #[test]
    fn no_hint_is_for_the_author_of_a_program() {
        for kind in [
            ErrorKind::NotConfigured,
            ErrorKind::NoAuth,
            ErrorKind::TokenRefused,
            ErrorKind::VaultUnavailable,
            ErrorKind::UnusableReply,
            ErrorKind::Bug,
        ] {
            let hint = hint(kind);
            for word in ["Leasekey", "address=", "auth=", "()", "in hand"] {
                assert!(!hint.contains(word), "{hint}");
            }
        }
    }

    #[test]
    fn what_only_this_failure_tells_is_kept() {
        let sealed = Error::new(ErrorKind::VaultUnavailable, "sealed")
            .with_hint("Unseal it: vault operator unseal; Leasekey goes on trying");
        assert_eq!(of(&sealed), "Unseal it: vault operator unseal, then run this again");
        let other = Error::new(ErrorKind::RoleNotFound, "no role").with_hint("Check the role");
        assert_eq!(of(&other), "Check the role");
    }
}
