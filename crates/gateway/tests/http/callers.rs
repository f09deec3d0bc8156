//! Who is let in, and who is not.

use common::jetstream::keys::Revoked;
use common::key::{ApiKey, KeyRecord, Scope, Scopes};
use jiff::Timestamp;

use crate::client::{PDF, ask_as, get, get_as, post, post_as, raw};
use crate::world::World;

const EVERYTHING: &[Scope] = &Scope::ALL;

#[tokio::test]
async fn a_key_opens_what_its_scopes_say() {
    let world = World::asking(|_| {}).await;
    let key = world.key("acme", &[Scope::DocumentsWrite, Scope::DocumentsRead]).await.reveal();
    let taken = post_as(world.address, &key, PDF).await;
    assert_eq!(taken.status, 202, "{}", taken.text());
    let place = taken.header("location").unwrap().to_owned();
    assert_eq!(get_as(world.address, &place, &key).await.status, 200);
    let bearer = format!("GET {place} HTTP/1.1\r\nAuthorization: Bearer {key}");
    assert_eq!(raw(world.address, &bearer, b"").await.status, 200);
    for (method, path, scope) in
        [("DELETE", place.as_str(), "documents:delete"), ("GET", "/metrics", "operations:read")]
    {
        let answer = ask_as(world.address, method, path, &key).await;
        assert_eq!((answer.status, answer.problem().as_str()), (403, "scope_missing"), "{path}");
        let challenge = answer.header("www-authenticate").unwrap();
        assert!(challenge.contains(&format!("scope=\"{scope}\"")), "{challenge}");
    }
    let reader = world.key("acme", &[Scope::DocumentsRead]).await.reveal();
    assert_eq!(post_as(world.address, &reader, PDF).await.problem(), "scope_missing");
    let operator = world.key("ops", &[Scope::OperationsRead]).await.reveal();
    assert_eq!(get_as(world.address, "/metrics", "nonsense").await.status, 401);
    let metrics = get_as(world.address, "/metrics", &operator).await;
    assert_eq!(metrics.status, 200);
    let refused = r#"callers_refused_total{code="credentials_invalid"}"#;
    assert!(metrics.text().contains(refused), "{}", metrics.text());
    assert!(!metrics.text().contains("acme"), "no label says whose");
}

#[tokio::test]
async fn nobody_gets_in_without_a_good_key() {
    let world = World::asking(|_| {}).await;
    let key = world.key("acme", EVERYTHING).await;
    let stranger = ApiKey::generate().unwrap().reveal();
    let mut typed = key.reveal();
    typed.replace_range(30..31, if &typed[30..31] == "0" { "1" } else { "0" });
    for bad in [stranger.as_str(), typed.as_str(), "", "x", "a.b.c"] {
        let answer = get_as(world.address, "/api/v1/invoices/7", bad).await;
        assert_eq!((answer.status, answer.problem().as_str()), (401, "credentials_invalid"));
        assert!(answer.header("www-authenticate").unwrap().contains("error=\"invalid_token\""));
        assert!(bad.len() < 3 || !answer.text().contains(bad), "{}", answer.text());
    }
    let answer = post(world.address, "application/pdf", PDF).await;
    assert_eq!((answer.status, answer.problem().as_str()), (401, "credentials_missing"));
    assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"invoice-ocr\""));
    assert_eq!(world.stored().await, [0, 0, 0], "nothing of it is stored");
}

#[tokio::test]
async fn a_revoked_or_expired_key_opens_nothing() {
    let world = World::asking(|_| {}).await;
    let key = world.key("acme", EVERYTHING).await;
    let again =
        |key: String| async move { get_as(world.address, "/api/v1/invoices/7", &key).await };
    assert_eq!(again(key.reveal()).await.status, 404);
    let revoked = world.broker.revoke_key(key.id(), Timestamp::now()).await.unwrap();
    assert!(matches!(revoked, Revoked::Now(_)));
    let gone = tokio::time::timeout(std::time::Duration::from_secs(5), async {
        loop {
            let answer = get_as(world.address, "/api/v1/invoices/7", &key.reveal()).await;
            if answer.status == 401 {
                break answer;
            }
        }
    });
    let answer = gone.await.expect("revoked in time");
    assert_eq!(answer.problem(), "credentials_expired");
    assert!(matches!(
        world.broker.revoke_key(key.id(), Timestamp::now()).await.unwrap(),
        Revoked::Before(_)
    ));

    let late = ApiKey::generate().unwrap();
    let past = Timestamp::now() - jiff::SignedDuration::from_secs(1);
    let record = KeyRecord::new(
        &late,
        "late".into(),
        "acme".parse().unwrap(),
        Scopes::all(),
        past,
        Some(past),
    );
    world.broker.create_key(&record).await.unwrap();
    world
        .until("the key is known", async || {
            let answer = get_as(world.address, "/api/v1/invoices/7", &late.reveal()).await;
            answer.problem() == "credentials_expired"
        })
        .await;
}

#[tokio::test]
async fn keys_that_are_known_count_for_so_long_while_the_broker_is_away() {
    let mut world = World::asking(|config| config.gateway.auth.keys_max_age_seconds = 2).await;
    let key = world.key("acme", EVERYTHING).await.reveal();
    world.nats.kill();
    // Known keys are still told from unknown ones, without the broker.
    assert_eq!(get_as(world.address, "/metrics", &key).await.status, 200);
    let stranger = ApiKey::generate().unwrap().reveal();
    assert_eq!(get_as(world.address, "/metrics", &stranger).await.status, 401);
    world
        .until("too long ago", async || get_as(world.address, "/metrics", &key).await.status == 503)
        .await;
    assert_eq!(get_as(world.address, "/metrics", &key).await.problem(), "broker_away");
    assert_eq!(get(world.address, "/ready").await.status, 503);
    world.nats.restart();
    world
        .until("known again", async || get_as(world.address, "/metrics", &key).await.status == 200)
        .await;
}

#[tokio::test]
async fn strangers_cost_the_broker_nothing() {
    let world = World::asking(|_| {}).await;
    world.key("acme", EVERYTHING).await;
    let before = world.requests();
    for _ in 0..200 {
        let stranger = ApiKey::generate().unwrap().reveal();
        assert_eq!(get_as(world.address, "/api/v1/invoices/7", &stranger).await.status, 401);
    }
    // The gateway's own question for changes, once a second, and ours.
    let asked = world.requests() - before;
    assert!(asked < 100, "{asked} messages for 200 strangers");
}

#[tokio::test]
async fn a_use_is_noted_apart_from_the_key() {
    let world = World::asking(|_| {}).await;
    let key = world.key("acme", EVERYTHING).await;
    world
        .until("the use is noted", async || {
            let keys = world.broker.keys().await.unwrap();
            assert_eq!(keys.len(), 1);
            keys[0].used_at.is_some()
        })
        .await;
    for _ in 0..20 {
        get_as(world.address, "/api/v1/invoices/7", &key.reveal()).await;
    }
    let revision = world.broker.newest_key_change().await.unwrap();
    assert_eq!(revision, 1, "the key's record was written once");
    assert_eq!(world.count("KV_invoice_keys").await, 2);
}

#[tokio::test]
async fn where_nobody_is_asked_everybody_is_the_default_tenant() {
    let world = World::start().await;
    let (id, place) = world.uploaded().await;
    let record = world.broker.status(&id).await.unwrap().unwrap();
    assert_eq!(record.tenant.as_str(), "default");
    let stranger = ApiKey::generate().unwrap().reveal();
    assert_eq!(get_as(world.address, &place, &stranger).await.status, 200);
}
