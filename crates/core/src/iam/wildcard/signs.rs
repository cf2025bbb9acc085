//! A run with `?`, looked for by an automaton of bits: bit n is set while the last n + 1 characters of the text fit
//! the first n + 1 signs of the run. A character of the text takes a word of bits for every 64 signs.

/// A character, or none for any.
pub(super) type Sign = Option<char>;

/// Runs of up to so many signs need no allocation while matching.
pub(super) const FEW: usize = 2_048;
const WORDS: usize = FEW / 64;

/// Characters that stand in a run more often have their places as a row of bits; of others they are set one by one.
const SELDOM: usize = 64;
const ROWS: usize = FEW / (SELDOM + 1);

/// A run that never changes, made ready. It takes some twenty bytes for each sign, whichever they are.
#[derive(Clone, Debug)]
pub(super) struct Finder {
    signs: Vec<Sign>,
    order: Vec<u32>,
    often: Vec<char>,
    rows: Vec<u64>,
}

impl Finder {
    pub(super) fn new(signs: Vec<Sign>) -> Self {
        let most = signs.len() / (SELDOM + 1);
        let (mut order, mut often) = (vec![0; signs.len()], vec!['\0'; most]);
        let mut rows = vec![0; words(&signs) * (most + 1)];
        let used = Table::new(&signs, &mut order, &mut often, &mut rows).often.len();
        rows.truncate(words(&signs) * (used + 1));
        often.truncate(used);
        Self { signs, order, often, rows }
    }

    /// What follows the first place of the run in the text.
    pub(super) fn after_first<'t>(&self, text: &'t str) -> Option<&'t str> {
        let Self { signs, order, often, rows } = self;
        Table { signs, order, often, rows }.after_first(text)
    }
}

/// What follows the first place of these signs in the text; allocates nothing where they are few.
pub(super) fn after_first(signs: impl Iterator<Item = Sign> + Clone, text: &str) -> Option<&str> {
    let count = signs.clone().count();
    if count > FEW {
        return Finder::new(signs.collect()).after_first(text);
    }
    let (mut own, mut order, mut often) = ([None; FEW], [0; FEW], ['\0'; ROWS]);
    let mut rows = [0; WORDS * (ROWS + 1)];
    own.iter_mut().zip(signs).for_each(|(place, sign)| *place = sign);
    let (own, order) = (own.get(..count)?, order.get_mut(..count)?);
    Table::new(own, order, &mut often, &mut rows).after_first(text)
}

fn words(signs: &[Sign]) -> usize {
    signs.len().div_ceil(64).max(1)
}

fn set(words: &mut [u64], at: u32) {
    if let Some(word) = words.get_mut(at as usize / 64) {
        *word |= 1 << (at % 64);
    }
}

struct Table<'a> {
    signs: &'a [Sign],
    /// The places of the signs, by sign.
    order: &'a [u32],
    /// Characters that have a row, in order.
    often: &'a [char],
    /// Where any character may stand, and then a row for each of those.
    rows: &'a [u64],
}

impl<'a> Table<'a> {
    fn new(signs: &'a [Sign], order: &'a mut [u32], often: &'a mut [char], rows: &'a mut [u64]) -> Self {
        order.iter_mut().zip(0..).for_each(|(place, at)| *place = at);
        let sign = |at: u32| signs.get(at as usize).copied().flatten();
        order.sort_unstable_by_key(|at| sign(*at));
        let same = order.chunk_by(|a, b| sign(*a) == sign(*b));
        let mut used = 0;
        for (own, sign) in same.map(|own| (own, own.first().and_then(|at| sign(*at)))) {
            let row = match sign {
                None => 0,
                Some(_) if own.len() <= SELDOM => continue,
                Some(c) => {
                    often.get_mut(used).into_iter().for_each(|place| *place = c);
                    used += 1;
                    used
                }
            };
            let row = rows.chunks_mut(words(signs)).nth(row).unwrap_or_default();
            own.iter().for_each(|at| set(row, *at));
        }
        Self { signs, order, often: often.get(..used).unwrap_or_default(), rows }
    }

    fn after_first<'t>(&self, text: &'t str) -> Option<&'t str> {
        // A run with more signs than the text has bytes is nowhere in it.
        if self.signs.len() > text.len() {
            return None;
        }
        let words = words(self.signs);
        let (mut few, mut many) = ([0; 2 * WORDS], Vec::new());
        let both = if words <= WORDS {
            few.get_mut(..2 * words)?
        } else {
            many.resize(2 * words, 0);
            many.as_mut_slice()
        };
        let (state, fits) = both.split_at_mut_checked(words)?;
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            self.places(c, fits);
            if self.step(state, fits) {
                return Some(chars.as_str());
            }
        }
        None
    }

    /// Where this character may stand.
    fn places(&self, c: char, fits: &mut [u64]) {
        let mut rows = self.rows.chunks(fits.len());
        fits.copy_from_slice(rows.next().unwrap_or_default());
        if let Ok(row) = self.often.binary_search(&c) {
            let row = rows.nth(row).unwrap_or_default();
            fits.iter_mut().zip(row).for_each(|(word, own)| *word |= own);
            return;
        }
        let sign = |at: &u32| self.signs.get(*at as usize).copied().flatten();
        let first = self.order.partition_point(|at| sign(at) < Some(c));
        let own = self.order.get(first..).unwrap_or_default();
        own.iter().take_while(|at| sign(at) == Some(c)).for_each(|at| set(fits, *at));
    }

    /// Takes one character more, and tells whether the whole run has been seen.
    fn step(&self, state: &mut [u64], fits: &[u64]) -> bool {
        let mut carry = 1;
        for (word, fits) in state.iter_mut().zip(fits) {
            let next = *word >> 63;
            *word = (*word << 1 | carry) & fits;
            carry = next;
        }
        #[cfg(test)]
        STEPS.set(STEPS.get() + state.len());
        let last = self.signs.len().saturating_sub(1);
        state.get(last / 64).is_some_and(|word| word >> (last % 64) & 1 == 1)
    }
}

// The words of bits that were taken.
#[cfg(test)]
thread_local!(pub(super) static STEPS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) });

#[cfg(test)]
mod tests {
    use super::*;

    fn signs(run: &str) -> Vec<Sign> {
        run.chars().map(|c| (c != '?').then_some(c)).collect()
    }

    #[test]
    fn a_run_takes_memory_by_its_length_whatever_stands_in_it() {
        let different: String = (0..2_000).filter_map(|at| char::from_u32(0x4e00 + at)).collect();
        let often: String = (0..31).map(|at| char::from(b'a' + at).to_string().repeat(65)).collect();
        for run in [different + "?", often + "?", "?".repeat(2_000), "ab".repeat(1_000) + "?"] {
            let finder = Finder::new(signs(&run));
            let bytes = finder.signs.len() * 4
                + finder.order.len() * 4
                + finder.often.len() * 4
                + finder.rows.len() * 8;
            assert!(bytes <= 20 * finder.signs.len(), "{bytes}");
        }
    }

    #[test]
    fn runs_of_every_length_are_found_made_ready_or_not() {
        for length in [1, 2, 63, 64, 65, 128, 129, 600, 2_047, 2_048, 2_049, 4_200] {
            let run = format!("{}?z", "ab".repeat(length / 2));
            let found = format!("xx{}qz-", "ab".repeat(length / 2));
            for (text, expected) in [(&found, Some("-")), (&found.replace('z', "y"), None)] {
                assert_eq!(Finder::new(signs(&run)).after_first(text), expected, "{length}");
                assert_eq!(after_first(signs(&run).into_iter(), text), expected, "{length}");
            }
        }
    }
}
