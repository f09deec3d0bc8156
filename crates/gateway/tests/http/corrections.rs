//! A result that people put right.

use common::audit::{Action, Outcome};
use common::id::{DocumentId, Tenant};
use common::key::Scope;
use common::stage::StageName;
use common::status::{ResultJson, State};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::client::{Answer, get, raw, send};
use crate::world::World;

const READ: &str = r#"{"schema":"invoice.extracted/1","id":"0","invoice":{
    "kind":{"value":"invoice"},"number":{"value":"F-7"},"issue_date":{"value":"2025-03-09"},"currency":{"value":"EUR"},
    "seller":{"name":{"value":"Chim"}},"totals":{"gross":{"value":"80.00"}},
    "lines":[{"description":{"value":"Licol"},"net_amount":{"value":"50.00"}}]},
    "review":{"required":true,"reasons":[{"code":"confidence_low","field":"number","message":"x"}]}}"#;

const EVENTS: &str = "INVOICE_EVENTS";

/// A completed document: its id, and where its result is.
async fn completed(world: &World) -> (DocumentId, String) {
    let (id, place) = world.uploaded().await;
    world
        .change(&id, |record| {
            record.state = State::Completed;
            record.stage = StageName::Extract;
            record.result = Some(ResultJson(RawValue::from_string(READ.to_owned()).unwrap()));
        })
        .await;
    (id, format!("{place}/result"))
}

async fn patch(world: &World, path: &str, tag: &str, body: &[u8]) -> Answer {
    let length = body.len();
    let head = format!(
        "PATCH {path} HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
         If-Match: {tag}"
    );
    raw(world.address, &head, body).await
}

fn values(values: &[(&str, Value)]) -> Vec<u8> {
    let items: Vec<Value> =
        values.iter().map(|(field, value)| json!({"field": field, "value": value})).collect();
    json!({ "corrections": items }).to_string().into_bytes()
}

async fn tag(world: &World, path: &str) -> String {
    get(world.address, path).await.header("etag").unwrap().to_owned()
}

fn told(answer: &Answer) -> (u16, String) {
    (answer.status, answer.problem())
}

#[tokio::test]
async fn a_corrected_result_is_what_everybody_is_shown_and_what_was_read_stays() {
    let world = World::start().await;
    let (id, path) = completed(&world).await;
    let status = path.trim_end_matches("/result").to_owned();
    let before = (tag(&world, &path).await, tag(&world, &status).await);
    let body = values(&[("number", json!("F-1")), ("totals.gross", json!("60.00"))]);
    let answer = patch(&world, &path, &before.0, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let corrected = answer.json();
    assert_eq!(
        corrected["invoice"]["number"],
        json!({"value": "F-1", "confidence": 1.0, "source": {"derived": "correction"}})
    );
    assert_eq!(corrected["invoice"]["issue_date"]["value"], "2025-03-09");
    assert_eq!(corrected["corrected"]["revision"], 1);
    assert_eq!(corrected["review"], json!({"required": false, "reasons": []}));

    let shown = get(world.address, &path).await;
    assert_eq!((shown.text(), shown.header("etag")), (answer.text(), answer.header("etag")));
    assert_ne!(shown.header("etag"), Some(before.0.as_str()));
    let whole = get(world.address, &status).await;
    assert_eq!(whole.json()["result"], corrected);
    assert_ne!(whole.header("etag"), Some(before.1.as_str()), "who follows the status hears of it");
    let csv = get(world.address, &format!("{path}?format=csv")).await;
    assert!(csv.text().contains("F-1") && !csv.text().contains("F-7"), "{}", csv.text());
    let original = get(world.address, &format!("{path}?version=original")).await;
    assert_eq!((original.text(), original.header("etag")), (READ, Some(before.0.as_str())));
    let wrong = get(world.address, &format!("{path}?version=first")).await;
    assert_eq!(told(&wrong), (400, "query_invalid".to_owned()));

    let history = get(world.address, &format!("{path}/corrections")).await.json();
    let [made] = history["corrections"].as_array().unwrap().as_slice() else { panic!("{history}") };
    assert_eq!((&made["generation"], &made["revision"]), (&1.into(), &1.into()));
    assert_eq!(made["corrected_by"], json!({"kind": "anybody", "id": null, "name": null}));
    let changes = json!([{"field": "number", "old": "F-7", "new": "F-1"},
        {"field": "totals.gross", "old": "80.00", "new": "60.00"}]);
    assert_eq!(made["changes"], changes);

    let trail = world.trail().await;
    let deed = trail.iter().find(|record| record.action == Action::Corrected).unwrap();
    assert_eq!(deed.outcome, Outcome::Done);
    let record = world.broker.status(&id).await.unwrap().unwrap();
    assert!(!record.correction_untold, "its event is stored, and that is known");
    assert_eq!(world.count(EVENTS).await, 1);
}

#[tokio::test]
async fn a_correction_of_another_result_than_the_client_has_is_refused() {
    let world = World::start().await;
    let (_, path) = completed(&world).await;
    let first = tag(&world, &path).await;
    let number = |text: &str| values(&[("number", json!(text))]);
    assert_eq!(patch(&world, &path, &first, &number("F-1")).await.status, 200);
    // The same once more, as after a lost answer; another one by somebody who has seen nothing of the first.
    for late in ["F-1", "F-2"] {
        let answer = patch(&world, &path, &first, &number(late)).await;
        assert_eq!(told(&answer), (412, "result_changed".to_owned()));
    }
    for unfit in ["\"x\"", &format!("W/{first}")] {
        assert_eq!(patch(&world, &path, unfit, &number("F-2")).await.status, 412, "{unfit}");
    }
    assert_eq!(world.count(EVENTS).await, 1);
    // Back to what was read is a correction too, and not the result that was read.
    let second = tag(&world, &path).await;
    assert_eq!(patch(&world, &path, &second, &number("F-7")).await.status, 200);
    assert_ne!(tag(&world, &path).await, first);
    assert_eq!(world.count(EVENTS).await, 2);
    // What it says already changes nothing, whoever says it.
    let same = patch(&world, &path, "*", &number("F-7")).await;
    assert_eq!((same.status, &same.json()["corrected"]["revision"]), (200, &2.into()));
    assert_eq!(world.count(EVENTS).await, 2);
    let without = raw(world.address, &format!("PATCH {path} HTTP/1.1"), b"").await;
    assert_eq!(told(&without), (428, "precondition_missing".to_owned()));
}

#[tokio::test]
async fn of_corrections_at_once_each_is_made_on_what_it_has_seen_or_not_at_all() {
    let world = World::start().await;
    let (id, path) = completed(&world).await;
    let first = tag(&world, &path).await;
    let bodies: Vec<Vec<u8>> =
        (0..6).map(|n| values(&[("number", json!(format!("F-{n}")))])).collect();
    let sent = bodies.iter().map(|body| patch(&world, &path, &first, body));
    let mut statuses: Vec<u16> =
        futures_util::future::join_all(sent).await.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412, 412, 412, 412, 412]);
    let sent = (0..4).map(|n| {
        let body = values(&[(
            &format!("lines.0.{}", ["unit", "code", "quantity", "tax_rate"][n]),
            json!("1"),
        )]);
        let (world, path) = (&world, &path);
        async move { patch(world, path, "*", &body).await.status }
    });
    assert_eq!(futures_util::future::join_all(sent).await, [200; 4]);
    let record = world.broker.status(&id).await.unwrap().unwrap();
    let revisions: Vec<u32> = record.corrections.iter().map(|made| made.revision).collect();
    assert_eq!(revisions, [1, 2, 3, 4, 5]);
    assert_eq!(world.count(EVENTS).await, 5, "one of each");
}

#[tokio::test]
async fn what_no_result_has_or_can_say_is_refused_with_field_and_limit() {
    let world = World::start().await;
    let (_, path) = completed(&world).await;
    let tag = tag(&world, &path).await;
    let long = "x".repeat(2001);
    let many: Vec<(String, Value)> =
        (0..201).map(|n| (format!("lines.{n}.unit"), json!("kg"))).collect();
    let many: Vec<(&str, Value)> = many.iter().map(|(f, v)| (f.as_str(), v.clone())).collect();
    let cases: [(Vec<u8>, &str, Option<u64>); 11] = [
        (values(&[("seller.nmae", json!("x"))]), "corrections[0]", None),
        (
            values(&[("number", json!("x")), ("review.required", json!(false))]),
            "corrections[1]",
            None,
        ),
        (values(&[("totals.gross", json!(12.5))]), "totals.gross has to be", None),
        (values(&[("totals.gross", json!("12,50"))]), "totals.gross has to be", None),
        (values(&[("issue_date", json!("2025-02-30"))]), "issue_date has to be", None),
        (values(&[("payment.iban", json!("FR7612345"))]), "payment.iban has to be", None),
        (values(&[("seller.name", json!(long))]), "seller.name has 2001", Some(2000)),
        (values(&many), "201 values", Some(200)),
        (values(&[("lines.2.unit", json!("kg"))]), "lines.2.unit is of an entry", Some(1)),
        (values(&[("number", json!("a")), ("number", json!("b"))]), "number is given twice", None),
        (b"{\"corrections\":[{\"field\":\"number\"}]}".to_vec(), "the body has to be", None),
    ];
    for (body, said, limit) in cases {
        let answer = patch(&world, &path, &tag, &body).await;
        assert_eq!(told(&answer), (422, "correction_invalid".to_owned()), "{said}");
        let problem = answer.json();
        assert!(problem["detail"].as_str().unwrap().contains(said), "{problem}");
        assert_eq!(problem["limit"].as_u64(), limit, "{problem}");
        assert!(!answer.text().contains("FR7612345"), "no value in an answer");
    }
    let large = values(&[("description", json!("x".repeat(70_000)))]);
    let answer = patch(&world, &path, &tag, &large).await;
    assert_eq!(told(&answer), (413, "correction_too_large".to_owned()));
    assert_eq!(answer.json()["limit"], 65_536);
    let head = format!("PATCH {path} HTTP/1.1\r\nContent-Type: text/plain\r\nIf-Match: *");
    let answer = raw(world.address, &head, b"").await;
    assert_eq!(told(&answer), (415, "not_json".to_owned()));
    assert_eq!(get(world.address, &path).await.text(), READ, "nothing of it was taken");
    assert_eq!(world.count(EVENTS).await, 0);
}

#[tokio::test]
async fn a_document_without_a_result_has_nothing_to_put_right() {
    let world = World::start().await;
    let (id, place) = world.uploaded().await;
    let path = format!("{place}/result");
    let body = values(&[("number", json!("F-1"))]);
    let pending = patch(&world, &path, "*", &body).await;
    assert_eq!(told(&pending), (409, "result_pending".to_owned()));
    let error = common::error::StageError::rejected("pdf_damaged", "no");
    let error = common::error::ErrorRecord::new(StageName::Preprocess, &error);
    let now = jiff::Timestamp::now();
    world.change(&id, |record| *record = record.clone().given_up(error.clone(), now)).await;
    let failed = patch(&world, &path, "*", &body).await;
    assert_eq!(told(&failed), (409, "result_failed".to_owned()));
    let history = get(world.address, &format!("{path}/corrections")).await;
    assert_eq!((history.status, history.json()), (200, json!({"corrections": []})));
}

#[tokio::test]
async fn only_who_may_correct_does_and_the_history_says_who_it_was() {
    let world = World::asking(|_| {}).await;
    let (owner, reader) =
        (world.key("acme", &Scope::ALL).await, world.key("acme", &[Scope::DocumentsRead]).await);
    let uploaded = crate::client::post_as(world.address, &owner.reveal(), crate::client::PDF).await;
    let id: DocumentId = uploaded.json()["id"].as_str().unwrap().parse().unwrap();
    world
        .change(&id, |record| {
            record.state = State::Completed;
            record.stage = StageName::Extract;
            record.result = Some(ResultJson(RawValue::from_string(READ.to_owned()).unwrap()));
        })
        .await;
    let path = format!("/api/v1/invoices/{id}/result");
    let body = values(&[("number", json!("F-1"))]);
    let as_key = async |key: &str| {
        let length = body.len();
        let head = format!(
            "PATCH {path} HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
             If-Match: *\r\nX-API-Key: {key}"
        );
        raw(world.address, &head, &body).await
    };
    let rival = world.key("rival", &Scope::ALL).await;
    assert_eq!(told(&as_key(&reader.reveal()).await), (403, "scope_missing".to_owned()));
    assert_eq!(told(&as_key(&rival.reveal()).await), (404, "not_found".to_owned()));
    assert_eq!(as_key(&owner.reveal()).await.status, 200);
    let history = format!("{path}/corrections");
    let history = crate::client::get_as(world.address, &history, &reader.reveal()).await.json();
    let by = &history["corrections"][0]["corrected_by"];
    assert_eq!(*by, json!({"kind": "key", "id": owner.id().to_string(), "name": "test"}));
    let trail = world.trail().await;
    let deeds: Vec<_> = trail.iter().filter(|record| record.action == Action::Corrected).collect();
    let outcomes: Vec<_> =
        deeds.iter().map(|deed| (deed.tenant.as_ref().map(Tenant::as_str), deed.outcome)).collect();
    assert!(outcomes.contains(&(Some("acme"), Outcome::Done)), "{outcomes:?}");
    assert!(outcomes.contains(&(Some("rival"), Outcome::NotFound)), "{outcomes:?}");
}

#[tokio::test]
async fn a_reprocessed_document_begins_without_corrections_and_remembers_them() {
    let world = World::start().await;
    let (id, path) = completed(&world).await;
    let place = path.trim_end_matches("/result");
    let body = values(&[("number", json!("F-1"))]);
    assert_eq!(patch(&world, &path, "*", &body).await.status, 200);
    assert_eq!(send(world.address, "POST", &format!("{place}/reprocess")).await.status, 202);
    assert_eq!(world.count(EVENTS).await, 2, "what was read, and what was corrected");
    world
        .change(&id, |record| {
            record.state = State::Completed;
            record.stage = StageName::Extract;
            record.result = Some(ResultJson(RawValue::from_string(READ.to_owned()).unwrap()));
        })
        .await;
    assert_eq!(get(world.address, &path).await.text(), READ, "as it was read anew");
    assert_eq!(patch(&world, &path, "*", &body).await.status, 200);
    let history = get(world.address, &format!("{path}/corrections")).await.json();
    let made: Vec<_> = history["corrections"]
        .as_array()
        .unwrap()
        .iter()
        .map(|made| (made["generation"].clone(), made["revision"].clone()))
        .collect();
    assert_eq!(made, [(1.into(), 1.into()), (2.into(), 1.into())]);
    assert_eq!(world.count(EVENTS).await, 3);
}

#[tokio::test]
async fn an_erased_document_leaves_nothing_of_its_corrections() {
    let world = World::start().await;
    let (id, path) = completed(&world).await;
    let place = path.trim_end_matches("/result");
    for number in ["F-1", "F-2"] {
        let body = values(&[("number", json!(number))]);
        assert_eq!(patch(&world, &path, "*", &body).await.status, 200);
    }
    assert_eq!(world.count(EVENTS).await, 2);
    assert_eq!(send(world.address, "DELETE", place).await.status, 204);
    assert_eq!(world.count(EVENTS).await, 0);
    let status = format!("$KV.invoice_status.{id}");
    assert_eq!(world.traces(&id).await, [status], "its marker alone");
    let gone = patch(&world, &path, "*", &values(&[("number", json!("F-3"))])).await;
    assert_eq!(told(&gone), (404, "not_found".to_owned()));
}

#[tokio::test]
async fn a_full_stream_of_events_holds_up_no_correction() {
    let world = World::start().await;
    let (id, path) = completed(&world).await;
    world.shrink(EVENTS, 1).await;
    let answer = patch(&world, &path, "*", &values(&[("number", json!("F-1"))])).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(world.count(EVENTS).await, 0);
    let record = world.broker.status(&id).await.unwrap().unwrap();
    assert!(record.correction_untold, "the sweeper has to tell it");
    // One event at most is outstanding, so another correction has to wait.
    let answer = patch(&world, &path, "*", &values(&[("number", json!("F-2"))])).await;
    assert_eq!(answer.status, 503, "{}", answer.text());
    world.shrink(EVENTS, 1 << 30).await;
    let answer = patch(&world, &path, "*", &values(&[("number", json!("F-2"))])).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(world.count(EVENTS).await, 2, "both are told, each once");
}
