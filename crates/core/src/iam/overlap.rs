//! Whether two patterns fit a text in common.

/// Whether some ARN is of the documented form `kind`, with its `${...}`, and fits the `pattern` of a policy.
pub(super) fn overlap(kind: &str, pattern: &str) -> bool {
    if !pattern.starts_with("arn:") {
        return meet_as_texts(kind, pattern);
    }
    // Segments do not run into each other, but for the last.
    match (parts(kind), parts(pattern)) {
        (Some(kinds), Some(patterns)) => {
            kinds.iter().zip(&patterns).all(|(kind, pattern)| parts_overlap(kind, pattern))
        }
        _ => meet_as_texts(kind, pattern),
    }
}

/// Whether some text fits both, whatever ARNs are cut into.
fn meet_as_texts(a: &str, b: &str) -> bool {
    // Most are told by how they begin: what one has before its first star or variable, the other must have too.
    let (mut of_a, mut of_b) = (signs(a), signs(b));
    loop {
        let (rest_of_a, rest_of_b) = (of_a.clone(), of_b.clone());
        match (of_a.next(), of_b.next()) {
            (None, None) => return true,
            (Some(Sign::Is(one)), Some(Sign::Is(two))) if one != two => return false,
            (Some(Sign::Is(_) | Sign::One), Some(Sign::Is(_) | Sign::One)) => {}
            (Some(Sign::Any), _) if of_a.next().is_none() => return true,
            (_, Some(Sign::Any)) if of_b.next().is_none() => return true,
            (Some(Sign::Any), _) | (_, Some(Sign::Any)) => return meet(&whole(rest_of_a), &whole(rest_of_b)),
            (None, _) | (_, None) => return false,
        }
    }
}

/// Whether the pattern fits some text that begins and ends so, with anything between; allocates nothing.
pub(super) fn meets_between(pattern: &str, before: &str, after: &str) -> bool {
    let all = || signs(pattern);
    let fits = |sign: Sign, own: char| sign == Sign::One || sign == Sign::Is(own);
    let is_any = |sign: &Sign| *sign == Sign::Any;
    let first = all().take_while(|sign| !is_any(sign));
    if !first.zip(before.chars()).all(|(sign, own)| fits(sign, own)) {
        return false;
    }
    let (count, ending) = (all().count(), after.chars().count());
    let last = all().enumerate().filter(|(_, sign)| is_any(sign)).last().map(|(at, _)| at);
    if last.is_none() && count < before.chars().count() + ending {
        return false;
    }
    // What stands after the last star, or all, from the end on.
    let tail = last.map_or(count, |at| count - at - 1).min(ending);
    all().skip(count - tail).zip(after.chars().skip(ending - tail)).all(|(sign, own)| fits(sign, own))
}

/// Whether the pattern fits this text; allocates nothing, and is for short texts.
pub(super) fn fits_text(pattern: &str, text: &str) -> bool {
    let (mut signs, mut rest) = (signs(pattern), text.chars());
    // Where the last star stands, and what is left for it.
    let mut star = None;
    loop {
        let here = rest.clone();
        match (signs.next(), rest.next()) {
            (None, None) => return true,
            (Some(Sign::Any), _) => {
                rest = here.clone();
                star = Some((signs.clone(), here));
            }
            (Some(Sign::One), Some(_)) => {}
            (Some(Sign::Is(own)), Some(other)) if own == other => {}
            _ => {
                let Some((after, left)) = star.as_mut() else { return false };
                if left.next().is_none() {
                    return false;
                }
                (signs, rest) = (after.clone(), left.clone());
            }
        }
    }
}

/// The one name of the documented forms that holds no slash, unlike those of roles, parameters and log groups.
const BUCKET: &str = "${BucketName}";

// Most are told without looking at every character.
fn parts_overlap(kind: &str, pattern: &str) -> bool {
    if kind == BUCKET && has_slash(pattern) {
        return false;
    }
    if pattern == "*" || is_variable(kind) || kind == "*" {
        return true;
    }
    if !kind.contains(['$', '*', '?']) && !pattern.contains(['$', '*', '?']) {
        return kind == pattern;
    }
    meet_as_texts(kind, pattern)
}

/// Whether all that fits the pattern holds a slash.
fn has_slash(pattern: &str) -> bool {
    signs(pattern).any(|sign| sign == Sign::Is('/'))
}

fn is_variable(part: &str) -> bool {
    part.strip_prefix("${").and_then(|name| name.strip_suffix('}')).is_some_and(|name| !name.contains('}'))
}

/// The six parts of an ARN, or of a pattern of ARNs.
pub(super) fn parts(text: &str) -> Option<[&str; 6]> {
    let mut parts = [""; 6];
    let mut rest = text;
    let (last, head) = parts.split_last_mut()?;
    for part in head {
        let end = colon(rest)?;
        (*part, rest) = (rest.get(..end)?, rest.get(end + 1..)?);
    }
    *last = rest;
    Some(parts)
}

// The colons within a variable are none of the ARN's.
fn colon(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    text.bytes().position(|byte| {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        byte == b':' && depth == 0
    })
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Sign {
    Is(char),
    One,
    Any,
}

// A variable may become anything.
fn signs(text: &str) -> impl Iterator<Item = Sign> + Clone {
    let mut rest = text.chars();
    std::iter::from_fn(move || {
        Some(match rest.next()? {
            '$' if rest.as_str().starts_with('{') && rest.as_str().contains('}') => {
                rest.by_ref().take_while(|character| *character != '}').for_each(drop);
                Sign::Any
            }
            '*' => Sign::Any,
            '?' => Sign::One,
            other => Sign::Is(other),
        })
    })
}

fn whole(signs: impl Iterator<Item = Sign>) -> Vec<Sign> {
    let mut signs: Vec<_> = signs.collect();
    signs.dedup_by(|a, b| *a == Sign::Any && *b == Sign::Any);
    signs
}

/// Whether the two have a text in common: a row of the table of all pairs of positions at a time.
fn meet(a: &[Sign], b: &[Sign]) -> bool {
    let mut row = vec![false; b.len() + 1];
    for (at, _) in std::iter::once(None).chain(a.iter().map(Some)).enumerate() {
        let sign = at.checked_sub(1).and_then(|at| a.get(at));
        row = next_row(sign, b, &row);
    }
    row.last().copied().unwrap_or(false)
}

// `reached` says, for each number of signs of `b`, whether they meet the signs of `a` before `sign`.
fn next_row(sign: Option<&Sign>, b: &[Sign], reached: &[bool]) -> Vec<bool> {
    let mut row: Vec<bool> = Vec::with_capacity(b.len() + 1);
    let at = |row: &[bool], at: usize| row.get(at).copied().unwrap_or(false);
    row.push(match sign {
        None => true,
        Some(sign) => *sign == Sign::Any && at(reached, 0),
    });
    for (position, other) in b.iter().enumerate() {
        let met = match (sign, other) {
            (None, other) => *other == Sign::Any && at(&row, position),
            (Some(Sign::Any), _) | (Some(_), Sign::Any) => {
                let a_is_empty = sign == Some(&Sign::Any) && at(reached, position + 1);
                let b_is_empty = *other == Sign::Any && at(&row, position);
                let a_takes = sign == Some(&Sign::Any) && at(&row, position);
                let b_takes = *other == Sign::Any && at(reached, position + 1);
                a_is_empty || b_is_empty || a_takes || b_takes
            }
            (Some(Sign::Is(one)), Sign::Is(two)) => one == two && at(reached, position),
            (Some(_), _) => at(reached, position),
        };
        row.push(met);
    }
    row
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn forms_and_patterns_meet_where_some_arn_fits_both() {
        let object = "arn:${Partition}:s3:::${BucketName}/${ObjectName}";
        for pattern in
            ["*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/k", "arn:*:s3:::*", "arn:aws:s3:::${aws:username}/?"]
        {
            assert!(overlap(object, pattern), "{pattern}");
        }
        for pattern in ["arn:aws:s3:::b", "arn:aws:sqs:::b/k", "b/k"] {
            assert!(!overlap(object, pattern), "{pattern}");
        }
        let queue = "arn:${Partition}:sqs:${Region}:${Account}:${QueueName}";
        assert!(overlap(queue, "arn:aws:sqs:us-east-2:*:${aws:username}-queue"));
        assert!(!overlap(queue, "arn:aws:sns:us-east-2:*:q"));
    }

    #[test]
    fn a_bucket_is_none_of_its_objects() {
        let bucket = "arn:${Partition}:s3:::${BucketName}";
        assert!(
            overlap(bucket, "arn:aws:s3:::b*") && overlap(bucket, "arn:aws:s3:::${aws:PrincipalTag/team}")
        );
        assert!(!overlap(bucket, "arn:aws:s3:::b/*") && !overlap(bucket, "arn:aws:s3:::*/*"));
        assert!(overlap(
            "arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}",
            "arn:aws:iam::*:role/a/b"
        ));
    }

    #[test]
    fn long_patterns_take_the_product_of_their_lengths() {
        let hostile = "*a".repeat(2_000);
        assert!(overlap(&hostile, &"a*".repeat(2_000)));
    }

    proptest! {
        #[test]
        fn texts_that_begin_and_end_so_are_met_as_a_pattern_of_them_is(
            pattern in "[ab?*]{0,6}", before in "[ab]{0,3}", after in "[ab]{0,3}"
        ) {
            let whole = format!("{before}*{after}");
            prop_assert_eq!(meets_between(&pattern, &before, &after), meet_as_texts(&pattern, &whole), "{}", whole);
            prop_assert_eq!(fits_text(&pattern, &before), meet_as_texts(&pattern, &before), "{}", before);
        }

        #[test]
        fn what_is_told_by_the_beginnings_is_what_the_table_tells(a in "[ab*?$}{]{0,7}", b in "[ab*?$}{]{0,7}") {
            prop_assert_eq!(meet_as_texts(&a, &b), meet(&whole(signs(&a)), &whole(signs(&b))));
        }
    }
}
