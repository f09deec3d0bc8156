//! Whatever dies meanwhile, every event is sent, and under one name.

use std::collections::BTreeSet;
use std::time::Duration;

use async_nats::jetstream::consumer::{PullConsumer, pull};
use common::jetstream::broker::Broker;
use common::webhook::{DeliveryState, Said};

use super::desk::{caller, failed, make, refusing, send_on, settings, wanted};
use crate::receiver::{Receiver, Reply};
use crate::support::Bench;
use crate::users::{Guarded, eventually};

/// So short that what a killed gateway had comes again soon.
const ACK_WAIT: Duration = Duration::from_secs(2);

#[tokio::test]
async fn a_broker_that_is_killed_between_two_attempts_forgets_neither() {
    let mut bench = Bench::start().await;
    let receiver = Receiver::start([Reply::Status(503, "")]).await;
    let made = make(&bench.broker, wanted("default", &receiver.url())).await;
    let stage = refusing(&bench).await;
    let sending = send_on(&bench.broker, caller(receiver.address.port()), settings(&[3000]));
    failed(&bench, "default", "one").await;
    bench
        .until(async || {
            let log = made.log(&bench).await;
            (log.first()?.attempts.first()?.said.is_some()).then_some(())
        })
        .await;
    bench.server.kill();
    bench.server.restart();
    let log = made.all(&bench, 1, DeliveryState::Delivered).await;
    let received = receiver.received();
    assert_eq!(received[0].header("webhook-id"), log[0].id.as_str());
    assert!(received.iter().all(|one| one.header("webhook-id") == log[0].id.as_str()));
    let pause = log[0].attempts[1].at.duration_since(log[0].attempts[0].at);
    assert!(pause.as_millis() >= 2000, "not earlier because of the restart: {pause:?}");
    sending.stopped().await;
    stage.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_dies_before_it_could_note_the_answer_sends_again_under_the_same_name() {
    let bench = Bench::start().await;
    let receiver = Receiver::start([Reply::Silence]).await;
    let made = make(&bench.broker, wanted("default", &receiver.url())).await;
    let consumer: PullConsumer =
        bench.raw.get_consumer_from_stream("deliver", "INVOICE_CALLBACKS").await.unwrap();
    let config = pull::Config { ack_wait: ACK_WAIT, ..consumer_config(&consumer) };
    let stream = bench.raw.get_stream("INVOICE_CALLBACKS").await.unwrap();
    stream.update_consumer(config).await.unwrap();

    let stage = refusing(&bench).await;
    // A gateway on threads of its own, all of which end at once.
    let doomed = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (url, port) = (bench.server.url(), receiver.address.port());
    let broker_settings = bench.config.broker.clone();
    doomed.spawn(async move {
        let broker = Broker::connect(&url, "doomed", &broker_settings).await.unwrap();
        let _sending = send_on(&broker, caller(port), settings(&[50]));
        std::future::pending::<()>().await;
    });
    failed(&bench, "default", "one").await;
    bench.until(async || (receiver.received().len() == 1).then_some(())).await;
    doomed.shutdown_background();

    let sending = send_on(&bench.broker, caller(port), settings(&[50, 50]));
    let log = made.all(&bench, 1, DeliveryState::Delivered).await;
    let names: BTreeSet<String> =
        receiver.received().iter().map(|one| one.header("webhook-id").to_owned()).collect();
    assert_eq!(names, BTreeSet::from([log[0].id.to_string()]));
    assert_eq!(receiver.received().len(), 2);
    // The first attempt counts, though nobody knows what came of it.
    let said: Vec<Option<Said>> = log[0].attempts.iter().map(|a| a.said.clone()).collect();
    assert_eq!(said, [None, Some(Said::Status(204))]);
    sending.stopped().await;
    stage.stopped().await;
}

fn consumer_config(consumer: &PullConsumer) -> pull::Config {
    let config = consumer.cached_info().config.clone();
    pull::Config {
        durable_name: config.durable_name,
        name: config.name,
        description: config.description,
        filter_subject: config.filter_subject,
        max_deliver: config.max_deliver,
        max_ack_pending: config.max_ack_pending,
        metadata: config.metadata,
        ..pull::Config::default()
    }
}

#[tokio::test]
async fn events_that_are_taken_again_and_gateways_that_share_them_send_each_once() {
    let bench = Bench::start().await;
    let receiver = Receiver::start([]).await;
    let made = make(&bench.broker, wanted("default", &receiver.url())).await;
    let stage = refusing(&bench).await;
    let port = receiver.address.port();
    let other = Broker::connect(&bench.server.url(), "other", &bench.config.broker).await.unwrap();
    let gateways = [
        send_on(&bench.broker, caller(port), settings(&[])),
        send_on(&other, caller(port), settings(&[])),
    ];
    for number in 0..12 {
        failed(&bench, "default", &format!("document {number}")).await;
    }
    made.all(&bench, 12, DeliveryState::Delivered).await;

    // The consumer loses its place, and takes everything from the beginning.
    let stream = bench.raw.get_stream("INVOICE_EVENTS").await.unwrap();
    let consumer: PullConsumer = stream.get_consumer("webhooks").await.unwrap();
    let config = pull::Config { headers_only: true, ..consumer_config(&consumer) };
    stream.delete_consumer("webhooks").await.unwrap();
    let consumer = stream.create_consumer(config).await.unwrap();
    bench
        .until(async || {
            let info = consumer.get_info().await.unwrap();
            (info.num_pending == 0 && info.num_ack_pending == 0).then_some(())
        })
        .await;
    bench.drained("INVOICE_CALLBACKS").await;
    for gateway in gateways {
        gateway.stopped().await;
    }
    let names: BTreeSet<String> =
        receiver.received().iter().map(|one| one.header("webhook-id").to_owned()).collect();
    assert_eq!((names.len(), receiver.received().len()), (12, 12));
    stage.stopped().await;
}

#[tokio::test]
async fn all_that_webhooks_need_is_allowed_to_the_gateway() {
    let guarded = Guarded::start().await;
    let broker = guarded.connect("gateway").await;
    let receiver = Receiver::start([Reply::Status(503, "")]).await;
    let made = make(&broker, wanted("default", &receiver.url())).await;
    let encrypted = common::error::StageError::rejected("document_encrypted", "needs a password");
    let stage = crate::support::run_on(
        &guarded.connect("preprocess").await,
        crate::support::Fail::times(1, encrypted),
        crate::support::settings(1),
    )
    .await;
    let sending = send_on(&broker, caller(receiver.address.port()), settings(&[50]));
    let record = broker.accept(crate::support::incoming("one")).await.unwrap().record;
    let (tenant, id) = (&made.endpoint.tenant, &made.endpoint.id);
    let taken = eventually(async || {
        let page = broker.deliveries_of(tenant, id, None, None, 9).await.unwrap();
        page.deliveries.into_iter().find(|d| d.state == DeliveryState::Delivered)
    })
    .await;
    broker.call_back(tenant, &record.id, &receiver.url()).await.unwrap();
    broker.replay_delivery(tenant, id, &taken.id).await.unwrap();
    eventually(async || (receiver.received().len() == 3).then_some(())).await;
    assert_eq!(broker.endpoints_of(tenant).await.unwrap().len(), 1);
    eventually(async || {
        let health = broker.health_of(tenant, id).await.unwrap();
        health.taken_at.map(drop)
    })
    .await;
    assert!(broker.remove_endpoint(tenant, id).await.unwrap());
    sending.stopped().await;
    stage.stopped().await;
    assert_eq!(guarded.violations(), Vec::<String>::new());
}
