//! What each process has its own of.

use std::sync::Arc;

use arc_swap::ArcSwapOption;

type Known<T> = Vec<(u32, Arc<T>)>;

/// A value of which every process has its own: a forked child begins with a new one. Nothing here waits, so it
/// does not matter what other threads of the parent were doing at the fork; a lock of theirs stays locked.
pub(crate) struct PerProcess<T>(ArcSwapOption<Known<T>>);

impl<T: Default> PerProcess<T> {
    pub(crate) const fn new() -> Self {
        Self(ArcSwapOption::const_empty())
    }

    /// The value of this process.
    pub(crate) fn of(&self, process: u32) -> Arc<T> {
        if let Some(value) = find(self.0.load().as_deref(), process) {
            return value;
        }
        let new = Arc::new(T::default());
        let before = self.0.rcu(|known| match find(known.as_deref(), process) {
            Some(_) => known.clone(),
            None => {
                let others = known.iter().flat_map(|known| known.iter().cloned());
                Some(Arc::new(others.chain([(process, new.clone())]).collect()))
            }
        });
        find(before.as_deref(), process).unwrap_or(new)
    }
}

fn find<T>(known: Option<&Known<T>>, process: u32) -> Option<Arc<T>> {
    known?.iter().find(|(owner, _)| *owner == process).map(|(_, value)| value.clone())
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn a_child_gets_its_own_even_while_the_parents_is_locked() {
        let values = PerProcess::<Mutex<u8>>::new();
        let parents = values.of(1);
        let mut locked = parents.lock().unwrap();
        *locked = 7;
        *values.of(2).lock().unwrap() += 1;
        assert_eq!((*locked, *values.of(2).lock().unwrap()), (7, 1));
        drop(locked);
        assert_eq!(*values.of(1).lock().unwrap(), 7);
    }
}
