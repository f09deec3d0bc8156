//! `invoice-ocr story`, as an operator runs it.

use std::process::Output;

use common::testing::TestBroker;
use serde_json::Value;

use crate::support::{Behind, Setup, delete, folder, get, invoice_ocr, sample, until};

const PDF: &str = "application/pdf";

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Names of the story's steps, in order.
fn steps(story: &Value) -> Vec<&str> {
    story["steps"].as_array().unwrap().iter().map(|step| step["step"].as_str().unwrap()).collect()
}

#[test]
fn a_document_is_told_from_its_upload_to_its_erasure_and_never_what_it_says() {
    let data = folder();
    let service = Setup::all(data.path()).start();
    let at = data.path().to_str().unwrap();
    let story = |id: &str| -> Value {
        let output = invoice_ocr(&["story", id, "--json", "--data", at]);
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let file = data.path().join("secret-name.pdf");
    std::fs::write(&file, sample("facture-scan.pdf")).unwrap();
    let sent = ["submit", "--url", &service.url, "--wait", "-o", "ndjson", file.to_str().unwrap()];
    let sent = invoice_ocr(&sent);
    let sent: Value = serde_json::from_slice(&sent.stdout).unwrap();
    let id = sent["id"].as_str().unwrap();
    Behind::service(data.path()).drained();

    let told = story(id);
    assert_eq!((&told["now"]["state"], &told["generation"]), (&"completed".into(), &1.into()));
    assert_eq!((&told["tenant"], &told["media_type"]), (&"default".into(), &PDF.into()));
    assert_eq!(told["bytes"], sample("facture-scan.pdf").len());
    let names = steps(&told);
    assert_eq!((names[0], names.contains(&"uploaded")), ("accepted", true), "{told:#}");
    let order =
        ["original_stored", "pages_stored", "input_stored", "completed", "extracted_stored"];
    let places: Vec<usize> =
        order.iter().map(|name| names.iter().position(|n| n == name).expect(name)).collect();
    assert!(places.is_sorted(), "{told:#}");
    assert!(!told["correlation_id"].as_str().unwrap().is_empty());
    let log = std::fs::read_to_string(data.path().join("all.log")).unwrap();
    assert!(log.contains(told["correlation_id"].as_str().unwrap()), "the log is found by it");
    let output = invoice_ocr(&["story", id, "--data", at]);
    let said = text(&output);
    assert!(said.contains("Now: completed") && said.contains("Not known any more"), "{said}");
    for secret in ["2025/0187", "Tarasque", "secret-name"] {
        assert!(!said.contains(secret) && !told.to_string().contains(secret), "{secret}: {said}");
    }

    // A look at its result is in the trail, and so is its end.
    assert_eq!(get(&format!("{}/api/v1/invoices/{id}", service.url)).0, 200);
    until("the read in the trail", || steps(&story(id)).contains(&"read").then_some(()));
    assert_eq!(delete(&format!("{}/api/v1/invoices/{id}", service.url)), 204);
    let told = story(id);
    assert_eq!(told["now"]["state"], "erased");
    assert_eq!((&told["bytes"], &told["correlation_id"]), (&Value::Null, &Value::Null));
    let names = steps(&told);
    assert!(names.contains(&"erased") && names.contains(&"deleted"), "{told:#}");
    assert!(!names.contains(&"extracted_stored"), "{told:#}");

    let unknown = invoice_ocr(&["story", &"0".repeat(64), "--data", at]);
    assert_eq!(unknown.status.code(), Some(4), "{unknown:?}");
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("nothing is known"), "{unknown:?}");
    assert!(service.stop().success());
}

#[test]
fn a_document_that_waits_or_failed_says_for_what_and_what_to_do() {
    let (server, data) = (TestBroker::start(), folder());
    let url = server.url();
    let operator = |args: &[&str]| invoice_ocr(&[args, &["--nats-url", &url]].concat());
    assert!(operator(&["topology", "apply"]).status.success());
    let story = |id: &str| -> Value {
        let output = operator(&["story", id, "--json"]);
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let start = |stages: &'static str| {
        Setup { data: data.path(), stages, broker: Some(url.clone()), config: "" }.start()
    };
    let gateway = start("gateway");
    let id = gateway.accepted(b"%PDF-1.7 and nothing that follows", PDF);
    let told = story(&id);
    assert_eq!(told["now"]["waits_for"], "service", "{told:#}");
    assert_eq!(told["now"]["stage"], "preprocess");
    assert!(steps(&told).contains(&"job_queued"), "{told:#}");

    let _preprocess = start("preprocess");
    assert_eq!(gateway.ended(&id)["state"], "failed");
    let told = until("the dead letter", || {
        let told = story(&id);
        steps(&told).contains(&"dead_letter").then_some(told)
    });
    assert_eq!(told["now"]["waits_for"], "operator", "{told:#}");
    assert!(told["now"]["remedy"].as_str().unwrap().contains(&format!("dead replay {id}")));
    let failed = told["steps"].as_array().unwrap().iter().find(|s| s["step"] == "failed").unwrap();
    assert_eq!(failed["code"], "document_damaged", "{told:#}");

    assert!(operator(&["dead", "replay", &id]).status.success());
    let told = until("the end of the replay", || {
        let told = story(&id);
        (told["generation"] == 2 && told["now"]["state"] == "failed").then_some(told)
    });
    assert!(steps(&told).contains(&"replayed"), "{told:#}");
    let events = steps(&told).into_iter().filter(|step| *step == "failed_stored").count();
    assert!(events >= 1, "{told:#}");
}
