//! A result alone: in every form, in the form that is asked for, and why there is none.

use common::audit::{Action, Outcome};
use common::error::{ErrorRecord, StageError};
use common::id::DocumentId;
use common::stage::StageName;
use common::status::{ResultJson, State};
use serde_json::json;
use serde_json::value::RawValue;

use crate::client::{Answer, get, raw};
use crate::world::World;

/// A whole invoice, spaced as no program would.
const WHOLE: &str = r#"{ "schema":"invoice.extracted/1",  "id":"0", "invoice":{
    "kind":{"value":"invoice"}, "number":{"value":"F-1"}, "issue_date":{"value":"2025-03-09"},
    "due_date":{"value":"2025-04-08"}, "currency":{"value":"EUR"},
    "seller":{"name":{"value":"Chimère <SARL>"},"country":{"value":"FR"},"vat_id":{"value":"FR29999990013"}},
    "buyer":{"name":{"value":"=Licorne"},"country":{"value":"FR"}},
    "payment":{}, "totals":{"net":{"value":"50.00"},"tax":{"value":"10.00"},"gross":{"value":"60.00"}},
    "tax_breakdown":[{"rate":{"value":"20"},"base":{"value":"50.00"},"amount":{"value":"10.00"}}],
    "lines":[{"description":{"value":"Licol, cuir"},"quantity":{"value":"2"},"unit_price":{"value":"25.00"},
        "net_amount":{"value":"50.00"}}]}}"#;

/// What a reader of scans made of little.
const SPARSE: &str = r#"{"schema":"invoice.extracted/1","id":"0","invoice":{"number":{"value":"F-1"},
    "lines":[{"description":{"value":"a"}},{"description":{"value":"b"}}]}}"#;

async fn completed(world: &World, result: &str) -> (DocumentId, String) {
    let (id, place) = world.uploaded().await;
    world
        .change(&id, |record| {
            record.state = State::Completed;
            record.stage = StageName::Extract;
            record.result = Some(ResultJson(RawValue::from_string(result.to_owned()).unwrap()));
        })
        .await;
    (id, format!("{place}/result"))
}

async fn accepting(world: &World, path: &str, accept: &str) -> Answer {
    raw(world.address, &format!("GET {path} HTTP/1.1\r\nAccept: {accept}"), b"").await
}

async fn again(world: &World, path: &str, answer: &Answer) -> u16 {
    let tag = answer.header("etag").unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nIf-None-Match: {tag}");
    raw(world.address, &head, b"").await.status
}

fn told(answer: &Answer) -> (u16, String) {
    (answer.status, answer.problem())
}

#[tokio::test]
async fn a_result_is_sent_byte_for_byte_and_known_again() {
    let world = World::start().await;
    let (id, path) = completed(&world, WHOLE).await;
    let answer = get(world.address, &path).await;
    assert_eq!((answer.status, answer.text()), (200, WHOLE));
    for (name, value) in [
        ("content-type", "application/json"),
        ("cache-control", "private, no-cache"),
        ("content-disposition", &format!("attachment; filename=\"invoice-{id}.json\"")),
        ("vary", "accept"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
    assert_eq!(again(&world, &path, &answer).await, 304);
    assert_eq!(again(&world, &format!("{path}?format=csv"), &answer).await, 200);
    let other = WHOLE.replace("F-1", "F-2");
    world
        .change(&id, |record| {
            record.result = Some(ResultJson(RawValue::from_string(other.clone()).unwrap()));
        })
        .await;
    assert_eq!(again(&world, &path, &answer).await, 200, "a replay read it anew");
}

#[tokio::test]
async fn a_result_comes_in_the_form_that_is_asked_for() {
    let world = World::start().await;
    let (id, path) = completed(&world, WHOLE).await;
    let csv = accepting(&world, &path, "text/csv").await;
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
    assert!(csv.text().contains(",'=Licorne,"), "{}", csv.text());
    assert!(csv.text().ends_with(",1,\"Licol, cuir\",,2,,25.00,,50.00,\r\n"), "{}", csv.text());
    let ubl = accepting(&world, &path, "text/html, application/xml;q=0.9").await;
    assert_eq!((ubl.status, ubl.header("content-type")), (200, Some("application/xml")));
    assert!(ubl.text().contains("<Invoice xmlns=\"urn:oasis"), "{}", ubl.text());
    assert!(ubl.text().contains("Chimère &lt;SARL&gt;"));
    let name = format!("attachment; filename=\"invoice-{id}.ubl.xml\"");
    assert_eq!(ubl.header("content-disposition"), Some(name.as_str()));
    let own = "application/vnd.invoice-ocr.cii+xml";
    let cii = accepting(&world, &path, own).await;
    assert_eq!(cii.header("content-type"), Some(own));
    assert!(cii.text().contains("<rsm:CrossIndustryInvoice"), "{}", cii.text());
    let named = accepting(&world, &format!("{path}?format=cii"), "image/png").await;
    assert_eq!((named.status, named.header("content-type")), (200, Some("application/xml")));
    assert_eq!(named.text(), cii.text());
    for answer in [&csv, &ubl, &cii] {
        assert_eq!(again(&world, &path, answer).await, 200, "the tag of another form");
    }
    assert_eq!(again(&world, &format!("{path}?format=cii"), &named).await, 304);
    let answer = accepting(&world, &path, "image/png").await;
    assert_eq!(told(&answer), (406, "not_acceptable".to_owned()));
    for query in ["format=pdf", "format=csv&format=csv", "partial=perhaps"] {
        let answer = get(world.address, &format!("{path}?{query}")).await;
        assert_eq!(told(&answer), (400, "query_invalid".to_owned()), "{query}");
    }
}

#[tokio::test]
async fn what_no_document_said_is_named_and_not_made_up() {
    let world = World::start().await;
    let (_, path) = completed(&world, SPARSE).await;
    for form in ["ubl", "cii"] {
        let path = format!("{path}?format={form}");
        let answer = get(world.address, &path).await;
        assert_eq!(told(&answer), (422, "export_incomplete".to_owned()));
        let problem = answer.json();
        let gaps = problem["gaps"].as_array().unwrap();
        let buyer = json!({"term": "BT-44", "name": "buyer name", "why": "missing"});
        assert!(gaps.contains(&buyer), "{problem}");
        let quantity = json!({
            "term": "BT-129", "name": "invoiced quantity", "why": "missing", "lines": [1, 2],
        });
        assert!(gaps.contains(&quantity), "{problem}");
        assert!(gaps.iter().all(|gap| gap["term"] != "BT-1"), "{problem}");
        let partial = get(world.address, &format!("{path}&partial=true")).await;
        assert_eq!(
            (partial.status, partial.header("content-type")),
            (200, Some("application/xml"))
        );
        assert!(partial.text().contains(">F-1<"), "{}", partial.text());
        assert_eq!(again(&world, &path, &partial).await, 422, "it was told apart");
    }
    for path in [path.clone(), format!("{path}?format=csv")] {
        assert_eq!(get(world.address, &path).await.status, 200);
    }
}

#[tokio::test]
async fn a_document_without_result_says_why() {
    let world = World::start().await;
    let (id, place) = world.uploaded().await;
    let path = format!("{place}/result");
    let answer = get(world.address, &path).await;
    assert_eq!(told(&answer), (409, "result_pending".to_owned()));
    assert!(answer.header("retry-after").is_some());
    world
        .change(&id, |record| {
            record.state = State::Failed;
            let cause = StageError::rejected("pdf_encrypted", "the document needs a password");
            record.error = Some(ErrorRecord::new(StageName::Preprocess, &cause));
        })
        .await;
    let answer = get(world.address, &path).await;
    assert_eq!(told(&answer), (409, "result_failed".to_owned()));
    assert_eq!(answer.json()["detail"], "the document failed: pdf_encrypted");
    assert!(answer.header("retry-after").is_none());
    for unknown in ["0".repeat(64), "7".to_owned()] {
        let answer = get(world.address, &format!("/api/v1/invoices/{unknown}/result")).await;
        assert_eq!(told(&answer), (404, "not_found".to_owned()));
    }
}

#[tokio::test]
async fn a_result_that_was_handed_out_is_in_the_trail_and_a_refusal_is_not() {
    let world = World::start().await;
    let (id, path) = completed(&world, SPARSE).await;
    let reads = async || {
        let of_it = |what: &common::audit::AuditRecord| {
            what.action == Action::Read && what.outcome == Outcome::Done
        };
        world.trail().await.iter().filter(|record| of_it(record)).count()
    };
    assert_eq!(get(world.address, &format!("{path}?format=ubl")).await.status, 422);
    let answer = get(world.address, &path).await;
    assert_eq!(again(&world, &path, &answer).await, 304);
    assert_eq!(get(world.address, &format!("{path}?format=csv")).await.status, 200);
    world.until("both reads are in the trail", async || reads().await == 2).await;
    let names =
        world.trail().await.iter().filter(|r| format!("{r:?}").contains(id.as_str())).count();
    assert!(names >= 2, "{names}");
}
