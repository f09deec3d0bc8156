//! What receivers get.

use common::jetstream::names;
use common::jetstream::webhooks::log::Replayed;
use common::webhook::signature::sign;
use common::webhook::{DeliveryState, Kinds, Said, Secret};
use jiff::Timestamp;

use super::desk::{caller, failed, make, refusing, send_on, settings, wanted};
use crate::receiver::{Received, Receiver, Reply};
use crate::support::{Bench, Conclude, Copy, CopyOn};

/// Whether `received` is signed with `secret`, by the whole of its header or by one signature in it.
fn is_signed(received: &Received, secret: &Secret) -> bool {
    let timestamp = received.header("webhook-timestamp").parse().unwrap();
    let signature = sign([secret], received.header("webhook-id"), timestamp, &received.body);
    received.header("webhook-signature").split(' ').any(|one| one == signature)
}

#[tokio::test]
async fn an_event_is_sent_signed_to_each_webhook_of_its_tenant_and_to_no_other() {
    let bench = Bench::start().await;
    let (first, second) = (Receiver::start([]).await, Receiver::start([]).await);
    let own = make(&bench.broker, wanted("acme", &first.url())).await;
    let also = make(&bench.broker, wanted("acme", &first.url())).await;
    let others = make(&bench.broker, wanted("rival", &first.url())).await;
    let elsewhere = wanted("acme", &second.url());
    let kinds = Kinds::parse(["invoice.extracted"]).unwrap();
    let picky = make(&bench.broker, common::webhook::NewEndpoint { kinds, ..elsewhere }).await;
    let stage = refusing(&bench).await;
    let sending = send_on(&bench.broker, caller(first.address.port()), settings(&[]));
    let record = failed(&bench, "acme", "one").await;
    for made in [&own, &also] {
        made.all(&bench, 1, DeliveryState::Delivered).await;
    }

    let received = first.received();
    assert_eq!(received.len(), 2);
    let subject = format!("invoice.failed.acme.{}.1", record.id);
    let stream = bench.raw.get_stream(names::EVENTS_STREAM).await.unwrap();
    let event = stream.get_last_raw_message_by_subject(&subject).await.unwrap();
    for request in &received {
        assert_eq!(request.path, "/hook");
        assert_eq!(request.body, event.payload, "the event as it is stored");
        assert_eq!(request.header("content-type"), "application/json");
        assert_eq!(request.header("ce-id"), subject);
        assert_eq!(request.header("ce-type"), "invoice.failed");
        assert_eq!(request.header("ce-subject"), record.id.as_str());
        assert!(request.header("user-agent").starts_with("invoice-ocr/"));
        let age = Timestamp::now().as_second()
            - request.header("webhook-timestamp").parse::<i64>().unwrap();
        assert!((0..60).contains(&age), "{age}");
        assert!(!request.headers.contains_key("correlation-id"), "{:?}", request.headers);
    }
    for made in [&own, &also] {
        assert_eq!(received.iter().filter(|one| is_signed(one, &made.secret)).count(), 1);
        let id = made.log(&bench).await[0].id.to_string();
        assert_eq!(received.iter().filter(|one| one.header("webhook-id") == id).count(), 1);
    }
    assert!(others.log(&bench).await.is_empty(), "another tenant's");
    assert!(picky.log(&bench).await.is_empty() && second.received().is_empty(), "another kind");
    sending.stopped().await;
    stage.stopped().await;
}

#[tokio::test]
async fn results_are_sent_and_nothing_from_before_a_webhook_was_made() {
    let bench = Bench::start().await;
    let receiver = Receiver::start([]).await;
    let stages = (
        bench.run(Copy::default(), 1).await,
        bench.run(CopyOn, 1).await,
        bench.run(Conclude::default(), 1).await,
    );
    let before = bench.upload("before").await;
    bench.reach(&before, common::status::State::Completed).await;
    for queue in ["INVOICE_PREPROCESS", "INVOICE_OCR", "INVOICE_EXTRACT"] {
        bench.drained(queue).await;
    }
    let made = make(&bench.broker, wanted("default", &receiver.url())).await;
    let sending = send_on(&bench.broker, caller(receiver.address.port()), settings(&[]));
    let after = bench.upload("after").await;
    made.all(&bench, 1, DeliveryState::Delivered).await;
    let received = receiver.received();
    let body: serde_json::Value = serde_json::from_slice(&received[0].body).unwrap();
    assert_eq!((received.len(), &body["id"]), (1, &after.id.as_str().into()));
    assert_eq!(received[0].header("ce-type"), "invoice.extracted");
    sending.stopped().await;
    tokio::join!(stages.0.stopped(), stages.1.stopped(), stages.2.stopped());
}

#[tokio::test]
async fn a_receiver_that_fails_is_asked_again_under_the_same_name() {
    let bench = Bench::start().await;
    let receiver =
        Receiver::start([Reply::Status(503, "Retry-After: 1\r\n"), Reply::Silence]).await;
    let made = make(&bench.broker, wanted("default", &receiver.url())).await;
    let stage = refusing(&bench).await;
    let sending = send_on(&bench.broker, caller(receiver.address.port()), settings(&[50, 50]));
    failed(&bench, "default", "one").await;
    let log = made.all(&bench, 1, DeliveryState::Delivered).await;

    let received = receiver.received();
    assert_eq!(received.len(), 3);
    assert!(received.iter().all(|one| one.header("webhook-id") == log[0].id.as_str()));
    assert!(received.iter().all(|one| is_signed(one, &made.secret)));
    let said: Vec<Said> =
        log[0].attempts.iter().map(|attempt| attempt.said.clone().unwrap()).collect();
    let timed_out = Said::Error("timed_out".to_owned());
    assert_eq!(said, [Said::Status(503), timed_out, Said::Status(204)]);
    let pause = log[0].attempts[1].at.duration_since(log[0].attempts[0].at);
    assert!(pause.as_millis() >= 950, "as the receiver has asked: {pause:?}");
    sending.stopped().await;
    stage.stopped().await;
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_an_address_that_is_not_allowed_is_not_called() {
    let bench = Bench::start().await;
    let secret_place = Receiver::start([]).await;
    let location: &'static str =
        Box::leak(format!("Location: {}\r\n", secret_place.url()).into_boxed_str());
    let receiver = Receiver::start([Reply::Status(307, location)]).await;
    let redirected = make(&bench.broker, wanted("default", &receiver.url())).await;
    let stage = refusing(&bench).await;
    let sending = send_on(&bench.broker, caller(receiver.address.port()), settings(&[]));
    // Good when it was made, say; its port and its address are looked at each time.
    let forbidden = [
        make(&bench.broker, wanted("default", &secret_place.url())).await,
        make(&bench.broker, wanted("default", &receiver.url().replace("127.0.0.1", "127.0.0.2")))
            .await,
    ];
    failed(&bench, "default", "one").await;

    let log = redirected.all(&bench, 1, DeliveryState::Failed).await;
    assert_eq!(log[0].attempts[0].said, Some(Said::Status(307)));
    for made in &forbidden {
        let log = made.all(&bench, 1, DeliveryState::Failed).await;
        let refused = Said::Error("address_refused".to_owned());
        assert_eq!(log[0].attempts[0].said, Some(refused));
    }
    assert!(secret_place.received().is_empty());
    assert_eq!(receiver.received().len(), 1);
    sending.stopped().await;
    stage.stopped().await;
}

#[tokio::test]
async fn while_secrets_are_exchanged_receivers_who_know_either_are_content() {
    let bench = Bench::start().await;
    let receiver = Receiver::start([]).await;
    let made = make(&bench.broker, wanted("default", &receiver.url())).await;
    let new = Secret::generate().unwrap();
    let (tenant, id) = (&made.endpoint.tenant, &made.endpoint.id);
    let rotate = |endpoint: &mut common::webhook::Endpoint| {
        endpoint.rotate(new.clone(), Timestamp::now());
    };
    bench.broker.change_endpoint(tenant, id, rotate).await.unwrap().unwrap();
    let stage = refusing(&bench).await;
    let sending = send_on(&bench.broker, caller(receiver.address.port()), settings(&[]));
    failed(&bench, "default", "one").await;
    made.all(&bench, 1, DeliveryState::Delivered).await;
    let received = receiver.received();
    assert!(is_signed(&received[0], &new) && is_signed(&received[0], &made.secret));
    sending.stopped().await;
    stage.stopped().await;
}

#[tokio::test]
async fn what_was_sent_is_sent_once_more_under_the_same_name_when_somebody_asks() {
    let bench = Bench::start().await;
    let receiver = Receiver::start([]).await;
    let made = make(&bench.broker, wanted("default", &receiver.url())).await;
    let stage = refusing(&bench).await;
    let sending = send_on(&bench.broker, caller(receiver.address.port()), settings(&[]));
    failed(&bench, "default", "one").await;
    let log = made.all(&bench, 1, DeliveryState::Delivered).await;
    let (tenant, id) = (&made.endpoint.tenant, &made.endpoint.id);
    let replayed = bench.broker.replay_delivery(tenant, id, &log[0].id).await.unwrap();
    assert!(matches!(replayed, Replayed::Queued(_)), "{replayed:?}");
    bench.until(async || (receiver.received().len() == 2).then_some(())).await;
    let received = receiver.received();
    assert_eq!(received[0].header("webhook-id"), received[1].header("webhook-id"));
    assert_eq!(received[0].body, received[1].body);
    let log = made.all(&bench, 1, DeliveryState::Delivered).await;
    assert_eq!((log[0].round, log[0].attempts.len()), (2, 2));

    let stranger = "rival".parse().unwrap();
    let foreign = bench.broker.replay_delivery(&stranger, id, &log[0].id).await.unwrap();
    assert_eq!(foreign, Replayed::NotFound);
    sending.stopped().await;
    stage.stopped().await;
}

#[tokio::test]
async fn the_address_that_an_upload_brought_is_called_once_its_document_has_ended() {
    let bench = Bench::start().await;
    let receiver = Receiver::start([]).await;
    let new = common::webhook::NewEndpoint { url: None, ..wanted("default", "") };
    let made = make(&bench.broker, new).await;
    let sending = send_on(&bench.broker, caller(receiver.address.port()), settings(&[]));
    let (with, without) = (bench.upload("with").await, bench.upload("without").await);
    let tenant = &made.endpoint.tenant;
    bench.broker.call_back(tenant, &with.id, &receiver.url()).await.unwrap();
    let stage = refusing(&bench).await;
    bench.reach(&without, common::status::State::Failed).await;
    let log = made.all(&bench, 1, DeliveryState::Delivered).await;
    assert_eq!((&log[0].document, log[0].url.as_deref()), (&with.id, Some(&*receiver.url())));
    assert!(is_signed(&receiver.received()[0], &made.secret));

    // One that has ended already is told of at once.
    bench.drained("INVOICE_PREPROCESS").await;
    bench.broker.call_back(tenant, &without.id, &receiver.url()).await.unwrap();
    made.all(&bench, 2, DeliveryState::Delivered).await;
    assert_eq!(receiver.received().len(), 2);
    sending.stopped().await;
    stage.stopped().await;
}
