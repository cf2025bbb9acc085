//! What is to be allowed under one condition: actions by resources.
//!
//! Actions that are listed on the same resources are one row, and resources that are listed for the same actions are
//! one column, so that a list of hundreds is a grid of a few.

use std::collections::{BTreeMap, BTreeSet};

use super::groups::Entries;
use crate::iam::bits::Bits;
use crate::iam::cover::covers;

/// Rows of actions, columns of resources.
pub(super) struct Grid {
    pub(super) rows: Vec<Line>,
    pub(super) columns: Vec<Line>,
    /// By row: the columns on which its actions may be allowed, because the list covers them.
    pub(super) permitted: Vec<Bits>,
    /// By row: the columns on which they must be, because nothing else covers them.
    pub(super) needed: Vec<Bits>,
}

/// Actions or resources of which the same is said.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) names: Vec<String>,
}

impl Line {
    /// The characters that naming them takes, with quotes and a comma each.
    pub(super) fn size(&self) -> usize {
        self.names.iter().map(|name| name.chars().count() + 3).sum()
    }
}

/// The rows and columns of a statement.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Block {
    pub(super) rows: Bits,
    pub(super) columns: Bits,
}

/// The resources of each action, here and in any context.
#[derive(Default)]
struct Listed<'a> {
    here: BTreeSet<&'a str>,
    anyway: BTreeSet<&'a str>,
}

impl Grid {
    /// The grid of these entries, of which some may be allowed `anyway`.
    pub(super) fn new(entries: &Entries, anyway: Option<&Entries>) -> Self {
        let mut listed: BTreeMap<&str, Listed<'_>> = BTreeMap::new();
        for (action, resource) in entries {
            listed.entry(action).or_default().here.insert(resource);
        }
        for (action, resource) in anyway.into_iter().flatten() {
            if let Some(listed) = listed.get_mut(action.as_str()) {
                listed.anyway.insert(resource);
            }
        }
        let mut rows: BTreeMap<_, (Vec<String>, Listed<'_>)> = BTreeMap::new();
        for (action, listed) in listed {
            let row = rows.entry((listed.here.clone(), listed.anyway.clone()));
            row.or_insert_with(|| (Vec::new(), listed)).0.push(action.to_owned());
        }
        let (names, listed): (Vec<_>, Vec<_>) = rows.into_values().unzip();
        let rows = names.into_iter().map(|names| Line { names }).collect();
        Self::of_rows(rows, &listed)
    }

    fn of_rows(rows: Vec<Line>, listed: &[Listed<'_>]) -> Self {
        let all: BTreeSet<&str> = listed.iter().flat_map(|listed| &listed.here).copied().collect();
        let anyway = listed.iter().flat_map(|listed| &listed.anyway).copied();
        let patterns: BTreeSet<&str> =
            all.iter().copied().chain(anyway).filter(|resource| resource.contains(['*', '?'])).collect();
        let mut columns: BTreeMap<(Bits, Bits), Vec<String>> = BTreeMap::new();
        for resource in all {
            let wider: Vec<_> =
                patterns.iter().filter(|wide| **wide != resource && is_wider(wide, resource)).collect();
            let (mut permitted, mut needed) = (Bits::none(rows.len()), Bits::none(rows.len()));
            for (at, listed) in listed.iter().enumerate() {
                let elsewhere = wider.iter().any(|wide| listed.here.contains(**wide))
                    || listed.anyway.contains(resource)
                    || wider.iter().any(|wide| listed.anyway.contains(**wide));
                let here = listed.here.contains(resource);
                if here || elsewhere {
                    permitted.add(at);
                }
                if here && !elsewhere {
                    needed.add(at);
                }
            }
            columns.entry((permitted, needed)).or_default().push(resource.to_owned());
        }
        let sides = |side: fn(&(Bits, Bits)) -> &Bits| transposed(columns.keys().map(side), rows.len());
        let (permitted, needed) = (sides(|column| &column.0), sides(|column| &column.1));
        Self { rows, columns: columns.into_values().map(|names| Line { names }).collect(), permitted, needed }
    }

    pub(super) fn actions(&self, block: &Block) -> Vec<&str> {
        named(&self.rows, &block.rows)
    }

    /// The actions that may be allowed on all resources of a block.
    pub(super) fn harmless_actions(&self, block: &Block) -> Vec<&str> {
        let rows = self.rows.iter().zip(&self.permitted);
        let rows = rows.filter(|(_, permitted)| permitted.has_all(&block.columns));
        rows.flat_map(|(row, _)| &row.names).map(String::as_str).collect()
    }

    pub(super) fn resources(&self, block: &Block) -> Vec<String> {
        let mut names: Vec<_> = named(&self.columns, &block.columns).into_iter().map(str::to_owned).collect();
        names.sort_unstable();
        names
    }
}

fn named<'a>(lines: &'a [Line], which: &Bits) -> Vec<&'a str> {
    which.iter().filter_map(|at| lines.get(at)).flat_map(|line| &line.names).map(String::as_str).collect()
}

fn transposed<'a>(columns: impl ExactSizeIterator<Item = &'a Bits>, rows: usize) -> Vec<Bits> {
    let mut all = vec![Bits::none(columns.len()); rows];
    for (at, column) in columns.enumerate() {
        for row in column.iter() {
            if let Some(row) = all.get_mut(row) {
                row.add(at);
            }
        }
    }
    all
}

/// Whether one resource of a list stands for all of another. Of two that stand for the same it is the first.
pub(super) fn is_wider(wide: &str, narrow: &str) -> bool {
    stands_for(wide, narrow) && (wide < narrow || !stands_for(narrow, wide))
}

/// Whether one resource is the other, or a pattern that stands for all of it; in doubt not.
pub(super) fn stands_for(wide: &str, narrow: &str) -> bool {
    if wide == narrow || wide == "*" {
        return true;
    }
    // A star within a part of an ARN does not go on beyond its colon.
    let parts = |text: &str| text.splitn(6, ':').map(str::to_owned).collect::<Vec<_>>();
    let (wides, narrows) = (parts(wide), parts(narrow));
    let fits = |(wide, narrow): (&String, &String)| wide == narrow || covers(wide, narrow);
    wides.len() == narrows.len() && wides.iter().zip(&narrows).all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_stands_for_what_fits_it_part_by_part() {
        for (wide, narrow) in [
            ("*", "arn:aws:s3:::b"),
            ("arn:aws:s3:::b/*", "arn:aws:s3:::b/1"),
            ("arn:aws:s3:::b/*", "arn:aws:s3:::b/x/*"),
            ("arn:aws:sqs:*:111122223333:q", "arn:aws:sqs:eu-west-1:111122223333:q"),
            ("arn:aws:logs:::g:*", "arn:aws:logs:::g:a:b"),
            ("arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/${aws:username}/*"),
        ] {
            assert!(stands_for(wide, narrow), "{wide} {narrow}");
        }
        for (wide, narrow) in [
            ("arn:aws:s3:::b/*", "arn:aws:s3:::b"),
            ("arn:aws:s3:::b/1", "arn:aws:s3:::b/*"),
            ("arn:aws:s3:::b/?", "arn:aws:s3:::b/*"),
            ("arn:aws:sqs:*-1:111122223333:q", "arn:aws:sqs:eu-1:x-1:111122223333:q"),
            ("arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/ann/1"),
        ] {
            assert!(!stands_for(wide, narrow), "{wide} {narrow}");
        }
        assert!(is_wider("*", "arn:*") && !is_wider("arn:*", "*"));
        assert!(
            is_wider("arn:aws:s3:::*", "arn:aws:s3:::**") && !is_wider("arn:aws:s3:::**", "arn:aws:s3:::*")
        );
    }

    #[test]
    fn what_a_wider_entry_allows_may_be_but_need_not() {
        let entries = [
            ("s3:GetObject", "arn:aws:s3:::b/*"),
            ("s3:GetObject", "arn:aws:s3:::b/1"),
            ("s3:PutObject", "arn:aws:s3:::b/1"),
        ];
        let entries = entries.map(|(action, resource)| (action.to_owned(), resource.to_owned())).into();
        let grid = Grid::new(&entries, None);
        assert_eq!((grid.rows.len(), grid.columns.len()), (2, 2));
        let cells = |side: &[Bits]| side.iter().map(Bits::count).sum::<usize>();
        assert_eq!((cells(&grid.permitted), cells(&grid.needed)), (3, 2));
        let anyway = [("s3:PutObject".to_owned(), "*".to_owned())].into();
        assert_eq!(cells(&Grid::new(&entries, Some(&anyway)).needed), 1);
    }
}
