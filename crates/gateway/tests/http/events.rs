//! Documents that are followed by events.

use std::time::Duration;

use common::audit::Action;
use common::config::Config;
use common::key::Scope;
use common::stage::StageName;
use common::status::{ResultJson, State, StatusRecord};
use jiff::Timestamp;
use serde_json::value::RawValue;

use crate::client::{delete, get, get_as, raw};
use crate::reader::Reader;
use crate::world::World;

/// Completes a document with a result of two lines, as it may have been written.
pub(crate) fn complete(record: &mut StatusRecord) {
    record.state = State::Completed;
    record.stage = StageName::Extract;
    record.updated_at = Timestamp::now();
    let result = "{\"total\": 1.10}".to_owned();
    record.result = Some(ResultJson(RawValue::from_string(result).unwrap()));
}

pub(crate) fn process(stage: StageName) -> impl Fn(&mut StatusRecord) {
    move |record| {
        record.state = State::Processing;
        record.stage = stage;
        record.attempt = 1;
        record.updated_at = Timestamp::now();
    }
}

async fn follow(world: &World, place: &str, last: Option<&str>) -> Reader {
    let headers = last.map(|id| format!("\r\nLast-Event-ID: {id}")).unwrap_or_default();
    Reader::open(world.address, &format!("{place}/events"), &headers).await
}

#[tokio::test]
async fn each_change_is_an_event_and_the_last_one_ends_the_stream() {
    let world = World::start().await;
    let (id, place) = world.uploaded().await;
    let mut reader = follow(&world, &place, None).await;
    assert_eq!(reader.answer.status, 200);
    assert_eq!(reader.answer.header("content-type"), Some("text/event-stream"));
    assert_eq!(reader.answer.header("cache-control"), Some("no-store"));
    assert_eq!(reader.answer.header("x-accel-buffering"), Some("no"));

    let first = reader.next().await.unwrap();
    assert_eq!((first.name.as_str(), first.retry), ("status", Some(3000)));
    assert_eq!(first.data, get(world.address, &place).await.json());
    let tag = get(world.address, &place).await.header("etag").unwrap().to_owned();
    assert_eq!(format!("\"{}\"", first.id), tag, "both tell the same status");

    for stage in StageName::ALL {
        world.change(&id, process(stage)).await;
        let told = reader.next().await.unwrap();
        assert_eq!((told.name.as_str(), told.retry), ("status", None));
        assert_eq!(told.data["stage"], stage.as_str());
        assert_eq!(told.data, get(world.address, &place).await.json());
        assert_ne!(told.id, first.id);
    }
    world.change(&id, complete).await;
    let last = reader.next().await.unwrap();
    assert_eq!(last.name, "completed");
    assert_eq!(last.data["result"], serde_json::json!({"total": 1.10}));
    assert_eq!(reader.next().await, None, "the stream ends");
    world.until("told", async || world.trail().await.len() >= 2).await;
    let actions: Vec<_> = world.trail().await.iter().map(|record| record.action).collect();
    assert_eq!(actions, [Action::Uploaded, Action::Read], "the result was handed out once");
}

#[tokio::test]
async fn who_comes_back_is_sent_what_it_missed_and_nothing_again() {
    let world = World::start().await;
    let (id, place) = world.uploaded().await;
    let first = follow(&world, &place, None).await.next().await.unwrap();
    let mut reader = follow(&world, &place, Some(&first.id)).await;
    let greeting = reader.next().await.unwrap();
    assert_eq!((greeting.name.as_str(), greeting.retry), ("", Some(3000)), "it has the status");
    world.change(&id, process(StageName::Preprocess)).await;
    assert_eq!(reader.next().await.unwrap().data["state"], "processing");
    drop(reader);

    for stage in [StageName::Ocr, StageName::Extract] {
        world.change(&id, process(stage)).await;
    }
    let mut reader = follow(&world, &place, Some(&first.id)).await;
    let missed = reader.next().await.unwrap();
    assert_eq!((missed.name.as_str(), &missed.data["stage"]), ("status", &"extract".into()));
    world.change(&id, complete).await;
    assert_eq!(reader.next().await.unwrap().name, "completed", "nothing in between");

    let last = follow(&world, &place, Some(&missed.id)).await.next().await.unwrap();
    assert_eq!(last.name, "completed", "told to who missed it");
    let head = format!("GET {place}/events HTTP/1.1\r\nLast-Event-ID: {}", last.id);
    let over = raw(world.address, &head, b"").await;
    assert_eq!((over.status, over.body.len()), (204, 0), "browsers ask no more");
}

#[tokio::test]
async fn a_failure_is_the_last_event_and_so_is_a_removal() {
    let world = World::start().await;
    let (id, place) = world.uploaded().await;
    let mut reader = follow(&world, &place, None).await;
    reader.next().await.unwrap();
    world
        .change(&id, |record| {
            record.state = State::Failed;
            record.updated_at = Timestamp::now();
        })
        .await;
    assert_eq!(reader.next().await.unwrap().name, "failed");
    assert_eq!(reader.next().await, None);

    world.change(&id, process(StageName::Ocr)).await;
    let mut reader = follow(&world, &place, None).await;
    reader.next().await.unwrap();
    assert_eq!(delete(world.address, &place).await.status, 204);
    let gone = reader.next().await.unwrap();
    assert_eq!((gone.name.as_str(), &gone.data["id"]), ("deleted", &id.as_str().into()));
    assert_eq!(reader.next().await, None);
    assert_eq!(get(world.address, &format!("{place}/events")).await.problem(), "not_found");
}

#[tokio::test]
async fn streams_are_limited_for_each_client_and_in_total_and_places_come_back() {
    let limits = |config: &mut Config| {
        config.gateway.following.max_followers = 2;
        config.gateway.following.max_per_client = 1;
    };
    let world = World::asking(limits).await;
    let mut keys = Vec::new();
    for _ in 0..3 {
        keys.push(world.key("acme", &Scope::ALL).await.reveal());
    }
    let answer = crate::client::post_as(world.address, &keys[0], crate::client::PDF).await;
    let path = format!("{}/events", answer.header("location").unwrap());
    let open = async |key: &str| {
        Reader::open(world.address, &path, &format!("\r\nX-API-Key: {key}")).await
    };
    let first = open(&keys[0]).await;
    let refused = get_as(world.address, &path, &keys[0]).await;
    assert_eq!((refused.status, refused.problem().as_str()), (429, "too_many_followed"));
    assert_eq!((&refused.json()["limit"], refused.header("retry-after")), (&1.into(), Some("30")));
    let _second = open(&keys[1]).await;
    let refused = get_as(world.address, &path, &keys[2]).await;
    assert_eq!((refused.status, refused.problem().as_str()), (503, "too_many_followers"));
    assert_eq!(refused.json()["limit"], 2);
    drop(first);
    world.until("the place is free", async || open(&keys[2]).await.answer.status == 200).await;
}

#[tokio::test]
async fn streams_end_when_the_service_stops() {
    let world = World::start().await;
    let (_, place) = world.uploaded().await;
    let mut reader = follow(&world, &place, None).await;
    reader.next().await.unwrap();
    world.stop.cancel();
    assert_eq!(reader.next().await, None, "ended, not cut off");
    tokio::time::timeout(Duration::from_secs(20), world.serving).await.expect("ended").unwrap();
}

#[tokio::test]
async fn whose_key_is_revoked_hears_no_more() {
    let world = World::asking(|_| {}).await;
    let key = world.key("acme", &Scope::ALL).await;
    let answer = crate::client::post_as(world.address, &key.reveal(), crate::client::PDF).await;
    let place = answer.header("location").unwrap().to_owned();
    let id = answer.json()["id"].as_str().unwrap().parse().unwrap();
    let shown = format!("\r\nX-API-Key: {}", key.reveal());
    let mut reader = Reader::open(world.address, &format!("{place}/events"), &shown).await;
    assert_eq!(reader.next().await.unwrap().name, "status");
    world.broker.revoke_key(key.id(), Timestamp::now()).await.unwrap();
    let refused = async || get_as(world.address, &place, &key.reveal()).await.status == 401;
    world.until("the key opens nothing", refused).await;
    world.change(&id, complete).await;
    assert_eq!(reader.next().await, None);
}

#[tokio::test]
async fn a_stream_goes_on_when_the_broker_was_away() {
    let mut world = World::start().await;
    let (id, place) = world.uploaded().await;
    let mut reader = follow(&world, &place, None).await;
    reader.next().await.unwrap();
    world.nats.kill();
    world.until("noticed", async || get(world.address, "/ready").await.status == 503).await;
    world.nats.restart();
    world.until("back", async || get(world.address, &place).await.status == 200).await;
    world.change(&id, complete).await;
    assert_eq!(reader.next().await.unwrap().name, "completed");
}
