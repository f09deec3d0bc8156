//! What can be put right is what the contract says a result has, each value in its form.

use std::collections::BTreeMap;

use common::audit::Actor;
use common::correction::field::{self, Form};
use common::correction::{Author, Wanted};
use common::status::{Amended, ResultJson, State, StatusRecord};
use common::testing::{accepted_record, repository};
use serde_json::{Value, json};

fn contract() -> Value {
    let path = repository().join("contract/invoice-extracted.schema.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The schema of each value below `invoice`, by its path; of each list its first entry.
fn values() -> BTreeMap<String, Value> {
    let schema = contract();
    let mut found = BTreeMap::new();
    collect(&schema["properties"]["invoice"], "", &mut found);
    found
}

fn collect(schema: &Value, prefix: &str, found: &mut BTreeMap<String, Value>) {
    for (name, described) in schema["properties"].as_object().unwrap() {
        match described["type"].as_str() {
            Some("object") => collect(described, &format!("{prefix}{name}."), found),
            Some("array") => collect(&described["items"], &format!("{prefix}{name}.0."), found),
            _ => {
                let value = &described["oneOf"][1]["allOf"][1]["properties"]["value"];
                assert!(value.is_object(), "{prefix}{name}");
                found.insert(format!("{prefix}{name}"), value.clone());
            }
        }
    }
}

fn form(schema: &Value) -> Form {
    match schema["pattern"].as_str() {
        Some(r"^\d{4}-\d{2}-\d{2}$") => Form::Date,
        Some("^[A-Z]{3}$") => Form::Currency,
        Some("^[A-Z]{2}$") => Form::Country,
        Some("^[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}$") => Form::Iban,
        Some(r"^-?\d+(\.\d+)?$") => Form::Amount,
        Some(other) => panic!("no form of values has {other}"),
        None if schema["enum"].is_array() => Form::Kind,
        None => Form::Text,
    }
}

#[test]
fn every_value_of_a_result_can_be_put_right_and_nothing_else() {
    let described = values();
    let described: BTreeMap<String, Form> =
        described.iter().map(|(path, schema)| (path.clone(), form(schema))).collect();
    let known: BTreeMap<String, Form> =
        field::all().into_iter().map(|(path, form)| (path.to_string(), form)).collect();
    assert_eq!(known, described);
    let kinds = values()["kind"]["enum"].clone();
    for kind in kinds.as_array().unwrap() {
        assert!(Form::Kind.admits(kind.as_str().unwrap()), "{kind}");
    }
}

/// A result of an empty page, as a stage makes it.
fn read() -> Value {
    let party = json!({"name": null, "address": null, "country": null, "vat_id": null, "registration_id": null});
    json!({
        "schema": "invoice.extracted/1", "id": "0".repeat(64), "content_hash": format!("blake3:{}", "0".repeat(64)),
        "media_type": "application/pdf", "received_at": "2026-11-26T10:00:00Z",
        "completed_at": "2026-11-26T10:00:05Z", "pages": [], "checks": [],
        "invoice": {
            "kind": null, "number": null, "issue_date": null, "due_date": null, "currency": null,
            "seller": party, "buyer": party, "payment": {"iban": null, "bic": null},
            "totals": {"net": null, "tax": null, "gross": null, "due": null}, "tax_breakdown": [], "lines": [],
        },
        "review": {"required": true, "reasons": [{"code": "field_missing", "field": "number", "message": "x"}]},
    })
}

#[test]
fn a_result_with_every_value_put_right_fits_the_contract() {
    let good = |form: Form| match form {
        Form::Text => "a text\nof two lines",
        Form::Kind => "credit_note",
        Form::Date => "2024-02-29",
        Form::Currency => "TND",
        Form::Country => "FR",
        Form::Iban => "DE89370400440532013000",
        Form::Amount => "-12.500",
    };
    let items: Vec<Value> = field::all()
        .into_iter()
        .map(|(path, form)| json!({"field": path.to_string(), "value": good(form)}))
        .collect();
    let wanted = json!({"corrections": items}).to_string();
    let wanted = Wanted::read(wanted.as_bytes()).unwrap();
    let result = Some(ResultJson(serde_json::value::to_raw_value(&read()).unwrap()));
    let record = StatusRecord { state: State::Completed, result, ..accepted_record() };
    let by = Author { actor: Actor::Anybody, name: None };
    let amended = record.corrected(&wanted, &by, jiff::Timestamp::UNIX_EPOCH).unwrap();
    let Amended::To(corrected) = amended else { panic!("{amended:?}") };
    let shown = corrected.shown_result().unwrap().unwrap();
    let shown: Value = serde_json::from_str(shown.0.get()).unwrap();
    let validator = jsonschema::validator_for(&contract()).unwrap();
    let errors: Vec<String> = validator.iter_errors(&shown).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    assert_eq!(shown["invoice"]["lines"][0]["net_amount"]["value"], "-12.500");
    assert_eq!(shown["review"]["required"], false);
    assert_eq!(corrected.corrections[0].changes.len(), field::all().len());
}
