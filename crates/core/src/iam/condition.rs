//! Conditions, made once and asked often.

mod point;

use std::cmp::Ordering;
use std::net::IpAddr;

pub(super) use self::point::Point;
use super::arn::Arn;
use super::arn_pattern::ArnPattern;
use super::document::{Condition, Effect, Text};
use super::operator::{Comparison, Operator, Quantifier};
use super::request::{Fact, PRINCIPAL_ARN, Request};
use super::role_path;
use super::truth::Truth;
use super::value::{Range, compare_numbers, is_number, moment};
use super::variable::{Glob, Piece, Signs, Variable, pieces};
use crate::error::printable;

/// One key of one operator of a statement.
#[derive(Clone, Debug)]
pub(super) struct Clause {
    /// The context key, in lower case.
    pub(super) key: String,
    operator: Operator,
    effect: Effect,
    operands: Vec<Operand>,
    /// The values as they are written, if the key is the caller's ARN, which may be known in part.
    written: Vec<String>,
    /// Whether the policy compares with something that is not understood, besides; in an Allow only.
    blind: bool,
}

/// A value of a policy, as its operator reads it.
#[derive(Clone, Debug)]
enum Operand {
    Arn(ArnPattern),
    /// An ARN that is made of a variable: compared as a whole.
    ArnText(Glob),
    Bool(bool),
    Glob(Glob),
    GlobIgnoringCase(Glob),
    Moment(jiff::Timestamp),
    Number(String),
    Range(Range),
    Text(String),
}

/// A value of a policy that its operator cannot read.
pub(super) struct Unreadable {
    pub(super) value: usize,
    pub(super) why: String,
}

impl Clause {
    /// # Errors
    /// A value of a Deny that is not understood, and a variable that is none. A value of an Allow that is not
    /// understood makes the Allow narrower instead.
    pub(super) fn new(condition: &Condition, effect: Effect, variables: bool) -> Result<Self, Unreadable> {
        let key = condition.key.value.to_lowercase();
        let (mut operands, mut written) = (Vec::new(), Vec::new());
        let mut blind = false;
        for (value, text) in condition.values.values.iter().enumerate() {
            match Operand::read(condition.operator.comparison, text, variables) {
                Ok(operand) => {
                    operands.push(operand);
                    written.extend((key == PRINCIPAL_ARN).then(|| text.value.clone()));
                }
                Err(why) if effect == Effect::Deny || why.fatal => {
                    return Err(Unreadable { value, why: why.text });
                }
                Err(_) => blind = true,
            }
        }
        Ok(Self { key, operator: condition.operator, effect, operands, written, blind })
    }

    /// Whether it grants to whom it names by `aws:PrincipalArn`.
    pub(super) fn names_principal(&self) -> bool {
        let Operator { comparison, negated, quantifier, if_exists } = self.operator;
        self.key == PRINCIPAL_ARN
            && comparison != Comparison::Null
            && !negated
            && !if_exists
            && quantifier != Some(Quantifier::ForAllValues)
    }

    /// The variables in its values.
    pub(super) fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.operands.iter().flat_map(|operand| {
            let (arn, glob) = match operand {
                Operand::Arn(arn) => (Some(arn), None),
                Operand::ArnText(glob) | Operand::Glob(glob) | Operand::GlobIgnoringCase(glob) => {
                    (None, Some(glob))
                }
                _ => (None, None),
            };
            arn.into_iter().flat_map(ArnPattern::variables).chain(glob.into_iter().flat_map(Glob::variables))
        })
    }

    /// Whether the request meets it.
    pub(super) fn holds(&self, request: &Request) -> Truth {
        match request.fact(&self.key) {
            _ if self.never_holds() => Truth::No,
            Fact::Unknown if self.key == PRINCIPAL_ARN => self.holds_for_caller(request),
            Fact::Unknown if self.always_holds() => Truth::Yes,
            Fact::Unknown => Truth::Unknown,
            Fact::Absent => self.holds_without(),
            Fact::Values(values) => self.holds_for_values(values, request),
        }
    }

    fn holds_for_values(&self, values: &[String], request: &Request) -> Truth {
        match self.operator.comparison {
            Comparison::Null => self.null(values.iter().all(String::is_empty)),
            _ => self.holds_for(values, request),
        }
    }

    /// For the ARN of a caller that may not be known in full: certain where any path of a role gives the same answer.
    fn holds_for_caller(&self, request: &Request) -> Truth {
        let Some((without_path, roles)) = request.open_role() else { return Truth::Unknown };
        let comparison = self.operator.comparison;
        if comparison == Comparison::Null {
            return self.null(false);
        }
        let one = self.holds_for(without_path, request);
        // Of other operators it is a value that they cannot compare, whatever its path.
        if !comparison.takes_variables() && comparison != Comparison::BinaryEquals {
            return one;
        }
        let each = self.operands.iter().zip(&self.written).map(|(operand, written)| {
            // The star of the path is a character like any other, which only a star takes.
            let all = || operand.fits(roles, comparison, request) == Truth::Yes;
            role_path::fits(comparison, written, roles, all)
        });
        let fits = Truth::any(each);
        let others = if self.operator.negated { !fits } else { fits };
        if one == others { one } else { Truth::Unknown }
    }

    /// Where the key is absent.
    fn holds_without(&self) -> Truth {
        let Operator { comparison, negated, quantifier, if_exists } = self.operator;
        match quantifier {
            _ if comparison == Comparison::Null => self.null(true),
            // Nothing is granted by a value that is not understood, not even to those without the key.
            _ if self.blind => Truth::No,
            Some(Quantifier::ForAllValues) => Truth::Yes,
            // The reference says both that ForAnyValue fails and that IfExists holds.
            Some(Quantifier::ForAnyValue) if if_exists => (self.effect == Effect::Deny).into(),
            Some(Quantifier::ForAnyValue) => Truth::No,
            None => (if_exists || negated).into(),
        }
    }

    fn null(&self, absent: bool) -> Truth {
        self.operands
            .iter()
            .any(|operand| matches!(operand, Operand::Bool(wanted) if *wanted == absent))
            .into()
    }

    fn holds_for(&self, values: &[String], request: &Request) -> Truth {
        let each = values.iter().map(|value| self.holds_for_one(value, request));
        match (self.operator.quantifier, values) {
            // An empty text is a set without a member.
            (Some(_), _) if values.iter().all(String::is_empty) => self.holds_without(),
            (Some(Quantifier::ForAllValues), _) => Truth::all(each),
            (Some(Quantifier::ForAnyValue), _) => Truth::any(each),
            (None, []) => self.holds_without(),
            (None, [value]) => self.holds_for_one(value, request),
            // Without a quantifier an operator takes one value.
            (None, _) => Truth::No,
        }
    }

    fn holds_for_one(&self, value: &str, request: &Request) -> Truth {
        let Some(fits) = self.fits(value, request) else { return (self.effect == Effect::Deny).into() };
        if self.operator.negated { !fits } else { fits }
    }

    /// Whether a value of the request fits one of the policy's; none where it is none that the operator can compare.
    fn fits(&self, value: &str, request: &Request) -> Option<Truth> {
        let comparison = self.operator.comparison;
        let any = |fits: &dyn Fn(&Operand) -> Truth| Some(Truth::any(self.operands.iter().map(fits)));
        // All operands are of the kind that the operator reads.
        match self.operands.first() {
            Some(Operand::Range(_)) => {
                let address: IpAddr = value.parse().ok()?;
                any(&|operand| matches!(operand, Operand::Range(range) if range.contains(address)).into())
            }
            Some(Operand::Moment(_)) => {
                let own = moment(value)?;
                any(&|operand| match operand {
                    Operand::Moment(wanted) => compares(comparison, Some(own.cmp(wanted))),
                    _ => Truth::No,
                })
            }
            Some(Operand::Bool(_)) => {
                let own = read_bool(value)?;
                any(&|operand| matches!(operand, Operand::Bool(wanted) if *wanted == own).into())
            }
            Some(Operand::Number(_)) if !is_number(value) => None,
            _ => any(&|operand| operand.fits(value, comparison, request)),
        }
    }

    /// Whether it holds for nothing: no value is understood, or the one that is not might be what a negation excepts.
    fn never_holds(&self) -> bool {
        self.blind && (self.operator.negated || self.operands.is_empty())
    }

    /// Whether it holds whatever the key is: it leaves out no value, and needs none.
    fn always_holds(&self) -> bool {
        let Operator { comparison, negated, quantifier, .. } = self.operator;
        let both = || {
            let has =
                |wanted| self.operands.iter().any(|one| matches!(one, Operand::Bool(own) if *own == wanted));
            has(true) && has(false)
        };
        match (comparison, quantifier) {
            (Comparison::Null, _) => both(),
            // A Deny takes what is neither true nor false, too.
            (Comparison::Bool, Some(Quantifier::ForAllValues)) => self.effect == Effect::Deny && both(),
            (_, Some(Quantifier::ForAllValues)) if !negated => self.takes_any_text(),
            _ => false,
        }
    }

    fn takes_any_text(&self) -> bool {
        self.operator.comparison == Comparison::StringLike
            && self.operands.iter().any(|one| matches!(one, Operand::Glob(glob) if glob.is_any()))
    }
}

fn read_bool(text: &str) -> Option<bool> {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

struct Wrong {
    text: String,
    /// Wrong whatever the effect.
    fatal: bool,
}

impl Operand {
    fn read(comparison: Comparison, text: &Text, variables: bool) -> Result<Self, Wrong> {
        use Comparison::{ArnEquals, ArnLike, BinaryEquals, Bool, IpAddress, Null};
        use Comparison::{StringEquals, StringEqualsIgnoreCase, StringLike};
        let value = text.value.as_str();
        let glob = |wildcards| {
            let pieces = pieces(value, Signs { variables, wildcards });
            pieces.map_err(|text| Wrong { text, fatal: true })
        };
        let wrong =
            |what: &str| Wrong { text: format!("\"{}\" is no {what}", printable(value)), fatal: false };
        match comparison {
            ArnEquals | ArnLike => arn(glob(true)?).ok_or_else(|| wrong("ARN of six parts")),
            StringEquals => Ok(Self::Glob(Glob::new(glob(false)?))),
            StringEqualsIgnoreCase => Ok(Self::GlobIgnoringCase(Glob::new(glob(false)?))),
            StringLike => Ok(Self::Glob(Glob::new(glob(true)?))),
            BinaryEquals => Ok(Self::Text(value.to_owned())),
            Bool | Null => read_bool(value).map(Self::Bool).ok_or_else(|| wrong("true or false")),
            IpAddress => {
                Range::parse(value).map(Self::Range).ok_or_else(|| wrong("address or range of addresses"))
            }
            _ if is_date(comparison) => moment(value).map(Self::Moment).ok_or_else(|| wrong("date")),
            _ => is_number(value).then(|| Self::Number(value.to_owned())).ok_or_else(|| wrong("number")),
        }
    }

    /// Of texts, ARNs and numbers.
    fn fits(&self, value: &str, comparison: Comparison, request: &Request) -> Truth {
        match self {
            Self::Arn(pattern) => pattern.fits_by_parts(value, request).truth(),
            Self::ArnText(_) if Arn::parse(value).is_none() => Truth::No,
            Self::ArnText(glob) | Self::Glob(glob) => glob.fits(value, request).truth(),
            Self::GlobIgnoringCase(glob) => glob.fits_ignoring_case(value, request).truth(),
            Self::Text(wanted) => (value == wanted).into(),
            Self::Number(wanted) => compares(comparison, compare_numbers(value, wanted)),
            Self::Bool(_) | Self::Moment(_) | Self::Range(_) => Truth::No,
        }
    }
}

/// A pattern of six parts, or something that stands for a whole ARN.
fn arn(pieces: Vec<Piece>) -> Option<Operand> {
    let pattern = ArnPattern::new(pieces.clone());
    if pattern.is_whole() {
        return Some(Operand::Arn(pattern));
    }
    let literal = pieces.iter().all(|piece| matches!(piece, Piece::Text(_) | Piece::Variable(_)));
    let variable = pieces.iter().any(|piece| matches!(piece, Piece::Variable(_)));
    (literal && variable).then(|| Operand::ArnText(Glob::new(pieces)))
}

fn is_date(comparison: Comparison) -> bool {
    use Comparison::{DateEquals, DateGreaterThan, DateGreaterThanEquals, DateLessThan, DateLessThanEquals};
    matches!(
        comparison,
        DateEquals | DateGreaterThan | DateGreaterThanEquals | DateLessThan | DateLessThanEquals
    )
}

/// Whether the request's value, which is so ordered to the policy's, is what the operator wants.
fn compares(comparison: Comparison, order: Option<Ordering>) -> Truth {
    use Comparison::{
        DateGreaterThan, DateGreaterThanEquals, DateLessThan, DateLessThanEquals, NumericGreaterThan,
        NumericGreaterThanEquals, NumericLessThan, NumericLessThanEquals,
    };
    let wanted = |order: Ordering| match comparison {
        DateGreaterThan | NumericGreaterThan => order.is_gt(),
        DateGreaterThanEquals | NumericGreaterThanEquals => order.is_ge(),
        DateLessThan | NumericLessThan => order.is_lt(),
        DateLessThanEquals | NumericLessThanEquals => order.is_le(),
        _ => order.is_eq(),
    };
    order.is_some_and(wanted).into()
}
