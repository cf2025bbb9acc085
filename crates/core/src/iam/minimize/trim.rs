//! Of the covers by the fewest statements, the one that names the fewest characters.

use std::cmp::Reverse;

use super::grid::{Block, Grid, Line};
use super::rectangle::{cells, fewest, largest};
use crate::iam::bits::Bits;

/// Of more cells than these, each row is a statement.
const MANY: usize = 50_000;

/// What may be tried for a cover at least, and about how many cells may be looked at.
const TRIES: usize = 500;
const EFFORT: usize = 1_000_000;

/// The statements of a grid.
pub(super) fn smallest(grid: &Grid) -> Vec<Block> {
    if grid.rows.len() * grid.columns.len() > MANY {
        return row_by_row(grid);
    }
    let blocks = largest(grid);
    let covers = fewest(grid, &blocks).into_iter().map(|cover| {
        let cover: Vec<_> = cover.iter().filter_map(|at| blocks.get(*at)).cloned().collect();
        Trim::new(grid, cover).best()
    });
    covers.min_by_key(|(size, _)| *size).map(|(_, cover)| cover).unwrap_or_default()
}

fn row_by_row(grid: &Grid) -> Vec<Block> {
    let rows = grid.needed.iter().enumerate().filter(|(_, needed)| !needed.is_empty());
    let block = |(at, needed): (usize, &Bits)| {
        let mut rows = Bits::none(grid.rows.len());
        rows.add(at);
        Block { rows, columns: needed.clone() }
    };
    rows.map(block).collect()
}

/// A row or a column of a block, which may be left out if other blocks have what is needed of it.
#[derive(Clone, Copy)]
struct Part {
    block: usize,
    side: Side,
    at: usize,
    size: usize,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Side {
    Row,
    Column,
}

struct Trim<'a> {
    grid: &'a Grid,
    cover: Vec<Block>,
    /// By cell: how many blocks have it.
    held: Vec<usize>,
    /// What may be left out, the longest first, and how much it and all after it make.
    parts: Vec<(Part, usize)>,
    /// What is left out now and what is best left out, and how much that saves.
    out: Vec<usize>,
    best: (usize, Vec<usize>),
    tries: usize,
}

impl<'a> Trim<'a> {
    fn new(grid: &'a Grid, cover: Vec<Block>) -> Self {
        let mut held = vec![0; grid.rows.len() * grid.columns.len()];
        for cell in cover.iter().flat_map(|block| cells(grid, block)) {
            held.get_mut(cell).into_iter().for_each(|held| *held += 1);
        }
        let tries = TRIES.max(EFFORT / (held.len() + 1));
        let mut trim =
            Self { grid, cover, held, parts: Vec::new(), out: Vec::new(), best: (0, Vec::new()), tries };
        let mut parts = trim.all_parts();
        parts.retain(|part| trim.is_held_elsewhere(part));
        parts.sort_by_key(|part| Reverse(part.size));
        parts.truncate(TRIES);
        let from_last = parts.into_iter().rev().scan(0, |sum, part| {
            *sum += part.size;
            Some((part, *sum))
        });
        trim.parts = from_last.collect();
        trim.parts.reverse();
        trim
    }

    fn all_parts(&self) -> Vec<Part> {
        let size = |lines: &[Line], at: usize| lines.get(at).map_or(0, Line::size);
        let each = self.cover.iter().enumerate().flat_map(|(block, Block { rows, columns })| {
            let rows = rows.iter().map(move |at| Part {
                block,
                side: Side::Row,
                at,
                size: size(&self.grid.rows, at),
            });
            let columns = columns.iter().map(move |at| Part {
                block,
                side: Side::Column,
                at,
                size: size(&self.grid.columns, at),
            });
            rows.chain(columns).collect::<Vec<_>>()
        });
        each.collect()
    }

    /// The needed cells of a part, those that were left out already left aside.
    fn cells_of(&self, part: &Part) -> Vec<usize> {
        let Some(block) = self.cover.get(part.block) else { return Vec::new() };
        let width = self.grid.columns.len();
        let is_of = |cell: &usize| match part.side {
            Side::Row => cell / width == part.at,
            Side::Column => cell % width == part.at,
        };
        cells(self.grid, block).filter(is_of).collect()
    }

    fn is_held_elsewhere(&self, part: &Part) -> bool {
        self.cells_of(part).iter().all(|cell| self.held.get(*cell).is_some_and(|held| *held > 1))
    }

    /// The cover with as little as it takes, and its size.
    fn best(mut self) -> (usize, Vec<Block>) {
        self.go(0, 0);
        let all: usize = self.all_parts().iter().map(|part| part.size).sum();
        let (saved, out) = std::mem::take(&mut self.best);
        out.into_iter().for_each(|at| self.leave_out(at));
        // A cover that is not by the fewest may have a block of which nothing is left.
        self.cover.retain(|block| !block.rows.is_empty() && !block.columns.is_empty());
        (all - saved, self.cover)
    }

    /// Tries each part from this one on without it and with it.
    fn go(&mut self, at: usize, saved: usize) {
        if saved > self.best.0 {
            self.best = (saved, self.out.clone());
        }
        let Some((part, rest)) = self.parts.get(at).copied() else { return };
        if self.tries == 0 || saved + rest <= self.best.0 {
            return;
        }
        self.tries -= 1;
        if self.is_held_elsewhere(&part) {
            let before = (self.cover.get(part.block).cloned(), self.held.clone());
            self.leave_out(at);
            self.out.push(at);
            self.go(at + 1, saved + part.size);
            self.out.pop();
            if let (Some(block), (Some(old), held)) = (self.cover.get_mut(part.block), before) {
                *block = old;
                self.held = held;
            }
        }
        self.go(at + 1, saved);
    }

    fn leave_out(&mut self, at: usize) {
        let Some((part, _)) = self.parts.get(at).copied() else { return };
        for cell in self.cells_of(&part) {
            self.held.get_mut(cell).into_iter().for_each(|held| *held -= 1);
        }
        if let Some(block) = self.cover.get_mut(part.block) {
            match part.side {
                Side::Row => block.rows.remove(part.at),
                Side::Column => block.columns.remove(part.at),
            }
        }
    }
}
