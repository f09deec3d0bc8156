//! Clients that wait for a status instead of asking again and again.

use std::time::Duration;

use common::stage::StageName;
use jiff::Timestamp;
use tokio::task::JoinHandle;

use crate::client::{Answer, delete, get, raw};
use crate::events::{complete, process};
use crate::world::World;

/// Long enough for a request to be waiting, on a busy machine too.
const A_MOMENT: Duration = Duration::from_millis(500);

/// Asks for `place`, knowing `tag`.
async fn ask(world: &World, place: &str, tag: &str) -> Answer {
    raw(world.address, &format!("GET {place} HTTP/1.1\r\nIf-None-Match: {tag}"), b"").await
}

/// Likewise, as a task, which is waiting by the time this returns.
async fn waiting(world: &World, place: &str, tag: Option<&str>) -> JoinHandle<Answer> {
    let (address, path) = (world.address, format!("{place}?wait=60"));
    let tag = tag.map(|tag| format!("\r\nIf-None-Match: {tag}")).unwrap_or_default();
    let head = format!("GET {path} HTTP/1.1{tag}");
    let asking = tokio::spawn(async move { raw(address, &head, b"").await });
    tokio::time::sleep(A_MOMENT).await;
    assert!(!asking.is_finished(), "it waits");
    asking
}

/// The answer of one that waits, which does not take a minute.
async fn answer(asking: JoinHandle<Answer>) -> Answer {
    tokio::time::timeout(Duration::from_secs(30), asking).await.expect("answered").unwrap()
}

#[tokio::test]
async fn a_status_has_a_tag_and_who_has_it_is_told_so() {
    let world = World::start().await;
    let (id, place) = world.uploaded().await;
    let first = get(world.address, &place).await;
    let tag = first.header("etag").unwrap();
    assert!(tag.starts_with('"'), "a strong one: {tag}");
    assert_eq!(first.header("cache-control"), Some("private, no-cache"));
    let known = ask(&world, &place, tag).await;
    assert_eq!((known.status, known.body.len(), known.header("etag")), (304, 0, Some(tag)));
    assert_eq!(known.header("cache-control"), Some("private, no-cache"));
    assert_eq!(ask(&world, &place, "\"other\"").await.status, 200);
    world.change(&id, process(StageName::Ocr)).await;
    let changed = ask(&world, &place, tag).await;
    assert_eq!((changed.status, &changed.json()["stage"]), (200, &"ocr".into()));
    assert_ne!(changed.header("etag"), Some(tag));
}

#[tokio::test]
async fn who_waits_is_answered_when_the_document_has_ended() {
    let world = World::start().await;
    let (id, place) = world.uploaded().await;
    let asking = waiting(&world, &place, None).await;
    world.change(&id, process(StageName::Ocr)).await;
    tokio::time::sleep(A_MOMENT).await;
    assert!(!asking.is_finished(), "it is not done yet");
    world.change(&id, complete).await;
    let shown = answer(asking).await;
    assert_eq!((shown.status, &shown.json()["state"]), (200, &"completed".into()));
    assert!(shown.json()["result"].is_object());
    let ended = get(world.address, &format!("{place}?wait=60")).await;
    assert_eq!(ended.text(), shown.text(), "at once, when there is nothing to wait for");
}

#[tokio::test]
async fn who_has_a_tag_is_answered_at_the_next_change() {
    let world = World::start().await;
    let (id, place) = world.uploaded().await;
    let tag = get(world.address, &place).await.header("etag").unwrap().to_owned();
    let asking = waiting(&world, &place, Some(&tag)).await;
    world.change(&id, process(StageName::Preprocess)).await;
    let shown = answer(asking).await;
    assert_eq!((shown.status, &shown.json()["state"]), (200, &"processing".into()));
    let missed = ask(&world, &format!("{place}?wait=60"), &tag).await;
    assert_eq!(missed.status, 200, "what changed before is told at once");
}

#[tokio::test]
async fn when_time_is_up_the_answer_is_what_there_is() {
    let world = World::start().await;
    let (_, place) = world.uploaded().await;
    let path = format!("{place}?wait=1");
    let shown = get(world.address, &path).await;
    assert_eq!((shown.status, &shown.json()["state"]), (200, &"queued".into()));
    let tag = shown.header("etag").unwrap();
    assert_eq!(ask(&world, &path, tag).await.status, 304);
    let metrics = get(world.address, "/metrics").await;
    let of_statuses = |line: &&str| {
        let labels = ["_seconds_bucket{", "le=\"0.5\"", "route=\"/api/v1/invoices/{id}\""];
        line.starts_with("invoice_ocr_http_request_duration")
            && labels.iter().all(|label| line.contains(label))
    };
    let bucket = metrics.text().lines().find(of_statuses).unwrap();
    assert!(bucket.ends_with(" 2"), "waiting is not working: {bucket}");
    assert!(metrics.text().contains("invoice_ocr_register_followers 0"), "{}", metrics.text());
}

#[tokio::test]
async fn a_wait_that_is_too_long_is_refused_with_its_limit() {
    let world = World::with(|config| config.gateway.following.max_wait_seconds = 7).await;
    let (_, place) = world.uploaded().await;
    let refused = get(world.address, &format!("{place}?wait=8")).await;
    assert_eq!((refused.status, refused.problem().as_str()), (422, "parameter_invalid"));
    assert_eq!((&refused.json()["limit"], &refused.json()["value"]), (&7.into(), &8.into()));
    for bad in ["-1", "1.5", "soon", ""] {
        let refused = get(world.address, &format!("{place}?wait={bad}")).await;
        assert_eq!((refused.status, refused.problem().as_str()), (422, "parameter_invalid"));
        assert!(refused.json()["detail"].as_str().unwrap().contains("wait"));
    }
    let twice = get(world.address, &format!("{place}?wait=1&wait=2")).await;
    assert_eq!((twice.status, twice.problem().as_str()), (400, "query_invalid"));
    assert_eq!(get(world.address, &format!("{place}?wait=0")).await.status, 200);
}

#[tokio::test]
async fn those_who_wait_are_answered_when_the_service_stops() {
    let world = World::start().await;
    let (_, place) = world.uploaded().await;
    let asking = waiting(&world, &place, None).await;
    world.stop.cancel();
    let shown = answer(asking).await;
    assert_eq!((shown.status, &shown.json()["state"]), (200, &"queued".into()));
    tokio::time::timeout(Duration::from_secs(20), world.serving).await.expect("ended").unwrap();
}

#[tokio::test]
async fn who_waits_for_a_document_that_is_removed_is_told() {
    let world = World::start().await;
    let (_, place) = world.uploaded().await;
    let asking = waiting(&world, &place, None).await;
    assert_eq!(delete(world.address, &place).await.status, 204);
    assert_eq!(answer(asking).await.problem(), "not_found");
}

#[tokio::test]
async fn whose_key_is_revoked_while_waiting_is_told_nothing() {
    let world = World::asking(|_| {}).await;
    let key = world.key("acme", &common::key::Scope::ALL).await;
    let taken = crate::client::post_as(world.address, &key.reveal(), crate::client::PDF).await;
    let place = taken.header("location").unwrap().to_owned();
    let id = taken.json()["id"].as_str().unwrap().parse().unwrap();
    let (address, shown) = (world.address, key.reveal());
    let path = format!("{place}?wait=60");
    let asking = tokio::spawn(async move { crate::client::get_as(address, &path, &shown).await });
    tokio::time::sleep(A_MOMENT).await;
    assert!(!asking.is_finished(), "it waits");
    world.broker.revoke_key(key.id(), Timestamp::now()).await.unwrap();
    let refused =
        async || crate::client::get_as(address, &place, &key.reveal()).await.status == 401;
    world.until("the key opens nothing", refused).await;
    world.change(&id, complete).await;
    assert_eq!(answer(asking).await.problem(), "credentials_expired");
}
