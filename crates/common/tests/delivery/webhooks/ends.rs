//! When no more is sent.

use common::jetstream::webhooks::log::Replayed;
use common::webhook::{DeliveryState, EndpointState, FAILED_DELIVERIES_TO_STOP, Health, Stopped};

use super::desk::{caller, failed, make, refusing, send_on, settings, wanted};
use crate::receiver::{Receiver, Reply};
use crate::support::Bench;

#[tokio::test]
async fn a_webhook_that_fails_for_good_too_often_is_disabled_until_it_is_enabled_again() {
    let bench = Bench::start().await;
    let failures = FAILED_DELIVERIES_TO_STOP as usize;
    let receiver = Receiver::start(vec![Reply::Status(500, ""); failures]).await;
    let made = make(&bench.broker, wanted("default", &receiver.url())).await;
    let stage = refusing(&bench).await;
    let sending = send_on(&bench.broker, caller(receiver.address.port()), settings(&[]));
    for number in 0..failures {
        assert!(made.now(&bench).await.is_enabled(), "after {number}");
        failed(&bench, "default", &format!("document {number}")).await;
        made.all(&bench, number + 1, DeliveryState::Failed).await;
    }
    let state = bench
        .until(async || {
            let state = made.now(&bench).await.state;
            (state != EndpointState::Enabled).then_some(state)
        })
        .await;
    assert!(matches!(state, EndpointState::Disabled { reason: Stopped::Failing, .. }), "{state:?}");

    // What happens meanwhile is noted and not sent.
    let missed = failed(&bench, "default", "missed").await;
    let skipped = bench
        .until(async || {
            let log = made.log(&bench).await;
            log.into_iter().find(|delivery| delivery.document == missed.id)
        })
        .await;
    assert_eq!(skipped.state, DeliveryState::Skipped);
    assert_eq!(receiver.received().len(), failures);

    // Enabled again, it gets what it missed when somebody asks.
    let (tenant, id) = (&made.endpoint.tenant, &made.endpoint.id);
    bench.broker.forget_health(tenant, id).await.unwrap();
    let enable = |endpoint: &mut common::webhook::Endpoint| endpoint.state = EndpointState::Enabled;
    bench.broker.change_endpoint(tenant, id, enable).await.unwrap().unwrap();
    let replayed = bench.broker.replay_delivery(tenant, id, &skipped.id).await.unwrap();
    assert!(matches!(replayed, Replayed::Queued(_)));
    bench.until(async || (receiver.received().len() == failures + 1).then_some(())).await;
    bench
        .until(async || {
            let health = bench.broker.health_of(tenant, id).await.unwrap();
            (health.taken_at.is_some()).then_some(health.failed_in_a_row)
        })
        .await;
    assert_eq!(bench.broker.health_of(tenant, id).await.unwrap().failed_in_a_row, 0);
    sending.stopped().await;
    stage.stopped().await;
}

#[tokio::test]
async fn a_receiver_that_says_that_it_is_gone_is_left_alone_at_once() {
    let bench = Bench::start().await;
    let receiver = Receiver::start([Reply::Status(410, "")]).await;
    let made = make(&bench.broker, wanted("default", &receiver.url())).await;
    let stage = refusing(&bench).await;
    let sending = send_on(&bench.broker, caller(receiver.address.port()), settings(&[50, 50]));
    failed(&bench, "default", "one").await;
    made.all(&bench, 1, DeliveryState::Failed).await;
    let state = bench
        .until(async || {
            let state = made.now(&bench).await.state;
            (state != EndpointState::Enabled).then_some(state)
        })
        .await;
    assert!(matches!(state, EndpointState::Disabled { reason: Stopped::Gone, .. }), "{state:?}");
    assert_eq!(receiver.received().len(), 1);
    sending.stopped().await;
    stage.stopped().await;
}

#[tokio::test]
async fn what_waits_for_a_webhook_that_is_paused_is_not_sent() {
    let bench = Bench::start().await;
    let receiver = Receiver::start([Reply::Status(503, "")]).await;
    let made = make(&bench.broker, wanted("default", &receiver.url())).await;
    let stage = refusing(&bench).await;
    let sending = send_on(&bench.broker, caller(receiver.address.port()), settings(&[1500]));
    failed(&bench, "default", "one").await;
    bench.until(async || (receiver.received().len() == 1).then_some(())).await;
    let (tenant, id) = (&made.endpoint.tenant, &made.endpoint.id);
    let pause = |endpoint: &mut common::webhook::Endpoint| endpoint.state = EndpointState::Paused;
    bench.broker.change_endpoint(tenant, id, pause).await.unwrap().unwrap();
    made.all(&bench, 1, DeliveryState::Skipped).await;
    assert_eq!(receiver.received().len(), 1);
    assert_eq!(bench.broker.health_of(tenant, id).await.unwrap(), Health::default());
    sending.stopped().await;
    stage.stopped().await;
}

#[tokio::test]
async fn a_webhook_that_is_removed_takes_everything_along_and_another_tenant_cannot() {
    let bench = Bench::start().await;
    let receiver = Receiver::start([Reply::Status(503, "")]).await;
    let made = make(&bench.broker, wanted("acme", &receiver.url())).await;
    let stage = refusing(&bench).await;
    let sending = send_on(&bench.broker, caller(receiver.address.port()), settings(&[1500]));
    failed(&bench, "acme", "one").await;
    bench.until(async || (receiver.received().len() == 1).then_some(())).await;
    let (tenant, id) = (&made.endpoint.tenant, &made.endpoint.id);
    let rival = "rival".parse().unwrap();
    assert!(!bench.broker.remove_endpoint(&rival, id).await.unwrap());
    assert_eq!(made.log(&bench).await.len(), 1);
    assert!(bench.broker.remove_endpoint(tenant, id).await.unwrap());
    assert!(!bench.broker.remove_endpoint(tenant, id).await.unwrap());
    bench.drained("INVOICE_CALLBACKS").await;
    bench.drained("KV_invoice_deliveries").await;
    bench.drained("KV_invoice_webhooks").await;
    failed(&bench, "acme", "two").await;
    sending.stopped().await;
    bench.drained("INVOICE_CALLBACKS").await;
    assert_eq!(receiver.received().len(), 1);
    stage.stopped().await;
}
