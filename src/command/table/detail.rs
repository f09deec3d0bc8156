//! One document: a field a row, then its lines.

use serde_json::Value;

use super::{NOTHING, overview, render, text, value};

const FIELDS: [&str; 4] = ["field", "value", "confidence", "read from"];

/// Columns of the invoice's lines, in the order of invoices; those that no line has are left out.
const LINES: [&str; 8] = [
    "description",
    "code",
    "quantity",
    "unit",
    "unit_price",
    "tax_rate",
    "net_amount",
    "gross_amount",
];

/// Everything that a status answer says about a document.
pub(crate) fn document(answer: &Value) -> String {
    let mut shown = render(&FIELDS, fields(answer));
    let (header, rows) = lines(answer.pointer("/result/invoice/lines").unwrap_or(&Value::Null));
    if !rows.is_empty() {
        shown.push_str("\n\n");
        shown.push_str(&render(&header, rows));
    }
    shown
}

/// Field, value, confidence and place of everything but the lines.
fn fields(answer: &Value) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut plain = |name: &str, value: String| {
        rows.push(vec![name.to_owned(), value, String::new(), String::new()]);
    };
    for name in ["file", "id", "state", "stage"] {
        if let Some(said) = text(answer, name).or(text(answer, &format!("{name}name"))) {
            plain(name, said.to_owned());
        }
    }
    if let Some(error) = answer.get("error").filter(|error| !error.is_null()) {
        plain("error", overview::problem(error));
    }
    let Some(result) = answer.get("result").filter(|result| !result.is_null()) else {
        return rows;
    };
    if let Some(invoice) = result.get("invoice").and_then(Value::as_object) {
        for (name, part) in invoice.iter().filter(|(name, _)| *name != "lines") {
            collect(name, part, &mut rows);
        }
    }
    rows.extend(
        findings(result)
            .into_iter()
            .map(|(name, said)| vec![name.to_owned(), said, String::new(), String::new()]),
    );
    rows
}

/// Walks down to the fields: whatever the result holds is shown, also what newer services add.
fn collect(name: &str, part: &Value, rows: &mut Vec<Vec<String>>) {
    match part {
        Value::Object(members) if !members.contains_key("value") => {
            for (inner, part) in members {
                collect(&format!("{name}.{inner}"), part, rows);
            }
        }
        Value::Array(items) => {
            for (index, part) in items.iter().enumerate() {
                collect(&format!("{name}[{}]", index + 1), part, rows);
            }
        }
        field => {
            let confidence = field.get("confidence").and_then(Value::as_f64);
            let confidence =
                confidence.map_or(NOTHING.to_owned(), |c| format!("{:.0} %", c * 100.0));
            rows.push(vec![name.to_owned(), value(Some(field)), confidence, source(field)]);
        }
    }
}

fn source(field: &Value) -> String {
    let source = field.get("source").unwrap_or(&Value::Null);
    let page = source.get("page").and_then(Value::as_u64).map(|page| format!("page {page}"));
    let xml = text(source, "xml").map(|term| format!("e-invoice {term}"));
    let derived = text(source, "derived").map(|rule| format!("computed by {rule}"));
    page.or(xml).or(derived).unwrap_or_else(|| NOTHING.to_owned())
}

/// Checks that failed, and why a person has to look.
fn findings(result: &Value) -> Vec<(&'static str, String)> {
    let list = |path: &str| result.pointer(path).and_then(Value::as_array).into_iter().flatten();
    let failed = list("/checks").filter(|check| text(check, "status") == Some("failed"));
    let mut findings: Vec<_> = failed
        .map(|check| {
            let rule = text(check, "rule").unwrap_or(NOTHING);
            let said = text(check, "message").map(|message| format!(": {message}"));
            ("check failed", format!("{rule}{}", said.unwrap_or_default()))
        })
        .collect();
    match result.pointer("/review/required").and_then(Value::as_bool) {
        Some(true) => findings.extend(list("/review/reasons").map(|reason| {
            (
                "review",
                text(reason, "message").or(text(reason, "code")).unwrap_or(NOTHING).to_owned(),
            )
        })),
        Some(false) => findings.push(("review", "not needed".to_owned())),
        None => {}
    }
    findings
}

fn lines(lines: &Value) -> (Vec<&'static str>, Vec<Vec<String>>) {
    let lines = lines.as_array().map(Vec::as_slice).unwrap_or_default();
    let said = |column: &str| lines.iter().any(|line| value(line.get(column)) != NOTHING);
    let columns: Vec<&str> = LINES.into_iter().filter(|column| said(column)).collect();
    let rows = lines.iter().map(|line| columns.iter().map(|c| value(line.get(*c))).collect());
    (columns.clone(), rows.collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn field(value: &str) -> Value {
        json!({"value": value, "confidence": 0.876, "source": {"page": 2, "box": [0, 0, 1, 1]}})
    }

    #[test]
    fn every_field_is_a_row_with_its_confidence_and_place() {
        let invoice = json!({
            "number": field("F 1"),
            "due_date": null,
            "seller": {"name": field("Dupont"), "address": field("1 rue X\n75001 Paris")},
            "tax_breakdown": [{"rate": field("20.00")}],
            "totals": {"due": {"value": "1.00", "confidence": 1, "source": {"derived": "BR-CO-16"}}},
            "lines": [{"description": field("left to the second table")}],
        });
        let answer = json!({"id": "ab", "state": "completed", "filename": "a.pdf",
            "result": {"invoice": invoice, "checks": [], "review": {"required": false}}});
        let rows = fields(&answer);
        let expected = [
            ["file", "a.pdf", "", ""],
            ["id", "ab", "", ""],
            ["state", "completed", "", ""],
            ["number", "F 1", "88 %", "page 2"],
            ["due_date", "-", "-", "-"],
            ["seller.name", "Dupont", "88 %", "page 2"],
            ["seller.address", "1 rue X, 75001 Paris", "88 %", "page 2"],
            ["tax_breakdown[1].rate", "20.00", "88 %", "page 2"],
            ["totals.due", "1.00", "100 %", "computed by BR-CO-16"],
            ["review", "not needed", "", ""],
        ];
        assert_eq!(rows, expected);
    }

    #[test]
    fn what_a_person_has_to_look_at_is_said() {
        let result = json!({
            "checks": [{"rule": "BR-CO-15", "status": "failed", "message": "1 is not 2"},
                       {"rule": "BR-CO-10", "status": "passed"}],
            "review": {"required": true, "reasons": [{"code": "sum", "message": "look at the sum"}]},
        });
        let expected = [
            ("check failed", "BR-CO-15: 1 is not 2".to_owned()),
            ("review", "look at the sum".to_owned()),
        ];
        assert_eq!(findings(&result), expected);
    }

    #[test]
    fn columns_that_no_line_has_are_left_out() {
        let all = json!([
            {"description": field("A"), "code": null, "net_amount": field("1.00")},
            {"description": field("B"), "quantity": field("3")},
        ]);
        let (header, rows) = lines(&all);
        assert_eq!(header, ["description", "quantity", "net_amount"]);
        assert_eq!(rows, [["A", "-", "1.00"], ["B", "3", "-"]]);
    }

    #[test]
    fn a_failed_document_shows_its_error() {
        let error = json!({"code": "encrypted", "message": "password", "stage": "preprocess"});
        let shown = document(&json!({"id": "ab", "state": "failed", "error": error}));
        assert!(shown.contains("encrypted: password (preprocess)"), "{shown}");
    }
}
