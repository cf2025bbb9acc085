//! The operators of conditions, with their set prefixes and the suffix `IfExists`.

use std::fmt;

macro_rules! comparisons {
    ($($(#[$doc:meta])+ $name:ident = $positive:literal $(, not $negative:literal)?;)+) => {
        /// What an operator compares, its negation left out.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        #[non_exhaustive]
        pub enum Comparison { $($(#[$doc])+ $name,)+ }

        // The name, what it compares, whether it is the negation of that.
        const NAMES: &[(&str, Comparison, bool)] = &[
            $(($positive, Comparison::$name, false), $(($negative, Comparison::$name, true),)?)+
        ];
    };
}

comparisons! {
    /// Six segments, each with `*` and `?`. `ArnEquals` is the same as `ArnLike`.
    ArnEquals = "ArnEquals", not "ArnNotEquals";
    /// Six segments, each with `*` and `?`.
    ArnLike = "ArnLike", not "ArnNotLike";
    /// The same bytes in base64.
    BinaryEquals = "BinaryEquals";
    /// True or false.
    Bool = "Bool";
    /// The same moment.
    DateEquals = "DateEquals", not "DateNotEquals";
    /// A later moment.
    DateGreaterThan = "DateGreaterThan";
    /// A later moment or the same.
    DateGreaterThanEquals = "DateGreaterThanEquals";
    /// An earlier moment.
    DateLessThan = "DateLessThan";
    /// An earlier moment or the same.
    DateLessThanEquals = "DateLessThanEquals";
    /// An address in a range.
    IpAddress = "IpAddress", not "NotIpAddress";
    /// Whether the key is absent.
    Null = "Null";
    /// The same number.
    NumericEquals = "NumericEquals", not "NumericNotEquals";
    /// A larger number.
    NumericGreaterThan = "NumericGreaterThan";
    /// A larger number or the same.
    NumericGreaterThanEquals = "NumericGreaterThanEquals";
    /// A smaller number.
    NumericLessThan = "NumericLessThan";
    /// A smaller number or the same.
    NumericLessThanEquals = "NumericLessThanEquals";
    /// The same text.
    StringEquals = "StringEquals", not "StringNotEquals";
    /// The same text, upper and lower case alike.
    StringEqualsIgnoreCase = "StringEqualsIgnoreCase", not "StringNotEqualsIgnoreCase";
    /// A text with `*` and `?`.
    StringLike = "StringLike", not "StringNotLike";
}

impl Comparison {
    /// Whether its values may hold policy variables: those of texts and ARNs.
    pub fn takes_variables(self) -> bool {
        use Comparison::{ArnEquals, ArnLike, StringEquals, StringEqualsIgnoreCase, StringLike};
        matches!(self, ArnEquals | ArnLike | StringEquals | StringEqualsIgnoreCase | StringLike)
    }
}

/// How the values of a key with several are taken together.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Quantifier {
    /// `ForAllValues:`, which holds when there is no value at all.
    ForAllValues,
    /// `ForAnyValue:`, which needs one value at least.
    ForAnyValue,
}

/// An operator, `ForAllValues:StringNotEqualsIfExists` for example.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Operator {
    /// What it compares.
    pub comparison: Comparison,
    /// Whether it is the negation: true when none of the policy's values fits.
    pub negated: bool,
    /// How several values of the request are taken together; none for keys with one value.
    pub quantifier: Option<Quantifier>,
    /// Whether an absent key makes it true.
    pub if_exists: bool,
}

impl Operator {
    /// The operator of this name, upper and lower case alike; none where there is no such operator.
    pub fn parse(name: &str) -> Option<Self> {
        let (quantifier, rest) = quantifier(name);
        let (if_exists, base) =
            match rest.len().checked_sub("IfExists".len()).and_then(|at| rest.split_at_checked(at)) {
                Some((base, suffix)) if suffix.eq_ignore_ascii_case("IfExists") => (true, base),
                _ => (false, rest),
            };
        let (_, comparison, negated) =
            NAMES.iter().find(|(name, ..)| name.eq_ignore_ascii_case(base)).copied()?;
        let absence = comparison == Comparison::Null;
        // Null asks whether the key is there; neither a set nor IfExists has a meaning for it.
        (!absence || (!if_exists && quantifier.is_none())).then_some(Self {
            comparison,
            negated,
            quantifier,
            if_exists,
        })
    }

    /// The operator whose name is nearest to this one, for a hint.
    pub(super) fn nearest(name: &str) -> &'static str {
        let (_, rest) = quantifier(name);
        let near = NAMES.iter().min_by_key(|(known, ..)| strsim::damerau_levenshtein(rest, known));
        near.map_or("StringEquals", |(known, ..)| known)
    }
}

fn quantifier(name: &str) -> (Option<Quantifier>, &str) {
    match name.split_once(':') {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case("ForAllValues") => {
            (Some(Quantifier::ForAllValues), rest)
        }
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case("ForAnyValue") => {
            (Some(Quantifier::ForAnyValue), rest)
        }
        _ => (None, name),
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.quantifier {
            Some(Quantifier::ForAllValues) => f.write_str("ForAllValues:")?,
            Some(Quantifier::ForAnyValue) => f.write_str("ForAnyValue:")?,
            None => {}
        }
        let same = |(_, comparison, negated): &&(&str, Comparison, bool)| {
            *comparison == self.comparison && *negated == self.negated
        };
        f.write_str(NAMES.iter().find(same).map_or("", |(name, ..)| name))?;
        if self.if_exists { f.write_str("IfExists") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operator_of_the_reference_is_known_by_its_name() {
        assert_eq!(NAMES.len(), 27);
        for (name, ..) in NAMES {
            for written in [(*name).to_owned(), format!("ForAnyValue:{name}IfExists")] {
                match Operator::parse(&written) {
                    Some(operator) => assert_eq!(operator.to_string(), written),
                    None => assert_eq!(written, "ForAnyValue:NullIfExists"),
                }
            }
        }
    }

    #[test]
    fn case_does_not_matter() {
        let operator = Operator::parse("forallvalues:stringNOTlikeifexists").unwrap();
        assert_eq!(operator.to_string(), "ForAllValues:StringNotLikeIfExists");
    }

    #[test]
    fn other_names_are_no_operators() {
        for name in [
            "",
            "String",
            "StringMatches",
            "IfExists",
            "ForAll:StringEquals",
            "NullIfExists",
            "StringEquals ",
        ] {
            assert_eq!(Operator::parse(name), None, "{name}");
        }
        assert_eq!(Operator::nearest("StringEqual"), "StringEquals");
        assert_eq!(Operator::nearest("ForAnyValue:ArnLikes"), "ArnLike");
    }
}
