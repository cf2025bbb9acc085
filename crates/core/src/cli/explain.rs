//! `leasekey explain`: an error code at length, or all codes in a table.

use clap::Args;
use clap::builder::styling::Style;

use super::table::{self, Wrap};
use super::{Console, Outcome};
use crate::error::{Error, ErrorKind, Result, printable};

const HEAD: Style = Style::new().bold();

#[derive(Args)]
pub(super) struct Arguments {
    /// The code, as in LK-0105 or 105; without one, all codes are listed
    code: Option<String>,
}

pub(super) fn run(arguments: &Arguments, console: &mut Console<'_>) -> Outcome {
    match &arguments.code {
        Some(code) => explain(find(code)?, console),
        None => list(console),
    }
}

fn list(console: &mut Console<'_>) -> Outcome {
    let rows = ErrorKind::ALL
        .iter()
        .map(|kind| [kind.code().to_owned(), format!("{kind:?}"), kind.hint().to_owned()]);
    Ok(table::print(console.out, Wrap::Columns, ["CODE", "KIND", "WHAT TO DO"], rows)?)
}

fn explain(kind: ErrorKind, console: &mut Console<'_>) -> Outcome {
    writeln!(console.out, "{HEAD}{} {kind:?}{HEAD:#}", kind.code())?;
    let passing = if kind.is_retryable() {
        "It may pass by itself: Leasekey goes on trying."
    } else {
        "It does not pass by itself."
    };
    table::facts(console.out, Wrap::Columns, [("", format!("{} {passing}", kind.meaning()))])?;
    let section = |console: &mut Console<'_>, title: &str| writeln!(console.out, "\n{HEAD}{title}{HEAD:#}");
    section(console, "Likely causes")?;
    table::facts(console.out, Wrap::Columns, kind.causes().iter().map(|cause| ("-", (*cause).to_owned())))?;
    section(console, "What to do")?;
    table::facts(console.out, Wrap::Columns, [("", kind.hint().to_owned())])?;
    section(console, "Example")?;
    let example = format!("{}: {}", kind.code(), kind.example());
    Ok(table::facts(console.out, Wrap::Columns, [("", example)])?)
}

/// The kind of `LK-0105`, `lk-0105`, `0105` or `105`.
fn find(code: &str) -> Result<ErrorKind> {
    let asked = code.to_ascii_uppercase();
    let digits = asked.strip_prefix("LK").unwrap_or(&asked).trim_start_matches('-');
    let asked = format!("LK-{digits:0>4}");
    let found = ErrorKind::ALL.iter().copied().find(|kind| kind.code() == asked);
    found.ok_or_else(|| {
        let what = format!("there is no error code \"{}\"", printable(code));
        let near = nearest(&asked).map(ErrorKind::code).join(", ");
        Error::new(ErrorKind::InvalidSetting, what)
            .with_hint(format!("The nearest are {near}; `leasekey explain` lists all"))
    })
}

fn nearest(code: &str) -> [ErrorKind; 3] {
    let mut near = [ErrorKind::Bug; 3];
    let mut kinds = ErrorKind::ALL.to_vec();
    kinds.sort_by_key(|kind| strsim::damerau_levenshtein(code, kind.code()));
    near.iter_mut().zip(kinds).for_each(|(place, kind)| *place = kind);
    near.sort_by_key(|kind| kind.code());
    near
}
