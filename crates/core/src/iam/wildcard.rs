//! Patterns with `*` and `?`, matched in linear time.
//!
//! A pattern is cut at its stars into runs. The first and the last are anchored; those between are looked for from
//! left to right, each where it first occurs, which is never worse than a later place. What remains is the search
//! for one run, and that is where a matcher that tries every place takes the product of both lengths (`*aaaab*` on
//! `aaaa...`). Here a run without `?` is searched by the two-way algorithm, linear in text and run, and a run with
//! `?` by an automaton of bits: one step per character and 64 signs of the run, of which a policy may have [`MOST`].

mod run;
mod signs;

use std::mem;

use self::run::{Run, literal};

/// A piece of a pattern.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Token {
    /// These very characters.
    Text(String),
    /// One character.
    One,
    /// Any number of characters.
    Star,
    /// The value that the caller has under this number, literally.
    Slot(usize),
}

/// A pattern, made once and matched often.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    first: Run,
    /// The runs between the stars and the one after the last; none where there is no star.
    rest: Option<(Vec<Run>, Run)>,
}

/// The values of slots by their number.
pub(super) trait Slots {
    fn value(&self, slot: usize) -> &str;
}

/// For patterns without slots.
pub(super) struct NoSlots;

impl Slots for NoSlots {
    fn value(&self, _: usize) -> &str {
        ""
    }
}

impl Pattern {
    /// A pattern of a text in which `*` and `?` are the only signs.
    pub(super) fn of(text: &str) -> Self {
        Self::new(tokens(text))
    }

    pub(super) fn new(mut tokens: Vec<Token>) -> Self {
        let Some(star) = tokens.iter().position(|token| *token == Token::Star) else {
            return Self { first: Run::new(tokens), rest: None };
        };
        let (mut middle, mut last) = (Vec::new(), Run::default());
        for token in tokens.drain(star..).skip(1) {
            match token {
                Token::Star if last.tokens.is_empty() => {}
                Token::Star => middle.push(mem::take(&mut last)),
                token => {
                    if last.tokens.is_empty() {
                        // Most runs are one token, and a hostile pattern has very many of them.
                        last.tokens.reserve_exact(1);
                    }
                    last.tokens.push(token);
                }
            }
        }
        if !middle.is_empty() {
            tokens.shrink_to_fit();
        }
        middle.iter_mut().for_each(Run::prepare);
        Self { first: Run::new(tokens), rest: Some((middle, last)) }
    }

    /// Whether it ends with a star.
    pub(super) fn ends_open(&self) -> bool {
        self.rest.as_ref().is_some_and(|(_, last)| last.tokens.is_empty())
    }

    /// Whether it fits the text.
    pub(super) fn matches(&self, text: &str) -> bool {
        self.matches_with(text, &NoSlots)
    }

    /// Whether it fits the text, its slots filled.
    pub(super) fn matches_with(&self, text: &str, slots: &impl Slots) -> bool {
        match self.begins(text, slots) {
            Some(rest) => self.goes_on(rest, slots),
            None => false,
        }
    }

    /// What follows the run before the first star, if the text begins with it.
    pub(super) fn begins<'t>(&self, text: &'t str, slots: &impl Slots) -> Option<&'t str> {
        self.first.strip_from_start(text, slots)
    }

    /// Whether the rest of the pattern fits what [`begins`](Self::begins) left. Where it does not and the pattern has
    /// a star, it does not fit any shorter end of that text either.
    pub(super) fn goes_on(&self, rest: &str, slots: &impl Slots) -> bool {
        let Some((middle, last)) = &self.rest else { return rest.is_empty() };
        let Some(mut rest) = last.strip_from_end(rest, slots) else { return false };
        for run in middle {
            match run.after_first(rest, slots) {
                Some(after) => rest = after,
                None => return false,
            }
        }
        true
    }

    /// Whether the text is the same but for upper and lower case, if the pattern has no `*` and no `?`.
    pub(super) fn is_text_ignoring_case(&self, text: &str, slots: &impl Slots) -> bool {
        let own = self.first.tokens.iter().flat_map(|token| literal(token, slots).chars());
        self.rest.is_none() && own.flat_map(char::to_lowercase).eq(text.chars().flat_map(char::to_lowercase))
    }

    /// Whether it is stars and nothing else.
    pub(super) fn is_star(&self) -> bool {
        let is_empty = |run: &Run| run.tokens.is_empty();
        self.rest
            .as_ref()
            .is_some_and(|(middle, last)| is_empty(&self.first) && is_empty(last) && middle.is_empty())
    }

    /// Whether it has a star.
    pub(super) fn has_star(&self) -> bool {
        self.rest.is_some()
    }
}

/// How many characters may stand between two stars of a policy if there is a `?` among them: as many as AWS's ARNs
/// have. The time for longer ones would be the product of two lengths.
pub(super) const MOST: usize = signs::FEW;

/// The tokens of a text in which `*` and `?` are the only signs.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    if !text.is_empty() && !text.contains(['*', '?']) {
        return vec![Token::Text(text.to_owned())];
    }
    let mut tokens = Vec::new();
    for part in text.split_inclusive(['*', '?']) {
        let (plain, sign) = match (part.strip_suffix('*'), part.strip_suffix('?')) {
            (Some(plain), _) => (plain, Some(Token::Star)),
            (_, Some(plain)) => (plain, Some(Token::One)),
            _ => (part, None),
        };
        if !plain.is_empty() {
            tokens.push(Token::Text(plain.to_owned()));
        }
        tokens.extend(sign);
    }
    tokens
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::run::LOOKED_AT;
    use super::signs::STEPS;
    use super::*;

    fn fits(pattern: &str, text: &str) -> bool {
        Pattern::of(pattern).matches(text)
    }

    #[test]
    fn a_star_is_any_number_of_characters_and_a_question_mark_one() {
        for (pattern, text) in [
            ("", ""),
            ("*", ""),
            ("*", "a/b:c"),
            ("a*", "a"),
            ("a*c", "abbc"),
            ("a?c", "aäc"),
            ("*b?*", "abcb"),
            ("**a**", "a"),
            ("a*b*c", "a.b.b.c"),
            ("*??*", "éé"),
            ("*.a?c.*", "x.abc.y"),
            ("?", "𝄞"),
        ] {
            assert!(fits(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("", "a"),
            ("?", ""),
            ("a*c", "ab"),
            ("ab*bc", "abc"),
            ("a?c", "ac"),
            ("*???*", "ab"),
            ("a", "A"),
            ("*a*b", "ba"),
            ("a?", "a"),
            ("*b", "bc"),
        ] {
            assert!(!fits(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn signs_of_regular_expressions_are_characters() {
        assert!(fits("a.b[c]+(d)|^$\\", "a.b[c]+(d)|^$\\"));
        assert!(!fits("a.b", "axb"));
        assert!(!fits("[ab]", "a"));
    }

    #[test]
    fn values_of_slots_are_literal() {
        struct One(&'static str);
        impl Slots for One {
            fn value(&self, _: usize) -> &str {
                self.0
            }
        }
        let slot = || Token::Slot(0);
        let text = |text: &str| Token::Text(text.to_owned());
        for tokens in [
            vec![text("home/"), slot()],
            vec![Token::Star, slot()],
            vec![text("h"), Token::Star, slot(), Token::Star],
            vec![Token::Star, text("/"), slot(), Token::Star],
            vec![Token::Star, Token::One, slot(), Token::Star],
        ] {
            let pattern = Pattern::new(tokens);
            assert!(pattern.matches_with("home/a*b", &One("a*b")));
            assert!(!pattern.matches_with("home/axb", &One("a*b")));
        }
    }

    #[test]
    fn no_hostile_pattern_looks_at_a_character_twice() {
        let hostile = [
            "*a".repeat(5_000) + "b",
            format!("*{}b*", "a".repeat(5_000)),
            format!("*{}b*{}", "a".repeat(20), "*a".repeat(5_000)),
            format!("*b{}*", "a".repeat(5_000)),
            format!("*{}?b*", "a".repeat(60)),
            "*?a".repeat(5_000),
            "*".repeat(10_000) + "b",
        ];
        let text = "a".repeat(20_000);
        for pattern in hostile {
            LOOKED_AT.set(0);
            fits(&pattern, &text);
            assert!(LOOKED_AT.get() <= text.len(), "{}: {}", &pattern[..20], LOOKED_AT.get());
        }
    }

    #[test]
    fn a_run_with_question_marks_takes_a_word_of_bits_for_64_signs() {
        let steps = |run: String, length: usize| {
            STEPS.set(0);
            fits(&format!("*{run}b*"), &"a".repeat(length));
            STEPS.get()
        };
        for length in [10_000, 40_000] {
            assert_eq!(steps(format!("{}?", "a".repeat(62)), length), length);
            assert_eq!(steps(format!("{}?", "a".repeat(MOST - 2)), length), length * MOST / 64);
        }
    }

    /// What the signs mean, tried in every way.
    fn naive(pattern: &[char], text: &[char]) -> bool {
        match (pattern, text) {
            ([], rest) => rest.is_empty(),
            (['*', after @ ..], _) => (0..=text.len()).any(|skip| naive(after, &text[skip..])),
            (['?', after @ ..], [_, rest @ ..]) => naive(after, rest),
            ([c, after @ ..], [d, rest @ ..]) => c == d && naive(after, rest),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn matching_agrees_with_trying_everything(pattern in "[ab*?ä]{0,9}", text in "[abä]{0,9}") {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(fits(&pattern, &text), naive(&chars(&pattern), &chars(&text)));
        }
    }
}
