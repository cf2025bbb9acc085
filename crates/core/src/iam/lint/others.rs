//! What the requests of others carry: keys that tell who they are and whom they act for, with their own values.

use super::subject::Stated;
use crate::iam::arn::Arn;
use crate::iam::witness::{EXAMPLE, concrete_arn};

/// An address of the range that is kept for documentation.
const ELSEWHERE: &str = "198.51.100.7";
/// An organization that nobody declares.
const ORGANIZATION: &str = "o-any0any0any";

/// Keys that the statement asks for, with what they are in a request of somebody else.
pub(super) type Facts<'a> = Vec<(&'a str, String)>;

/// What the statement's conditions ask of a caller of this ARN, with the caller's own values.
pub(super) fn of_caller<'a>(stated: &Stated<'a>, arn: &str, account: &str) -> Facts<'a> {
    facts(stated, |key, values| {
        let user = arn.split_once(":user/").map(|(_, name)| name.rsplit('/').next().unwrap_or(name));
        Some(match key {
            "aws:principalarn" => arn.to_owned(),
            "aws:principalaccount" | "kms:calleraccount" => account.to_owned(),
            "aws:principalorgid" => ORGANIZATION.to_owned(),
            "aws:principalorgpaths" => format!("{ORGANIZATION}/r-any0/ou-any0-any0any0/"),
            "aws:principaltype" if user.is_some() => "User".to_owned(),
            "aws:principaltype" => "AssumedRole".to_owned(),
            "aws:userid" if user.is_some() => "AIDAANYANYANYANYANYA".to_owned(),
            "aws:userid" => format!("AROAANYANYANYANYANYA:{EXAMPLE}"),
            "aws:username" => user?.to_owned(),
            "aws:sourceip" => ELSEWHERE.to_owned(),
            "aws:sourcevpc" => "vpc-0123456789abcdef0".to_owned(),
            "aws:sourcevpce" => "vpce-0123456789abcdef0".to_owned(),
            "sts:externalid" => EXAMPLE.to_owned(),
            other => return of_source_key(other, values, account),
        })
    })
}

/// What the statement's conditions ask of a service that acts for this account, with values of that account.
pub(super) fn of_source<'a>(stated: &Stated<'a>, account: &str) -> Facts<'a> {
    facts(stated, |key, values| of_source_key(key, values, account))
}

fn facts<'a>(stated: &Stated<'a>, value: impl Fn(&str, &[&str]) -> Option<String>) -> Facts<'a> {
    let conditions = stated.statement.conditions.iter();
    let known = conditions.filter_map(|condition| {
        let values: Vec<_> = condition.values.values.iter().map(|text| text.value.as_str()).collect();
        Some((condition.key.value.as_str(), value(&condition.key.value.to_ascii_lowercase(), &values)?))
    });
    known.collect()
}

fn of_source_key(key: &str, values: &[&str], account: &str) -> Option<String> {
    Some(match key {
        "aws:sourceaccount" | "aws:sourceowner" => account.to_owned(),
        "aws:sourcearn" => values.iter().find_map(|pattern| arn_of(pattern, account))?,
        "aws:sourceorgid" => ORGANIZATION.to_owned(),
        "aws:sourceorgpaths" => format!("{ORGANIZATION}/r-any0/ou-any0-any0any0/"),
        _ => return None,
    })
}

/// An ARN of this account's that the pattern may fit; none where it names the account of somebody else.
pub(super) fn arn_of(pattern: &str, account: &str) -> Option<String> {
    let mut parts: Vec<&str> = pattern.splitn(6, ':').collect();
    if parts.len() < 6 {
        // A star at the end stands for all that is not written.
        parts.last().filter(|last| last.ends_with('*'))?;
        let all = ["arn", "aws", "sns", "us-east-1", account, EXAMPLE];
        parts.pop();
        parts.extend(all.iter().skip(parts.len()));
    }
    let [_, _, _, _, owner, resource] = parts.get_mut(..)? else { return None };
    if owner.is_empty() {
        // A bucket is told by its name alone, and others have those that are not written out.
        *resource = EXAMPLE;
    } else if owner.contains(['*', '?']) || *owner == account {
        *owner = account;
    } else {
        return None;
    }
    Some(concrete_arn(&parts.join(":"))).filter(|arn| Arn::parse(arn).is_some())
}
