//! E-invoices of each family, read as data. The firms do not exist.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a step that fails fails its test"
)]

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::Value;

use common::id::{ContentHash, DocumentId, Options, Tenant};
use common::page::{MediaType, ReadDocument};
use extract::einvoice::{Attached, EInvoice, Profile, read};
use extract::extract;
use extract::facts::DocumentFacts;
use extract::settings::Settings;

const MINIMUM: &[u8] = include_bytes!("fixtures/einvoice/minimum.xml");
const EN16931: &[u8] = include_bytes!("fixtures/einvoice/en16931.xml");
const EXTENDED: &[u8] = include_bytes!("fixtures/einvoice/extended.xml");
const ZUGFERD1: &[u8] = include_bytes!("fixtures/einvoice/zugferd1-comfort.xml");
const UBL_INVOICE: &[u8] = include_bytes!("fixtures/einvoice/ubl-invoice.xml");
const UBL_CREDIT_NOTE: &[u8] = include_bytes!("fixtures/einvoice/ubl-credit-note.xml");

fn invoice(xml: &[u8]) -> (Value, EInvoice) {
    let einvoice = read(xml).unwrap();
    (serde_json::to_value(&einvoice.invoice).unwrap(), einvoice)
}

/// The whole result of an e-invoice that came by itself.
fn result(xml: &[u8]) -> Value {
    let content_hash = ContentHash::of(xml);
    let facts = DocumentFacts {
        id: DocumentId::derive(&Tenant::default(), &content_hash, &Options::default()),
        content_hash,
        correlation_id: "c-1".into(),
        filename: None,
        media_type: MediaType::Xml,
        received_at: Timestamp::UNIX_EPOCH,
        completed_at: Timestamp::UNIX_EPOCH,
    };
    let document = ReadDocument { pages: Vec::new(), embedded_xml: Vec::new() };
    serde_json::to_value(extract(
        &document,
        &Attached::first_of([xml]),
        &facts,
        &Settings::default(),
    ))
    .unwrap()
}

/// Holds values at paths, and the terms that they come from, against what is expected.
fn assert_fields(invoice: &Value, expected: &[(&str, &str, &str)]) {
    for (path, value, term) in expected {
        let field = at(invoice, path);
        assert_eq!(
            (&field["value"], &field["source"]["xml"]),
            (&(*value).into(), &(*term).into()),
            "{path}"
        );
    }
}

fn at<'a>(invoice: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(invoice, |value, key| match key.parse::<usize>() {
        Ok(index) => &value[index],
        Err(_) => &value[key],
    })
}

fn status<'a>(result: &'a Value, rule: &str) -> &'a str {
    let checks = result["checks"].as_array().unwrap();
    checks.iter().find(|check| check["rule"] == rule).unwrap()["status"].as_str().unwrap()
}

#[test]
fn a_full_invoice_in_cii_says_everything() {
    let (read, einvoice) = invoice(EN16931);
    assert_eq!(einvoice.profile, Profile::En16931);
    assert!(einvoice.unreadable.is_empty());
    assert_fields(
        &read,
        &[
            ("kind", "invoice", "BT-3"),
            ("number", "RE 2025/118", "BT-1"),
            ("issue_date", "2025-03-01", "BT-2"),
            ("due_date", "2025-03-31", "BT-9"),
            ("delivery_date", "2025-02-27", "BT-72"),
            ("currency", "GBP", "BT-5"),
            ("purchase_order", "PO-311", "BT-13"),
            ("seller.name", "Nebelwerk AG", "BT-27"),
            ("seller.address", "Dunststraße 3\nHinterhaus\n00999 Wolkenheim", "BT-35"),
            ("seller.country", "DE", "BT-40"),
            ("seller.vat_id", "DE136695976", "BT-31"),
            ("seller.registration_id", "HRB 99999", "BT-30"),
            ("seller.email", "nina@nebelwerk.example", "BT-43"),
            ("seller.phone", "+49 30 5550100", "BT-42"),
            ("buyer.name", "Thimble & Sons Ltd", "BT-44"),
            ("buyer.address", "1 Needle Row\nZZ9 9ZZ Haystack", "BT-50"),
            ("buyer.country", "GB", "BT-55"),
            ("buyer.vat_id", "GB999999973", "BT-48"),
            ("buyer.email", "invoices@thimble.example", "BT-49"),
            ("buyer.customer_number", "K-77", "BT-46"),
            ("payment.iban", "DE89370400440532013000", "BT-84"),
            ("payment.bic", "COBADEFFXXX", "BT-86"),
            ("payment.reference", "RE 2025/118 K-77", "BT-83"),
            ("payment.terms", "30 Tage netto", "BT-20"),
            ("totals.net", "960.00", "BT-109"),
            ("totals.tax", "182.40", "BT-110"),
            ("totals.gross", "1142.40", "BT-112"),
            ("totals.prepaid", "142.50", "BT-113"),
            ("totals.rounding", "0.10", "BT-114"),
            ("totals.due", "1000.00", "BT-115"),
            ("tax_breakdown.0.rate", "19", "BT-119"),
            ("tax_breakdown.0.base", "960.00", "BT-116"),
            ("tax_breakdown.0.amount", "182.40", "BT-117"),
            ("lines.0.description", "Schrauben & Muttern", "BT-153"),
            ("lines.0.code", "SCHR-10", "BT-155"),
            ("lines.0.quantity", "200", "BT-129"),
            ("lines.0.unit", "C62", "BT-130"),
            ("lines.0.tax_rate", "19", "BT-152"),
            ("lines.0.net_amount", "50.00", "BT-131"),
            ("lines.1.unit_price", "950.00", "BT-146"),
        ],
    );
    assert_eq!(read["buyer"]["registration_id"], Value::Null);
    assert_eq!(read["description"], Value::Null, "a note may say anything");
    let each = &read["lines"][0]["unit_price"];
    assert_eq!(
        (&each["value"], &each["source"]["derived"]),
        (&"0.25".into(), &"BT-146 / BT-149".into())
    );
}

#[test]
fn the_sums_of_an_e_invoice_are_checked_with_its_allowances_and_charges() {
    let result = result(EN16931);
    for rule in ["BR-CO-10", "BR-CO-13", "BR-CO-14", "BR-CO-15", "BR-CO-16", "BR-CO-17"] {
        assert_eq!(status(&result, rule), "passed", "{rule}");
    }
    assert_eq!(result["review"]["required"], false, "{}", result["review"]);
    let wrong = String::from_utf8(EN16931.to_vec())
        .unwrap()
        .replace(">50.00</ram:Allow", ">5.00</ram:Allow");
    assert_eq!(status(&self::result(wrong.as_bytes()), "BR-CO-13"), "failed");
}

#[test]
fn the_smallest_profile_says_who_what_and_how_much() {
    let (read, einvoice) = invoice(MINIMUM);
    assert_eq!(einvoice.profile, Profile::Minimum);
    assert_fields(
        &read,
        &[
            ("number", "MIN-0042", "BT-1"),
            ("seller.registration_id", "999990013", "BT-30"),
            ("totals.gross", "240.00", "BT-112"),
        ],
    );
    assert_eq!((&read["seller"]["address"], &read["due_date"]), (&Value::Null, &Value::Null));
    assert_eq!(read["lines"].as_array().map(Vec::len), Some(0));
}

#[test]
fn an_extended_invoice_is_not_read_for_more_than_it_asks() {
    let (read, einvoice) = invoice(EXTENDED);
    assert_eq!(einvoice.profile, Profile::Extended);
    assert_fields(
        &read,
        &[
            ("kind", "credit_note", "BT-3"),
            ("due_date", "2025-02-04", "BT-9"),
            ("purchase_order", "CMD-5", "BT-X-21"),
            ("description", "Horloge à ombre", "BT-153"),
            ("payment.terms", "2 % à huit jours\nNet à 30 jours", "BT-20"),
        ],
    );
    assert_eq!(read["lines"].as_array().map(Vec::len), Some(1), "a group is no line");
    assert_eq!(einvoice.unreadable, ["BT-115"]);
    let reasons = result(EXTENDED)["review"]["reasons"].to_string();
    assert!(reasons.contains("einvoice_value_unreadable"), "{reasons}");
}

#[test]
fn of_several_orders_the_first_is_shown_as_unsure_as_it_is() {
    let text = String::from_utf8(EXTENDED.to_vec()).unwrap();
    let line = "<ram:IncludedSupplyChainTradeLineItem>";
    let another = format!(
        "{line}<ram:SpecifiedLineTradeAgreement><ram:BuyerOrderReferencedDocument>\
         <ram:IssuerAssignedID>CMD-6</ram:IssuerAssignedID></ram:BuyerOrderReferencedDocument>\
         </ram:SpecifiedLineTradeAgreement></ram:IncludedSupplyChainTradeLineItem>{line}"
    );
    let several = text.replacen(line, &another, 1);
    let (read, _) = invoice(several.as_bytes());
    assert_eq!(read["purchase_order"]["value"], "CMD-6");
    assert!(read["purchase_order"]["confidence"].as_f64().unwrap() <= 0.5);
    let reasons = &result(several.as_bytes())["review"]["reasons"];
    let asks = |r: &Value| r["code"] == "confidence_low" && r["field"] == "purchase_order";
    assert!(reasons.as_array().unwrap().iter().any(asks), "{reasons}");
}

#[test]
fn zugferd_1_says_the_same_in_other_names() {
    let (read, einvoice) = invoice(ZUGFERD1);
    assert_eq!(einvoice.profile, Profile::Zugferd1);
    assert_fields(
        &read,
        &[
            ("kind", "invoice", "BT-3"),
            ("number", "W-1", "BT-1"),
            ("issue_date", "2014-07-14", "BT-2"),
            ("delivery_date", "2014-07-10", "BT-72"),
            ("purchase_order", "B-9", "BT-13"),
            ("seller.vat_id", "DE136695976", "BT-31"),
            ("buyer.customer_number", "K-12", "BT-46"),
            ("totals.net", "100.00", "BT-109"),
            ("tax_breakdown.0.rate", "7.00", "BT-119"),
            ("lines.0.description", "Socken, linksrum", "BT-153"),
            ("lines.0.quantity", "2", "BT-129"),
            ("lines.0.tax_rate", "7.00", "BT-152"),
            ("lines.0.net_amount", "100.00", "BT-131"),
        ],
    );
    assert_eq!(read["lines"].as_array().map(Vec::len), Some(1), "a remark is no line");
}

#[test]
fn an_invoice_in_ubl_says_the_same_in_its_own_words() {
    let (read, einvoice) = invoice(UBL_INVOICE);
    assert_eq!(einvoice.profile, Profile::En16931);
    assert_fields(
        &read,
        &[
            ("kind", "invoice", "BT-3"),
            ("number", "X-2025-7", "BT-1"),
            ("issue_date", "2025-05-02", "BT-2"),
            ("due_date", "2025-06-01", "BT-9"),
            ("delivery_date", "2025-04-30", "BT-72"),
            ("purchase_order", "AUF-1", "BT-13"),
            ("seller.name", "Luftschloss Bau GmbH", "BT-27"),
            ("seller.address", "Am Horizont 1\n00999 Wolkenheim", "BT-35"),
            ("seller.vat_id", "DE136695976", "BT-31"),
            ("seller.registration_id", "HRB 99998", "BT-30"),
            ("seller.email", "rechnung@luftschloss.example", "BT-34"),
            ("seller.phone", "+49 30 5550199", "BT-42"),
            ("buyer.name", "Gemeinde Nirgendwo", "BT-44"),
            ("buyer.customer_number", "K-3", "BT-46"),
            ("payment.iban", "DE89370400440532013000", "BT-84"),
            ("payment.bic", "COBADEFFXXX", "BT-86"),
            ("payment.reference", "X-2025-7/K-3", "BT-83"),
            ("totals.net", "1000.00", "BT-109"),
            ("totals.tax", "190.00", "BT-110"),
            ("totals.due", "1190.00", "BT-115"),
            ("tax_breakdown.0.base", "1000.00", "BT-116"),
            ("lines.0.code", "TAU", "BT-155"),
            ("lines.0.unit", "HUR", "BT-130"),
            ("lines.1.net_amount", "400.00", "BT-131"),
        ],
    );
    assert_eq!(result(UBL_INVOICE)["review"]["required"], false);
}

#[test]
fn a_credit_note_in_ubl_is_one_by_its_root_element() {
    let (read, _) = invoice(UBL_CREDIT_NOTE);
    assert_fields(
        &read,
        &[
            ("kind", "credit_note", "BT-3"),
            ("due_date", "2025-07-31", "BT-9"),
            ("totals.gross", "60.00", "BT-112"),
            ("lines.0.quantity", "5", "BT-129"),
            ("lines.0.net_amount", "50.00", "BT-131"),
        ],
    );
}

#[test]
fn an_invoice_in_another_encoding_is_the_same() {
    let text = std::str::from_utf8(EN16931).unwrap();
    let wide: Vec<u8> =
        format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(read(&wide), read(EN16931));
    let latin = text.replace("UTF-8", "ISO-8859-1");
    let latin: Vec<u8> = latin.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    assert_eq!(read(&latin), read(EN16931));
}

/// Pieces of hostile numbers, dates and markup.
const PIECES: &[&str] = &[
    "9999999999999",
    "-9999999999999.9999999999",
    "0.0000000000000000000000001",
    "99999999",
    "é",
    "",
    " ",
    "&#xA;",
    "<ram:ID>",
    "</ram:ID>",
    "<!-- -->",
    "<![CDATA[x]]>",
    "currencyID=\"EUR\"",
];

proptest! {
    #[test]
    fn whatever_stands_in_its_elements_an_e_invoice_gives_a_result_or_an_error(
        which in 0..6_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0..PIECES.len()), 1..8),
    ) {
        let all = [MINIMUM, EN16931, EXTENDED, ZUGFERD1, UBL_INVOICE, UBL_CREDIT_NOTE];
        let mut text = std::str::from_utf8(all[which]).unwrap().to_owned();
        for (at, piece) in changes {
            // Everything from a tag's end to the next tag's beginning.
            let ends: Vec<usize> = text.match_indices('>').map(|(at, _)| at + 1).collect();
            let start = *at.get(&ends);
            let end = text.split_at(start).1.find('<').map_or(text.len(), |length| start + length);
            text.replace_range(start..end, PIECES[piece]);
        }
        let attached = Attached::first_of([text.as_bytes()]);
        if matches!(attached, Attached::Invoice(_)) {
            prop_assert!(result(text.as_bytes())["invoice"].is_object());
        }
    }
}
