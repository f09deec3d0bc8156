//! The lines of an invoice as CSV (RFC 4180): UTF-8 without a mark, CRLF, a header row, one row a line,
//! the document's own columns repeated in each.

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::amount::plain;
use crate::document::{Document, Field, Kind, Line};

/// The columns, in order. Part of the interface: new ones are added behind, none is renamed.
pub const COLUMNS: [&str; 26] = [
    "document_id",
    "filename",
    "review_required",
    "kind",
    "number",
    "issue_date",
    "due_date",
    "currency",
    "seller_name",
    "seller_vat_id",
    "seller_registration_id",
    "buyer_name",
    "buyer_vat_id",
    "purchase_order",
    "total_net",
    "total_tax",
    "total_gross",
    "line_number",
    "description",
    "code",
    "quantity",
    "unit",
    "unit_price",
    "tax_rate",
    "net_amount",
    "gross_amount",
];

/// What a spreadsheet takes for the beginning of a formula, by OWASP's page on CSV injection: also their
/// full-width forms.
const FORMULAS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// Writes the rows.
pub(crate) fn write(document: &Document) -> String {
    let mut out = COLUMNS.join(",");
    out.push_str("\r\n");
    let shared = of_document(document);
    for (index, line) in document.invoice.lines.iter().enumerate() {
        let row: Vec<String> = shared.iter().cloned().chain(of_line(index + 1, line)).collect();
        out.push_str(&row.join(","));
        out.push_str("\r\n");
    }
    out
}

fn of_document(document: &Document) -> [String; 17] {
    let invoice = &document.invoice;
    let said = |field: &Field<String>| said(field.0.as_deref());
    let day = |field: &Field<Date>| field.get().map_or_else(String::new, |day| day.to_string());
    [
        words(&document.id),
        self::said(document.filename.as_deref()),
        document.review.required.to_string(),
        invoice.kind.get().map_or("", Kind::name).to_owned(),
        said(&invoice.number),
        day(&invoice.issue_date),
        day(&invoice.due_date),
        said(&invoice.currency),
        said(&invoice.seller.name),
        said(&invoice.seller.vat_id),
        said(&invoice.seller.registration_id),
        said(&invoice.buyer.name),
        said(&invoice.buyer.vat_id),
        said(&invoice.purchase_order),
        number(invoice.totals.net.0),
        number(invoice.totals.tax.0),
        number(invoice.totals.gross.0),
    ]
}

fn of_line(position: usize, line: &Line) -> [String; 9] {
    let said = |field: &Field<String>| said(field.0.as_deref());
    [
        position.to_string(),
        said(&line.description),
        said(&line.code),
        number(line.quantity.0),
        said(&line.unit),
        number(line.unit_price.0),
        number(line.tax_rate.0),
        number(line.net_amount.0),
        number(line.gross_amount.0),
    ]
}

/// Digits, a dot and perhaps a minus: a negative number is no formula, and stays a number.
fn number(value: Option<Decimal>) -> String {
    value.map_or_else(String::new, plain)
}

fn said(text: Option<&str>) -> String {
    text.map_or_else(String::new, words)
}

/// A text that a spreadsheet shows and does not run: where it would begin a formula, an apostrophe goes
/// before it. White space before the sign does not protect, so it is looked through; a tab or a line's end
/// at the beginning is such a sign itself.
fn words(text: &str) -> String {
    let begins = text.starts_with(['\t', '\r', '\n']) || text.trim_start().starts_with(FORMULAS);
    let text = if begins { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_where_they_have_to_be() {
        for (text, cell) in [
            ("plain", "plain"),
            ("a, b", "\"a, b\""),
            ("say \"no\"", "\"say \"\"no\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("", ""),
        ] {
            assert_eq!(words(text), cell);
        }
    }

    #[test]
    fn nothing_begins_a_formula() {
        for text in ["=1+1", "+33 1", "-5 %", "@SUM(A1)", "  =1", "\u{a0}=1", "\tx", "＝1"] {
            assert_eq!(words(text), format!("'{text}"), "{text}");
        }
        assert_eq!(words("=HYPERLINK(\"x\",1)"), "\"'=HYPERLINK(\"\"x\"\",1)\"");
        assert_eq!(words("\r=1"), "\"'\r=1\"");
        for text in ["a=b", "5-10", "x@example.org"] {
            assert_eq!(words(text), text);
        }
        assert_eq!(number(Some(Decimal::new(-1250, 2))), "-12.50");
    }
}
