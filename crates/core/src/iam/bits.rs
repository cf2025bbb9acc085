//! Sets of small numbers.

/// A set of numbers below the one that it was made for.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    /// The empty set of numbers below `end`.
    pub(super) fn none(end: usize) -> Self {
        Self(vec![0; end.div_ceil(64)])
    }

    pub(super) fn add(&mut self, number: usize) {
        if let Some(word) = self.0.get_mut(number / 64) {
            *word |= 1 << (number % 64);
        }
    }

    pub(super) fn remove(&mut self, number: usize) {
        if let Some(word) = self.0.get_mut(number / 64) {
            *word &= !(1 << (number % 64));
        }
    }

    pub(super) fn add_all(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(word, other)| *word |= other);
    }

    pub(super) fn remove_all(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(word, other)| *word &= !other);
    }

    /// What both have.
    pub(super) fn shared(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(word, other)| word & other).collect())
    }

    pub(super) fn has(&self, number: usize) -> bool {
        self.0.get(number / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    pub(super) fn has_all(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(word, other)| other & !word == 0)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    pub(super) fn count(&self) -> usize {
        self.iter().count()
    }

    /// The numbers, the least first.
    pub(super) fn iter(&self) -> impl Iterator<Item = usize> {
        let words = self.0.iter().enumerate();
        words.flat_map(|(at, word)| {
            (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| at * 64 + bit)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(numbers: &[usize]) -> Bits {
        let mut bits = Bits::none(200);
        numbers.iter().for_each(|number| bits.add(*number));
        bits
    }

    #[test]
    fn numbers_are_kept_in_order_and_once() {
        let bits = of(&[130, 0, 63, 64, 130]);
        assert_eq!(bits.iter().collect::<Vec<_>>(), [0, 63, 64, 130]);
        assert_eq!((bits.count(), bits.has(63), bits.has(65), bits.has(1_000)), (4, true, false, false));
    }

    #[test]
    fn sets_are_joined_cut_and_compared() {
        let (mut a, b) = (of(&[1, 70]), of(&[70, 199]));
        assert_eq!(a.shared(&b), of(&[70]));
        assert!(!a.has_all(&b) && a.has_all(&of(&[])) && of(&[]).is_empty());
        a.add_all(&b);
        assert_eq!(a, of(&[1, 70, 199]));
        a.remove_all(&b);
        assert_eq!(a, of(&[1]));
        a.remove(1);
        assert!(a.is_empty());
    }
}
