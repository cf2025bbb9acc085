//! What tells one login, or one expectation, from another.

use aws_lc_rs::digest::{Context as Digest, SHA256};

/// Who logs in where, as a digest: address, namespace, certificates, proxy and login material. Two
/// providers share a session only when all of it is equal.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Identity([u8; 32]);

impl Identity {
    /// The identity of these parts, in this order. Secrets may be among them: a digest does not show them,
    /// and it never leaves the process.
    pub(crate) fn of<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut digest = Digest::new(&SHA256);
        for part in parts {
            // The length first: ["ab", "c"] is not ["a", "bc"].
            digest.update(&part.len().to_le_bytes());
            digest.update(part);
        }
        let mut bytes = [0; 32];
        for (to, from) in bytes.iter_mut().zip(digest.finish().as_ref()) {
            *to = *from;
        }
        Self(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_differ_when_any_part_does() {
        let one = Identity::of([b"https://v:8200".as_slice(), b"ns", b"token"]);
        assert_eq!(one, Identity::of([b"https://v:8200".as_slice(), b"ns", b"token"]));
        for other in [
            Identity::of([b"https://v:8200".as_slice(), b"ns", b"tokex"]),
            Identity::of([b"https://v:8200".as_slice(), b"nst", b"oken"]),
            Identity::of([b"https://v:8200".as_slice(), b"ns"]),
        ] {
            assert_ne!(one, other);
        }
    }
}
