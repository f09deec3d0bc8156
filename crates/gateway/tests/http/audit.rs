//! What the audit trail says of it all.

use common::audit::{Action, Actor, Object, Outcome};
use common::key::Scope;
use common::stage::StageName;
use common::status::{ResultJson, State};
use serde_json::value::RawValue;

use crate::client::{ask_as, get_as, post_form, raw};
use crate::world::World;

#[tokio::test]
async fn deeds_are_told_with_who_did_them_and_never_what_was_in_it() {
    let world = World::asking(|_| {}).await;
    let (owner, other) =
        (world.key("acme", &Scope::ALL).await, world.key("rival", &Scope::ALL).await);
    let body = b"%PDF-1.7 secret-content";
    let head = format!(
        "POST /api/v1/process-invoice?filename=secret-name.pdf HTTP/1.1\r\nContent-Type: application/pdf\
         \r\nContent-Length: {}\r\nX-API-Key: {}\r\nX-Request-Id: order-7",
        body.len(),
        owner.reveal()
    );
    let taken = raw(world.address, &head, body).await;
    assert_eq!(taken.status, 202, "{}", taken.text());
    let place = taken.header("location").unwrap().to_owned();
    let id = taken.json()["id"].as_str().unwrap().parse().unwrap();
    // Asking whether it is there yet hands nothing out.
    assert_eq!(get_as(world.address, &place, &owner.reveal()).await.status, 200);
    world
        .change(&id, |record| {
            record.state = State::Completed;
            record.stage = StageName::Extract;
            record.result = Some(ResultJson(RawValue::from_string("{}".to_owned()).unwrap()));
        })
        .await;
    assert_eq!(get_as(world.address, &place, &owner.reveal()).await.status, 200);
    assert_eq!(get_as(world.address, &place, &other.reveal()).await.status, 404);
    assert_eq!(ask_as(world.address, "DELETE", &place, &other.reveal()).await.status, 404);
    assert_eq!(ask_as(world.address, "DELETE", &place, &owner.reveal()).await.status, 204);

    let expected = [
        ("acme", Action::Uploaded, Outcome::Done),
        ("acme", Action::Read, Outcome::Done),
        ("rival", Action::Read, Outcome::NotFound),
        ("rival", Action::Deleted, Outcome::NotFound),
        ("acme", Action::Deleted, Outcome::Done),
    ];
    world.until("all is told", async || world.trail().await.len() >= expected.len()).await;
    let mut records = world.trail().await;
    assert_eq!(records.len(), expected.len(), "{records:?}");
    // Reads are told by the way.
    records.sort_by_key(|record| record.time);
    for (record, (tenant, action, outcome)) in records.iter().zip(expected) {
        let key = if tenant == "acme" { &owner } else { &other };
        assert_eq!(record.actor, Actor::Key(key.id().clone()));
        assert_eq!(record.tenant.as_ref().unwrap().as_str(), tenant);
        assert_eq!((record.action, record.outcome), (action, outcome));
        assert_eq!(record.object, Object::Document(id.clone()));
        assert!(record.peer.unwrap().is_loopback());
        assert!(record.request_id.is_some());
    }
    assert_eq!(records[0].request_id.as_deref(), Some("order-7"));
    let said = serde_json::to_string(&records).unwrap();
    assert!(!said.contains("secret"), "{said}");
    assert!(!said.contains(&owner.reveal()[21..]), "no key's secret");
}

#[tokio::test]
async fn nothing_is_taken_out_of_the_trail() {
    let world = World::start().await;
    world.uploaded().await;
    assert_eq!(world.trail().await.len(), 1);
    assert!(world.try_to_forget("INVOICE_AUDIT").await, "the broker denies both");
    let records = world.trail().await;
    assert_eq!(records.len(), 1);
    assert_eq!((&records[0].actor, records[0].action), (&Actor::Anybody, Action::Uploaded));
}

#[tokio::test]
async fn nothing_is_answered_as_done_that_the_trail_was_not_told() {
    let world = World::start().await;
    let (id, place) = world.uploaded().await;
    world.remove_stream("INVOICE_AUDIT").await;
    let answer = post_form(world.address, "file", "b.pdf", b"%PDF-1.7 another").await;
    assert_eq!((answer.status, answer.problem().as_str()), (503, "broker_away"));
    let answer = crate::client::delete(world.address, &place).await;
    assert_eq!((answer.status, answer.problem().as_str()), (503, "broker_away"));
    assert!(world.broker.status(&id).await.unwrap().is_none(), "it is gone all the same");
    world.apply_topology().await;
    let answer = crate::client::delete(world.address, &place).await;
    assert_eq!(answer.status, 204, "repeated, and told now");
    let records = world.trail().await;
    let last = records.last().unwrap();
    assert_eq!((last.action, last.outcome), (Action::Deleted, Outcome::Done));
}
