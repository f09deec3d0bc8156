//! A broker that is away or full.

use crate::client::{PDF, get, post};
use crate::world::World;

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
