//! Tables for people, from the JSON of the API: [`overview`] a document a row, [`detail`] a field a
//! row. The rows are pure.

pub(crate) mod detail;
pub(crate) mod overview;

use comfy_table::{Attribute, Cell, Color, ContentArrangement, Table, presets};
use serde_json::Value;

use super::console::{has_colours, printable};

/// Fewest columns of a terminal that somebody reads at: one that says less does not know its size.
const NARROWEST: u16 = 20;

/// Stands where there is nothing.
pub(crate) const NOTHING: &str = "-";

/// A table as wide as its content, or as the terminal where that is narrower.
pub(crate) fn render(header: &[&str], rows: Vec<Vec<String>>) -> String {
    rendered(header, &rows, has_colours())
}

fn rendered(header: &[&str], rows: &[Vec<String>], colours: bool) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    if table.width().is_some_and(|width| width < NARROWEST) {
        table.set_content_arrangement(ContentArrangement::Disabled);
    }
    let title = |title: &&str| Cell::new(title.to_uppercase());
    let titles: Vec<Cell> = header.iter().map(title).collect();
    if colours {
        table.enforce_styling().style_text_only();
        table.set_header(titles.into_iter().map(|title| title.add_attribute(Attribute::Bold)));
    } else {
        table.set_header(titles);
    }
    for row in rows {
        let cells = row.iter().map(|text| {
            let cell = Cell::new(printable(text));
            if colours { painted(cell, text) } else { cell }
        });
        table.add_row(cells.collect::<Vec<_>>());
    }
    table.trim_fmt()
}

/// What is well is green, what a person should look at yellow, what failed red.
fn painted(cell: Cell, text: &str) -> Cell {
    match text {
        "completed" | "ok" | "passed" => cell.fg(Color::Green),
        "review" | "warning" | "check failed" => cell.fg(Color::Yellow),
        "failed" | "not accepted" | "error" => cell.fg(Color::Red),
        _ => cell,
    }
}

/// A number of bytes for people: three digits are enough.
pub(crate) fn bytes(number: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if number < 1000 {
        return format!("{number} B");
    }
    let (mut size, mut units) = (number as f64 / 1000.0, UNITS.into_iter());
    let mut unit = units.next().unwrap_or_default();
    while size >= 999.5
        && let Some(larger) = units.next()
    {
        (size, unit) = (size / 1000.0, larger);
    }
    let digits = if size < 9.95 { 1 } else { 0 };
    format!("{size:.digits$} {unit}")
}

/// A field's value as text; [`NOTHING`] when it was not read.
fn value(field: Option<&Value>) -> String {
    match field.and_then(|field| field.get("value")) {
        None | Some(Value::Null) => NOTHING.to_owned(),
        // Postal addresses have several lines.
        Some(Value::String(text)) => text.replace('\n', ", "),
        Some(other) => other.to_string(),
    }
}

fn text<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    object.get(key).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_told_in_three_digits() {
        let table = [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (277_896, "278 kB"),
            (999_600, "1.0 MB"),
            (10_737_418_240, "11 GB"),
        ];
        for (number, told) in table {
            assert_eq!(bytes(number), told);
        }
    }

    #[test]
    fn cells_stand_under_their_titles() {
        let rows = vec![vec!["a.pdf".to_owned(), "1".to_owned()], vec!["b".into(), "2".into()]];
        let table = rendered(&["file", "number"], &rows, false);
        let lines: Vec<&str> = table.lines().collect();
        let column = lines[0].find("NUMBER").unwrap();
        assert_eq!(
            lines.iter().map(|line| line.find(['N', '1', '2'])).collect::<Vec<_>>(),
            [Some(column), Some(column), Some(column)]
        );
    }
    #[test]
    fn colours_are_added_to_what_is_shown_and_change_nothing_else() {
        let rows = vec![vec!["a.pdf".to_owned(), "failed".to_owned()]];
        let plain = rendered(&["file", "state"], &rows, false);
        let coloured = rendered(&["file", "state"], &rows, true);
        assert!(!plain.contains('\u{1b}') && coloured.contains("\u{1b}["), "{coloured:?}");
        let shown = anstream::adapter::strip_str(&coloured).to_string();
        let trimmed: Vec<&str> = shown.lines().map(str::trim_end).collect();
        assert_eq!(trimmed, plain.lines().collect::<Vec<_>>());
    }
}
