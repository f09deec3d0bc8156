//! From a document to `invoice.extracted`.

use std::fs;

use serde_json::Value;

use common::testing::repository;

use crate::support::{
    Behind, Setup, contract, distinct, expected, folder, get, invoice_ocr, sample,
};

const PDF: &str = "application/pdf";
const JPEG: &str = "image/jpeg";

/// What each sample must be read as; everything else in it may get better.
const SAMPLES: [(&str, &str, &[&str]); 5] = [
    (
        "facture-electronique.pdf",
        PDF,
        &[
            "kind",
            "number",
            "issue_date",
            "due_date",
            "currency",
            "seller.name",
            "seller.vat_id",
            "buyer.name",
            "payment.iban",
            "totals.net",
            "totals.tax",
            "totals.gross",
        ],
    ),
    (
        "facture-tunisie.pdf",
        PDF,
        &["kind", "number", "issue_date", "currency", "totals.net", "totals.tax"],
    ),
    (
        "invoice-two-pages.pdf",
        PDF,
        &["kind", "issue_date", "currency", "totals.net", "totals.tax", "totals.gross"],
    ),
    ("facture-scan.pdf", PDF, &["number", "issue_date", "currency", "totals.gross"]),
    ("invoice-photo.jpg", JPEG, &["number", "issue_date", "currency", "totals.gross"]),
];

fn value<'a>(invoice: &'a Value, path: &str) -> Option<&'a str> {
    let field = path.split('.').fold(invoice, |value, key| &value[key]);
    field.get("value").map_or(field.as_str(), Value::as_str)
}

#[test]
fn the_samples_are_read_and_every_result_fits_the_contract() {
    let data = folder();
    let service = Setup::all(data.path()).start();
    let behind = Behind::service(data.path());
    let schema: Value = serde_json::from_slice(&fs::read(contract()).unwrap()).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    for (name, media_type, fields) in SAMPLES {
        let id = service.accepted(&sample(name), media_type);
        let status = service.ended(&id);
        assert_eq!(status["state"], "completed", "{name}: {}", status["error"]);
        let result = &status["result"];
        let errors: Vec<String> = schema.iter_errors(result).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
        let truth = expected(name);
        for field in fields {
            let read = value(&result["invoice"], field);
            assert_eq!(read, value(&truth, field), "{name}: {field}");
        }
        let subject = format!("invoice.extracted.default.{id}.1");
        behind.drained();
        let event = behind.message("INVOICE_EVENTS", &subject).expect("an event");
        assert_eq!(&serde_json::from_slice::<Value>(&event).unwrap(), result, "{name}");
    }
    assert!(service.stop().success());
}

#[test]
fn read_says_of_a_document_what_the_service_says() {
    /// Which request it was, and when.
    const OF_THE_REQUEST: [&str; 3] = ["correlation_id", "received_at", "completed_at"];
    let data = folder();
    let service = Setup::all(data.path()).start();
    let samples = repository().join("samples");
    let files: Vec<String> =
        SAMPLES.map(|(name, ..)| samples.join(name).to_str().unwrap().to_owned()).to_vec();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let told = |command: &[&str]| -> Vec<Value> {
        let output = invoice_ocr(&[command, &["-o", "json"], files.as_slice()].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut told: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
        for answer in &mut told {
            let result = answer["result"].as_object_mut().unwrap();
            for key in OF_THE_REQUEST {
                assert!(result.remove(key).is_some(), "{key}");
            }
        }
        told
    };
    let by_service = told(&["submit", "--wait", "--url", &service.url]);
    let by_itself = told(&["read"]);
    assert_eq!(by_service.len(), SAMPLES.len());
    for (theirs, ours) in by_service.iter().zip(&by_itself) {
        for key in ["file", "id", "state", "filename", "result"] {
            assert!(!theirs[key].is_null(), "{key}");
            assert_eq!(theirs[key], ours[key], "{}: {key}", ours["file"]);
        }
    }
}

#[test]
fn fifty_equal_uploads_at_once_are_one_document() {
    let data = folder();
    let service = Setup::all(data.path()).start();
    let behind = Behind::service(data.path());
    let document = sample("facture-electronique.pdf");
    let answers: Vec<(u16, Value)> = std::thread::scope(|scope| {
        let uploads: Vec<_> =
            (0..50).map(|_| scope.spawn(|| service.submit(&document, PDF))).collect();
        uploads.into_iter().map(|upload| upload.join().unwrap()).collect()
    });
    let accepted = answers.iter().filter(|(status, _)| *status == 202).count();
    let known = answers.iter().filter(|(status, _)| *status == 200).count();
    assert_eq!((accepted, known), (1, 49));
    let id = answers[0].1["id"].as_str().unwrap();
    assert!(answers.iter().all(|(_, answer)| answer["id"] == id));
    assert_eq!(service.ended(id)["state"], "completed");
    behind.drained();
    assert_eq!(behind.messages("INVOICE_EVENTS"), 1);
    let (_, metrics) = get(&format!("{}/metrics", service.url));
    for stage in ["preprocess", "ocr", "extract"] {
        let once = format!("jobs_total{{stage=\"{stage}\",outcome=\"done\",code=\"\"}} 1");
        assert!(metrics.as_str().unwrap().contains(&once), "{metrics}");
    }
}

#[test]
fn a_stage_run_twice_gives_the_same_result() {
    let data = folder();
    let service = Setup::all(data.path()).start();
    // The same pages under two ids, one of them a scan that goes through recognition.
    for name in ["facture-electronique.pdf", "facture-scan.pdf"] {
        let invoices: Vec<Value> = (0..2)
            .map(|n| {
                let id = service.accepted(&distinct(&sample(name), n), PDF);
                service.ended(&id)["result"]["invoice"].clone()
            })
            .collect();
        assert!(invoices[0].is_object());
        assert_eq!(invoices[0], invoices[1], "{name}");
    }
}
