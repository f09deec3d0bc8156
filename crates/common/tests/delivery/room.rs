//! A slow stage stops the one before it, and fills neither the store nor the disk.

use std::time::Duration;

use common::jetstream::place::Place;
use common::object::Bucket;
use common::stage::StageName;
use common::status::State;

use crate::support::{Bench, Conclude, Rasters, Words};

const WORK: &str = "OBJ_invoice_work";

const STORE: Place = Place::Objects(Bucket::Work);

#[tokio::test]
async fn a_slow_stage_stops_the_one_before_it_and_then_all_documents_complete() {
    let bench = Bench::start().await;
    bench.alter(WORK, |config| config.max_bytes = 8 << 20).await;
    let mut records = Vec::new();
    for n in 0..36 {
        records.push(bench.upload(&format!("document {n}")).await);
    }
    // Nobody recognises anything. Pictures of all documents would be 10.8 MB.
    let first = bench.run(Rasters { pages: 3, page_bytes: 100_000 }, 2).await;
    let mut handed_on = 0;
    let mut seen_at = tokio::time::Instant::now();
    bench
        .until(async || {
            let now = bench.messages_in("INVOICE_OCR").await;
            if now > handed_on {
                (handed_on, seen_at) = (now, tokio::time::Instant::now());
            }
            (handed_on > 0 && seen_at.elapsed() > Duration::from_secs(4)).then_some(())
        })
        .await;
    let stalled = bench.raw.get_stream(WORK).await.unwrap().cached_info().clone();
    let waiting = bench.messages_in("INVOICE_PREPROCESS").await;

    // Words are larger than the gap that a picture does not fit into.
    let stages = (
        bench.run(Words { bytes: 104_000, takes: Duration::from_millis(250) }, 1).await,
        bench.run(Conclude::default(), 1).await,
        bench.sweep(),
    );
    for record in &records {
        bench.reach(record, State::Completed).await;
    }
    let (bytes, max_bytes) = (stalled.state.bytes, stalled.config.max_bytes as u64);
    assert!(
        bytes * 100 < max_bytes * 90,
        "{bytes} of {max_bytes}: nothing left for the next stage"
    );
    assert!(bytes * 100 > max_bytes * 70, "{bytes} of {max_bytes}: it stopped too early");
    assert!(waiting > 0, "what finds no room waits in its queue");
    tokio::join!(first.stopped(), stages.0.stopped(), stages.1.stopped(), stages.2.stopped());
}

#[tokio::test]
async fn of_jobs_that_are_stuck_half_way_the_oldest_goes_on() {
    let bench = Bench::start().await;
    bench.alter(WORK, |config| config.max_bytes = 2 << 20).await;
    let mut records = Vec::new();
    for n in 0..3 {
        records.push(bench.upload(&format!("large document {n}")).await);
    }
    // One of them fits, two do not.
    let running = bench.run(Rasters { pages: 12, page_bytes: 100_000 }, 3).await;
    let oldest = &records[0];
    bench.until(async || (bench.status(oldest).await.stage == StageName::Ocr).then_some(())).await;
    for record in &records[1..] {
        let status = bench.reach(record, State::Queued).await;
        assert_eq!((status.stage, status.attempt), (StageName::Preprocess, 0), "untried");
    }
    // What they had written is gone with them.
    bench
        .until(async || {
            let level = bench.broker.level(STORE).await.unwrap();
            (level.bytes < 1_300_000).then_some(())
        })
        .await;
    assert_eq!(bench.messages_in("INVOICE_PREPROCESS").await, 2);
    running.stopped().await;
}

#[tokio::test]
async fn a_document_that_no_store_of_this_size_can_hold_fails_and_does_not_wait_for_ever() {
    let bench = Bench::start().await;
    bench.alter(WORK, |config| config.max_bytes = 1 << 20).await;
    let record = bench.upload("endless").await;
    let running = bench.run(Rasters { pages: 12, page_bytes: 100_000 }, 1).await;
    let failed = bench.reach(&record, State::Failed).await;
    let error = failed.error.unwrap();
    assert_eq!(error.code, "work_store_too_small");
    assert!(error.message.contains("retention.work_max_bytes"), "{}", error.message);
    running.stopped().await;
}

#[tokio::test]
async fn a_stage_that_waits_for_room_stops_when_it_is_told_to() {
    let bench = Bench::start().await;
    let record = bench.upload("first").await;
    let running = bench.run(Rasters { pages: 1, page_bytes: 100_000 }, 1).await;
    bench.until(async || (bench.status(&record).await.stage == StageName::Ocr).then_some(())).await;
    bench.alter(WORK, |config| config.max_bytes = 110_000).await;
    let waiting = bench.upload("second").await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    running.stopped().await;
    let status = bench.status(&waiting).await;
    assert_eq!((status.state, status.attempt), (State::Queued, 0));
    assert_eq!(bench.messages_in("INVOICE_PREPROCESS").await, 1);
}
