//! A broker that is away or full.

use std::time::{Duration, Instant};

use crate::client::{PDF, get, post};
use crate::world::World;

/// Longer than a level that was seen is believed.
const LEVEL_FORGOTTEN: Duration = Duration::from_millis(1200);

#[tokio::test]
async fn clients_are_told_to_come_back_while_the_broker_is_away() {
    let mut world = World::start().await;
    let place = {
        let answer = post(world.address, "application/pdf", PDF).await;
        answer.header("location").unwrap().to_owned()
    };
    assert_eq!(get(world.address, "/ready").await.json()["ready"], true);
    world.nats.kill();

    let upload = post(world.address, "application/pdf", b"%PDF-1.7 another").await;
    assert_eq!((upload.status, upload.problem().as_str()), (503, "broker_away"));
    assert!(upload.header("retry-after").unwrap().parse::<u64>().unwrap() > 0);
    let status = get(world.address, &place).await;
    assert_eq!((status.status, status.problem().as_str()), (503, "broker_away"));
    assert!(status.header("retry-after").is_some());
    let ready = get(world.address, "/ready").await;
    assert_eq!((ready.status, ready.problem().as_str()), (503, "not_ready"));
    assert!(ready.json()["detail"].as_str().unwrap().contains("no broker"));
    let health = get(world.address, "/health").await;
    assert_eq!((health.status, &health.json()["status"]), (200, &"ok".into()));
}

#[tokio::test]
async fn a_full_queue_is_told_from_an_absent_broker() {
    let world = World::start().await;
    world.shrink_queue(1).await;
    assert_eq!(post(world.address, "application/pdf", PDF).await.status, 202);
    let refused = post(world.address, "application/pdf", b"%PDF-1.7 another").await;
    assert_eq!((refused.status, refused.problem().as_str()), (503, "broker_full"));
    assert!(refused.header("retry-after").is_some());
    assert_eq!(world.stored().await[0], 1);
}

#[tokio::test]
async fn a_client_is_told_what_is_full_and_nothing_of_its_document_is_stored() {
    let world = World::start().await;
    world.shrink_queue(1).await;
    assert_eq!(post(world.address, "application/pdf", PDF).await.status, 202);
    tokio::time::sleep(LEVEL_FORGOTTEN).await;
    let before = world.stored().await;
    let asked = Instant::now();
    let refused = post(world.address, "application/pdf", b"%PDF-1.7 another").await;
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    assert_eq!((refused.status, refused.problem().as_str()), (503, "broker_full"));
    assert_eq!(refused.json()["detail"], "the queue of preprocess is full");
    assert!(refused.header("retry-after").unwrap().parse::<u64>().unwrap() > 0);
    assert_eq!(world.stored().await, before);
    assert_eq!(post(world.address, "application/pdf", PDF).await.status, 200, "known is known");
    world.shrink_queue(2).await;
    tokio::time::sleep(LEVEL_FORGOTTEN).await;
    assert_eq!(post(world.address, "application/pdf", b"%PDF-1.7 another").await.status, 202);
}

#[tokio::test]
async fn each_store_that_is_full_is_named() {
    for (stream, bytes, detail) in [
        ("OBJ_invoice_uploads", 10, "the store of uploads is full"),
        ("KV_invoice_status", 10, "the store of statuses is full"),
        ("INVOICE_PREPROCESS", 10, "the queue of preprocess is full"),
    ] {
        let world = World::start().await;
        world.shrink(stream, bytes).await;
        let refused = post(world.address, "application/pdf", PDF).await;
        assert_eq!((refused.status, refused.problem().as_str()), (503, "broker_full"));
        assert_eq!(refused.json()["detail"], detail);
        assert!(refused.header("retry-after").is_some());
    }
}
