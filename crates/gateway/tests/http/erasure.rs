//! A document that is to be removed.

use common::id::Tenant;

use crate::client::{PDF, delete, get, post};
use crate::world::World;

#[tokio::test]
async fn a_removed_document_is_gone_for_every_route_and_from_the_disk() {
    let world = World::start().await;
    let (id, place) = world.uploaded().await;
    world.give_pages(&id).await;
    // Status, original (bytes and metadata name it), pages, job.
    assert!(world.traces(&id).await.len() >= 5);

    let answer = delete(world.address, &place).await;
    assert_eq!((answer.status, answer.body.len()), (204, 0));
    for path in [place.clone(), format!("{place}/pages"), format!("{place}/pages/1/image")] {
        let answer = get(world.address, &path).await;
        assert_eq!((answer.status, answer.problem().as_str()), (404, "not_found"), "{path}");
    }
    // The marker that says so, and nothing else.
    assert_eq!(world.traces(&id).await, [format!("$KV.invoice_status.{id}")]);
    assert_eq!(delete(world.address, &place).await.status, 204, "again, after a lost answer");
}

#[tokio::test]
async fn a_removed_document_may_come_again() {
    let world = World::start().await;
    let (_, place) = world.uploaded().await;
    assert_eq!(delete(world.address, &place).await.status, 204);
    let again = post(world.address, "application/pdf", PDF).await;
    assert_eq!((again.status, again.header("location")), (202, Some(place.as_str())));
    let shown = get(world.address, &place).await.json();
    assert_eq!((&shown["state"], &shown["generation"]), (&"queued".into(), &2.into()));
}

#[tokio::test]
async fn what_is_not_the_callers_cannot_be_removed_nor_probed() {
    let world = World::start().await;
    let (id, place) = world.uploaded().await;
    let tenant: Tenant = "somebody-else".parse().unwrap();
    world.change(&id, |record| record.tenant = tenant.clone()).await;
    let unknown = format!("/api/v1/invoices/{}", "0".repeat(64));
    for path in [&place, &unknown, "/api/v1/invoices/7", "/api/v1/invoices/%ff.%3e"] {
        let answer = delete(world.address, path).await;
        assert_eq!((answer.status, answer.problem().as_str()), (404, "not_found"), "{path}");
    }
    let left = world.broker.status_at_leader(&id).await.unwrap().unwrap();
    assert_eq!(left.record.tenant, tenant);
    assert_eq!(world.stored().await[0], 1, "its job is still there");
}

#[tokio::test]
async fn who_wants_something_removed_is_told_to_come_back_while_the_broker_is_away() {
    let mut world = World::start().await;
    let (_, place) = world.uploaded().await;
    world.nats.kill();
    let answer = delete(world.address, &place).await;
    assert_eq!((answer.status, answer.problem().as_str()), (503, "broker_away"));
    assert!(answer.header("retry-after").unwrap().parse::<u64>().unwrap() > 0);
    world.nats.restart();
    let gone = async {
        while delete(world.address, &place).await.status != 204 {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), gone).await.unwrap();
}
