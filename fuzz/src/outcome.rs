//! Extraction as the service runs it, and what each of its results has to be.

use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use jsonschema::Validator;
use serde_json::Value;

use common::config::Own;
use common::id::{ContentHash, DocumentId, Options, Tenant};
use common::page::{MediaType, ReadDocument};
use extract::einvoice::Attached;
use extract::facts::DocumentFacts;
use extract::hints::Hints;
use extract::own::OwnIdentity;
use extract::result::InvoiceExtracted;
use extract::settings::Settings;

/// What is promised to those who read results.
static CONTRACT: LazyLock<Validator> = LazyLock::new(|| {
    let schema = include_str!("../../contract/invoice-extracted.schema.json");
    let schema = serde_json::from_str(schema).expect("the contract is JSON");
    jsonschema::validator_for(&schema).expect("the contract is a schema")
});

/// Rules for suppliers that documents of the vocabulary name.
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
fields.buyer.customer_number = { label = "Client" }
"#;

static KNOWING: LazyLock<Settings> = LazyLock::new(|| {
    let own = Own { names: vec!["Dupont Fils".to_owned()], ..Own::default() };
    Settings {
        own: OwnIdentity::from_config(&own).expect("the name is long enough"),
        hints: Arc::new(Hints::parse(HINTS).expect("the rules are right")),
        ..Settings::default()
    }
});

/// Settings of an operator who has said what they know.
pub fn knowing() -> &'static Settings {
    &KNOWING
}

static FACTS: LazyLock<DocumentFacts> = LazyLock::new(|| {
    let content_hash = ContentHash::of(b"any");
    DocumentFacts {
        id: DocumentId::derive(&Tenant::default(), &content_hash, &Options::default()),
        content_hash,
        correlation_id: "any".to_owned(),
        filename: None,
        media_type: MediaType::Pdf,
        received_at: Timestamp::UNIX_EPOCH,
        completed_at: Timestamp::UNIX_EPOCH,
    }
});

/// Extracts, and holds the result against what is promised of it.
pub fn extract_and_check(document: &ReadDocument, attached: &Attached, settings: &Settings) {
    check(&extract::extract(document, attached, &FACTS, settings), document);
}

/// The JSON of a result, as it is published.
pub fn extracted(document: &ReadDocument, attached: &Attached) -> String {
    let result = extract::extract(document, attached, &FACTS, &Settings::default());
    serde_json::to_string(&result).expect("a result has a JSON form")
}

/// Holds a result against the contract.
pub fn assert_allowed(result: &Value) {
    if let Err(error) = CONTRACT.validate(result) {
        panic!("the contract forbids {}: {error}", error.instance_path());
    }
}

/// Explains too, which takes twice as long and changes nothing.
pub fn explain_and_check(document: &ReadDocument, attached: &Attached, settings: &Settings) {
    let (explained, decisions) = extract::explain(document, attached, &FACTS, settings);
    let result = extract::extract(document, attached, &FACTS, settings);
    assert_eq!(explained, result);
    check(&result, document);
    serde_json::to_string(&decisions).expect("decisions have a JSON form");
}

/// The result has a JSON form that the contract allows, and its places are places of the document.
fn check(result: &InvoiceExtracted, document: &ReadDocument) {
    let json = serde_json::to_value(result).expect("a result has a JSON form");
    assert_allowed(&json);
    fields(&json["invoice"], &mut |field| assert!(is_legal(field, document), "{field}"));
    let reasons = json["review"]["reasons"].as_array().map_or(0, Vec::len);
    assert_eq!(json["review"]["required"].as_bool(), Some(reasons > 0));
}

/// Calls `check` for each field: each object with a confidence and a source.
fn fields(value: &Value, check: &mut dyn FnMut(&Value)) {
    match value {
        Value::Object(object)
            if object.contains_key("confidence") && object.contains_key("source") =>
        {
            check(value);
        }
        Value::Object(object) => object.values().for_each(|value| fields(value, check)),
        Value::Array(array) => array.iter().for_each(|value| fields(value, check)),
        _ => {}
    }
}

fn is_legal(field: &Value, document: &ReadDocument) -> bool {
    let confidence = field["confidence"].as_f64().is_some_and(|c| (0.0..=1.0).contains(&c));
    let value = field["value"].as_str().is_some_and(|value| !value.trim().is_empty());
    let source = &field["source"];
    let elsewhere = source["derived"].is_string() || source["xml"].is_string();
    confidence && value && (elsewhere || stands_on_a_page(source, document))
}

fn stands_on_a_page(source: &Value, document: &ReadDocument) -> bool {
    let known = |page: u64| document.pages.iter().any(|p| u64::from(p.geometry.number) == page);
    let corners = source["box"].as_array().map_or(&[][..], Vec::as_slice);
    let corners: Vec<f64> = corners.iter().filter_map(Value::as_f64).collect();
    let inside = corners.iter().all(|v| (0.0..=1.0).contains(v));
    let ordered = matches!(corners.as_slice(), [x0, y0, x1, y1] if x0 <= x1 && y0 <= y1);
    source["page"].as_u64().is_some_and(known) && inside && ordered
}
