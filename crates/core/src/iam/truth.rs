//! What is known of a question: yes, no, or that it depends on what the request does not tell.

use std::ops::Not;

/// An answer in a context that may be known in part.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Truth {
    No,
    Unknown,
    Yes,
}

impl Truth {
    /// Whether both hold.
    pub(super) fn and(self, other: Self) -> Self {
        self.min(other)
    }

    /// Whether one of them holds.
    pub(super) fn or(self, other: Self) -> Self {
        self.max(other)
    }

    /// Whether one of them holds, asking no further than needed.
    pub(super) fn any(each: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self::No;
        for one in each {
            match one {
                Self::Yes => return Self::Yes,
                _ => all = all.or(one),
            }
        }
        all
    }

    /// Whether all of them hold, asking no further than needed.
    pub(super) fn all(each: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self::Yes;
        for one in each {
            match one {
                Self::No => return Self::No,
                _ => all = all.and(one),
            }
        }
        all
    }
}

impl Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Unknown => Self::Unknown,
            Self::Yes => Self::No,
        }
    }
}

impl From<bool> for Truth {
    fn from(known: bool) -> Self {
        if known { Self::Yes } else { Self::No }
    }
}

#[cfg(test)]
mod tests {
    use super::Truth::{No, Unknown, Yes};
    use super::*;

    #[test]
    fn what_is_unknown_stays_so_unless_the_rest_decides() {
        assert_eq!(
            [Yes.and(Unknown), No.and(Unknown), Yes.or(Unknown), No.or(Unknown)],
            [Unknown, No, Yes, Unknown]
        );
        assert_eq!([!Yes, !Unknown, !No], [No, Unknown, Yes]);
        assert_eq!((Truth::any([]), Truth::all([])), (No, Yes));
        assert_eq!((Truth::any([Unknown, Yes]), Truth::all([Unknown, No])), (Yes, No));
    }
}
