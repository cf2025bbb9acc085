//! Tables as they are printed: no frame, two spaces between columns.

use std::io::{self, Write};

use clap::builder::styling::Style;
use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};

const WIDTH: u16 = 80;
const HEAD: Style = Style::new().bold();

/// How a line that is longer than a terminal is printed.
#[derive(Clone, Copy)]
pub(super) enum Wrap {
    /// Within its column.
    Columns,
    /// Not at all: whoever searches it finds it whole.
    Nothing,
}

/// Prints rows under a header.
pub(super) fn print<const N: usize>(
    out: &mut dyn Write,
    wrap: Wrap,
    header: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> io::Result<()> {
    let table = table(wrap, std::iter::once(header.map(str::to_owned)).chain(rows));
    for (at, line) in table.trim_fmt().lines().enumerate() {
        match at {
            0 => writeln!(out, "{HEAD}{line}{HEAD:#}")?,
            _ => writeln!(out, "{line}")?,
        }
    }
    Ok(())
}

/// Prints a fact a row: its name, and what it is.
pub(super) fn facts<'a>(
    out: &mut dyn Write,
    wrap: Wrap,
    facts: impl IntoIterator<Item = (&'a str, String)>,
) -> io::Result<()> {
    let table = table(wrap, facts.into_iter().map(|(name, fact)| [name.to_owned(), fact]));
    table.trim_fmt().lines().try_for_each(|line| writeln!(out, "{line}"))
}

fn table<const N: usize>(wrap: Wrap, rows: impl IntoIterator<Item = [String; N]>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).add_rows(rows);
    if let Wrap::Columns = wrap {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(WIDTH);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    if let Some(names) = table.column_mut(0) {
        names.set_constraint(ColumnConstraint::ContentWidth);
    }
    table
}
