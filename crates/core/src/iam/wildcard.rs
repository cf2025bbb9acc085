//! Patterns with `*` and `?`, matched in linear time.
//!
//! A pattern is cut at its stars into runs. The first and the last are anchored; those between are looked for from
//! left to right, each where it first occurs, which is never worse than a later place. What remains is the search
//! for one run, and that is where a matcher that tries every place takes the product of both lengths (`*aaaab*` on
//! `aaaa...`). Here a run without `?` is searched by the two-way algorithm, linear in text and run, and a run with
//! `?` by an automaton of bits: one step per character and 64 tokens of the run.

use memchr::memmem;

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

    pub(super) fn new(tokens: Vec<Token>) -> Self {
        let mut runs = tokens.split(|token| *token == Token::Star).map(Run::new);
        let first = runs.next().unwrap_or_default();
        let mut middle: Vec<_> = runs.collect();
        let rest = middle.pop().map(|last| {
            middle.retain(|run| !run.tokens.is_empty());
            middle.iter_mut().for_each(Run::prepare);
            (middle, last)
        });
        Self { first, rest }
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

    /// The text that alone fits, if the pattern has neither signs nor slots.
    pub(super) fn as_text(&self) -> Option<&str> {
        match (self.first.tokens.as_slice(), &self.rest) {
            ([], None) => Some(""),
            ([Token::Text(text)], None) => Some(text),
            _ => None,
        }
    }

    /// Whether it has a star.
    pub(super) fn has_star(&self) -> bool {
        self.rest.is_some()
    }
}

/// The tokens of a text in which `*` and `?` are the only signs.
pub(super) fn tokens(text: &str) -> Vec<Token> {
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

/// Tokens between two stars.
#[derive(Clone, Debug, Default)]
struct Run {
    tokens: Vec<Token>,
    search: Option<Search>,
}

/// How a run that never changes is looked for.
#[derive(Clone, Debug)]
enum Search {
    Text(Box<memmem::Finder<'static>>, usize),
    Bits(Bits),
}

impl Run {
    fn new(tokens: &[Token]) -> Self {
        Self { tokens: tokens.to_vec(), search: None }
    }

    fn prepare(&mut self) {
        self.search = match self.tokens.as_slice() {
            [Token::Text(text)] => {
                Some(Search::Text(Box::new(memmem::Finder::new(text).into_owned()), text.len()))
            }
            tokens if tokens.iter().any(|token| matches!(token, Token::Slot(_))) => None,
            tokens => Some(Search::Bits(Bits::new(tokens, &NoSlots))),
        };
    }

    fn strip_from_start<'t>(&self, text: &'t str, slots: &impl Slots) -> Option<&'t str> {
        self.tokens.iter().try_fold(text, |rest, token| match token {
            Token::Text(text) => rest.strip_prefix(text.as_str()),
            Token::Slot(slot) => rest.strip_prefix(slots.value(*slot)),
            Token::One | Token::Star => {
                let mut rest = rest.chars();
                rest.next().map(|_| rest.as_str())
            }
        })
    }

    fn strip_from_end<'t>(&self, text: &'t str, slots: &impl Slots) -> Option<&'t str> {
        self.tokens.iter().rev().try_fold(text, |rest, token| match token {
            Token::Text(text) => rest.strip_suffix(text.as_str()),
            Token::Slot(slot) => rest.strip_suffix(slots.value(*slot)),
            Token::One | Token::Star => {
                let mut rest = rest.chars();
                rest.next_back().map(|_| rest.as_str())
            }
        })
    }

    /// What follows the first place of this run in the text.
    fn after_first<'t>(&self, text: &'t str, slots: &impl Slots) -> Option<&'t str> {
        let after = self.search(text, slots);
        #[cfg(test)]
        LOOKED_AT.set(LOOKED_AT.get() + text.len() - after.map_or(0, str::len));
        after
    }

    fn search<'t>(&self, text: &'t str, slots: &impl Slots) -> Option<&'t str> {
        match (&self.search, self.tokens.as_slice()) {
            (Some(Search::Text(finder, length)), _) => {
                finder.find(text.as_bytes()).and_then(|at| text.get(at + length..))
            }
            (Some(Search::Bits(bits)), _) => bits.after_first(text),
            (None, [Token::Slot(slot)]) => after_text(text, slots.value(*slot)),
            (None, tokens) if tokens.contains(&Token::One) => Bits::new(tokens, slots).after_first(text),
            (None, tokens) => {
                let needle: String = tokens.iter().map(|token| literal(token, slots)).collect();
                after_text(text, &needle)
            }
        }
    }
}

// The characters over which searches have gone, which is what "linear" is a promise about.
#[cfg(test)]
thread_local!(static LOOKED_AT: std::cell::Cell<usize> = const { std::cell::Cell::new(0) });

fn after_text<'t>(text: &'t str, needle: &str) -> Option<&'t str> {
    memmem::find(text.as_bytes(), needle.as_bytes()).and_then(|at| text.get(at + needle.len()..))
}

fn literal<'a>(token: &'a Token, slots: &'a impl Slots) -> &'a str {
    match token {
        Token::Text(text) => text,
        Token::Slot(slot) => slots.value(*slot),
        Token::One | Token::Star => "",
    }
}

/// A run with `?` as an automaton: bit n is set while the last n + 1 characters fit the first n + 1 tokens.
#[derive(Clone, Debug)]
struct Bits {
    length: usize,
    /// Where each character of the run may stand, in the order of the characters.
    places: Vec<(char, Vec<u64>)>,
    /// Where any character may stand.
    any: Vec<u64>,
}

/// Runs of up to 512 characters need no allocation while matching.
const WORDS: usize = 8;

impl Bits {
    fn new(tokens: &[Token], slots: &impl Slots) -> Self {
        let signs = tokens.iter().flat_map(|token| {
            let one = (*token == Token::One).then_some(None);
            one.into_iter().chain(literal(token, slots).chars().map(Some))
        });
        let signs: Vec<Option<char>> = signs.collect();
        let words = signs.len().div_ceil(64).max(1);
        let mut any = vec![0; words];
        let mut places = std::collections::BTreeMap::<char, Vec<u64>>::new();
        for (at, sign) in signs.iter().enumerate() {
            let set = match sign {
                Some(c) => places.entry(*c).or_insert_with(|| vec![0; words]),
                None => &mut any,
            };
            if let Some(word) = set.get_mut(at / 64) {
                *word |= 1 << (at % 64);
            }
        }
        Self { length: signs.len(), places: places.into_iter().collect(), any }
    }

    fn after_first<'t>(&self, text: &'t str) -> Option<&'t str> {
        // A run with more characters than the text has bytes is nowhere in it.
        if self.length > text.len() {
            return None;
        }
        let (mut few, mut many) = ([0; WORDS], Vec::new());
        let state = if self.any.len() <= WORDS {
            few.get_mut(..self.any.len()).unwrap_or_default()
        } else {
            many.resize(self.any.len(), 0);
            many.as_mut_slice()
        };
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            if self.step(state, c) {
                return Some(chars.as_str());
            }
        }
        None
    }

    /// Takes one character more, and tells whether the whole run has been seen.
    fn step(&self, state: &mut [u64], c: char) -> bool {
        let known = self.places.binary_search_by_key(&c, |(c, _)| *c).ok().and_then(|at| self.places.get(at));
        let known = known.map(|(_, places)| places.as_slice()).unwrap_or_default();
        let mut carry = 1;
        for (at, (word, any)) in state.iter_mut().zip(&self.any).enumerate() {
            let next = *word >> 63;
            *word = (*word << 1 | carry) & (any | known.get(at).copied().unwrap_or(0));
            carry = next;
        }
        let last = self.length - 1;
        state.get(last / 64).is_some_and(|word| word >> (last % 64) & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
    fn runs_longer_than_a_word_of_bits_are_found() {
        for length in [63, 64, 65, 128, 129, 600] {
            let run = format!("{}?z", "ab".repeat(length / 2));
            let text = format!("xx{}qz-", "ab".repeat(length / 2));
            assert!(fits(&format!("*{run}*"), &text), "{length}");
            assert!(!fits(&format!("*{run}*"), &text.replace('z', "y")), "{length}");
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
    fn a_run_with_question_marks_takes_a_word_of_bits_for_64_tokens() {
        let tokens = |length: usize| tokens(&format!("{}?", "a".repeat(length - 1)));
        let words = |length| Bits::new(&tokens(length), &NoSlots).any.len();
        assert_eq!([1, 64, 65, 512, 513].map(words), [1, 1, 2, 8, 9]);
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
