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
    use proptest::prelude::*;

    use super::*;

    fn of(parts: &[Vec<u8>]) -> Identity {
        Identity::of(parts.iter().map(Vec::as_slice))
    }

    #[test]
    fn where_one_part_ends_and_the_next_begins_counts() {
        assert_ne!(Identity::of([b"ab".as_slice(), b"c"]), Identity::of([b"a".as_slice(), b"bc"]));
        assert_ne!(Identity::of([b"a".as_slice()]), Identity::of([b"a".as_slice(), b""]));
    }

    proptest! {
        #[test]
        fn identities_are_equal_when_all_parts_are_and_never_else(
            one in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..4), 0..4),
            other in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..4), 0..4),
        ) {
            prop_assert_eq!(of(&one), of(&one.clone()));
            prop_assert_eq!(of(&one) == of(&other), one == other);
        }
    }
}
