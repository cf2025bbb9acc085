//! Whether one pattern, or one statement, is for everything that another is for.

use super::document::{Element, PrincipalElement, PrincipalNames, Statement};
use super::wildcard::Pattern;

/// Whether a pattern of actions covers another, or an action. There are no variables in actions.
pub(super) fn covers_action(wider: &str, narrower: &str) -> bool {
    // Most pairs differ before the first sign, which is told without making a pattern.
    begins_alike(wider, narrower, |a, b| a.eq_ignore_ascii_case(&b))
        && (is_beginning(wider) || goes_on(&wider.to_ascii_lowercase(), &narrower.to_ascii_lowercase()))
}

/// Whether the narrower one begins with what stands before the first sign of the wider one; is it, without a sign.
fn begins_alike(wider: &str, narrower: &str, same: fn(u8, u8) -> bool) -> bool {
    let mut narrower = narrower.bytes();
    for byte in wider.bytes() {
        if matches!(byte, b'*' | b'?') {
            return true;
        }
        if !narrower.next().is_some_and(|other| same(byte, other)) {
            return false;
        }
    }
    narrower.next().is_none()
}

/// Whether the two begin differently before the first sign or variable of either, so that nothing fits both.
pub(super) fn begin_apart(one: &str, other: &str) -> bool {
    let plain = |text: &str| text.bytes().take_while(|byte| !matches!(byte, b'*' | b'?' | b'$')).count();
    let common = plain(one).min(plain(other));
    one.as_bytes().get(..common) != other.as_bytes().get(..common)
}

/// Whether every text that `narrower` fits, `wider` fits too; in doubt not.
pub(super) fn covers(wider: &str, narrower: &str) -> bool {
    begins_alike(wider, narrower, |a, b| a == b)
        && !wider.contains("${")
        && (is_beginning(wider) || goes_on(wider, narrower))
}

/// Whether a pattern covers another one that begins alike.
fn goes_on(wider: &str, narrower: &str) -> bool {
    // A star of the narrower one may stand for more than the one character that `?` takes. Signs of the narrower
    // one are otherwise characters like any other: only a star of the wider one takes them.
    let doubtful = wider.contains('?') && narrower.contains('*');
    !doubtful && Pattern::of(wider).matches(narrower)
}

/// Whether the pattern says how a text begins, or all of it, and no more.
fn is_beginning(pattern: &str) -> bool {
    pattern.find(['*', '?']).is_none_or(|at| pattern.get(at..) == Some("*"))
}

/// Whether a pattern of resources means all of every service: `*`, `arn:*`, `arn:aws:*:*:*:*`.
pub(super) fn is_any_resource(pattern: &str) -> bool {
    let partition_free = |rest: &str| rest.split(':').all(is_stars);
    match pattern.strip_prefix("arn:") {
        None => is_stars(pattern),
        Some(rest) => {
            partition_free(rest) || rest.split_once(':').is_some_and(|(_, rest)| partition_free(rest))
        }
    }
}

/// Whether a text is a wildcard for any, and nothing else.
pub(super) fn is_stars(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte == b'*')
}

/// Whether a statement is for every request that another is for, conditions aside.
pub(super) fn covers_statement(wide: &Statement, narrow: &Statement) -> bool {
    element(&wide.action, &narrow.action, covers_action)
        && match (&wide.resource, &narrow.resource) {
            (Some(wide), Some(narrow)) => element(wide, narrow, covers),
            (None, None) => true,
            _ => false,
        }
        && match (&wide.principal, &narrow.principal) {
            (Some(wide), Some(narrow)) => principals(wide, narrow),
            (None, None) => true,
            _ => false,
        }
}

fn element(wide: &Element, narrow: &Element, covers: fn(&str, &str) -> bool) -> bool {
    let all = |of: &Element, by: &Element| {
        of.texts
            .values
            .iter()
            .all(|narrow| by.texts.values.iter().any(|wide| covers(&wide.value, &narrow.value)))
    };
    match (wide.negated, narrow.negated) {
        (false, false) => all(narrow, wide),
        // All but these covers all but those if it leaves out no more.
        (true, true) => all(wide, narrow),
        (false, true) => wide.texts.values.iter().any(|text| text.value == "*"),
        (true, false) => false,
    }
}

fn principals(wide: &PrincipalElement, narrow: &PrincipalElement) -> bool {
    if wide.negated || narrow.negated {
        return false;
    }
    match (&wide.names, &narrow.names) {
        (PrincipalNames::Everyone, _) => true,
        (PrincipalNames::Of(_), PrincipalNames::Everyone) => false,
        (PrincipalNames::Of(wide), PrincipalNames::Of(narrow)) => narrow.iter().all(|(kind, texts)| {
            let same = wide.iter().filter(|(other, _)| other == kind).flat_map(|(_, texts)| &texts.values);
            let same: Vec<_> = same.map(|text| &text.value).collect();
            texts.values.iter().all(|text| same.contains(&&text.value))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_covers_what_fits_it_whatever_the_narrower_one_stands_for() {
        for (wider, narrower) in
            [("*", "s3:*"), ("s3:Get*", "s3:GetObject*"), ("s3:Get?", "s3:Get?"), ("s3:*", "S3:Put*Acl")]
        {
            assert!(covers_action(wider, narrower), "{wider} {narrower}");
        }
        for (wider, narrower) in [("s3:Get?", "s3:Get*"), ("s3:GetObject", "s3:Get*"), ("s3:*Acl", "s3:*")] {
            assert!(!covers_action(wider, narrower), "{wider} {narrower}");
        }
        assert!(!covers("arn:aws:s3:::${aws:username}*", "arn:aws:s3:::${aws:username}/x"));
    }
}
