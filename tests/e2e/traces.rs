//! One trace for one document, from whoever uploads it to whoever reads the event.

use crate::collector::{Collector, Span};
use crate::support::{Behind, Setup, distinct, folder, invoice_ocr, post_with, sample};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CLIENT: &str = "00f067aa0ba902b7";

#[test]
fn a_documents_spans_are_one_trace_from_the_clients_request_to_the_event() {
    let (collector, data) = (Collector::start(), folder());
    let config = format!("[traces]\nendpoint = \"{}\"\nsample_ratio = 0.0\n", collector.endpoint());
    let service = Setup { config: &config, ..Setup::all(data.path()) }.start();
    let traceparent = format!("00-{TRACE}-{CLIENT}-01");
    let url = format!("{}/api/v1/process-invoice", service.url);
    let headers = [("Content-Type", "application/pdf"), ("traceparent", traceparent.as_str())];
    let pdf = sample("facture-electronique.pdf");
    let (status, accepted) = post_with(&url, &pdf, &headers);
    assert_eq!(status, 202, "{accepted}");
    let id = accepted["id"].as_str().unwrap().to_owned();
    let result = service.ended(&id)["result"].clone();
    // Nobody asked for this one to be traced, and of those no part is kept.
    let untraced = service.accepted(&distinct(&pdf, 1), "application/pdf");
    service.ended(&untraced);
    let subject = format!("invoice.extracted.default.{id}.1");
    let behind = Behind::service(data.path());
    behind.drained();
    let event = behind.header("INVOICE_EVENTS", &subject, "traceparent");
    let told = invoice_ocr(&["story", &id, "--json", "--data", data.path().to_str().unwrap()]);
    assert!(
        String::from_utf8_lossy(&told.stdout).contains(TRACE),
        "an operator finds it: {told:?}"
    );
    assert!(service.stop().success(), "a stop sends the last spans");

    let spans = collector.spans();
    assert!(spans.iter().all(|span| span.trace == TRACE), "{spans:#?}");
    let only = |name: &str, stage: &str| -> Span {
        let mut found =
            spans.iter().filter(|span| span.name == name && span.attribute("stage") == stage);
        let span = found.next().unwrap_or_else(|| panic!("no {name} {stage} in {spans:#?}"));
        assert!(found.next().is_none(), "two of {name} {stage} in {spans:#?}");
        span.clone()
    };
    // The status is asked for over and over; the upload is once.
    let uploads: Vec<_> = spans.iter().filter(|s| s.attribute("method") == "POST").collect();
    assert_eq!((uploads.len(), uploads[0].parent.as_str()), (1, CLIENT));
    let jobs = ["preprocess", "ocr", "extract"].map(|stage| only("job", stage));
    assert!(jobs.iter().all(|job| job.attribute("invoice.id") == id));
    let is_within = |mut span: Span, ancestor: &Span| loop {
        if span.id == ancestor.id {
            break true;
        }
        match spans.iter().find(|other| other.id == span.parent) {
            Some(parent) => span = parent.clone(),
            None => break false,
        }
    };
    assert!(is_within(jobs[0].clone(), uploads[0]));
    assert!(is_within(jobs[1].clone(), &jobs[0]) && is_within(jobs[2].clone(), &jobs[1]));
    assert!(event.unwrap().contains(TRACE), "who reads the event can go on with the trace");

    let number = result["invoice"]["number"]["value"].as_str().unwrap();
    let told: Vec<_> = spans.iter().flat_map(|span| &span.attributes).collect();
    assert!(!told.iter().any(|(_, value)| value.contains(number)), "content in {told:#?}");
    assert_eq!(spans[0].service, "invoice-ocr");
}

#[test]
fn a_collector_that_is_away_costs_no_document() {
    let data = folder();
    let config = "[traces]\nendpoint = \"http://127.0.0.1:9/v1/traces\"\n";
    let service = Setup { config, ..Setup::all(data.path()) }.start();
    let id = service.accepted(&sample("facture-electronique.pdf"), "application/pdf");
    assert_eq!(service.ended(&id)["state"], "completed");
    assert!(service.stop().success());
}
