//! What the second evaluator came across while it decided random cases: rules that no case reaches are compared with
//! nothing.

use std::cell::RefCell;
use std::collections::BTreeMap;

thread_local!(static HITS: RefCell<BTreeMap<String, u64>> = const { RefCell::new(BTreeMap::new()) });

/// Counts that a rule came out so.
pub(crate) fn hit(rule: &str, came_out: &str) {
    HITS.with_borrow_mut(|hits| {
        let name = format!("{rule}: {came_out}");
        *hits.entry(name).or_default() += 1;
    });
}

/// All that was counted on this thread, a line each.
pub(crate) fn report() -> String {
    HITS.with_borrow(|hits| hits.iter().map(|(name, count)| format!("{count:>9}  {name}\n")).collect())
}

/// What was counted less than so often.
pub(crate) fn rare(names: impl IntoIterator<Item = String>, wanted: u64) -> Vec<String> {
    HITS.with_borrow(|hits| {
        let count = |name: &String| hits.get(name).copied().unwrap_or_default();
        names.into_iter().filter(|name| count(name) < wanted).collect()
    })
}
