//! Tables for people, from the JSON of the API: [`overview`] a document a row, [`detail`] a field a
//! row. The rows are pure; nothing is coloured.

pub(crate) mod detail;
pub(crate) mod overview;

use comfy_table::{ContentArrangement, Table, presets};
use serde_json::Value;

use super::console::printable;

/// Stands where there is nothing.
pub(crate) const NOTHING: &str = "-";

/// A table as wide as its content, or as the terminal where that is narrower.
pub(crate) fn render(header: &[&str], rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(header.iter().map(|title| title.to_uppercase()).collect::<Vec<_>>());
    for row in rows {
        table.add_row(row.iter().map(|cell| printable(cell)).collect::<Vec<_>>());
    }
    table.trim_fmt()
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
        let table = render(&["file", "number"], rows);
        let lines: Vec<&str> = table.lines().collect();
        let column = lines[0].find("NUMBER").unwrap();
        assert_eq!(
            lines.iter().map(|line| line.find(['N', '1', '2'])).collect::<Vec<_>>(),
            [Some(column), Some(column), Some(column)]
        );
    }
}
