//! Quotas, counted by a real broker.

use common::jetstream::intake::NotAccepted;
use common::jetstream::names;
use common::jetstream::publish::Unpublished;
use common::quota::{Allowance, ClientHash, Day, Measure, OverQuota, Quota};
use jiff::Timestamp;

use crate::support::{Bench, incoming};

const STREAM: &str = "INVOICE_QUOTA";

fn allowance(client: &str, documents_per_day: u64, bytes_per_day: u64) -> Allowance {
    let quota = Quota { documents_per_day, bytes_per_day };
    Allowance { client: ClientHash::of(client), quota }
}

/// Sends a document; the error if its client has no quota for it.
async fn send(bench: &Bench, content: &str, allowance: &Allowance) -> Result<bool, OverQuota> {
    let mut document = incoming(content);
    document.allowance = Some(allowance.clone());
    match bench.broker.accept(document).await {
        Ok(accepted) => Ok(accepted.new),
        Err(NotAccepted::OverQuota(over)) => Err(over),
        Err(other) => panic!("{other}"),
    }
}

async fn used(bench: &Bench, allowance: &Allowance) -> Vec<(Measure, u64)> {
    let day = Day::of(Timestamp::now());
    bench.broker.used(&allowance.client, allowance.quota, day).await.unwrap()
}

#[tokio::test]
async fn of_many_at_once_as_many_are_taken_as_the_quota_has_and_none_more() {
    let bench = Bench::start().await;
    let three = allowance("a", 3, 0);
    let sent = (0..20).map(|number| {
        let (broker, allowance) = (bench.broker.clone(), three.clone());
        tokio::spawn(async move {
            let mut document = incoming(&format!("document {number}"));
            document.allowance = Some(allowance);
            broker.accept(document).await
        })
    });
    let mut taken = 0;
    for accepted in sent.collect::<Vec<_>>() {
        match accepted.await.unwrap() {
            Ok(accepted) => taken += usize::from(accepted.new),
            Err(NotAccepted::OverQuota(over)) => assert_eq!((over.limit, over.asked), (3, 1)),
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(taken, 3);
    assert_eq!(used(&bench, &three).await, [(Measure::Documents, 3)]);
    let over = send(&bench, "one too many", &three).await.unwrap_err();
    let (measure, resets_at) = (Measure::Documents, Day::of(Timestamp::now()).end());
    assert_eq!(over, OverQuota { measure, limit: 3, used: 3, asked: 1, resets_at });
    assert_eq!(bench.messages_in(names::STATUS_STREAM).await, 3, "nothing of it is stored");
    // Others are others.
    assert_eq!(send(&bench, "one too many", &allowance("b", 3, 0)).await, Ok(true));
}

#[tokio::test]
async fn what_is_known_costs_nothing_even_when_nothing_is_left() {
    let bench = Bench::start().await;
    let one = allowance("a", 1, 0);
    assert_eq!(send(&bench, "this", &one).await, Ok(true));
    assert_eq!(send(&bench, "this", &one).await, Ok(false));
    assert!(send(&bench, "that", &one).await.is_err());
    assert_eq!(used(&bench, &one).await, [(Measure::Documents, 1)]);
    // Who has no limit is not counted.
    let mut free = incoming("that");
    free.allowance = None;
    assert!(bench.broker.accept(free).await.unwrap().new);
    assert_eq!(bench.messages_in(STREAM).await, 1);
}

#[tokio::test]
async fn a_document_that_is_too_long_for_what_is_left_does_not_count_as_a_document() {
    let bench = Bench::start().await;
    let both = allowance("a", 10, 12);
    assert_eq!(send(&bench, "12345678", &both).await, Ok(true));
    let over = send(&bench, "123456789", &both).await.unwrap_err();
    assert_eq!((over.measure, over.limit, over.used, over.asked), (Measure::Bytes, 12, 8, 9));
    assert_eq!(used(&bench, &both).await, [(Measure::Documents, 1), (Measure::Bytes, 8)]);
    assert_eq!(send(&bench, "1234", &both).await, Ok(true), "a shorter one fits");
    assert_eq!(used(&bench, &both).await, [(Measure::Documents, 2), (Measure::Bytes, 12)]);
}

#[tokio::test]
async fn what_the_broker_has_no_room_for_is_given_back() {
    let bench = Bench::start().await;
    let ten = allowance("a", 10, 0);
    assert_eq!(send(&bench, "first", &ten).await, Ok(true));
    bench.alter("OBJ_invoice_uploads", |config| config.max_bytes = 700_000).await;
    let mut refused = incoming(&"x".repeat(1_000_000));
    refused.allowance = Some(ten.clone());
    let error = bench.broker.accept(refused).await.unwrap_err();
    assert!(matches!(error, NotAccepted::Unpublished(Unpublished::Full { .. })), "{error}");
    assert_eq!(used(&bench, &ten).await, [(Measure::Documents, 1)]);
}

#[tokio::test]
async fn a_day_has_its_own_counter() {
    let bench = Bench::start().await;
    let one = allowance("a", 1, 0);
    for (content, received_at) in [("old", "2026-11-27T23:59:59Z"), ("new", "2026-11-28T00:00:00Z")]
    {
        let mut document = incoming(content);
        document.received_at = received_at.parse().unwrap();
        document.allowance = Some(one.clone());
        assert!(bench.broker.accept(document).await.unwrap().new, "{received_at}");
    }
    assert_eq!(bench.messages_in(STREAM).await, 2);
}
