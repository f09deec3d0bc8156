//! What is kept expires, and what comes again after that is new.

use std::time::Duration;

use async_nats::jetstream::message::PublishMessage;
use common::object::ObjectStore;
use common::status::State;

use crate::support::{Bench, Conclude, Copy, CopyOn, incoming};

const STATUSES: &str = "KV_invoice_status";
const EVENTS: &str = "INVOICE_EVENTS";

/// Everything that is kept of a document, for a time that the configuration or the topology says.
const KEPT: [&str; 4] = [STATUSES, EVENTS, "OBJ_invoice_uploads", "OBJ_invoice_work"];

/// The subject of an event of another tenant, to ask the broker what it remembers.
const PROBE: &str = "invoice.extracted.probe.probe.1";

/// Publishes the probe under its message id; whether the broker still remembered the id and dropped it.
async fn probe_is_remembered(bench: &Bench) -> bool {
    let message = PublishMessage::build().message_id("probe");
    bench.raw.send_publish(PROBE, message).await.unwrap().await.unwrap().duplicate
}

/// Lets all that is in the stream expire, and nothing that comes later.
async fn expire(bench: &Bench, stream: &str) {
    let short = Duration::from_millis(200);
    if stream == EVENTS {
        probe_is_remembered(bench).await;
    }
    let (mut max_age, mut window) = (Duration::ZERO, Duration::ZERO);
    bench
        .alter(stream, |config| {
            (max_age, window) = (config.max_age, config.duplicate_window);
            (config.max_age, config.duplicate_window) = (short, window.min(short));
        })
        .await;
    bench.until(async || (bench.messages_in(stream).await == 0).then_some(())).await;
    if stream == EVENTS {
        // Messages and message ids are let go by two timers of the broker; ids in the order in which they
        // came, so with the probe's, which came last, the event's is gone too.
        bench.until(async || (!probe_is_remembered(bench).await).then_some(())).await;
        bench.until(async || (bench.messages_in(stream).await == 0).then_some(())).await;
    }
    bench
        .alter(stream, |config| (config.max_age, config.duplicate_window) = (max_age, window))
        .await;
}

/// As if the document had come so long ago that queues and events have forgotten its message ids. Said before the first
/// message: the broker goes by the window that it had when it last wound up its timer, minutes else.
async fn forget_ids(bench: &Bench) {
    for stream in ["INVOICE_PREPROCESS", "INVOICE_OCR", "INVOICE_EXTRACT", EVENTS] {
        bench.alter(stream, |config| config.duplicate_window = Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn what_is_kept_of_a_document_expires_and_the_same_upload_is_a_new_one() {
    let bench = Bench::start().await;
    forget_ids(&bench).await;
    let stages = (
        bench.run(Copy::default(), 1).await,
        bench.run(CopyOn, 1).await,
        bench.run(Conclude::default(), 1).await,
    );
    let record = bench.upload("comes again").await;
    bench.reach(&record, State::Completed).await;
    bench.drained("INVOICE_EXTRACT").await;
    for stream in KEPT {
        assert!(bench.messages_in(stream).await > 0, "{stream}");
        expire(&bench, stream).await;
    }
    assert!(bench.broker.status(&record.id).await.unwrap().is_none());
    let original = bench.broker.read(&record.original).await.unwrap_err();
    assert_eq!(original.code, "object_missing");

    let again = bench.broker.accept(incoming("comes again")).await.unwrap();
    assert!(again.new);
    assert_eq!((&again.record.id, again.record.generation), (&record.id, 1));
    bench.reach(&record, State::Completed).await;
    bench.drained("INVOICE_EXTRACT").await;
    assert_eq!(bench.messages_in(EVENTS).await, 1, "the event of its second life");
    tokio::join!(stages.0.stopped(), stages.1.stopped(), stages.2.stopped());
}

#[tokio::test]
async fn an_event_that_outlives_its_status_is_not_published_again() {
    // The configuration does not allow it; an operator who changes a stream by hand can.
    let bench = Bench::start().await;
    forget_ids(&bench).await;
    let stages = (
        bench.run(Copy::default(), 1).await,
        bench.run(CopyOn, 1).await,
        bench.run(Conclude::default(), 1).await,
    );
    let record = bench.upload("forgotten too early").await;
    bench.reach(&record, State::Completed).await;
    bench.drained("INVOICE_EXTRACT").await;
    expire(&bench, STATUSES).await;
    assert!(bench.broker.accept(incoming("forgotten too early")).await.unwrap().new);
    bench.reach(&record, State::Completed).await;
    bench.drained("INVOICE_EXTRACT").await;
    let events = bench.raw.get_stream(EVENTS).await.unwrap().cached_info().state.clone();
    assert_eq!((events.messages, events.last_sequence), (1, 1));
    tokio::join!(stages.0.stopped(), stages.1.stopped(), stages.2.stopped());
}
