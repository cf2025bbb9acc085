//! Patterns, tried in every way.

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Sign {
    One(char),
    Any,
    Star,
    /// A star that ends at a colon.
    StarInPart,
    AnyInPart,
}

impl Sign {
    pub(super) fn of(c: char) -> Self {
        match c {
            '*' => Self::Star,
            '?' => Self::Any,
            c => Self::One(c),
        }
    }
}

pub(super) fn glob(signs: &[Sign], text: &[char]) -> bool {
    match (signs, text) {
        ([], rest) => rest.is_empty(),
        ([Sign::Star, after @ ..], _) => (0..=text.len()).any(|skip| glob(after, &text[skip..])),
        ([Sign::StarInPart, after @ ..], _) => {
            let end = text.iter().position(|c| *c == ':').unwrap_or(text.len());
            (0..=end).any(|skip| glob(after, &text[skip..]))
        }
        ([Sign::Any, after @ ..], [_, rest @ ..]) => glob(after, rest),
        ([Sign::AnyInPart, after @ ..], [c, rest @ ..]) => *c != ':' && glob(after, rest),
        ([Sign::One(wanted), after @ ..], [c, rest @ ..]) => wanted == c && glob(after, rest),
        _ => false,
    }
}

/// Before the resource, a star keeps to its part unless it ends the part.
pub(super) fn bounded_by_colons(signs: Vec<Sign>) -> Vec<Sign> {
    let mut colons = 0;
    let parts = 1 + signs.iter().filter(|sign| **sign == Sign::One(':')).count();
    let mut bounded = Vec::new();
    for (at, sign) in signs.iter().enumerate() {
        let ends_part = matches!(signs.get(at + 1), None | Some(Sign::One(':')));
        let last = colons >= 5 || colons + 1 == parts;
        bounded.push(match sign {
            Sign::Star if !last && !ends_part => Sign::StarInPart,
            Sign::Any if !last => Sign::AnyInPart,
            sign => *sign,
        });
        colons += usize::from(*sign == Sign::One(':'));
    }
    bounded
}

pub(super) fn arn_parts(signs: &[Sign]) -> Vec<Vec<Sign>> {
    let mut parts = vec![Vec::new()];
    for sign in signs {
        if *sign == Sign::One(':') && parts.len() < 6 {
            parts.push(Vec::new());
        } else {
            parts.last_mut().unwrap().push(*sign);
        }
    }
    parts
}
