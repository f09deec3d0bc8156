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
