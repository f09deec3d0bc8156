//! Requests that name themselves, at a real broker.

use std::collections::BTreeSet;

use common::id::Tenant;
use common::idempotency::{Fingerprint, IdempotencyKey, Told};
use common::jetstream::idempotency::{Claimed, RequestClaim};
use common::status::State;

use crate::support::Bench;

const STREAM: &str = "KV_invoice_idempotency";
const TOLD: Told = Told { status: 202, state: Some(State::Queued) };

fn key() -> IdempotencyKey {
    "order-7".parse().unwrap()
}

fn asked(what: &str) -> Fingerprint {
    let mut asked = key().fingerprint(&Tenant::default());
    asked.add(what.as_bytes());
    asked.finish()
}

async fn claim(bench: &Bench, what: &str) -> Claimed {
    let request = asked(what);
    let broker = &bench.broker;
    broker.claim_request(&Tenant::default(), &key(), Some(&request), None).await.unwrap()
}

async fn mine(bench: &Bench, what: &str) -> RequestClaim {
    match claim(bench, what).await {
        Claimed::Mine(claim) => claim,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn of_equal_requests_at_once_one_is_carried_out() {
    let bench = Bench::start().await;
    let claims = (0..20).map(|_| {
        let (broker, request) = (bench.broker.clone(), asked("this"));
        tokio::spawn(async move {
            broker.claim_request(&Tenant::default(), &key(), Some(&request), None).await.unwrap()
        })
    });
    let mut mine = 0;
    for claim in claims.collect::<Vec<_>>() {
        match claim.await.unwrap() {
            Claimed::Mine(_) => mine += 1,
            Claimed::UnderWay => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(mine, 1);
    assert_eq!(bench.messages_in(STREAM).await, 1);
}

#[tokio::test]
async fn an_answer_is_given_again_to_the_same_request_only() {
    let bench = Bench::start().await;
    let claim_of_it = mine(&bench, "this").await;
    assert!(matches!(claim(&bench, "other").await, Claimed::Reused));
    assert!(bench.broker.answer_request(&claim_of_it, asked("this"), vec![TOLD]).await.unwrap());
    let Claimed::Answered { request, told } = claim(&bench, "this").await else { panic!() };
    assert_eq!((request, told), (Some(asked("this")), vec![TOLD]));
    assert!(matches!(claim(&bench, "other").await, Claimed::Reused));
    let rival: Tenant = "rival".parse().unwrap();
    let others = bench.broker.claim_request(&rival, &key(), Some(&asked("other")), None).await;
    assert!(matches!(others.unwrap(), Claimed::Mine(_)), "another tenant's key is another key");
}

#[tokio::test]
async fn a_request_that_is_let_go_is_gone_on_with_and_its_first_owner_has_no_say_any_more() {
    let bench = Bench::start().await;
    let mut first = mine(&bench, "this").await;
    assert!(bench.broker.renew_request(&mut first).await.unwrap());
    assert!(matches!(claim(&bench, "this").await, Claimed::UnderWay));
    bench.broker.let_request_go(&first).await.unwrap();
    let second = mine(&bench, "this").await;
    assert!(!bench.broker.renew_request(&mut first).await.unwrap());
    assert!(!bench.broker.answer_request(&first, asked("this"), vec![]).await.unwrap());
    assert!(bench.broker.answer_request(&second, asked("this"), vec![TOLD]).await.unwrap());
}

#[tokio::test]
async fn a_key_whose_request_came_to_nothing_is_good_for_another() {
    let bench = Bench::start().await;
    let claim_of_it = mine(&bench, "this").await;
    bench.broker.forget_request(&claim_of_it).await.unwrap();
    mine(&bench, "other").await;
}

#[tokio::test]
async fn what_is_kept_names_no_document_and_no_key() {
    let bench = Bench::start().await;
    let record = bench.upload("named").await;
    let request = asked(record.id.as_str());
    let tenant = Tenant::default();
    let claimed = bench.broker.claim_request(&tenant, &key(), Some(&request), None).await.unwrap();
    let Claimed::Mine(claim) = claimed else { panic!("{claimed:?}") };
    bench.broker.answer_request(&claim, request, vec![TOLD]).await.unwrap();
    let stream = bench.raw.get_stream(STREAM).await.unwrap();
    let kept = stream.get_raw_message(2).await.unwrap();
    let text = format!("{} {}", kept.subject, String::from_utf8_lossy(&kept.payload));
    let secrets = [record.id.as_str(), record.content_hash.as_str(), "order-7"];
    let told: BTreeSet<_> = secrets.into_iter().filter(|secret| text.contains(secret)).collect();
    assert_eq!(told, BTreeSet::new());
    assert!(text.contains("default"), "whose it is");
}
