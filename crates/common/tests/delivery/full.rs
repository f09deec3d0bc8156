//! Streams that are full: clients are told at once, and nothing that was accepted is lost.

use std::time::{Duration, Instant};

use async_nats::jetstream::consumer::PullConsumer;
use common::jetstream::intake::NotAccepted;
use common::jetstream::place::Place;
use common::jetstream::publish::Unpublished;
use common::jetstream::runner::RunnerSettings;
use common::jetstream::sweeper::conclude_undelivered;
use common::stage::StageName;
use common::status::{State, StatusRecord};

use crate::support::{Bench, Conclude, Copy, CopyOn, Running, incoming, settings};

const EVENTS: &str = "INVOICE_EVENTS";
const STATUSES: &str = "KV_invoice_status";

/// Longer than a level that was seen is believed.
const LEVEL_FORGOTTEN: Duration = Duration::from_millis(1200);

fn refused_by(place: Place) -> impl Fn(&NotAccepted) -> bool {
    move |error| match error {
        NotAccepted::Unpublished(Unpublished::Full { place: full, .. }) => *full == place,
        _ => false,
    }
}

/// A last stage that is stopped without patience.
async fn concluding(bench: &Bench) -> Running {
    let settings = RunnerSettings { grace: Duration::from_millis(200), ..settings(1) };
    bench.run_with(Conclude::default(), settings).await
}

/// A document that has completed while the stream of events was full.
async fn completed_without_event(bench: &Bench) -> StatusRecord {
    bench.alter(EVENTS, |config| config.max_bytes = 10).await;
    let record = bench.upload("no room for its event").await;
    let stages = (bench.run(Copy::default(), 1).await, bench.run(CopyOn, 1).await);
    let last = concluding(bench).await;
    bench.reach(&record, State::Completed).await;
    // The service ends while it waits for room.
    tokio::time::sleep(Duration::from_millis(500)).await;
    tokio::join!(stages.0.stopped(), stages.1.stopped(), last.stopped());
    assert_eq!(bench.messages_in(EVENTS).await, 0);
    record
}

async fn make_room_for_events(bench: &Bench) {
    bench.alter(EVENTS, |config| config.max_bytes = 1 << 20).await;
}

#[tokio::test]
async fn a_full_first_queue_refuses_at_once_and_before_anything_is_stored() {
    let bench = Bench::start().await;
    bench.alter("INVOICE_PREPROCESS", |config| config.max_messages = 2).await;
    bench.upload("fits").await;
    // The broker itself refuses what comes before the level was looked at again.
    bench.upload("fits too").await;
    let early = bench.broker.accept(incoming("early")).await.unwrap_err();
    assert!(refused_by(Place::Queue(StageName::Preprocess))(&early), "{early}");
    tokio::time::sleep(LEVEL_FORGOTTEN).await;
    let before =
        (bench.messages_in(STATUSES).await, bench.messages_in("OBJ_invoice_uploads").await);
    let started = Instant::now();
    let refused = bench.broker.accept(incoming("late")).await.unwrap_err();
    assert!(refused_by(Place::Queue(StageName::Preprocess))(&refused), "{refused}");
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    let after = (bench.messages_in(STATUSES).await, bench.messages_in("OBJ_invoice_uploads").await);
    assert_eq!(after, before, "nothing of it is stored");
    let known = bench.broker.accept(incoming("fits")).await.unwrap();
    assert!(!known.new, "what is known is answered all the same");
}

#[tokio::test]
async fn a_full_store_of_uploads_refuses_and_keeps_nothing_half_written() {
    let bench = Bench::start().await;
    bench.alter("OBJ_invoice_uploads", |config| config.max_bytes = 700_000).await;
    let large = "x".repeat(1_000_000);
    let refused = bench.broker.accept(incoming(&large)).await.unwrap_err();
    assert!(refused_by(Place::Objects(common::object::Bucket::Uploads))(&refused), "{refused}");
    assert_eq!(bench.messages_in("OBJ_invoice_uploads").await, 0);
    assert_eq!(bench.messages_in(STATUSES).await, 0);
    bench.upload("a small one fits").await;
}

#[tokio::test]
async fn an_event_that_found_no_room_is_stored_by_the_next_service_when_there_is_some() {
    let bench = Bench::start().await;
    completed_without_event(&bench).await;
    make_room_for_events(&bench).await;
    let last = concluding(&bench).await;
    bench.until(async || (bench.messages_in(EVENTS).await == 1).then_some(())).await;
    bench.drained("INVOICE_EXTRACT").await;
    last.stopped().await;
}

#[tokio::test]
async fn an_event_that_waits_for_room_is_stored_when_there_is_some() {
    let bench = Bench::start().await;
    bench.alter(EVENTS, |config| config.max_bytes = 10).await;
    let stages = (bench.run(Copy::default(), 2).await, bench.run(CopyOn, 2).await);
    let last = bench.run(Conclude::default(), 2).await;
    for n in 0..5 {
        bench.upload(&format!("document {n}")).await;
    }
    bench.until(async || (bench.messages_in("INVOICE_EXTRACT").await == 5).then_some(())).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let extract = bench.raw.get_stream("INVOICE_EXTRACT").await.unwrap();
    let leased = extract.consumer_info("extract").await.unwrap().num_ack_pending;
    assert_eq!(leased, 2, "a stage whose workers all wait takes no more");
    make_room_for_events(&bench).await;
    bench.drained("INVOICE_EXTRACT").await;
    assert_eq!(bench.messages_in(EVENTS).await, 5);
    tokio::join!(stages.0.stopped(), stages.1.stopped(), last.stopped());
}

#[tokio::test]
async fn an_event_whose_job_is_not_delivered_any_more_is_stored_by_the_sweeper() {
    let bench = Bench::start().await;
    let extract = bench.raw.get_stream("INVOICE_EXTRACT").await.unwrap();
    let consumer: PullConsumer = extract.get_consumer("extract").await.unwrap();
    let mut config = async_nats::jetstream::consumer::pull::Config {
        durable_name: Some("extract".to_owned()),
        ack_wait: Duration::from_secs(1),
        ..Default::default()
    };
    let found = &consumer.cached_info().config;
    (config.max_deliver, config.metadata) = (1, found.metadata.clone());
    (config.max_ack_pending, config.filter_subject) =
        (found.max_ack_pending, found.filter_subject.clone());
    config.description = found.description.clone();
    extract.update_consumer(config).await.unwrap();

    completed_without_event(&bench).await;
    let last = concluding(&bench).await;
    bench
        .until(async || {
            let info = extract.consumer_info("extract").await.unwrap();
            (info.num_ack_pending == 0).then_some(())
        })
        .await;
    assert_eq!(bench.messages_in("INVOICE_EXTRACT").await, 1, "nobody is given it any more");
    assert!(conclude_undelivered(&bench.broker).await.is_err(), "there is no room yet");
    make_room_for_events(&bench).await;
    assert_eq!(conclude_undelivered(&bench.broker).await.unwrap(), 1);
    assert_eq!(bench.messages_in(EVENTS).await, 1);
    assert_eq!(bench.messages_in("INVOICE_EXTRACT").await, 0);
    last.stopped().await;
}

#[tokio::test]
async fn a_filling_store_of_statuses_refuses_new_documents_and_lets_others_complete() {
    let bench = Bench::start().await;
    let mut records = Vec::new();
    for n in 0..30 {
        records.push(bench.upload(&format!("document {n}")).await);
    }
    let bytes = bench.broker.level(Place::Statuses).await.unwrap().bytes;
    let limit = i64::try_from(bytes * 100 / 81).unwrap();
    bench.alter(STATUSES, |config| config.max_bytes = limit).await;
    tokio::time::sleep(LEVEL_FORGOTTEN).await;
    let refused = bench.broker.accept(incoming("one more")).await.unwrap_err();
    assert!(refused_by(Place::Statuses)(&refused), "{refused}");
    let stages = (
        bench.run(Copy::default(), 2).await,
        bench.run(CopyOn, 2).await,
        bench.run(Conclude::default(), 2).await,
    );
    for record in &records {
        bench.reach(record, State::Completed).await;
    }
    tokio::join!(stages.0.stopped(), stages.1.stopped(), stages.2.stopped());
}

#[tokio::test]
async fn a_full_store_of_statuses_loses_nothing_that_was_accepted() {
    let bench = Bench::start().await;
    let mut records = Vec::new();
    for n in 0..5 {
        records.push(bench.upload(&format!("document {n}")).await);
    }
    let bytes = bench.broker.level(Place::Statuses).await.unwrap().bytes;
    bench.alter(STATUSES, |config| config.max_bytes = i64::try_from(bytes).unwrap()).await;
    let stages = (
        bench.run(Copy::default(), 2).await,
        bench.run(CopyOn, 2).await,
        bench.run(Conclude::default(), 2).await,
    );
    tokio::time::sleep(Duration::from_secs(2)).await;
    for record in &records {
        assert_eq!(bench.status(record).await.state, State::Queued, "nobody can claim it");
    }
    bench.alter(STATUSES, |config| config.max_bytes = 1 << 30).await;
    for record in &records {
        bench.reach(record, State::Completed).await;
    }
    bench.drained("INVOICE_EXTRACT").await;
    assert_eq!(bench.messages_in(EVENTS).await, 5);
    tokio::join!(stages.0.stopped(), stages.1.stopped(), stages.2.stopped());
}

#[tokio::test]
async fn a_full_queue_holds_the_stage_before_it() {
    let bench = Bench::start().await;
    bench.alter("INVOICE_OCR", |config| config.max_messages = 1).await;
    let mut records = Vec::new();
    for n in 0..4 {
        records.push(bench.upload(&format!("document {n}")).await);
    }
    let first = bench.run(Copy::default(), 2).await;
    bench.until(async || (bench.messages_in("INVOICE_OCR").await == 1).then_some(())).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(bench.messages_in("INVOICE_PREPROCESS").await, 3, "none is lost, none goes on");
    let others = (bench.run(CopyOn, 1).await, bench.run(Conclude::default(), 1).await);
    for record in &records {
        bench.reach(record, State::Completed).await;
    }
    tokio::join!(first.stopped(), others.0.stopped(), others.1.stopped());
}
