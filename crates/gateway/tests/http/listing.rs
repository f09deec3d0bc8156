//! Documents that are looked for.

use common::audit::{Action, Object};
use common::id::DocumentId;
use common::key::Scope;
use common::stage::StageName;
use common::status::{ResultJson, State};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::client::{Answer, delete, get, get_as, post, post_as};
use crate::world::World;

const LIST: &str = "/api/v1/invoices";

async fn upload(world: &World, number: u32) -> DocumentId {
    let body = format!("%PDF-1.7 number {number}");
    let answer = post(world.address, "application/pdf", body.as_bytes()).await;
    answer.json()["id"].as_str().unwrap().parse().unwrap()
}

fn ids(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let json = answer.json();
    let items = json["items"].as_array().unwrap();
    items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

async fn listed(world: &World, query: &str) -> Vec<String> {
    ids(&get(world.address, &format!("{LIST}?{query}")).await)
}

/// Waits until so many documents are listed.
async fn until_listed(world: &World, count: usize) {
    let there = async || {
        let answer = get(world.address, &format!("{LIST}?limit=100")).await;
        answer.status == 200 && ids(&answer).len() == count
    };
    world.until("all are listed", there).await;
}

async fn complete(world: &World, id: &DocumentId, seller: &str, date: &str, review: bool) {
    let field = |value: &str| serde_json::json!({"value": value, "confidence": 0.9});
    let result = serde_json::json!({
        "invoice": {
            "number": field(&format!("F-{seller}")), "issue_date": field(date),
            "currency": field("EUR"), "seller": {"name": field(seller)},
            "totals": {"gross": field("12.00"), "due": field("10.00")},
        },
        "review": {"required": review, "reasons": []},
    })
    .to_string();
    world
        .change(id, |record| {
            record.state = State::Completed;
            record.stage = StageName::Extract;
            let result = RawValue::from_string(result.clone()).unwrap();
            record.result = Some(ResultJson(result));
        })
        .await;
}

#[tokio::test]
async fn a_list_is_read_page_by_page_and_has_each_document_once() {
    let world = World::start().await;
    let mut uploaded = Vec::new();
    for number in 0..5 {
        uploaded.push(upload(&world, number).await.to_string());
    }
    uploaded.reverse();
    until_listed(&world, 5).await;
    assert_eq!(listed(&world, "").await, uploaded, "newest first");

    let first = get(world.address, &format!("{LIST}?limit=2")).await;
    assert_eq!(ids(&first), uploaded[..2]);
    let item = &first.json()["items"][0];
    assert_eq!(item["links"]["self"], format!("{LIST}/{}", uploaded[0]));
    assert_eq!((&item["state"], &item["filename"]), (&"queued".into(), &Value::Null));
    assert!(item.get("summary").is_none(), "nothing is read yet");
    // What comes later does not push documents onto the next page.
    upload(&world, 5).await;
    until_listed(&world, 6).await;
    let link = first.header("link").unwrap();
    let cursor = first.json()["next_cursor"].as_str().unwrap().to_owned();
    let next = link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap();
    assert_eq!(next, format!("{LIST}?limit=2&cursor={cursor}"));
    let second = get(world.address, next).await;
    assert_eq!(ids(&second), uploaded[2..4]);
    let last =
        get(world.address, &second.header("link").unwrap()[1..].replace(">; rel=\"next\"", ""))
            .await;
    assert_eq!(ids(&last), uploaded[4..]);
    assert_eq!((&last.json()["next_cursor"], last.header("link")), (&Value::Null, None));
}

#[tokio::test]
async fn filters_find_what_they_say() {
    let world = World::start().await;
    let simorgh = upload(&world, 1).await;
    let dahu = upload(&world, 2).await;
    let waiting = upload(&world, 3).await;
    until_listed(&world, 3).await;
    let between = world.broker.status(&dahu).await.unwrap().unwrap().received_at;
    complete(&world, &simorgh, "Société Simorgh", "2026-02-06", true).await;
    complete(&world, &dahu, "Dahu & Fils", "2026-03-01", false).await;
    let all_known = async || listed(&world, "state=completed").await.len() == 2;
    world.until("both are completed", all_known).await;

    let shown = get(world.address, &format!("{LIST}?review=true")).await.json();
    assert_eq!(
        shown["items"][0]["summary"],
        serde_json::json!({
            "seller": "Société Simorgh", "number": "F-Société Simorgh", "issue_date": "2026-02-06",
            "payable": "10.00", "currency": "EUR", "review_required": true,
        })
    );
    let [simorgh, dahu, waiting] = [simorgh, dahu, waiting].map(|id| id.to_string());
    for (query, expected) in [
        ("state=queued", vec![&waiting]),
        ("review=true", vec![&simorgh]),
        ("review=false", vec![&dahu]),
        ("seller=SOCI%C3%89T%C3%89", vec![&simorgh]),
        ("seller=nobody", vec![]),
        ("number=F-Dahu+%26+Fils", vec![&dahu]),
        ("number=F-Dahu", vec![]),
        ("issued_after=2026-03-01", vec![&dahu]),
        ("issued_before=2026-03-01", vec![&simorgh]),
        ("issued_after=2026-02-06&issued_before=2026-03-02", vec![&dahu, &simorgh]),
        (format!("received_after={between}").as_str(), vec![&waiting, &dahu]),
        (format!("received_before={between}").as_str(), vec![&simorgh]),
        (format!("received_after={between}&state=completed").as_str(), vec![&dahu]),
    ] {
        assert_eq!(listed(&world, query).await.iter().collect::<Vec<_>>(), expected, "{query}");
    }
}

#[tokio::test]
async fn what_is_removed_or_has_expired_is_not_listed() {
    let world = World::start().await;
    let (first, second) = (upload(&world, 1).await, upload(&world, 2).await);
    until_listed(&world, 2).await;
    assert_eq!(delete(world.address, &format!("{LIST}/{first}")).await.status, 204);
    until_listed(&world, 1).await;
    assert_eq!(listed(&world, "").await, [second.to_string()]);
    world.expire("KV_invoice_status").await;
    until_listed(&world, 0).await;
    let again = upload(&world, 1).await;
    until_listed(&world, 1).await;
    assert_eq!(listed(&world, "").await, [again.to_string()]);
}

#[tokio::test]
async fn parameters_that_cannot_be_used_are_named() {
    let world = World::start().await;
    until_listed(&world, 0).await;
    for (query, name) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=many", "limit"),
        ("state=lost", "state"),
        ("review=perhaps", "review"),
        ("received_after=yesterday", "received_after"),
        ("received_before=2026-11-26", "received_before"),
        ("issued_after=2026-13-01", "issued_after"),
        ("issued_before=soon", "issued_before"),
    ] {
        let refused = get(world.address, &format!("{LIST}?{query}")).await;
        assert_eq!((refused.status, refused.problem().as_str()), (422, "parameter_invalid"));
        assert!(refused.json()["detail"].as_str().unwrap().starts_with(name), "{query}");
    }
    let refused = get(world.address, &format!("{LIST}?limit=101")).await.json();
    assert_eq!((&refused["limit"], &refused["value"]), (&100.into(), &101.into()));
    for query in ["stat=queued", "limit=1&limit=2"] {
        let refused = get(world.address, &format!("{LIST}?{query}")).await;
        assert_eq!((refused.status, refused.problem().as_str()), (400, "query_invalid"), "{query}");
    }
    let refused = get(world.address, &format!("{LIST}?cursor=00ff")).await;
    assert_eq!((refused.status, refused.problem().as_str()), (422, "cursor_invalid"));
}

#[tokio::test]
async fn a_list_is_the_callers_own_and_so_is_its_cursor() {
    let world = World::asking(|_| {}).await;
    let (owner, other) = (
        world.key("acme", &Scope::ALL).await.reveal(),
        world.key("rival", &Scope::ALL).await.reveal(),
    );
    for number in 0..3 {
        let body = format!("%PDF-1.7 number {number}");
        assert_eq!(post_as(world.address, &owner, body.as_bytes()).await.status, 202);
    }
    assert_eq!(post_as(world.address, &other, b"%PDF-1.7 of the rival").await.status, 202);
    let path = format!("{LIST}?limit=2");
    let there = async || {
        let has = async |key: &str, count: usize| {
            let answer = get_as(world.address, LIST, key).await;
            answer.status == 200 && ids(&answer).len() == count
        };
        has(&owner, 3).await && has(&other, 1).await
    };
    world.until("each has its own", there).await;
    let first = get_as(world.address, &path, &owner).await.json();
    let cursor = first["next_cursor"].as_str().unwrap();
    let next = format!("{path}&cursor={cursor}");
    assert_eq!(ids(&get_as(world.address, &next, &owner).await).len(), 1);
    let foreign = get_as(world.address, &next, &other).await;
    assert_eq!((foreign.status, foreign.problem().as_str()), (422, "cursor_invalid"));
    let elsewhere = get_as(world.address, &format!("{next}&state=queued"), &owner).await;
    assert_eq!(elsewhere.problem(), "cursor_invalid", "of a list with other filters");

    let told = async || world.trail().await.iter().any(|r| r.object == Object::Documents(2));
    world.until("the list is in the trail", told).await;
    let trail = world.trail().await;
    let of_list = trail.iter().find(|record| record.object == Object::Documents(2)).unwrap();
    assert_eq!(of_list.action, Action::Listed);
    assert_eq!(of_list.tenant.as_ref().unwrap().as_str(), "acme");
}

#[tokio::test]
async fn an_incomplete_list_is_not_answered() {
    let mut world = World::start().await;
    upload(&world, 1).await;
    until_listed(&world, 1).await;
    world.nats.kill();
    let behind = async || get(world.address, LIST).await.status == 503;
    world.until("noticed", behind).await;
    let refused = get(world.address, LIST).await;
    assert_eq!(
        (refused.problem().as_str(), refused.header("retry-after")),
        ("list_behind", Some("2"))
    );
    world.nats.restart();
    until_listed(&world, 1).await;
    let back = async || {
        let body = b"%PDF-1.7 afterwards";
        post(world.address, "application/pdf", body).await.status < 300
    };
    world.until("uploads are taken again", back).await;
    until_listed(&world, 2).await;
}

#[tokio::test]
async fn no_more_documents_are_kept_than_there_may_be_and_their_status_is_there() {
    let world = World::with(|config| config.gateway.following.max_documents = 2).await;
    let first = upload(&world, 1).await;
    for number in 2..=3 {
        upload(&world, number).await;
    }
    until_listed(&world, 2).await;
    assert!(!listed(&world, "").await.contains(&first.to_string()));
    assert_eq!(get(world.address, &format!("{LIST}/{first}")).await.status, 200);
}
