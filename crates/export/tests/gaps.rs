//! What makes an export whole, and what is said of each thing that does not.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a step that fails fails its test")]

use export::{Export, ExportError, Format, export};
use serde_json::{Value, json};

/// An invoice of two rates that lacks nothing.
fn whole() -> Value {
    json!({
        "kind": "invoice", "number": "F-1", "issue_date": "2025-03-09", "due_date": "2025-04-08",
        "currency": "EUR",
        "seller": {
            "name": "Papeterie du Dahu SAS", "address": "12 rue des Chimères\n74999 Saint-Nulle-Part",
            "country": "FR", "vat_id": "FR29999990013", "registration_id": "999990013",
        },
        "buyer": {"name": "Compagnie des Licornes SARL", "country": "FR"},
        "payment": {"iban": "FR7699999000010041234567807", "bic": "DAHUFRPPXXX"},
        "totals": {"net": "150.00", "tax": "25.50", "gross": "175.50", "prepaid": "5.50", "due": "170.00"},
        "tax_breakdown": [
            {"rate": "20", "base": "120.00", "amount": "24.00"},
            {"rate": "5", "base": "30.00", "amount": "1.50"},
        ],
        "lines": [
            {"description": "a", "quantity": "4", "unit": "h", "unit_price": "30.00", "net_amount": "120.00",
                "tax_rate": "20"},
            {"description": "b", "quantity": "3", "unit_price": "10", "net_amount": "30.00", "tax_rate": "5"},
        ],
    })
}

fn as_fields(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            members.iter().map(|(key, inner)| (key.clone(), as_fields(inner))).collect()
        }
        Value::Array(items) => items.iter().map(as_fields).collect(),
        Value::Null => Value::Null,
        value => json!({"value": value}),
    }
}

fn exported(invoice: &Value, format: Format) -> Export {
    let result = json!({"schema": "invoice.extracted/1", "id": "0", "invoice": as_fields(invoice)});
    export(&result.to_string(), format).unwrap()
}

/// The gaps of `invoice`, the same in both syntaxes.
fn gaps(invoice: &Value) -> Vec<String> {
    let [ubl, cii] = [Format::Ubl, Format::Cii].map(|format| exported(invoice, format));
    assert_eq!(ubl.gaps, cii.gaps);
    let lines =
        |gap: &export::Gap| gap.lines.iter().map(|line| format!(" {line}")).collect::<String>();
    ubl.gaps.iter().map(|gap| format!("{}: {:?}{}", gap.term, gap.why, lines(gap))).collect()
}

/// The gaps after `changes` to the whole invoice.
fn after(changes: &[(&str, Value)]) -> Vec<String> {
    let mut invoice = whole();
    for (path, value) in changes {
        *invoice.pointer_mut(path).unwrap_or_else(|| panic!("{path}")) = value.clone();
    }
    gaps(&invoice)
}

#[test]
fn a_whole_invoice_has_no_gap() {
    assert_eq!(gaps(&whole()), Vec::<String>::new());
}

#[test]
fn each_term_that_is_not_stated_is_named() {
    for (path, gap) in [
        ("/kind", "BT-3: Missing"),
        ("/number", "BT-1: Missing"),
        ("/issue_date", "BT-2: Missing"),
        ("/currency", "BT-5: Missing"),
        ("/due_date", "BT-9: Missing"),
        ("/seller/name", "BT-27: Missing"),
        ("/seller/country", "BT-40: Missing"),
        ("/seller/vat_id", "BT-31: Missing"),
        ("/buyer/name", "BT-44: Missing"),
        ("/buyer/country", "BT-55: Missing"),
        ("/tax_breakdown/0/base", "BT-116: Missing"),
        ("/tax_breakdown/0/amount", "BT-117: Missing"),
        ("/lines/1/description", "BT-153: Missing 2"),
        ("/lines/1/quantity", "BT-129: Missing 2"),
    ] {
        assert_eq!(after(&[(path, Value::Null)]), [gap], "{path}");
    }
    let rate = after(&[("/tax_breakdown/0/rate", Value::Null)]);
    assert_eq!(rate, ["BT-118: Missing", "BT-119: Missing", "BT-152: Inconsistent(\"BR-S-01\") 1"]);
    let rate = after(&[("/lines/0/tax_rate", Value::Null), ("/lines/1/tax_rate", Value::Null)]);
    assert_eq!(rate, ["BT-152: Missing 1 2", "BT-151: Missing 1 2"]);
    assert_eq!(after(&[("/lines", json!([]))])[0], "BG-25: Missing");
}

#[test]
fn what_follows_by_definition_is_no_gap() {
    for path in [
        "/totals/net",
        "/totals/tax",
        "/totals/gross",
        "/totals/due",
        "/lines/0/net_amount",
        "/lines/0/unit_price",
        "/lines/0/unit",
    ] {
        assert_eq!(after(&[(path, Value::Null)]), Vec::<String>::new(), "{path}");
    }
    // Of one rate alone, the rest says everything.
    let mut single = whole();
    single["lines"] = json!([{"description": "a", "quantity": "4", "unit_price": "30.00"}]);
    single["totals"] = json!({"net": "120.00", "tax": "24.00"});
    single["tax_breakdown"] = json!([{"rate": "20"}]);
    assert_eq!(gaps(&single), Vec::<String>::new());
    single["lines"][0]["tax_rate"] = json!("20");
    single["tax_breakdown"] = json!([]);
    assert_eq!(gaps(&single), Vec::<String>::new());
}

#[test]
fn nothing_is_made_up_where_several_things_may_be_meant() {
    let free = after(&[
        ("/tax_breakdown/1", json!({"rate": "0", "base": "30.00", "amount": "0.00"})),
        ("/lines/1/tax_rate", json!("0")),
        ("/totals", json!({"net": "150.00", "tax": "24.00", "gross": "174.00"})),
    ]);
    assert_eq!(free, ["BT-118: Missing", "BT-151: Missing 2"], "why is it not taxed?");
    assert_eq!(after(&[("/kind", json!("receipt"))]), ["BT-3: Illegal"]);
    assert_eq!(after(&[("/lines/0/unit", json!("carton"))]), ["BT-130: Illegal 1"]);
    let discounted = after(&[("/lines/0/unit_price", json!("31.00"))]);
    assert_eq!(discounted, ["BG-27: Untold 1"]);
    let reduced = after(&[
        ("/tax_breakdown/0", json!({"rate": "20", "base": "110.00", "amount": "22.00"})),
        ("/totals", json!({"net": "140.00", "tax": "23.50", "gross": "163.50"})),
    ]);
    assert_eq!(reduced, ["BG-20: Untold", "BT-116: Inconsistent(\"BR-S-08\")"]);
    let mut stamped = whole();
    stamped["charges"] = json!([{"label": "Timbre fiscal", "amount": "1.000"}]);
    assert_eq!(gaps(&stamped), ["BG-21: Untold"]);
}

#[test]
fn what_contradicts_itself_is_told_with_the_rule() {
    for (path, value, gap) in [
        ("/totals/tax", "25.60", "BT-110: Inconsistent(\"BR-CO-14\")"),
        ("/totals/gross", "175.60", "BT-112: Inconsistent(\"BR-CO-15\")"),
        ("/totals/due", "175.50", "BT-115: Inconsistent(\"BR-CO-16\")"),
        ("/tax_breakdown/0/amount", "22.00", "BT-117: Inconsistent(\"BR-CO-17\")"),
        ("/tax_breakdown/0/base", "121.00", "BT-116: Inconsistent(\"BR-S-08\")"),
    ] {
        let found = after(&[(path, json!(value))]);
        assert!(found.contains(&gap.to_owned()), "{path}: {found:?}");
    }
    let dinars = after(&[("/lines/0/net_amount", json!("120.001"))]);
    assert!(dinars.contains(&"BT-131: Illegal 1".to_owned()), "{dinars:?}");
    for (path, value, term) in [
        ("/currency", "FRF", "BT-5: Illegal"),
        ("/seller/vat_id", "9998104T", "BT-31: Illegal"),
        ("/buyer/country", "UK", "BT-55: Illegal"),
    ] {
        let found = after(&[(path, json!(value))]);
        assert_eq!(found[0], term, "{found:?}");
    }
}

#[test]
fn codes_are_written_for_what_is_printed_as_words() {
    let ubl = exported(&whole(), Format::Ubl).text;
    for expected in [
        "<cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>",
        "<cbc:InvoicedQuantity unitCode=\"HUR\">4</cbc:InvoicedQuantity>",
        "<cbc:InvoicedQuantity unitCode=\"C62\">3</cbc:InvoicedQuantity>",
        "<cbc:CompanyID schemeID=\"0002\">999990013</cbc:CompanyID>",
        "<cbc:PostalZone>74999</cbc:PostalZone>",
        "<cbc:PaymentMeansCode>30</cbc:PaymentMeansCode>",
        "<cbc:LineExtensionAmount currencyID=\"EUR\">150.00</cbc:LineExtensionAmount>",
    ] {
        assert!(ubl.contains(expected), "{expected}\n{ubl}");
    }
    let mut tunisian = whole();
    tunisian["seller"] =
        json!({"name": "Simorgh", "country": "TN", "registration_id": "9998104T/A/M/000"});
    assert_eq!(gaps(&tunisian), Vec::<String>::new(), "the tax office knows it by its matricule");
    let cii = exported(&tunisian, Format::Cii).text;
    assert!(cii.contains("<ram:ID schemeID=\"FC\">9998104T/A/M/000</ram:ID>"), "{cii}");
}

#[test]
fn a_table_has_a_row_for_each_line_whatever_is_missing() {
    let csv = exported(&whole(), Format::Csv);
    assert!(csv.is_complete());
    let rows: Vec<&str> = csv.text.split_terminator("\r\n").collect();
    assert_eq!(rows[0].split(',').count(), export::COLUMNS.len());
    assert_eq!(rows.len(), 3);
    let shared = "0,,false,invoice,F-1,2025-03-09,2025-04-08,EUR,Papeterie du Dahu SAS,FR29999990013,\
                  999990013,Compagnie des Licornes SARL,,,150.00,25.50,175.50,";
    assert_eq!(rows[1], format!("{shared}1,a,,4,h,30.00,20,120.00,"));
    assert_eq!(rows[2], format!("{shared}2,b,,3,,10,5,30.00,"));
    let empty = exported(&json!({"lines": [{}]}), Format::Csv).text;
    assert_eq!(empty.lines().count(), 2);
    let null = exported(
        &json!({"seller": null, "payment": null, "lines": null, "charges": null}),
        Format::Csv,
    );
    assert_eq!(null.text.lines().count(), 1);
}

#[test]
fn numbers_that_are_no_texts_keep_their_digits() {
    let mut invoice = whole();
    invoice["totals"]["gross"] = json!(175.5);
    assert_eq!(gaps(&invoice), Vec::<String>::new());
}

#[test]
fn what_is_no_result_is_refused_without_a_word_of_it() {
    let no_result = export("{\"secret\": ", Format::Csv).unwrap_err();
    assert!(matches!(no_result, ExportError::NotAResult { .. }));
    let odd =
        r#"{"schema":"invoice.extracted/1","id":"0","invoice":{"issue_date":{"value":"secret"}}}"#;
    let odd = export(odd, Format::Ubl).unwrap_err();
    assert!(matches!(odd, ExportError::NotAResult { .. }));
    assert!(![no_result, odd].iter().any(|error| error.to_string().contains("secret")));
    let newer = r#"{"schema":"invoice.extracted/2","id":"0","invoice":{}}"#;
    assert_eq!(export(newer, Format::Ubl), Err(ExportError::UnknownSchema));
}
