//! What a bookkeeper does with results: the same invoice in another file, and values put right.

use serde_json::{Value, json};

use crate::support::{Behind, Service, Setup, distinct, folder, get, patch, sample, until};

const PDF: &str = "application/pdf";
const EVENTS: &str = "INVOICE_EVENTS";

fn duplicates(status: &Value) -> Vec<Value> {
    let reasons = status["result"]["review"]["reasons"].as_array().unwrap().iter();
    let of_it = reasons.filter(|reason| reason["code"] == "duplicate_invoice");
    of_it.map(|reason| reason["document"].clone()).collect()
}

#[test]
fn the_same_invoice_in_another_file_names_the_first_document() {
    let data = folder();
    let service = Setup::all(data.path()).start();
    let electronic = sample("facture-electronique.pdf");
    let first = service.accepted(&electronic, PDF);
    let read = service.ended(&first);
    assert_eq!(duplicates(&read), Vec::<Value>::new());
    assert_eq!(read["result"]["review"]["required"], false, "{}", read["result"]["review"]);
    let other = service.accepted(&sample("facture-tunisie.pdf"), PDF);
    assert_eq!(duplicates(&service.ended(&other)), Vec::<Value>::new());
    let second = service.accepted(&distinct(&electronic, 2), PDF);
    assert_ne!(second, first);
    let read = service.ended(&second);
    assert_eq!(duplicates(&read), [Value::from(first.as_str())]);
    assert_eq!(read["result"]["review"]["required"], true);
    // Once the first one is gone, the second is the first.
    let place = |id: &str| format!("{}/api/v1/invoices/{id}", service.url);
    assert_eq!(crate::support::delete(&place(&first)), 204);
    let third = service.accepted(&distinct(&electronic, 3), PDF);
    assert_eq!(duplicates(&service.ended(&third)), [Value::from(second.as_str())]);
}

/// Has the number of document `id` put right: the status of the answer, 0 when nobody is there any more.
fn correct(service: &Service, id: &str, number: &str) -> u16 {
    let body = json!({"corrections": [{"field": "number", "value": number}]}).to_string();
    let url = format!("{}/api/v1/invoices/{id}/result", service.url);
    patch(&url, body.as_bytes(), &[("If-Match", "*"), ("Content-Type", "application/json")])
}

#[test]
fn a_correction_outlives_the_death_of_its_gateway_and_is_told_once() {
    let data = folder();
    let impatient = "[sweeper]\ninterval_seconds = 1\nstuck_after_seconds = 1\n";
    let deadly = format!("{impatient}[faults]\npoints = [\"correction-stored=kill@1\"]\n");
    let setup = Setup { config: &deadly, ..Setup::all(data.path()) };
    let service = setup.start();
    let id = service.accepted(&sample("facture-electronique.pdf"), PDF);
    assert_eq!(service.ended(&id)["state"], "completed");
    let behind = Behind::service(data.path());
    behind.drained();
    drop(behind);
    assert_eq!(correct(&service, &id, "F-1"), 0, "it died in the middle");
    drop(service);

    let service = Setup { config: impatient, ..Setup::all(data.path()) }.start();
    let result = get(&format!("{}/api/v1/invoices/{id}/result", service.url)).1;
    assert_eq!(result["invoice"]["number"]["value"], "F-1", "the status was the commit");
    let behind = Behind::service(data.path());
    let corrected = format!("invoice.corrected.default.{id}.1-1");
    let told = until("the event", || behind.message(EVENTS, &corrected));
    let told: Value = serde_json::from_slice(&told).unwrap();
    assert_eq!(told["result"], result);
    assert_eq!(correct(&service, &id, "F-1"), 200, "which changes nothing any more");
    assert_eq!(behind.count(EVENTS, &format!("invoice.corrected.*.{id}.*")), 1);
    assert_eq!(behind.messages(EVENTS), 2);
}
