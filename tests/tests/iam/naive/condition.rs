//! Conditions, one value of the policy and one of the request at a time.

use std::cmp::Ordering;

use serde_json::Value;

use super::glob::{Sign, arn_parts, glob};
use super::value::{moment, number, within};
use super::{Naive, Statement, items, text};
use crate::coverage::hit;

/// An operator in its parts, all in lower case.
struct Operator {
    set: String,
    /// Without its negation.
    base: String,
    negated: bool,
    if_exists: bool,
}

impl Operator {
    fn of(name: &str) -> Self {
        let name = name.to_lowercase();
        let (set, base) = name.split_once(':').unwrap_or(("", name.as_str()));
        let (base, if_exists) = base.strip_suffix("ifexists").map_or((base, false), |base| (base, true));
        let negated = base.contains("not");
        Self { set: set.into(), base: base.replacen("not", "", 1), negated, if_exists }
    }

    fn came_out(&self, name: &str, there: bool, holds: bool) {
        let (key, way) =
            (if there { "key there" } else { "key absent" }, if holds { "met" } else { "unmet" });
        let name = name.to_lowercase();
        let plain = name.rsplit(':').next().unwrap_or_default().trim_end_matches("ifexists");
        let kind = match (self.set.as_str(), plain) {
            (_, "null") => "null",
            ("", _) => "one value",
            (set, _) => set,
        };
        hit(plain, way);
        hit(&format!("{name}, {key}"), way);
        hit(&format!("{kind}, {key}"), way);
        if self.if_exists {
            hit(&format!("ifexists, {key}"), way);
        }
    }
}

impl Naive<'_> {
    pub(super) fn context(&self, key: &str) -> Option<Vec<String>> {
        let context = self.request("context").as_object();
        let found =
            context.and_then(|context| context.iter().find(|(known, _)| known.eq_ignore_ascii_case(key)));
        let is_arn = key.eq_ignore_ascii_case("aws:PrincipalArn");
        // Every caller of AWS has an ARN.
        if let Some((_, value)) = found.filter(|(_, value)| !is_arn || !items(value).is_empty()) {
            return Some(items(value).iter().map(|value| text(value).to_owned()).collect());
        }
        if key.eq_ignore_ascii_case("aws:MultiFactorAuthPresent") && self.session_kind() != "none" {
            return self.request("mfa").as_bool().map(|present| vec![present.to_string()]);
        }
        self.arn().filter(|_| is_arn)?;
        Some(vec![self.principal_arn()])
    }

    /// The signs of a text of a policy; none where a variable stands for nothing.
    pub(super) fn pattern(&self, pattern: &str, variables: bool, wildcards: bool) -> Option<Vec<Sign>> {
        let mut signs = Vec::new();
        let mut rest = pattern;
        while let Some(c) = rest.chars().next() {
            if variables && rest.starts_with("${") {
                let (inside, after) = rest[2..].split_once('}').unwrap();
                let value = match inside {
                    "*" | "?" | "$" => inside.to_owned(),
                    _ => self.variable(inside)?,
                };
                signs.extend(value.chars().map(Sign::One));
                rest = after;
                continue;
            }
            signs.push(if wildcards { Sign::of(c) } else { Sign::One(c) });
            rest = &rest[c.len_utf8()..];
        }
        Some(signs)
    }

    fn variable(&self, inside: &str) -> Option<String> {
        let (key, default) = match inside.split_once(',') {
            Some((key, default)) => (key, Some(default.trim().trim_matches('\'').to_owned())),
            None => (inside, None),
        };
        let value = match self.context(key).as_deref() {
            Some([value]) => Some(value.clone()),
            Some([_, _, ..]) => None,
            Some([]) | None => default,
        };
        hit("variable", if value.is_some() { "has a value" } else { "stands for nothing" });
        value
    }

    pub(super) fn conditions_hold(&self, statement: &Statement<'_>) -> bool {
        statement.conditions().all(|(name, key, values)| {
            let operator = Operator::of(name);
            let holds = self.condition(&operator, key, values, statement);
            operator.came_out(name, self.context(key).is_some(), holds);
            holds
        })
    }

    fn condition(&self, operator: &Operator, key: &str, wanted: &Value, statement: &Statement<'_>) -> bool {
        let found = self.context(key);
        let Operator { set, base, negated, if_exists } = operator;
        let empty = found.as_ref().is_none_or(|values| values.iter().all(String::is_empty));
        if base == "null" {
            return items(wanted).iter().any(|wanted| text(wanted).eq_ignore_ascii_case("true") == empty);
        }
        let readable: Vec<_> =
            items(wanted).iter().map(text).filter(|wanted| is_readable(base, wanted, statement)).collect();
        // What is not understood grants nothing: not to those without the key, nor by what a negation excepts.
        let blind = statement.effect == "Allow" && readable.len() < items(wanted).len();
        if blind {
            hit("a value of the policy", "that is not understood");
        }
        let one = |value: &String| {
            if !readable.is_empty() && !can_be_compared(base, value) {
                hit("a value of the request", "that is not understood");
                return statement.effect == "Deny";
            }
            let any = readable.iter().any(|wanted| self.compares(base, value, wanted, statement));
            any != *negated && !(*negated && blind)
        };
        match (set.as_str(), found) {
            ("forallvalues", _) if empty => !blind,
            ("forallvalues", Some(values)) => values.iter().all(one),
            ("foranyvalue", _) if empty => *if_exists && statement.effect == "Deny",
            ("foranyvalue", Some(values)) => values.iter().any(one),
            (_, None) => (*if_exists || *negated) && !blind,
            (_, Some(values)) if values.is_empty() => (*if_exists || *negated) && !blind,
            (_, Some(values)) => values.len() == 1 && one(&values[0]),
        }
    }

    fn compares(&self, base: &str, value: &str, wanted: &str, statement: &Statement<'_>) -> bool {
        if base.starts_with("string") || base.starts_with("arn") {
            return self.compares_texts(base, value, wanted, statement);
        }
        let order = match base {
            "binaryequals" => return value == wanted,
            "bool" => return value.eq_ignore_ascii_case(wanted),
            "ipaddress" => return within(wanted, value),
            _ if base.starts_with("date") => moment(value).cmp(&moment(wanted)),
            _ => number(value).partial_cmp(&number(wanted)).unwrap(),
        };
        match base.trim_start_matches("date").trim_start_matches("numeric") {
            "equals" => order == Ordering::Equal,
            "lessthan" => order == Ordering::Less,
            "lessthanequals" => order != Ordering::Greater,
            "greaterthan" => order == Ordering::Greater,
            "greaterthanequals" => order != Ordering::Less,
            _ => panic!("{base}"),
        }
    }

    fn compares_texts(&self, base: &str, value: &str, wanted: &str, statement: &Statement<'_>) -> bool {
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        let wildcards = matches!(base, "stringlike" | "arnlike" | "arnequals");
        let Some(signs) = self.pattern(wanted, statement.variables, wildcards) else { return false };
        if base.starts_with("arn") {
            let parts: Vec<_> = value.splitn(6, ':').collect();
            let wanted = arn_parts(&signs);
            return parts.len() == 6
                && wanted.len() == 6
                && parts.iter().zip(&wanted).all(|(part, wanted)| glob(wanted, &chars(part)));
        }
        if base == "stringequalsignorecase" {
            let wanted: String =
                signs.iter().map(|sign| if let Sign::One(c) = sign { *c } else { '*' }).collect();
            return wanted.to_lowercase() == value.to_lowercase();
        }
        glob(&signs, &chars(value))
    }
}

/// Whether the operator can read this value of a policy.
fn is_readable(base: &str, wanted: &str, statement: &Statement<'_>) -> bool {
    match base {
        // Six parts as it is written, or a variable for the whole.
        _ if base.starts_with("arn") => {
            let variable = statement.variables && wanted.contains("${");
            wanted.matches(':').count() >= 5 || variable && !wanted.contains(['*', '?'])
        }
        "ipaddress" => {
            let (address, bits) = wanted.split_once('/').unwrap_or((wanted, "0"));
            let most = if address.contains(':') { 128 } else { 32 };
            can_be_compared(base, address) && bits.parse::<u32>().is_ok_and(|bits| bits <= most)
        }
        _ => can_be_compared(base, wanted),
    }
}

/// Whether the operator can read this value of a request.
fn can_be_compared(base: &str, value: &str) -> bool {
    match base {
        "bool" => ["true", "false"].iter().any(|word| value.eq_ignore_ascii_case(word)),
        "ipaddress" => value.parse::<std::net::IpAddr>().is_ok(),
        _ if base.starts_with("date") => moment(value).is_some(),
        _ if base.starts_with("numeric") => number(value).is_some(),
        _ => true,
    }
}
