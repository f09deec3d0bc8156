//! Tenants, who never see each other: every operation of the description, so that a new one is not
//! forgotten.

use common::id::DocumentId;
use common::key::{ApiKey, Scope};
use serde_json::Value;

use crate::client::{Answer, PDF, UPLOAD, ask_as, get, get_as, post_as, raw};
use crate::world::World;

/// What nobody has to show a key for: it says nothing about anybody.
const OPEN: [&str; 6] = [
    "/contract/asyncapi.yaml",
    "/contract/invoice-corrected.schema.json",
    "/contract/invoice-extracted.schema.json",
    "/contract/invoice-failed.schema.json",
    "/health",
    "/ready",
];

/// An operation of the description.
struct Operation {
    method: String,
    path: String,
    /// `None` for one that everybody may ask for.
    scope: Option<Scope>,
    answers: Vec<String>,
}

impl Operation {
    /// Its address, for document `id`.
    fn of(&self, id: &str) -> String {
        let path = self.path.replace("{id}", id).replace("{n}", "1");
        path.replace("{webhook}", "0123456789abcdef").replace("{delivery}", "dlv_0")
    }

    async fn ask(&self, world: &World, id: &str, key: Option<&str>) -> Answer {
        match (self.path.as_str(), key) {
            (UPLOAD, Some(key)) => post_as(world.address, key, PDF).await,
            (_, Some(key)) => ask_as(world.address, &self.method, &self.of(id), key).await,
            (_, None) => {
                raw(world.address, &format!("{} {} HTTP/1.1", self.method, self.of(id)), b"").await
            }
        }
    }
}

async fn operations(world: &World) -> Vec<Operation> {
    let api = get(world.address, "/openapi.json").await.json();
    assert_eq!(api["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
    assert_eq!(api["components"]["securitySchemes"]["api_key"]["name"], "X-API-Key");
    let mut found = Vec::new();
    for (path, methods) in api["paths"].as_object().unwrap() {
        for (method, described) in methods.as_object().unwrap() {
            let answers = described["responses"].as_object().unwrap().keys().cloned().collect();
            let (method, path) = (method.to_uppercase(), path.clone());
            found.push(Operation { method, path, scope: scope(described), answers });
        }
    }
    assert!(found.len() >= 11, "{}", found.len());
    found
}

/// The scope that an operation names, the same for every way to show it.
fn scope(described: &Value) -> Option<Scope> {
    let ways = described["security"].as_array()?;
    assert_eq!(ways.len(), 2, "{described}");
    let [key, token] = [&ways[0]["api_key"][0], &ways[1]["bearer"][0]];
    assert_eq!(key, token);
    Some(key.as_str().unwrap().parse().unwrap())
}

/// A document of `key`'s tenant that has pages.
async fn document(world: &World, key: &ApiKey) -> DocumentId {
    let answer = post_as(world.address, &key.reveal(), PDF).await;
    let id: DocumentId = answer.json()["id"].as_str().unwrap().parse().unwrap();
    world.give_pages(&id).await;
    id
}

#[tokio::test]
async fn every_operation_asks_who_is_there_or_says_nothing_about_anybody() {
    let world = World::asking(|_| {}).await;
    let id = "0".repeat(64);
    for operation in operations(&world).await {
        let name = format!("{} {}", operation.method, operation.path);
        let answer = operation.ask(&world, &id, None).await;
        let Some(scope) = operation.scope else {
            assert!(OPEN.contains(&operation.path.as_str()), "{name} asks nobody");
            assert_eq!(answer.status, 200, "{name}");
            continue;
        };
        assert!(!OPEN.contains(&operation.path.as_str()), "{name}");
        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (401, "credentials_missing"),
            "{name}"
        );
        assert!(answer.header("www-authenticate").is_some(), "{name}");
        for status in ["401", "403"] {
            assert!(operation.answers.iter().any(|known| known == status), "{name} {status}");
        }
        let others: Vec<Scope> = Scope::ALL.into_iter().filter(|other| *other != scope).collect();
        let key = world.key("acme", &others).await.reveal();
        let answer = operation.ask(&world, &id, Some(&key)).await;
        assert_eq!((answer.status, answer.problem().as_str()), (403, "scope_missing"), "{name}");
        let key = world.key("acme", &[scope]).await.reveal();
        let answer = operation.ask(&world, &id, Some(&key)).await;
        assert!(![401, 403].contains(&answer.status), "{name}: {}", answer.text());
    }
}

#[tokio::test]
async fn what_is_another_tenants_answers_like_what_does_not_exist() {
    let world = World::asking(|_| {}).await;
    let (owner, other) =
        (world.key("acme", &Scope::ALL).await, world.key("rival", &Scope::ALL).await);
    let id = document(&world, &owner).await;
    let unknown = "0".repeat(64);
    let mut tried = 0;
    for operation in operations(&world).await.iter().filter(|o| o.path.contains("{id}")) {
        let name = format!("{} {}", operation.method, operation.path);
        let foreign = operation.ask(&world, id.as_str(), Some(&other.reveal())).await;
        let missing = operation.ask(&world, &unknown, Some(&other.reveal())).await;
        assert_eq!((foreign.status, foreign.problem().as_str()), (404, "not_found"), "{name}");
        assert_eq!(foreign.seen(), missing.seen(), "{name}");
        let own = operation.ask(&world, &"1".repeat(64), Some(&owner.reveal())).await;
        assert_eq!(own.seen(), missing.seen(), "{name}");
        tried += 1;
    }
    assert!(tried >= 5, "{tried} operations on documents");
    let place = format!("/api/v1/invoices/{id}");
    assert_eq!(
        get_as(world.address, &place, &owner.reveal()).await.status,
        200,
        "it is still there"
    );
}

#[tokio::test]
async fn the_same_bytes_are_another_document_for_another_tenant() {
    let world = World::asking(|_| {}).await;
    let (owner, other) =
        (world.key("acme", &Scope::ALL).await, world.key("rival", &Scope::ALL).await);
    let first = post_as(world.address, &owner.reveal(), PDF).await;
    let second = post_as(world.address, &other.reveal(), PDF).await;
    // Not 200, which would say that somebody had it.
    assert_eq!((first.status, second.status), (202, 202));
    let ids = [first, second].map(|answer| answer.json()["id"].as_str().unwrap().to_owned());
    assert_ne!(ids[0], ids[1]);
    for (id, tenant) in ids.iter().zip(["acme", "rival"]) {
        let record = world.broker.status(&id.parse().unwrap()).await.unwrap().unwrap();
        assert_eq!(record.tenant.as_str(), tenant, "events go to subjects of this tenant");
    }
    let place = format!("/api/v1/invoices/{}", ids[0]);
    let erased = ask_as(world.address, "DELETE", &place, &owner.reveal()).await;
    assert_eq!(erased.status, 204);
    let left = format!("/api/v1/invoices/{}", ids[1]);
    assert_eq!(get_as(world.address, &left, &other.reveal()).await.status, 200);
}
