//! What is exported as an e-invoice, read back by our own reader of e-invoices: the same values, and none
//! that was not there.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a step that fails fails its test"
)]

use std::fs;
use std::path::Path;

use export::{Format, export};
use extract::einvoice::{Profile, read};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use rust_decimal::Decimal;
use serde_json::{Value, json};

const SYNTAXES: [Format; 2] = [Format::Ubl, Format::Cii];

/// Fields of the document as a whole.
const HEAD: &[&str] = &[
    "kind",
    "number",
    "issue_date",
    "due_date",
    "delivery_date",
    "currency",
    "purchase_order",
    "seller.name",
    "seller.address",
    "seller.country",
    "seller.vat_id",
    "seller.registration_id",
    "seller.email",
    "seller.phone",
    "buyer.name",
    "buyer.address",
    "buyer.country",
    "buyer.vat_id",
    "buyer.registration_id",
    "buyer.email",
    "buyer.phone",
    "buyer.customer_number",
    "payment.iban",
    "payment.bic",
    "payment.reference",
    "payment.terms",
    "totals.net",
    "totals.tax",
    "totals.gross",
    "totals.due",
    "totals.prepaid",
    "totals.rounding",
];

/// Terms that follow from others by a definition of the standard, where they are not stated.
const DERIVED: &[&str] = &[
    "totals.net",
    "totals.tax",
    "totals.gross",
    "totals.due",
    "unit",
    "unit_price",
    "net_amount",
    "tax_rate",
    "base",
    "amount",
];

const OF_TAX: [&str; 3] = ["rate", "base", "amount"];
const OF_LINE: [&str; 7] =
    ["description", "code", "quantity", "unit", "unit_price", "tax_rate", "net_amount"];

/// The published result of plain values.
fn result(invoice: &Value) -> String {
    json!({"schema": "invoice.extracted/1", "id": "0", "invoice": as_fields(invoice)}).to_string()
}

fn as_fields(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            members.iter().map(|(key, inner)| (key.clone(), as_fields(inner))).collect()
        }
        Value::Array(items) => items.iter().map(as_fields).collect(),
        Value::Null => Value::Null,
        value => json!({"value": value, "confidence": 1, "source": {"derived": "a test"}}),
    }
}

/// What our reader makes of the export.
fn read_back(invoice: &Value, format: Format) -> Value {
    let export = export(&result(invoice), format).unwrap();
    let einvoice = read(export.text.as_bytes()).unwrap();
    assert_eq!(einvoice.profile, Profile::En16931);
    assert!(einvoice.unreadable.is_empty(), "{:?}", einvoice.unreadable);
    serde_json::to_value(&einvoice.invoice).unwrap()
}

/// The value at a path; read values stand inside fields.
fn at<'a>(value: &'a Value, path: &str) -> &'a Value {
    let found = value.pointer(&format!("/{}", path.replace('.', "/"))).unwrap_or(&Value::Null);
    found.get("value").unwrap_or(found)
}

/// Numbers are compared as such, words without regard to what separates them.
fn plain(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    Some(match Decimal::from_str_exact(text) {
        Ok(number) if text.contains('.') || text.len() < 10 => number.normalize().to_string(),
        _ => text.split_whitespace().collect::<Vec<_>>().join(" "),
    })
}

fn assert_same(stated: &Value, found: &Value, paths: &[&str], context: &str) {
    for path in paths {
        let (stated, found) = (plain(at(stated, path)), plain(at(found, path)));
        if stated.is_some() || !DERIVED.contains(path) {
            assert_eq!(stated, found, "{context}: {path}");
        }
    }
}

fn assert_round(invoice: &Value) {
    for format in SYNTAXES {
        let found = read_back(invoice, format);
        assert_same(invoice, &found, HEAD, &format.to_string());
        for (list, paths) in [("tax_breakdown", &OF_TAX[..]), ("lines", &OF_LINE[..])] {
            let (stated, found) =
                (invoice[list].as_array().unwrap(), found[list].as_array().unwrap());
            assert_eq!(stated.len(), found.len(), "{format}: {list}");
            for (index, (stated, found)) in stated.iter().zip(found).enumerate() {
                assert_same(stated, found, paths, &format!("{format}: {list}.{index}"));
            }
        }
    }
}

#[test]
fn every_sample_is_read_back_as_it_was_exported() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples");
    let mut seen = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.to_string_lossy().ends_with(".expected.json") {
            let mut invoice: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            // EN 16931 has codes for what is printed as a word.
            for line in invoice["lines"].as_array_mut().unwrap() {
                if line["unit"] != "C62" {
                    line["unit"] = Value::Null;
                }
            }
            assert_round(&invoice);
            seen += 1;
        }
    }
    assert!(seen >= 5, "{seen}");
}

/// Any words, and what means something in XML.
fn words() -> impl Strategy<Value = Value> {
    "\\PC{0,12}[<>&\"'a-zé]\\PC{0,12}".prop_map(|text| Value::String(text.trim().to_owned()))
}

/// The product of two stays below what the reader takes for an amount.
fn amount() -> impl Strategy<Value = Value> {
    (0_i64..1_000_000, 0_u32..=2)
        .prop_map(|(digits, scale)| Value::String(Decimal::new(digits, scale).to_string()))
}

fn day() -> impl Strategy<Value = Value> {
    (1990..2040_i32, 1..=12_u32, 1..=28_u32)
        .prop_map(|(y, m, d)| json!(format!("{y}-{m:02}-{d:02}")))
}

fn maybe(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    option::of(value).prop_map(|value| value.unwrap_or(Value::Null))
}

fn of(codes: &'static [&'static str]) -> impl Strategy<Value = Value> {
    select(codes).prop_map(|code| json!(code))
}

fn party() -> impl Strategy<Value = Value> {
    let address = vec("[0-9a-zé][a-zé0-9 -]{0,20}", 1..=3).prop_map(|lines| {
        json!(lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join("\n"))
    });
    let ids = (
        maybe("[A-Z]{3} [0-9]{5}|[0-9]{9}|[0-9]{14}".prop_map(Value::from)),
        maybe("FR[0-9]{11}|EL[0-9]{9}".prop_map(Value::from)),
        maybe(of(&["FR", "TN", "DE", "GB", "BE"])),
    );
    (maybe(words()), maybe(address), ids, maybe(words()), maybe(words())).prop_map(
        |(name, address, (registration_id, vat_id, country), email, phone)| {
            json!({"name": name, "address": address, "registration_id": registration_id,
                "vat_id": vat_id, "country": country, "email": email, "phone": phone})
        },
    )
}

fn line() -> impl Strategy<Value = Value> {
    let money = (amount(), maybe(amount()), maybe(amount()));
    let rate = maybe(of(&["20", "5.5", "19.00", "0", "7"]));
    (words(), maybe(words()), money, maybe(of(&["C62", "HUR", "KGM", "XPP"])), rate).prop_map(
        |(description, code, (quantity, unit_price, net_amount), unit, tax_rate)| {
            json!({"description": description, "code": code, "quantity": quantity, "unit": unit,
                "unit_price": unit_price, "net_amount": net_amount, "tax_rate": tax_rate})
        },
    )
}

fn invoice() -> impl Strategy<Value = Value> {
    let head = (
        maybe(of(&["invoice", "credit_note"])),
        maybe(words()),
        maybe(day()),
        maybe(day()),
        maybe(day()),
        maybe(of(&["EUR", "TND", "GBP"])),
        maybe(words()),
    );
    let head = head.prop_map(|(kind, number, issue, due, delivery, currency, order)| {
        json!({"kind": kind, "number": number, "issue_date": issue, "due_date": due,
            "delivery_date": delivery, "currency": currency, "purchase_order": order})
    });
    let account =
        option::of(("[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}", maybe("[A-Z]{8}".prop_map(Value::from))));
    let payment =
        (account, maybe(words()), maybe(words())).prop_map(|(account, reference, terms)| {
            let (iban, bic) =
                account.map_or((Value::Null, Value::Null), |(iban, bic)| (json!(iban), bic));
            json!({"iban": iban, "bic": bic, "reference": reference, "terms": terms})
        });
    let paid = || {
        maybe(
            amount().prop_filter("zero is not written", |amount| plain(amount) != Some("0".into())),
        )
    };
    let totals =
        (maybe(amount()), maybe(amount()), maybe(amount()), paid(), paid(), maybe(amount()));
    let totals = totals.prop_map(|(net, tax, gross, prepaid, rounding, due)| {
        json!({"net": net, "tax": tax, "gross": gross, "prepaid": prepaid, "rounding": rounding, "due": due})
    });
    let tax = (of(&["20", "5.5", "0", "19"]), maybe(amount()), maybe(amount()))
        .prop_map(|(rate, base, amount)| json!({"rate": rate, "base": base, "amount": amount}));
    let lists = (vec(tax, 0..4), vec(line(), 0..5));
    (head, party(), (party(), maybe(words())), payment, totals, lists).prop_map(
        |(mut invoice, seller, (mut buyer, customer), payment, totals, (taxes, lines))| {
            buyer["customer_number"] = customer;
            // Of lines that share a rate, the rate of the whole follows.
            let taxes = if taxes.is_empty() && lines.iter().any(|line| !line["tax_rate"].is_null())
            {
                vec![json!({"rate": "20", "base": "1", "amount": "0.20"})]
            } else {
                taxes
            };
            for (key, value) in [
                ("seller", seller),
                ("buyer", buyer),
                ("payment", payment),
                ("totals", totals),
                ("tax_breakdown", Value::Array(taxes)),
                ("lines", Value::Array(lines)),
            ] {
                invoice[key] = value;
            }
            invoice
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_invoice_is_read_back_as_it_was_exported(invoice in invoice()) {
        assert_round(&invoice);
    }
}

#[test]
fn a_credit_note_printed_below_zero_gives_back_what_it_is_above() {
    let printed = json!({
        "kind": "credit_note", "number": "A-1", "currency": "EUR", "issue_date": "2025-03-09",
        "totals": {"net": "-90.00", "tax": "-12.10", "gross": "-102.10", "due": "-102.10"},
        "tax_breakdown": [
            {"rate": "20", "base": "-50.00", "amount": "-10.00"},
            {"rate": "5.5", "base": "-40.00", "amount": "-2.10"},
        ],
        "lines": [
            {"description": "a", "quantity": "-2", "unit_price": "25.00", "net_amount": "-50.00", "tax_rate": "20"},
            {"description": "b", "quantity": "4", "unit_price": "-10.00", "net_amount": "-40.00", "tax_rate": "5.5"},
        ],
    });
    for format in SYNTAXES {
        let found = read_back(&printed, format);
        for (path, value) in [
            ("kind", "credit_note"),
            ("totals.net", "90.00"),
            ("totals.tax", "12.10"),
            ("totals.due", "102.10"),
            ("tax_breakdown.1.base", "40.00"),
            ("lines.0.quantity", "2"),
            ("lines.0.net_amount", "50.00"),
            ("lines.1.quantity", "4"),
            ("lines.1.unit_price", "10.00"),
            ("lines.1.net_amount", "40.00"),
        ] {
            assert_eq!(at(&found, path), value, "{format}: {path}");
        }
    }
}
