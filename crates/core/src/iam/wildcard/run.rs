//! Tokens between two stars, and how they are looked for.

use memchr::memmem;

use super::signs::{self, FEW, Finder, Sign};
use super::{NoSlots, Slots, Token};

/// Tokens between two stars.
#[derive(Clone, Debug, Default)]
pub(super) struct Run {
    pub(super) tokens: Vec<Token>,
    search: Option<Search>,
}

/// How a run that never changes is looked for. Boxed, because a hostile pattern has a run for every other character.
#[derive(Clone, Debug)]
enum Search {
    Text(Box<memmem::Finder<'static>>),
    Signs(Box<Finder>),
}

/// What is made ready for a text weighs more than the text: it pays for those that are longer.
const SHORT: usize = 4;

impl Run {
    pub(super) fn new(tokens: Vec<Token>) -> Self {
        Self { tokens, search: None }
    }

    pub(super) fn prepare(&mut self) {
        self.search = match self.tokens.as_slice() {
            [Token::Text(text)] if text.len() <= SHORT => None,
            [Token::Text(text)] => Some(Search::Text(Box::new(memmem::Finder::new(text).into_owned()))),
            tokens if tokens.iter().any(|token| matches!(token, Token::Slot(_))) => None,
            tokens => Some(Search::Signs(Box::new(Finder::new(signs_of(tokens, &NoSlots).collect())))),
        };
    }

    pub(super) fn strip_from_start<'t>(&self, text: &'t str, slots: &impl Slots) -> Option<&'t str> {
        self.tokens.iter().try_fold(text, |rest, token| match token {
            Token::Text(text) => rest.strip_prefix(text.as_str()),
            Token::Slot(slot) => rest.strip_prefix(slots.value(*slot)),
            Token::One | Token::Star => {
                let mut rest = rest.chars();
                rest.next().map(|_| rest.as_str())
            }
        })
    }

    pub(super) fn strip_from_end<'t>(&self, text: &'t str, slots: &impl Slots) -> Option<&'t str> {
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
    pub(super) fn after_first<'t>(&self, text: &'t str, slots: &impl Slots) -> Option<&'t str> {
        let after = self.search(text, slots);
        #[cfg(test)]
        LOOKED_AT.set(LOOKED_AT.get() + text.len() - after.map_or(0, str::len));
        after
    }

    fn search<'t>(&self, text: &'t str, slots: &impl Slots) -> Option<&'t str> {
        match (&self.search, self.tokens.as_slice()) {
            (Some(Search::Text(finder)), _) => {
                finder.find(text.as_bytes()).and_then(|at| text.get(at + finder.needle().len()..))
            }
            (Some(Search::Signs(finder)), _) => finder.after_first(text),
            (None, tokens) if tokens.contains(&Token::One) => {
                signs::after_first(signs_of(tokens, slots), text)
            }
            (None, tokens) => after_texts(tokens.iter().map(|token| literal(token, slots)), text),
        }
    }
}

// The characters over which searches have gone, which is what "linear" is a promise about.
#[cfg(test)]
thread_local!(pub(super) static LOOKED_AT: std::cell::Cell<usize> = const { std::cell::Cell::new(0) });

/// What follows the first place of these texts, one after the other; allocates nothing where they are short.
fn after_texts<'a, 't>(texts: impl Iterator<Item = &'a str> + Clone, text: &'t str) -> Option<&'t str> {
    let length = texts.clone().map(str::len).sum();
    let after = |needle: &[u8]| memmem::find(text.as_bytes(), needle).and_then(|at| text.get(at + length..));
    if length > text.len() {
        return None;
    }
    if length > FEW {
        return after(texts.collect::<String>().as_bytes());
    }
    let mut needle = [0; FEW];
    let bytes = texts.flat_map(str::bytes);
    needle.iter_mut().zip(bytes).for_each(|(place, byte)| *place = byte);
    after(needle.get(..length)?)
}

fn signs_of<'a>(tokens: &'a [Token], slots: &'a impl Slots) -> impl Iterator<Item = Sign> + Clone + 'a {
    tokens.iter().flat_map(move |token| {
        let one = (*token == Token::One).then_some(None);
        one.into_iter().chain(literal(token, slots).chars().map(Some))
    })
}

pub(super) fn literal<'a>(token: &'a Token, slots: &'a impl Slots) -> &'a str {
    match token {
        Token::Text(text) => text,
        Token::Slot(slot) => slots.value(*slot),
        Token::One | Token::Star => "",
    }
}
