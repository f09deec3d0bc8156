//! A document that is to be read once more.

use common::audit::{Action, Outcome};
use common::id::Tenant;

use crate::client::{get, send};
use crate::world::World;

async fn failed(world: &World) -> (common::id::DocumentId, String) {
    let (id, place) = world.uploaded().await;
    world.fail(&id).await;
    (id, place)
}

#[tokio::test]
async fn an_ended_document_is_queued_as_its_next_generation() {
    let world = World::start().await;
    let (id, place) = failed(&world).await;
    let answer = send(world.address, "POST", &format!("{place}/reprocess")).await;
    assert_eq!((answer.status, answer.header("location")), (202, Some(place.as_str())));
    let told = answer.json();
    assert_eq!((&told["id"], &told["state"]), (&id.as_str().into(), &"queued".into()));
    let shown = get(world.address, &place).await.json();
    assert_eq!((&shown["state"], &shown["generation"]), (&"queued".into(), &2.into()));
    assert!(shown.get("error").is_none(), "what it ended with is gone");
    let trail = world.trail().await;
    let last = trail.last().unwrap();
    assert_eq!((last.action, last.outcome), (Action::Replayed, Outcome::Done));
}

#[tokio::test]
async fn a_document_under_way_is_not_begun_anew() {
    let world = World::start().await;
    let (_, place) = world.uploaded().await;
    let answer = send(world.address, "POST", &format!("{place}/reprocess")).await;
    assert_eq!((answer.status, answer.problem().as_str()), (409, "document_under_way"));
    assert!(answer.header("retry-after").is_some());
    assert_eq!(get(world.address, &place).await.json()["generation"], 1);
}

#[tokio::test]
async fn a_document_whose_file_has_expired_says_so() {
    let world = World::start().await;
    let (_, place) = failed(&world).await;
    world.expire("OBJ_invoice_uploads").await;
    let answer = send(world.address, "POST", &format!("{place}/reprocess")).await;
    assert_eq!((answer.status, answer.problem().as_str()), (410, "original_expired"));
}

#[tokio::test]
async fn somebody_elses_document_is_an_unknown_one() {
    let world = World::start().await;
    let (id, place) = failed(&world).await;
    let tenant: Tenant = "somebody-else".parse().unwrap();
    world.change(&id, |record| record.tenant = tenant.clone()).await;
    for path in [&place, "/api/v1/invoices/7"] {
        let answer = send(world.address, "POST", &format!("{path}/reprocess")).await;
        assert_eq!((answer.status, answer.problem().as_str()), (404, "not_found"), "{path}");
    }
}

#[tokio::test]
async fn who_wants_it_read_again_is_told_what_is_full() {
    let world = World::start().await;
    let (_, place) = failed(&world).await;
    world.shrink_queue(1).await;
    // Levels are looked at once a second.
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    let answer = send(world.address, "POST", &format!("{place}/reprocess")).await;
    assert_eq!((answer.status, answer.problem().as_str()), (503, "broker_full"));
    assert_eq!(get(world.address, &place).await.json()["state"], "failed", "nothing has changed");
}
