//! What a client sees of a document on its way.

use common::error::{ErrorRecord, StageError};
use common::id::Tenant;
use common::stage::StageName;
use common::status::{ResultJson, State};
use serde_json::value::RawValue;

use crate::client::{PDF, get, post};
use crate::world::World;

#[tokio::test]
async fn a_waiting_document_shows_where_it_stands_and_nothing_else() {
    let world = World::start().await;
    let (id, place) = world.uploaded().await;
    let answer = get(world.address, &place).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("cache-control"), Some("private, no-cache"));
    let shown = answer.json();
    let keys: Vec<_> = shown.as_object().unwrap().keys().map(String::as_str).collect();
    let expected =
        ["id", "state", "stage", "attempt", "generation", "filename", "received_at", "updated_at"];
    assert_eq!(keys, expected);
    assert_eq!(shown["id"], id.as_str());
    assert_eq!((&shown["state"], &shown["stage"]), (&"queued".into(), &"preprocess".into()));
    assert_eq!((&shown["attempt"], &shown["generation"]), (&0.into(), &1.into()));
    assert!(shown["filename"].is_null());
    assert!(shown["received_at"].as_str().unwrap().ends_with('Z'));
}

#[tokio::test]
async fn a_result_is_handed_on_as_it_was_written() {
    let world = World::start().await;
    let (id, place) = world.uploaded().await;
    let written = r#"{"amount": 1.10,  "odd spacing":true, "z":1,"a":2}"#;
    world
        .change(&id, |record| {
            record.state = State::Completed;
            record.stage = StageName::Extract;
            record.result = Some(ResultJson(RawValue::from_string(written.to_owned()).unwrap()));
        })
        .await;
    let answer = get(world.address, &place).await;
    assert!(answer.text().contains(&format!("\"result\":{written}")), "{}", answer.text());
    assert_eq!(answer.json()["state"], "completed");
    assert!(answer.json().get("error").is_none());
}

#[tokio::test]
async fn a_failed_document_says_why_and_where() {
    let world = World::start().await;
    let (id, place) = world.uploaded().await;
    world
        .change(&id, |record| {
            record.state = State::Failed;
            let cause = StageError::rejected("pdf_encrypted", "the document needs a password");
            record.error = Some(ErrorRecord::new(StageName::Preprocess, &cause));
        })
        .await;
    let shown = get(world.address, &place).await.json();
    assert_eq!(shown["state"], "failed");
    assert_eq!(
        shown["error"],
        serde_json::json!({
            "code": "pdf_encrypted", "message": "the document needs a password", "stage": "preprocess",
        })
    );
    assert!(shown.get("result").is_none());
}

#[tokio::test]
async fn unknown_malformed_and_foreign_ids_look_the_same() {
    let world = World::start().await;
    let (id, place) = world.uploaded().await;
    let tenant: Tenant = "somebody-else".parse().unwrap();
    world.change(&id, |record| record.tenant = tenant.clone()).await;
    let unknown = format!("/api/v1/invoices/{}", "0".repeat(64));
    let paths = [&place, &unknown, "/api/v1/invoices/7", "/api/v1/invoices/%ff.%3e"];
    for path in paths {
        let answer = get(world.address, path).await;
        assert_eq!((answer.status, answer.problem().as_str()), (404, "not_found"), "{path}");
    }
}

#[tokio::test]
async fn an_expired_document_is_unknown_and_taken_anew() {
    let world = World::start().await;
    let (id, place) = world.uploaded().await;
    world.expire("KV_invoice_status").await;
    let answer = get(world.address, &place).await;
    assert_eq!((answer.status, answer.problem().as_str()), (404, "not_found"));
    let pages = get(world.address, &format!("{place}/pages")).await;
    assert_eq!(pages.status, 404);
    let again = post(world.address, "application/pdf", PDF).await;
    assert_eq!((again.status, &again.json()["id"]), (202, &id.as_str().into()));
    assert_eq!(get(world.address, &place).await.json()["generation"], 1);
}
