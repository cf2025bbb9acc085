//! What conditions say of values that nobody has given: of every value of a kind at once.

use std::cmp::Ordering;

use super::{Clause, Operand, compares, is_date};
use crate::iam::cover::{begin_apart, is_stars};
use crate::iam::document::{Condition, Text};
use crate::iam::operator::{Comparison, Operator};
use crate::iam::request::Request;
use crate::iam::truth::Truth;
use crate::iam::value::{Range, compare_numbers, is_number, moment};
use crate::iam::variable::Fit;

/// What a key may be: absent, or of one value, which is every one of a kind.
#[derive(Clone, Copy, Debug)]
pub(in crate::iam) enum Point<'a> {
    Absent,
    /// This text.
    Text(&'a String),
    /// `true` or `false`, however it is written.
    Bool(bool),
    /// A number or a moment that stands so to this one, whatever else lies between; the operator says which.
    Order(Comparison, &'a str, Ordering),
    /// A text, an ARN or an address that fits this, as the operator reads it, and is not empty.
    Fitting(Comparison, &'a str),
    /// One that fits nothing which a condition on the key names.
    Other,
}

/// The value that a pattern of stars fits besides.
static EMPTY: String = String::new();

/// How closely a condition tells what its key is, so that the closest of several is asked.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(in crate::iam) enum Closeness {
    Values,
    Bounds,
    Patterns,
    /// It says what the key is not.
    Exceptions,
}

impl Clause {
    /// How closely it tells what its key is; none where it leaves open what other values there are.
    pub(in crate::iam) fn closeness(&self, condition: &Condition) -> Option<Closeness> {
        if self.operator.quantifier.is_none() { self.closeness_of_each(condition) } else { None }
    }

    /// The same of each of several values.
    fn closeness_of_each(&self, condition: &Condition) -> Option<Closeness> {
        use Comparison as C;
        // Of `${...}` the text is not what is meant.
        let is_open = has_variables(condition);
        match self.operator.comparison {
            // Of several empty texts a key is absent, too.
            C::Null => None,
            _ if is_open => None,
            comparison if is_ordered(comparison) => Some(Closeness::Bounds),
            _ if self.operator.negated => Some(Closeness::Exceptions),
            C::StringEquals | C::Bool | C::BinaryEquals => Some(Closeness::Values),
            _ => Some(Closeness::Patterns),
        }
    }

    /// Whether each of its values tells something that the key may be.
    pub(in crate::iam) fn has_points(&self, condition: &Condition) -> bool {
        use Comparison as C;
        let Operator { comparison, negated, .. } = self.operator;
        let is_equal = !is_ordered(comparison) || matches!(comparison, C::DateEquals | C::NumericEquals);
        comparison != C::Null && !negated && is_equal && self.closeness(condition).is_some()
    }

    /// Whether it holds where the key is absent.
    pub(in crate::iam) fn may_be_absent(&self) -> bool {
        !self.never_holds() && self.holds_without() != Truth::No
    }

    /// Whether its operator can read this value of the policy.
    pub(in crate::iam) fn understands(&self, value: &Text) -> bool {
        !self.blind || Operand::read(self.operator.comparison, value, true).is_ok()
    }

    /// Whether another condition on the same key, with the same quantifier, is met wherever this one is.
    pub(in crate::iam) fn implies(
        &self,
        condition: &Condition,
        (other, wanted): (&Self, &Condition),
        request: &Request,
    ) -> bool {
        let quantifier = self.operator.quantifier;
        // A set of empty texts is one without a member.
        let mut texts = [condition, wanted].into_iter().flat_map(|one| &one.values.values);
        let may_be_empty = texts.any(|text| text.value.is_empty() || is_stars(&text.value));
        if quantifier.is_none() || quantifier != other.operator.quantifier || may_be_empty {
            return false;
        }
        self.closeness_of_each(condition).is_some()
            && !self.any_point(condition, [condition, wanted].into_iter(), &mut |point| {
                self.holds_at(point, condition, request) != Truth::No
                    && other.holds_at(point, wanted, request) != Truth::Yes
            })
    }

    /// Whether some point at which it may hold is such. It holds nowhere else, for a key that it tells closely.
    /// `all` are the conditions whose bounds and values tell one value from another, its own among them.
    pub(in crate::iam) fn any_point<'a>(
        &self,
        condition: &'a Condition,
        all: impl Iterator<Item = &'a Condition>,
        such: &mut impl FnMut(Point<'a>) -> bool,
    ) -> bool {
        let comparison = self.operator.comparison;
        if self.holds_without() != Truth::No && such(Point::Absent) {
            return true;
        }
        if is_ordered(comparison) {
            let mut bounds = all.filter(|other| is_alike(other.operator.comparison, comparison));
            return bounds.any(|other| any_side(other, such));
        }
        match self.operator.negated {
            true => {
                let rest = [Point::Text(&EMPTY), Point::Other];
                let mut named = all.filter(|other| is_of_text(other.operator.comparison));
                named.any(|other| any_value(other, such)) || rest.into_iter().any(such)
            }
            false => any_value(condition, such),
        }
    }

    /// Whether it holds there.
    pub(in crate::iam) fn holds_at(
        &self,
        point: Point<'_>,
        condition: &Condition,
        request: &Request,
    ) -> Truth {
        let comparison = self.operator.comparison;
        let there = comparison == Comparison::Null;
        let fits = match point {
            _ if self.never_holds() => return Truth::No,
            Point::Absent => return self.holds_without(),
            Point::Text(text) => return self.holds_for_values(std::slice::from_ref(text), request),
            _ if there => return self.null(false),
            _ if has_variables(condition) => return Truth::Unknown,
            Point::Bool(own) if comparison == Comparison::Bool => {
                self.operands.iter().any(|one| matches!(one, Operand::Bool(wanted) if *wanted == own)).into()
            }
            Point::Order(own, text, side) if is_alike(own, comparison) => self.fits_beside(text, side),
            Point::Fitting(own, pattern) => self.fits_all((own, pattern), condition, request),
            Point::Other if is_of_text(comparison) => Truth::No,
            Point::Bool(_) | Point::Order(..) | Point::Other => return Truth::Unknown,
        };
        if self.operator.negated { !fits } else { fits }
    }

    fn fits_beside(&self, text: &str, side: Ordering) -> Truth {
        let own = moment(text);
        Truth::any(self.operands.iter().map(|operand| {
            let order = match operand {
                Operand::Number(wanted) => compare_numbers(text, wanted),
                Operand::Moment(wanted) => own.map(|own| own.cmp(wanted)),
                _ => None,
            };
            order.map_or(Truth::Unknown, |order| compares(self.operator.comparison, Some(order.then(side))))
        }))
    }

    /// Whether all that fits the pattern fits one of the values, or nothing does; in doubt it is not known.
    fn fits_all(&self, pattern: (Comparison, &str), condition: &Condition, request: &Request) -> Truth {
        // Which of the values are not understood is not told any more.
        if self.blind {
            return Truth::Unknown;
        }
        let each = self.operands.iter().zip(&condition.values.values);
        Truth::any(each.map(|(operand, text)| match operand {
            Operand::Range(wide) => match Range::parse(pattern.1) {
                Some(narrow) if pattern.0 == Comparison::IpAddress => wide.holds_all(&narrow),
                _ => Truth::Unknown,
            },
            _ => operand.takes_all(pattern, (self.operator.comparison, &text.value), request),
        }))
    }
}

impl Operand {
    /// Of texts and ARNs, where `wide` is what this one is written as.
    fn takes_all(&self, narrow: (Comparison, &str), wide: (Comparison, &str), request: &Request) -> Truth {
        use Comparison::{ArnEquals, ArnLike, StringEqualsIgnoreCase, StringLike};
        let is_arn = |comparison| matches!(comparison, ArnEquals | ArnLike);
        let is_like = |comparison| is_arn(comparison) || comparison == StringLike;
        // A star may stand for more than the one character that `?` takes.
        let doubtful = wide.1.contains('?') && narrow.1.contains('*');
        match self {
            Self::GlobIgnoringCase(_) if narrow.0 == StringEqualsIgnoreCase => {
                let plain = wide.1.is_ascii() && narrow.1.is_ascii();
                if plain { wide.1.eq_ignore_ascii_case(narrow.1).into() } else { Truth::Unknown }
            }
            Self::Glob(_) | Self::Arn(_) if !is_like(narrow.0) => Truth::Unknown,
            Self::Glob(_) | Self::Arn(_) if begin_apart(wide.1, narrow.1) => Truth::No,
            Self::Glob(glob) if wide.0 == StringLike && !doubtful => or_unknown(glob.fits(narrow.1, request)),
            Self::Arn(arn) if is_arn(narrow.0) && !doubtful => {
                or_unknown(arn.fits_by_parts(narrow.1, request))
            }
            _ => Truth::Unknown,
        }
    }
}

/// Whether a value just below, at or just above one of these numbers or moments is such.
fn any_side<'a>(condition: &'a Condition, such: &mut impl FnMut(Point<'a>) -> bool) -> bool {
    let comparison = condition.operator.comparison;
    let is_bound = |text: &str| match is_date(comparison) {
        true => moment(text).is_some(),
        false => is_number(text),
    };
    let mut texts = condition.values.values.iter().map(|text| &text.value);
    texts.any(|text| {
        let sides = [Ordering::Less, Ordering::Equal, Ordering::Greater];
        is_bound(text) && sides.into_iter().any(|side| such(Point::Order(comparison, text, side)))
    })
}

/// Whether something that fits one of these values is such.
fn any_value<'a>(condition: &'a Condition, such: &mut impl FnMut(Point<'a>) -> bool) -> bool {
    let comparison = condition.operator.comparison;
    condition.values.values.iter().map(|text| &text.value).any(|text| {
        let point = Point::of(comparison, text);
        let may_be_empty = matches!(point, Point::Fitting(..)) && is_stars(text);
        such(point) || may_be_empty && such(Point::Text(&EMPTY))
    })
}

/// Whether the text of a value may be not what is meant.
fn has_variables(condition: &Condition) -> bool {
    condition.values.values.iter().any(|text| text.value.contains("${"))
}

/// What a pattern does not fit as a whole may fit in part.
fn or_unknown(fit: Fit) -> Truth {
    if fit == Fit::Yes { Truth::Yes } else { Truth::Unknown }
}

fn is_ordered(comparison: Comparison) -> bool {
    is_date(comparison) || is_numeric(comparison)
}

/// Whether its values are texts, ARNs or addresses.
fn is_of_text(comparison: Comparison) -> bool {
    !is_ordered(comparison) && !matches!(comparison, Comparison::Bool | Comparison::Null)
}

fn is_numeric(comparison: Comparison) -> bool {
    use Comparison as C;
    matches!(
        comparison,
        C::NumericEquals
            | C::NumericGreaterThan
            | C::NumericGreaterThanEquals
            | C::NumericLessThan
            | C::NumericLessThanEquals
    )
}

/// Whether both compare numbers, or both moments.
fn is_alike(one: Comparison, other: Comparison) -> bool {
    is_date(one) && is_date(other) || is_numeric(one) && is_numeric(other)
}

impl<'a> Point<'a> {
    /// The values that such an operator means by this one.
    pub(in crate::iam) fn of(comparison: Comparison, text: &'a String) -> Self {
        use Comparison as C;
        match comparison {
            C::StringEquals | C::BinaryEquals => Point::Text(text),
            _ if text.is_empty() => Point::Text(text),
            C::Bool => Point::Bool(text.eq_ignore_ascii_case("true")),
            _ if is_ordered(comparison) => Point::Order(comparison, text, Ordering::Equal),
            _ => Point::Fitting(comparison, text),
        }
    }
}
