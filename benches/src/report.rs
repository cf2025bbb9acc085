//! Rows: a table for people, JSON for programs.

use std::io::IsTerminal;
use std::path::Path;

use serde::Serialize;

use crate::Outcome;

/// One figure, as benches/result.schema.json says.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    pub(crate) peer: Option<&'static str>,
    pub(crate) peer_value: Option<f64>,
    pub(crate) ratio: Option<f64>,
    pub(crate) target: &'static str,
    pub(crate) met: bool,
}

impl Row {
    /// A figure without a peer.
    pub(crate) fn alone(name: &'static str, value: f64, unit: &'static str, target: &'static str) -> Self {
        Self { name, value, unit, peer: None, peer_value: None, ratio: None, target, met: false }
    }

    /// The peer's figure, and ours to it.
    pub(crate) fn beside(self, peer: &'static str, value: f64, ratio: f64) -> Self {
        Self { peer: Some(peer), peer_value: Some(value), ratio: Some(ratio), ..self }
    }

    /// Whether the target was reached.
    pub(crate) fn met(self, met: bool) -> Self {
        Self { met, ..self }
    }
}

/// All rows of a run.
#[derive(Debug, Default)]
pub(crate) struct Report(Vec<Row>);

impl Report {
    pub(crate) fn add(&mut self, row: Row) {
        self.0.push(row);
    }

    pub(crate) fn write(&self, file: &Path) -> Outcome {
        let json = serde_json::to_string_pretty(&self.0)?;
        Ok(std::fs::write(file, json + "\n").map_err(|error| format!("{}: {error}", file.display()))?)
    }

    /// The table, and last what was not reached.
    pub(crate) fn print(&self) {
        println!("\n{}", table(&self.0, coloured()));
        let missed: Vec<_> = self.0.iter().filter(|row| !row.met).collect();
        if missed.is_empty() {
            println!("All {} targets are met.", self.0.len());
        }
        for row in missed {
            let (value, unit) = (figure(row.value), row.unit);
            println!("not met: {} is {value} {unit}, target {}", row.name, row.target);
        }
    }
}

/// A line about what goes on.
pub(crate) fn say(topic: &str, text: &str) {
    println!("  {topic:10}  {text}");
}

fn coloured() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

const HEAD: [&str; 8] = ["FIGURE", "VALUE", "UNIT", "PEER", "PEER'S", "RATIO", "TARGET", "MET"];
const RIGHT: [bool; 8] = [false, true, false, false, true, true, false, false];

fn table(rows: &[Row], coloured: bool) -> String {
    let mut lines = vec![HEAD.map(str::to_owned)];
    lines.extend(rows.iter().map(cells));
    let mut widths = [0; 8];
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = cell.len().max(*width);
        }
    }
    lines.iter().map(|line| aligned(line, &widths, coloured) + "\n").collect()
}

fn cells(row: &Row) -> [String; 8] {
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".into());
    [
        row.name.into(),
        figure(row.value),
        row.unit.into(),
        or_dash(row.peer.map(Into::into)),
        or_dash(row.peer_value.map(figure)),
        or_dash(row.ratio.map(share)),
        row.target.into(),
        if row.met { "yes".into() } else { "NO".into() },
    ]
}

fn aligned(cells: &[String; 8], widths: &[usize; 8], coloured: bool) -> String {
    let pad = |((cell, width), right): ((&String, &usize), bool)| {
        if right { format!("{cell:>width$}") } else { format!("{cell:width$}") }
    };
    let line: Vec<_> = cells.iter().zip(widths).zip(RIGHT).map(pad).collect();
    let line = line.join("  ").trim_end().to_owned();
    match (coloured, line.strip_suffix("yes"), line.strip_suffix("NO")) {
        (true, Some(rest), _) => format!("{rest}\u{1b}[32myes\u{1b}[0m"),
        (true, _, Some(rest)) => format!("{rest}\u{1b}[31mNO\u{1b}[0m"),
        _ => line,
    }
}

/// Whole numbers as they are, others with one decimal.
fn figure(value: f64) -> String {
    if value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.1}") }
}

/// Small ratios need their digits.
fn share(ratio: f64) -> String {
    if ratio >= 0.01 { format!("{ratio:.2}") } else { format!("{ratio:.5}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Row> {
        vec![
            Row::alone("core/timers", 1.0, "timers", "= 1").met(true),
            Row::alone("core/warm", 61.25, "ns", "<= 3 x peer").beside("static", 24.5, 2.5),
        ]
    }

    #[test]
    fn columns_are_aligned() {
        let shown = table(&rows(), false);
        assert_eq!(
            shown,
            "FIGURE       VALUE  UNIT    PEER    PEER'S  RATIO  TARGET       MET\n\
             core/timers      1  timers  -            -      -  = 1          yes\n\
             core/warm     61.2  ns      static    24.5   2.50  <= 3 x peer  NO\n"
        );
    }

    #[test]
    fn colours_mark_only_what_is_met_and_what_is_not() {
        let shown = table(&rows(), true);
        assert!(shown.contains("\u{1b}[32myes\u{1b}[0m\n") && shown.contains("\u{1b}[31mNO\u{1b}[0m\n"));
        assert_eq!(shown.matches('\u{1b}').count(), 4);
    }

    #[test]
    fn a_row_without_a_peer_has_nulls_as_the_schema_says() {
        let row = serde_json::to_value(Row::alone("core/timers", 1.0, "timers", "= 1")).unwrap();
        let null = serde_json::Value::Null;
        assert_eq!([&row["peer"], &row["peer_value"], &row["ratio"]], [&null, &null, &null]);
    }
}
