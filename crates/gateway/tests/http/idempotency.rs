//! Requests that name themselves.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use common::audit::Action;
use common::error::{ErrorRecord, StageError};
use common::id::Tenant;
use common::jetstream::idempotency::Claimed;
use common::key::Scope;
use common::stage::StageName;
use jiff::Timestamp;
use tokio::io::AsyncWriteExt;

use crate::client::{Answer, PDF, UPLOAD, begin, delete, get, png, raw};
use crate::world::World;

const BATCH: &str = "/api/v1/process-invoices";
const STREAM: &str = "KV_invoice_idempotency";

fn head(path: &str, media_type: &str, key: &str, length: usize) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nContent-Type: {media_type}\r\nContent-Length: {length}\r\n\
         Idempotency-Key: {key}"
    )
}

async fn post_named(address: SocketAddr, path: &str, key: &str, body: &[u8]) -> Answer {
    raw(address, &head(path, "application/pdf", key, body.len()), body).await
}

async fn post_files(address: SocketAddr, key: &str, files: &[(&str, &[u8])]) -> Answer {
    let mut body = Vec::new();
    for (name, bytes) in files {
        let head = format!(
            "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n"
        );
        body.extend([head.as_bytes(), bytes, b"\r\n"].concat());
    }
    body.extend(b"--b--\r\n");
    let head = head(BATCH, "multipart/form-data; boundary=b", key, body.len());
    raw(address, &head, &body).await
}

fn refused(answer: &Answer) -> (u16, String) {
    (answer.status, answer.problem())
}

/// All but the mark of a repeated answer.
fn said(answer: &Answer) -> (u16, Option<&str>, &str) {
    (answer.status, answer.header("location"), answer.text())
}

#[tokio::test]
async fn an_upload_is_answered_again_as_it_was_the_first_time() {
    let world = World::start().await;
    let first = post_named(world.address, UPLOAD, "order-7", PDF).await;
    assert_eq!((first.status, first.header("idempotency-replayed")), (202, None));
    let id = first.json()["id"].as_str().unwrap().parse().unwrap();
    let error = ErrorRecord::new(StageName::Preprocess, &StageError::rejected("pdf_damaged", "no"));
    world
        .change(&id, |record| *record = record.clone().given_up(error.clone(), Timestamp::now()))
        .await;
    for key in ["order-7", "\"order-7\""] {
        let again = post_named(world.address, UPLOAD, key, PDF).await;
        assert_eq!(again.header("idempotency-replayed"), Some("true"), "{key}");
        assert_eq!(said(&again), said(&first), "{key}");
    }
    // Under another key it is a request of its own.
    let other = post_named(world.address, UPLOAD, "order-8", PDF).await;
    assert_eq!((other.status, &other.json()["state"]), (200, &"failed".into()));
    let uploads = world.trail().await.into_iter().filter(|line| line.action == Action::Uploaded);
    assert_eq!(uploads.count(), 2, "a repeated answer is no upload");
}

#[tokio::test]
async fn a_key_is_for_one_request_only() {
    let world = World::start().await;
    assert_eq!(post_named(world.address, UPLOAD, "k", PDF).await.status, 202);
    let reused = (422, "idempotency_key_reused".to_owned());
    let other = [PDF, b"more"].concat();
    assert_eq!(refused(&post_named(world.address, UPLOAD, "k", &other).await), reused);
    for query in ["languages=fra", "filename=other.pdf"] {
        let path = format!("{UPLOAD}?{query}");
        assert_eq!(refused(&post_named(world.address, &path, "k", PDF).await), reused, "{query}");
    }
    let batch = post_files(world.address, "k", &[("a", PDF)]).await;
    assert_eq!(refused(&batch), reused);
    assert_eq!(world.stored().await, [1, 1, 2], "nothing of them was stored");
}

#[tokio::test]
async fn a_key_that_cannot_be_one_is_refused_before_the_body_is_read() {
    let world = World::start().await;
    let long = "k".repeat(256);
    for key in ["", "a b", "\"", &long, "7\r\nIdempotency-Key: 7"] {
        for path in [UPLOAD, BATCH, &format!("/api/v1/invoices/{}/reprocess", "0".repeat(64))] {
            let answer = post_named(world.address, path, key, PDF).await;
            assert_eq!(refused(&answer), (400, "idempotency_key_invalid".to_owned()), "{key}");
        }
    }
    assert_eq!(world.stored().await, [0, 0, 0]);
}

#[tokio::test]
async fn of_twenty_at_once_one_is_carried_out_and_nobody_is_told_otherwise() {
    let world = World::start().await;
    let uploads = (0..20).map(|_| {
        let address = world.address;
        tokio::spawn(async move { post_named(address, UPLOAD, "storm", PDF).await })
    });
    let mut seen: BTreeMap<(u16, bool), u32> = BTreeMap::new();
    for upload in uploads.collect::<Vec<_>>() {
        let answer = upload.await.unwrap();
        if answer.status == 409 {
            assert_eq!(answer.problem(), "idempotency_key_in_use");
            assert!(answer.header("retry-after").is_some());
        }
        let replayed = answer.header("idempotency-replayed").is_some();
        *seen.entry((answer.status, replayed)).or_default() += 1;
    }
    assert_eq!(seen.remove(&(202, false)), Some(1), "{seen:?}");
    assert!(seen.keys().all(|kind| [(409, false), (202, true)].contains(kind)), "{seen:?}");
    assert_eq!(world.stored().await, [1, 1, 2]);
}

#[tokio::test]
async fn a_refused_upload_leaves_its_key_free() {
    let world = World::start().await;
    let answer = post_named(world.address, UPLOAD, "k", b"no document").await;
    assert_eq!(refused(&answer), (415, "unsupported_media_type".to_owned()));
    assert_eq!(post_named(world.address, UPLOAD, "k", PDF).await.status, 202);
}

#[tokio::test]
async fn what_could_not_be_taken_is_taken_with_the_same_key_once_there_is_room() {
    let world = World::start().await;
    assert_eq!(post_named(world.address, UPLOAD, "first", &png(3, 4)).await.status, 202);
    world.shrink_queue(1).await;
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    let full = post_named(world.address, UPLOAD, "k", PDF).await;
    assert_eq!(refused(&full), (503, "broker_full".to_owned()));
    world.shrink_queue(10).await;
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    let taken = post_named(world.address, UPLOAD, "k", PDF).await;
    assert_eq!((taken.status, taken.header("idempotency-replayed")), (202, None));
}

#[tokio::test]
async fn a_late_repetition_does_not_bring_back_what_was_deleted() {
    let world = World::start().await;
    let first = post_named(world.address, UPLOAD, "k", PDF).await;
    let place = first.header("location").unwrap();
    let id = first.json()["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(delete(world.address, place).await.status, 204);
    assert_eq!(world.traces(&id).await, [format!("$KV.invoice_status.{id}")]);
    let again = post_named(world.address, UPLOAD, "k", PDF).await;
    assert_eq!((again.header("idempotency-replayed"), said(&again)), (Some("true"), said(&first)));
    assert_eq!(get(world.address, place).await.status, 404);
    assert_eq!(world.traces(&id).await, [format!("$KV.invoice_status.{id}")]);
}

#[tokio::test]
async fn an_answer_is_forgotten_when_its_time_is_over() {
    let world = World::start().await;
    assert_eq!(post_named(world.address, UPLOAD, "k", PDF).await.status, 202);
    world.expire(STREAM).await;
    let again = post_named(world.address, UPLOAD, "k", PDF).await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (200, None));
}

#[tokio::test]
async fn a_batch_is_answered_again_as_it_was_the_first_time() {
    let world = World::start().await;
    let files: [(&str, &[u8]); 3] = [("a.pdf", PDF), ("b.txt", b"text"), ("again.pdf", PDF)];
    let first = post_files(world.address, "k", &files).await;
    assert_eq!((first.status, first.header("idempotency-replayed")), (200, None));
    let lines = world.trail().await.len();
    let again = post_files(world.address, "k", &files).await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (200, Some("true")));
    assert_eq!(again.json(), first.json());
    assert_eq!(world.trail().await.len(), lines);
    let reused = (422, "idempotency_key_reused".to_owned());
    let more: [(&str, &[u8]); 4] = [files[0], files[1], files[2], ("d.png", &png(3, 4))];
    for other in [&files[..2], &[files[0], files[2], files[1]], &more, &files[1..]] {
        assert_eq!(refused(&post_files(world.address, "k", other).await), reused);
    }
    assert_eq!(world.stored().await, [1, 1, 2], "nothing of them was stored");
}

#[tokio::test]
async fn a_batch_that_was_interrupted_is_gone_on_with_under_the_same_key() {
    let world = World::start().await;
    world.shrink_queue(1).await;
    let image = png(30, 20);
    let files: [(&str, &[u8]); 2] = [("a.pdf", PDF), ("b.png", &image)];
    let first = post_files(world.address, "k", &files).await;
    assert_eq!(first.json()["interrupted"]["code"], "broker_full");
    world.shrink_queue(10).await;
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    let again = post_files(world.address, "k", &files).await.json();
    // What found no room for its job has its status already, and gets the job now.
    assert_eq!([&again["accepted"], &again["known"], &again["refused"]], [0, 2, 0]);
    assert_eq!(world.stored().await[0], 2, "jobs");
    assert!(again.get("interrupted").is_none());
}

#[tokio::test]
async fn a_client_that_goes_away_in_the_middle_of_a_batch_may_come_again_at_once() {
    let world = World::start().await;
    let part = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n";
    let head = head(BATCH, "multipart/form-data; boundary=b", "k", 9_000);
    let mut leaving = begin(world.address, &head).await;
    leaving.write_all(part.as_bytes()).await.unwrap();
    world.until("the batch has begun", async || world.count(STREAM).await == 1).await;
    let busy = post_files(world.address, "k", &[("a.pdf", PDF)]).await;
    assert_eq!(refused(&busy), (409, "idempotency_key_in_use".to_owned()));
    drop(leaving);
    world
        .until("the key is free", async || {
            post_files(world.address, "k", &[("a.pdf", PDF)]).await.status == 200
        })
        .await;
}

#[tokio::test]
async fn a_request_whose_gateway_died_is_gone_on_with_once_its_lease_is_over() {
    let world = World::start().await;
    let (tenant, key) = (Tenant::default(), "k".parse().unwrap());
    let claimed = world.broker.claim_request(&tenant, &key, None, None).await.unwrap();
    let Claimed::Mine(claim) = claimed else { panic!("{claimed:?}") };
    let busy = post_named(world.address, UPLOAD, "k", PDF).await;
    assert_eq!(refused(&busy), (409, "idempotency_key_in_use".to_owned()));
    // As time does, a minute later.
    world.broker.let_request_go(&claim).await.unwrap();
    assert_eq!(post_named(world.address, UPLOAD, "k", PDF).await.status, 202);
    let again = post_named(world.address, UPLOAD, "k", PDF).await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (202, Some("true")));
}

#[tokio::test]
async fn a_document_is_begun_anew_once_for_each_key() {
    let world = World::start().await;
    let (id, place) = world.uploaded().await;
    let error = ErrorRecord::new(StageName::Preprocess, &StageError::rejected("pdf_damaged", "no"));
    let fail = async || {
        world
            .change(&id, |record| {
                *record = record.clone().given_up(error.clone(), Timestamp::now());
            })
            .await;
    };
    let path = format!("{place}/reprocess");
    let under_way = post_named(world.address, &path, "k", b"").await;
    assert_eq!(refused(&under_way), (409, "document_under_way".to_owned()));
    fail().await;
    let first = post_named(world.address, &path, "k", b"").await;
    assert_eq!((first.status, &first.json()["state"]), (202, &"queued".into()));
    fail().await;
    let again = post_named(world.address, &path, "k", b"").await;
    assert_eq!((again.header("idempotency-replayed"), said(&again)), (Some("true"), said(&first)));
    assert_eq!(get(world.address, &place).await.json()["generation"], 2);
    let other = post_named(world.address, &path, "l", b"").await;
    assert_eq!((other.status, other.header("idempotency-replayed")), (202, None));
    assert_eq!(get(world.address, &place).await.json()["generation"], 3);
}

#[tokio::test]
async fn a_key_is_its_tenants_own() {
    let world = World::asking(|_| {}).await;
    let keys = [world.key("acme", &Scope::ALL).await, world.key("rival", &Scope::ALL).await];
    for (key, body) in keys.iter().zip([PDF, &png(3, 4)]) {
        let head = head(UPLOAD, "application/octet-stream", "k", body.len());
        let head = format!("{head}\r\nX-API-Key: {}", key.reveal());
        let answer = raw(world.address, &head, body).await;
        assert_eq!((answer.status, answer.header("idempotency-replayed")), (202, None));
    }
}

#[tokio::test]
async fn who_names_a_request_is_told_to_come_back_while_the_broker_is_away() {
    let mut world = World::start().await;
    world.nats.kill();
    let away = post_named(world.address, UPLOAD, "k", PDF).await;
    assert_eq!(refused(&away), (503, "broker_away".to_owned()));
    world.nats.restart();
    world
        .until("it is taken", async || {
            post_named(world.address, UPLOAD, "k", PDF).await.status == 202
        })
        .await;
}
