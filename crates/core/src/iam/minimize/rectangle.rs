//! Statements as rectangles of a grid: the largest that are permitted, and the fewest that cover what is needed.

use std::collections::BTreeSet;

use super::grid::{Block, Grid};
use crate::iam::bits::Bits;

/// Of more rectangles than these, those of single rows and columns have to do.
const MANY: usize = 400;

/// How many covers of the same number of rectangles are looked at.
const SEVERAL: usize = 32;

/// What the search for the fewest may take: about this many cells looked at.
const EFFORT: usize = 4_000_000;

/// The rectangles to which neither a row nor a column can be added, and in which something is needed.
pub(super) fn largest(grid: &Grid) -> Vec<Block> {
    let mut sides: BTreeSet<Bits> = BTreeSet::new();
    for row in &grid.permitted {
        let shared: Vec<_> = sides.iter().map(|side| side.shared(row)).collect();
        sides.insert(row.clone());
        if sides.len() < MANY {
            sides.extend(shared);
        }
    }
    sides.extend((0..grid.columns.len()).filter_map(|column| {
        let with = grid.permitted.iter().filter(|row| row.has(column));
        with.cloned().reduce(|side, row| side.shared(&row))
    }));
    let blocks = sides.into_iter().map(|columns| Block { rows: rows_of(grid, &columns), columns });
    blocks.filter(|block| cells(grid, block).next().is_some()).collect()
}

fn rows_of(grid: &Grid, columns: &Bits) -> Bits {
    let mut rows = Bits::none(grid.rows.len());
    for (at, _) in grid.permitted.iter().enumerate().filter(|(_, permitted)| permitted.has_all(columns)) {
        rows.add(at);
    }
    rows
}

/// The needed cells of a block, by their numbers.
pub(super) fn cells<'a>(grid: &'a Grid, block: &'a Block) -> impl Iterator<Item = usize> + 'a {
    let width = grid.columns.len();
    let rows = block.rows.iter().filter_map(|row| Some((row, grid.needed.get(row)?)));
    rows.flat_map(move |(row, needed)| {
        needed.shared(&block.columns).iter().map(move |column| row * width + column).collect::<Vec<_>>()
    })
}

/// The covers by the fewest blocks, a few of them where there are more.
pub(super) fn fewest(grid: &Grid, blocks: &[Block]) -> Vec<Vec<usize>> {
    let size = grid.rows.len() * grid.columns.len();
    let contents: Vec<Bits> = blocks
        .iter()
        .map(|block| {
            let mut content = Bits::none(size);
            cells(grid, block).for_each(|cell| content.add(cell));
            content
        })
        .collect();
    let mut open = Bits::none(size);
    contents.iter().for_each(|content| open.add_all(content));
    let first = greedy(&contents, open.clone());
    let mut search =
        Search { contents: &contents, most: first.len(), found: BTreeSet::from([first]), effort: EFFORT };
    search.go(&mut Vec::new(), open);
    search.found.into_iter().collect()
}

/// Always the block that covers most of what is open.
fn greedy(contents: &[Bits], mut open: Bits) -> Vec<usize> {
    let mut chosen = Vec::new();
    while !open.is_empty() {
        let gains = contents.iter().enumerate().map(|(at, content)| (content.shared(&open).count(), at));
        let Some((_, at)) = gains.max_by_key(|(gain, at)| (*gain, usize::MAX - at)) else { break };
        contents.get(at).into_iter().for_each(|content| open.remove_all(content));
        chosen.push(at);
    }
    chosen.sort_unstable();
    chosen
}

struct Search<'a> {
    contents: &'a [Bits],
    /// The number of blocks of the best covers so far.
    most: usize,
    found: BTreeSet<Vec<usize>>,
    effort: usize,
}

impl Search<'_> {
    /// Adds to the chosen blocks until nothing is open.
    fn go(&mut self, chosen: &mut Vec<usize>, open: Bits) {
        if open.is_empty() {
            return self.note(chosen);
        }
        let cost = open.count() * self.contents.len();
        if self.effort < cost || chosen.len() + self.least(&open) > self.most {
            return;
        }
        self.effort -= cost;
        let holders = self.hardest(&open);
        for at in holders {
            let mut rest = open.clone();
            self.contents.get(at).into_iter().for_each(|content| rest.remove_all(content));
            chosen.push(at);
            self.go(chosen, rest);
            chosen.pop();
        }
    }

    fn note(&mut self, chosen: &[usize]) {
        if chosen.len() < self.most {
            self.most = chosen.len();
            self.found.clear();
        }
        if chosen.len() == self.most && self.found.len() < SEVERAL {
            let mut cover = chosen.to_vec();
            cover.sort_unstable();
            self.found.insert(cover);
        }
    }

    /// The blocks with the open cell that the fewest have.
    fn hardest(&self, open: &Bits) -> Vec<usize> {
        let holders = |cell: usize| {
            let all = self.contents.iter().enumerate();
            all.filter(move |(_, content)| content.has(cell)).map(|(at, _)| at).collect::<Vec<_>>()
        };
        open.iter().map(holders).min_by_key(Vec::len).unwrap_or_default()
    }

    /// How many blocks it takes at least: open cells of which no block has two.
    fn least(&self, open: &Bits) -> usize {
        let (mut left, mut count) = (open.clone(), 0);
        loop {
            let Some(cell) = left.iter().next() else { break };
            count += 1;
            for content in self.contents.iter().filter(|content| content.has(cell)) {
                left.remove_all(content);
            }
        }
        count
    }
}
