//! Whatever the words are, extraction ends with a legal result.

use std::sync::Arc;

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::Value;

use common::config::Own;
use common::id::{ContentHash, DocumentId, Options, Tenant};
use common::page::{
    BoundingBox, MediaType, PageGeometry, PageSource, Preparation, ReadDocument, ReadPage, Word,
};
use extract::einvoice::Attached;
use extract::facts::DocumentFacts;
use extract::hints::Hints;
use extract::own::OwnIdentity;
use extract::settings::Settings;
use extract::{explain, extract};

/// Pieces that documents are made of, so that random pages reach the code behind the labels.
const PIECES: &[&str] = &[
    "Facture",
    "N°",
    "F-2024-001",
    "Date",
    "31/12/2024",
    "02",
    "Juillet",
    "2015",
    "Échéance",
    "Total",
    "HT",
    "TVA",
    "20",
    "%",
    "TTC",
    "1 234,56",
    "1.234,56",
    "€",
    "100,00",
    "20,00",
    "120,00",
    "-5,00",
    "Rechnung",
    "Nr.",
    "USt-IdNr.:",
    "DE136695976",
    "FR",
    "40",
    "303",
    "265",
    "045",
    "IBAN",
    "DE89370400440532013000",
    "BIC",
    "COBADEFFXXX",
    "Client",
    "Vendeur:",
    "GmbH",
    "Bergbau",
    "75001",
    "PARIS",
    "·",
    "rue",
    "SIRET",
    "73282932000074",
    "Qté",
    "Désignation",
    "P.U.",
    "Montant",
    "Timbre",
    "fiscal",
    "1,000",
    "DT",
    "Tel:",
    "+33",
    "1",
    "info@a-b.fr",
    "Net",
    "à",
    "payer",
    "(",
    ")",
    ":",
    "#",
    "\u{202f}",
    "é\u{301}",
    "𝟙𝟚",
    "١٢٣",
    "#೦-",
];

fn facts() -> DocumentFacts {
    let content_hash = ContentHash::of(b"any");
    DocumentFacts {
        id: DocumentId::derive(&Tenant::default(), &content_hash, &Options::default()),
        content_hash,
        correlation_id: "any".into(),
        filename: None,
        media_type: MediaType::Pdf,
        received_at: Timestamp::UNIX_EPOCH,
        completed_at: Timestamp::UNIX_EPOCH,
    }
}

/// Own identity and rules that random pages meet.
#[expect(clippy::unwrap_used, reason = "settings that are wrong fail every test")]
fn settings() -> Settings {
    const HINTS: &str = r#"
        [[supplier]]
        name = "Bergbau"
        [supplier.fields]
        number = { regex = '(\S+)' }
        issue_date = { label = "Date", place = "below" }
        due_date = { regex = '(.*)' }
        description = { label = "Facture" }
        totals.gross = { label = "Total", place = "below", reach = 100 }
        totals.net = { regex = '([^a-z]+)' }
        payment.iban = { label = "IBAN" }
        currency = { regex = '(\S+)$' }
        seller.name = { value = "Bergbau GmbH" }
        [[supplier]]
        vat_id = "FR40303265045"
        fields.buyer.customer_number = { label = "Client" }"#;
    let own = Own { names: vec!["Bergbau Client".to_owned()], ..Own::default() };
    Settings {
        own: OwnIdentity::from_config(&own).unwrap(),
        hints: Arc::new(Hints::parse(HINTS).unwrap()),
        ..Settings::default()
    }
}

fn page(number: u32, words: Vec<Word>) -> ReadPage {
    ReadPage {
        geometry: PageGeometry {
            number,
            width_px: 1654,
            height_px: 2339,
            dpi: 200.0,
            rotation_degrees: 0,
            skew_degrees: 0.0,
        },
        source: PageSource::Ocr,
        confidence: 0.9,
        attempts: 1,
        languages: vec!["fra".into()],
        words,
        raster: None,
        preparation: Preparation::default(),
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => prop::sample::select(PIECES).prop_map(str::to_owned),
        1 => "\\PC{0,24}",
    ]
}

/// Coordinates on a coarse grid, where words share rows and columns, or anything at all.
fn coordinate() -> impl Strategy<Value = f32> {
    prop_oneof![20 => (0_u8..50).prop_map(|v| f32::from(v) / 50.0), 1 => prop::num::f32::ANY]
}

fn word() -> impl Strategy<Value = Word> {
    let place = (coordinate(), coordinate(), coordinate(), 0.0_f32..0.03);
    (text(), place, -0.5_f32..1.5, 0_u32..20).prop_map(|(text, (x, y, w, h), confidence, line)| {
        let bbox = BoundingBox([x, y, x + w / 5.0, y + h]);
        Word { line, ..Word::new(text, bbox, confidence) }
    })
}

fn document() -> impl Strategy<Value = ReadDocument> {
    prop::collection::vec(prop::collection::vec(word(), 0..60), 0..3).prop_map(|pages| {
        let pages = pages.into_iter().enumerate();
        let pages = pages.map(|(at, words)| page(at as u32 + 1, words)).collect();
        ReadDocument { pages, embedded_xml: Vec::new() }
    })
}

/// Calls `check` for each field, i.e. each object with a value, a confidence and a source.
fn fields(value: &Value, check: &mut dyn FnMut(&Value)) {
    match value {
        Value::Object(object)
            if object.contains_key("confidence") && object.contains_key("source") =>
        {
            check(value);
        }
        Value::Object(object) => object.values().for_each(|v| fields(v, check)),
        Value::Array(array) => array.iter().for_each(|v| fields(v, check)),
        _ => {}
    }
}

fn is_legal(field: &Value) -> bool {
    let confidence = field["confidence"].as_f64().is_some_and(|c| (0.0..=1.0).contains(&c));
    let source = &field["source"];
    let boxed = source["box"].as_array().is_some_and(|b| {
        let b: Vec<f64> = b.iter().filter_map(Value::as_f64).collect();
        let inside = b.iter().all(|v| (0.0..=1.0).contains(v));
        matches!(b.as_slice(), [x0, y0, x1, y1] if inside && x0 <= x1 && y0 <= y1)
    });
    let value = field["value"].as_str().is_some_and(|v| !v.is_empty());
    confidence
        && value
        && (boxed && source["page"].as_u64() > Some(0) || source["derived"].is_string())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_words_give_a_legal_result(document in document()) {
        let result = serde_json::to_value(extract(&document, &Attached::Nothing, &facts(), &settings())).unwrap();
        let mut illegal = Vec::new();
        fields(&result["invoice"], &mut |f| if !is_legal(f) { illegal.push(f.clone()) });
        prop_assert!(illegal.is_empty(), "{illegal:?}");
        let reasons = result["review"]["reasons"].as_array().map_or(0, Vec::len);
        prop_assert_eq!(result["review"]["required"].as_bool(), Some(reasons > 0));
    }

    #[test]
    fn the_same_words_give_the_same_bytes(document in document()) {
        let once = serde_json::to_string(&extract(&document, &Attached::Nothing, &facts(), &settings())).unwrap();
        let again = serde_json::to_string(&extract(&document, &Attached::Nothing, &facts(), &settings())).unwrap();
        prop_assert_eq!(once, again);
    }
}

#[test]
fn a_document_at_the_limits_ends_with_a_result() {
    // 200 pages of 2 000 labels and amounts, all rivals of each other.
    let words: Vec<Word> = (0..2_000_u32)
        .map(|i| {
            let (column, line) = (i % 20, i / 20);
            let (x, y) = (column as f32 / 20.0, line as f32 / 100.0);
            let text = PIECES[(i as usize * 7) % PIECES.len()].to_owned();
            Word { line, ..Word::new(text, BoundingBox([x, y, x + 0.03, y + 0.008]), 1.0) }
        })
        .collect();
    let pages = (1..=200).map(|number| page(number, words.clone())).collect();
    let result = extract(
        &ReadDocument { pages, embedded_xml: Vec::new() },
        &Attached::Nothing,
        &facts(),
        &settings(),
    );
    assert_eq!(result.pages.len(), 200);
}

#[test]
fn one_endless_row_ends_with_a_result() {
    let words: Vec<Word> = (0..10_000_u32)
        .map(|i| {
            let x = i as f32 / 10_000.0;
            let text = ["Total", "12,00", "HT", "TVA"][i as usize % 4].to_owned();
            Word { line: i, ..Word::new(text, BoundingBox([x, 0.5, x + 0.000_01, 0.500_01]), 1.0) }
        })
        .collect();
    let document = ReadDocument { pages: vec![page(1, words)], embedded_xml: Vec::new() };
    assert_eq!(extract(&document, &Attached::Nothing, &facts(), &settings()).pages.len(), 1);
}

#[test]
fn explaining_changes_no_result_and_tells_what_was_chosen() {
    let words = PIECES.iter().enumerate().map(|(i, text)| {
        let (column, line) = (i % 4, i / 4);
        let (x, y) = (column as f32 / 4.0, line as f32 / 40.0);
        Word { line: line as u32, ..Word::new(*text, BoundingBox([x, y, x + 0.2, y + 0.01]), 1.0) }
    });
    let document = ReadDocument { pages: vec![page(1, words.collect())], embedded_xml: Vec::new() };
    let (explained, decisions) = explain(&document, &Attached::Nothing, &facts(), &settings());
    assert_eq!(explained, extract(&document, &Attached::Nothing, &facts(), &settings()));
    let gross = decisions.iter().find(|d| d.fields.contains(&"gross")).unwrap();
    assert!(!gross.options.is_empty() && !gross.combinations.is_empty());
    assert_eq!(gross.chosen.len(), gross.fields.len());
}
