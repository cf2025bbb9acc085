//! The path of a session's role, which the session's ARN leaves out: `orders` may be `role/orders` or
//! `role/pay/orders`, and policies tell them apart by `aws:PrincipalArn`.

use super::arn::Arn;
use super::operator::Comparison;
use super::overlap::{fits_text, meets_between, parts};
use super::principal::Kind;
use super::request::{Fact, PRINCIPAL_ARN, Request};
use super::truth::Truth;

/// Whether a value of a policy fits the roles of a name, whatever their path: `roles` is
/// `arn:aws:iam::111122223333:role/*/orders`, and `all` tells whether a pattern fits them all. In doubt it is not known.
pub(super) fn fits(comparison: Comparison, value: &str, roles: &str, all: impl FnOnce() -> bool) -> Truth {
    use Comparison::{ArnEquals, ArnLike, StringLike};
    let is_like = matches!(comparison, ArnEquals | ArnLike | StringLike);
    // A variable may stand for a star, and a path for more than the one character that `?` takes.
    let is_plain = !value.contains("${") && !value.contains('?');
    if is_like && is_plain && all() {
        return Truth::Yes;
    }
    if may_fit(comparison, value, roles) { Truth::Unknown } else { Truth::No }
}

/// Whether it fits one of them.
fn may_fit(comparison: Comparison, value: &str, roles: &str) -> bool {
    use Comparison::{ArnEquals, ArnLike, StringLike};
    let Some((before, after)) = roles.split_once('*') else { return true };
    match (comparison, parts(value).zip(parts(before))) {
        (ArnEquals | ArnLike, Some(([heads @ .., tail], [known @ .., last]))) => {
            let mut heads = heads.into_iter().zip(known);
            heads.all(|(own, known)| fits_text(own, known)) && meets_between(tail, last, after)
        }
        (ArnEquals | ArnLike | StringLike, _) => meets_between(value, before, after),
        // A text is one role at most.
        _ => value.contains("${") || is_between(value, before, after),
    }
}

fn is_between(value: &str, before: &str, after: &str) -> bool {
    let begins = value.get(..before.len()).is_some_and(|own| own.eq_ignore_ascii_case(before));
    let rest = value.get(before.len()..).unwrap_or_default();
    let end = rest.len().checked_sub(after.len()).and_then(|at| rest.get(at..));
    begins && end.is_some_and(|own| own.eq_ignore_ascii_case(after))
}

/// Whether the caller is a role that an AWS service made for itself, which neither SCPs nor RCPs limit. The path
/// tells; without it, only the name with which all of them begin speaks for it.
pub(super) fn is_service_linked(request: &Request) -> Truth {
    let Some(caller) = request.principal().identity() else { return Truth::No };
    let in_path =
        |arn: &str| Arn::parse(arn).is_some_and(|arn| arn.resource.starts_with("role/aws-service-role/"));
    let by_name = |role: &str| role.starts_with("AWSServiceRoleFor");
    match (&caller.kind, request.fact(PRINCIPAL_ARN)) {
        (Kind::Role(_), _) => in_path(&caller.arn).into(),
        (Kind::RoleSession(role), Fact::Values([arn])) => {
            (in_path(arn) || (caller.has_principal_arn(arn) && by_name(role))).into()
        }
        (Kind::RoleSession(role), Fact::Unknown) if by_name(role) => Truth::Unknown,
        _ => Truth::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iam::cover::covers;

    const ROLES: &str = "arn:aws:iam::111122223333:role/*/orders";

    #[test]
    fn a_pattern_is_for_all_paths_for_some_or_for_none() {
        use Comparison::{ArnLike, StringEquals, StringEqualsIgnoreCase, StringLike};
        for (comparison, value, expected) in [
            (ArnLike, "arn:aws:iam::*:role/*", Truth::Yes),
            (ArnLike, "arn:aws:iam::*:role/*orders", Truth::Yes),
            (ArnLike, "arn:aws:iam::*:role/pay/*", Truth::Unknown),
            (ArnLike, "arn:aws:iam::*:role/*/or?ers", Truth::Unknown),
            (ArnLike, "arn:aws:iam::*:role/${aws:PrincipalTag/team}/*", Truth::Unknown),
            (ArnLike, "arn:aws:iam::*:role/pay/bills", Truth::No),
            (ArnLike, "arn:aws:iam::111122223333:role/orders", Truth::No),
            (ArnLike, "arn:aws:iam::*:user/*", Truth::No),
            (StringLike, "*", Truth::Yes),
            (StringLike, "arn:aws:iam:*orders", Truth::Yes),
            (StringLike, "*/pay/*", Truth::Unknown),
            // A path may hold colons.
            (StringLike, "arn:*:x:y:z:t/orders", Truth::Unknown),
            (StringLike, "*/orders/*/bills", Truth::No),
            (StringEquals, "arn:aws:iam::111122223333:role/pay/orders", Truth::Unknown),
            (StringEquals, "arn:aws:iam::111122223333:role/orders", Truth::No),
            (StringEquals, "arn:aws:iam::111122223333:role/*", Truth::No),
            (StringEquals, "${aws:PrincipalTag/arn}", Truth::Unknown),
            (StringEqualsIgnoreCase, "arn:aws:iam::111122223333:ROLE/PAY/ORDERS", Truth::Unknown),
        ] {
            let all = || covers(value, ROLES);
            assert_eq!(fits(comparison, value, ROLES, all), expected, "{value}");
        }
    }
}
