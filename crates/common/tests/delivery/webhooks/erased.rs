//! Documents that are erased while something of them is on its way to a webhook.

use common::id::Tenant;
use common::jetstream::erasure::Erased;
use common::jetstream::webhooks::log::Replayed;
use common::webhook::DeliveryState;

use super::desk::{caller, failed, make, refusing, send_on, settings, wanted};
use crate::receiver::{Receiver, Reply};
use crate::support::Bench;

#[tokio::test]
async fn nothing_is_sent_of_an_erased_document_and_nothing_is_left_of_what_was() {
    let bench = Bench::start().await;
    let receiver = Receiver::start([Reply::Status(204, ""), Reply::Status(503, "")]).await;
    let made = make(&bench.broker, wanted("default", &receiver.url())).await;
    let stage = refusing(&bench).await;
    let sending = send_on(&bench.broker, caller(receiver.address.port()), settings(&[1500]));
    let sent = failed(&bench, "default", "sent").await;
    made.all(&bench, 1, DeliveryState::Delivered).await;
    let waits = failed(&bench, "default", "waits").await;
    bench.until(async || (receiver.received().len() == 2).then_some(())).await;
    let log = made.log(&bench).await;

    for record in [&sent, &waits] {
        let erased = bench.broker.erase(&record.id, &Tenant::default()).await.unwrap();
        assert_eq!(erased, Erased::Gone);
        assert!(bench.is_erased(&record.id).await, "{:?}", bench.traces(&record.id).await);
    }
    let (tenant, id) = (&made.endpoint.tenant, &made.endpoint.id);
    for delivery in &log {
        let replayed = bench.broker.replay_delivery(tenant, id, &delivery.id).await.unwrap();
        assert_eq!(replayed, Replayed::NotFound);
    }
    // Longer than the pause after which it would have been tried again.
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    assert_eq!(receiver.received().len(), 2);
    sending.stopped().await;
    for record in [&sent, &waits] {
        assert!(bench.is_erased(&record.id).await, "{:?}", bench.traces(&record.id).await);
    }
    stage.stopped().await;
}

#[tokio::test]
async fn a_document_that_is_erased_while_it_is_sent_leaves_nothing() {
    let bench = Bench::start().await;
    let late = std::time::Duration::from_millis(1500);
    let receiver = Receiver::start([Reply::Late(204, late)]).await;
    let made = make(&bench.broker, wanted("default", &receiver.url())).await;
    let stage = refusing(&bench).await;
    let sending = send_on(&bench.broker, caller(receiver.address.port()), settings(&[50]));
    let record = failed(&bench, "default", "one").await;
    bench.until(async || (receiver.received().len() == 1).then_some(())).await;
    let erased = bench.broker.erase(&record.id, &Tenant::default()).await.unwrap();
    assert_eq!(erased, Erased::Gone);
    tokio::time::sleep(late).await;
    sending.stopped().await;
    assert!(bench.is_erased(&record.id).await, "{:?}", bench.traces(&record.id).await);
    assert!(made.log(&bench).await.is_empty());
    stage.stopped().await;
}

#[tokio::test]
async fn the_address_of_an_upload_goes_with_its_document() {
    let bench = Bench::start().await;
    let record = bench.upload("one").await;
    let tenant = Tenant::default();
    bench.broker.call_back(&tenant, &record.id, "https://a.example/").await.unwrap();
    assert_eq!(bench.messages_in("KV_invoice_deliveries").await, 1);
    bench.broker.erase(&record.id, &tenant).await.unwrap();
    assert_eq!(bench.messages_in("KV_invoice_deliveries").await, 0);
    // One that comes late, after the erasure.
    bench.broker.call_back(&tenant, &record.id, "https://a.example/").await.unwrap();
    assert_eq!(bench.messages_in("KV_invoice_deliveries").await, 0);
}
