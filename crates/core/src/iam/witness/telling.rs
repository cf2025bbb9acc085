//! Values of condition keys that tell one condition from another: those that it names, and those beside its bounds.

use super::EXAMPLE;
use super::search::{concrete_arn, resolved};
use crate::iam::document::Condition;
use crate::iam::operator::Comparison;
use crate::iam::value::{Range, moment};

/// For each value of the condition what fits it, and what just does not.
pub(in crate::iam) fn values_beside(condition: &Condition) -> Vec<String> {
    let values = condition.values.values.iter();
    values.flat_map(|text| around(condition.operator.comparison, &text.value)).collect()
}

fn around(comparison: Comparison, value: &str) -> Vec<String> {
    use Comparison as C;
    let plain = resolved(value);
    match comparison {
        C::Null => vec![EXAMPLE.to_owned()],
        C::Bool => vec!["true".to_owned(), "false".to_owned()],
        C::IpAddress => Range::parse(&plain).map(addresses).unwrap_or_default(),
        C::StringLike => {
            vec![plain.replace('*', EXAMPLE).replace('?', "x"), plain.replace('*', ""), EXAMPLE.to_owned()]
        }
        C::ArnLike | C::ArnEquals => vec![concrete_arn(&plain), concrete_arn("*")],
        C::StringEquals | C::BinaryEquals => vec![plain, EXAMPLE.to_owned()],
        C::StringEqualsIgnoreCase => vec![plain.to_ascii_uppercase(), plain, EXAMPLE.to_owned()],
        C::DateEquals
        | C::DateGreaterThan
        | C::DateGreaterThanEquals
        | C::DateLessThan
        | C::DateLessThanEquals => moments(&plain),
        C::NumericEquals
        | C::NumericGreaterThan
        | C::NumericGreaterThanEquals
        | C::NumericLessThan
        | C::NumericLessThanEquals => numbers(plain),
    }
}

fn addresses(range: Range) -> Vec<String> {
    range.edges().into_iter().map(|address| address.to_string()).collect()
}

fn moments(plain: &str) -> Vec<String> {
    let Some(moment) = moment(plain) else { return Vec::new() };
    let beside = [-1, 0, 1].into_iter().filter_map(|by| moment.as_second().checked_add(by));
    beside.filter_map(|second| jiff::Timestamp::from_second(second).ok()).map(|one| one.to_string()).collect()
}

fn numbers(plain: String) -> Vec<String> {
    let Ok(number) = plain.parse::<f64>() else { return vec![plain] };
    vec![plain, (number - 1.0).to_string(), (number + 1.0).to_string()]
}
