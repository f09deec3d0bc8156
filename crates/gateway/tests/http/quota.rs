//! How much one client may have read in a day.

use common::config::Config;
use common::key::{ApiKey, Scope};
use common::quota::OwnQuota;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::batch::post_files_as;
use crate::client::{Answer, PDF, ask_as, get_as, post_as};
use crate::world::World;

const QUOTA: &str = "/api/v1/quota";
const SECOND: &[u8] = b"%PDF-1.7 second";

fn two_documents(config: &mut Config) {
    config.gateway.quota.documents_per_day = 2;
}

async fn quota(world: &World, key: &ApiKey) -> Value {
    let answer = get_as(world.address, QUOTA, &key.reveal()).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("private, no-store")));
    answer.json()
}

async fn upload(world: &World, key: &ApiKey, content: &[u8]) -> Answer {
    post_as(world.address, &key.reveal(), content).await
}

#[tokio::test]
async fn one_document_too_many_is_told_limit_use_and_when_to_come_back() {
    let world = World::asking(two_documents).await;
    let key = world.key("acme", &Scope::ALL).await;
    assert_eq!(quota(&world, &key).await["documents"], json!({"limit": 2, "used": 0}));
    for content in [PDF, SECOND] {
        assert_eq!(upload(&world, &key, content).await.status, 202);
    }
    let before = world.stored().await;
    let refused = upload(&world, &key, b"%PDF-1.7 third").await;
    assert_eq!((refused.status, refused.problem().as_str()), (429, "quota_exhausted"));
    let problem = refused.json();
    assert_eq!((&problem["limit"], &problem["value"]), (&json!(2), &json!(3)));
    let wait: i64 = refused.header("retry-after").unwrap().parse().unwrap();
    let told = quota(&world, &key).await;
    let resets_at: Timestamp = told["resets_at"].as_str().unwrap().parse().unwrap();
    let until_midnight = resets_at.duration_since(Timestamp::now()).as_secs();
    assert!((until_midnight..=until_midnight + 60).contains(&wait), "{wait} {until_midnight}");
    assert_eq!(told["documents"], json!({"limit": 2, "used": 2}));
    assert!(told.get("bytes").is_none(), "{told}");
    assert_eq!(world.stored().await, before, "nothing of it is stored");
    // What is known is answered, and others have quotas of their own.
    assert_eq!(upload(&world, &key, PDF).await.status, 200);
    let other = world.key("acme", &Scope::ALL).await;
    assert_eq!(upload(&world, &other, b"%PDF-1.7 third").await.status, 202);
}

#[tokio::test]
async fn a_document_that_is_refused_costs_nothing() {
    let world = World::asking(two_documents).await;
    let key = world.key("acme", &Scope::ALL).await;
    assert_eq!(upload(&world, &key, b"no document").await.status, 415);
    let unknown = format!("/api/v1/invoices/{}/reprocess", "0".repeat(64));
    let answer = ask_as(world.address, "POST", &unknown, &key.reveal()).await;
    assert_eq!((answer.status, answer.problem().as_str()), (404, "not_found"));
    assert_eq!(quota(&world, &key).await["documents"]["used"], 0);
}

#[tokio::test]
async fn reading_a_document_again_counts_like_reading_it() {
    let world = World::asking(two_documents).await;
    let key = world.key("acme", &Scope::ALL).await;
    let id = upload(&world, &key, PDF).await.json()["id"].as_str().unwrap().to_owned();
    let again = format!("/api/v1/invoices/{id}/reprocess");
    let under_way = ask_as(world.address, "POST", &again, &key.reveal()).await;
    assert_eq!(under_way.status, 409, "{}", under_way.text());
    assert_eq!(quota(&world, &key).await["documents"]["used"], 1, "it is being read already");
    for (status, used) in [(202, 2), (429, 2)] {
        world.fail(&id.parse().unwrap()).await;
        let answer = ask_as(world.address, "POST", &again, &key.reveal()).await;
        assert_eq!(answer.status, status, "{}", answer.text());
        assert_eq!(quota(&world, &key).await["documents"]["used"], used);
    }
}

#[tokio::test]
async fn a_keys_own_quota_goes_before_that_of_all() {
    let world = World::asking(two_documents).await;
    let (one, free) = (Some(1), Some(0));
    let small = world
        .key_with("acme", &Scope::ALL, OwnQuota { documents_per_day: one, bytes_per_day: None })
        .await;
    assert_eq!(upload(&world, &small, PDF).await.status, 202);
    assert_eq!(upload(&world, &small, SECOND).await.problem(), "quota_exhausted");
    let bytes = SECOND.len() as u64;
    let own = OwnQuota { documents_per_day: free, bytes_per_day: Some(bytes) };
    let measured = world.key_with("acme", &Scope::ALL, own).await;
    assert_eq!(upload(&world, &measured, SECOND).await.status, 202);
    let refused = upload(&world, &measured, b"%PDF-1.7 3").await;
    assert_eq!((refused.status, &refused.json()["limit"]), (429, &json!(bytes)));
    let told = quota(&world, &measured).await;
    assert_eq!(told["bytes"], json!({"limit": bytes, "used": bytes}));
    assert!(told.get("documents").is_none(), "{told}");
}

#[tokio::test]
async fn of_a_batch_each_document_counts() {
    let world = World::asking(two_documents).await;
    let key = world.key("acme", &Scope::ALL).await;
    assert_eq!(upload(&world, &key, PDF).await.status, 202);
    let files: [(&str, &[u8]); 4] =
        [("a", PDF), ("b", SECOND), ("c", b"%PDF-1.7 third"), ("again", PDF)];
    let batch = post_files_as(&world, &key.reveal(), &files).await;
    assert_eq!(batch.status, 200, "{}", batch.text());
    let items = batch.json()["items"].as_array().unwrap().clone();
    let statuses: Vec<u64> = items.iter().map(|item| item["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [200, 202, 429, 200]);
    assert_eq!(items[2]["problem"]["code"], "quota_exhausted");
}
