//! What cannot be finished: kept with its cause, replayed once the cause is gone.

use std::sync::atomic::Ordering;

use common::error::StageError;
use common::jetstream::dead_letters::DeadLetterError;
use common::stage::StageName;
use common::status::State;

use crate::support::{Bench, Conclude, Copy, CopyOn, Fail};

const QUEUE: &str = "INVOICE_PREPROCESS";

#[tokio::test]
async fn the_last_failed_attempt_makes_a_dead_letter_and_a_replay_completes_it() {
    let bench = Bench::start().await;
    let record = bench.upload("dead").await;
    let stage = Fail::times(3, StageError::internal("worker_crashed", "signal 11"));
    let (runs, running) = (stage.runs.clone(), bench.run(stage, 1).await);
    let failed = bench.reach(&record, State::Failed).await;
    bench.drained(QUEUE).await;
    assert_eq!(runs.load(Ordering::SeqCst), 3);
    assert_eq!(failed.error.as_ref().unwrap().code, "worker_crashed");

    let kept = bench.broker.dead_letter(record.id.as_str()).await.unwrap();
    assert_eq!(kept.letter.error, failed.error.unwrap());
    assert_eq!(kept.letter.attempts, 3);
    assert_eq!(kept.letter.payload, record.job().encode().unwrap());
    assert!(kept.letter.headers.iter().any(|(name, _)| name == "Invoice-Version"));
    let events = bench.raw.get_stream("INVOICE_EVENTS").await.unwrap();
    let subject = format!("invoice.failed.default.{}.1", record.id);
    let event = events.get_last_raw_message_by_subject(&subject).await.unwrap();
    let event: serde_json::Value = serde_json::from_slice(&event.payload).unwrap();
    assert_eq!(event["schema"], "invoice.failed/1");
    assert_eq!(event["error"]["stage"], "preprocess");

    // The cause is gone: the stage has no failures left.
    let others = (bench.run(CopyOn, 1).await, bench.run(Conclude::default(), 1).await);
    assert_eq!(bench.broker.replay(record.id.as_str()).await.unwrap(), Some(2));
    let done = bench.reach(&record, State::Completed).await;
    assert_eq!(done.generation, 2);
    assert_eq!(bench.messages_in("INVOICE_DEAD").await, 0);
    tokio::join!(running.stopped(), others.0.stopped(), others.1.stopped());
}

#[tokio::test]
async fn a_rejected_document_is_not_tried_again() {
    let bench = Bench::start().await;
    let record = bench.upload("encrypted").await;
    let stage = Fail::times(9, StageError::rejected("document_encrypted", "needs a password"));
    let (runs, running) = (stage.runs.clone(), bench.run(stage, 1).await);
    bench.reach(&record, State::Failed).await;
    bench.drained(QUEUE).await;
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    running.stopped().await;
}

#[tokio::test]
async fn only_a_failed_document_can_be_replayed() {
    let bench = Bench::start().await;
    let missing = bench.broker.replay("nobody").await.unwrap_err();
    assert!(matches!(missing, DeadLetterError::NotFound(_)), "{missing}");
}

#[tokio::test]
async fn a_failed_document_is_replayed_also_without_its_letter() {
    let bench = Bench::start().await;
    let record = bench.upload("letterless").await;
    let stage = Fail::times(1, StageError::rejected("document_damaged", "no pages"));
    let running = bench.run(stage, 1).await;
    bench.reach(&record, State::Failed).await;
    bench.drained(QUEUE).await;
    // As newer letters do in a stream that is full.
    bench.raw.get_stream("INVOICE_DEAD").await.unwrap().purge().await.unwrap();
    assert_eq!(bench.broker.replay(record.id.as_str()).await.unwrap(), Some(2));
    bench.until(async || (bench.status(&record).await.stage == StageName::Ocr).then_some(())).await;
    let moved_on = bench.broker.replay(record.id.as_str()).await.unwrap_err();
    assert!(matches!(moved_on, DeadLetterError::NotFailed { .. }), "{moved_on}");
    let unknown = bench.broker.replay(&"a".repeat(64)).await.unwrap_err();
    assert!(matches!(unknown, DeadLetterError::NotFound(_)), "{unknown}");
    running.stopped().await;
}

#[tokio::test]
async fn a_wildcard_is_nobodys_name() {
    let bench = Bench::start().await;
    let record = bench.upload("kept").await;
    let stage = Fail::times(9, StageError::rejected("document_encrypted", "needs a password"));
    let running = bench.run(stage, 1).await;
    bench.reach(&record, State::Failed).await;
    bench.drained(QUEUE).await;
    for name in ["*", ">", ""] {
        let refused = bench.broker.discard(name).await.unwrap_err();
        assert!(matches!(refused, DeadLetterError::NotFound(_)), "{refused}");
    }
    assert_eq!(bench.messages_in("INVOICE_DEAD").await, 1);
    bench.broker.discard(record.id.as_str()).await.unwrap();
    assert_eq!(bench.messages_in("INVOICE_DEAD").await, 0);
    running.stopped().await;
}

#[tokio::test]
async fn a_message_that_is_no_job_is_kept_and_the_queue_goes_on() {
    let bench = Bench::start().await;
    let mut headers = async_nats::HeaderMap::new();
    headers.insert("Invoice-Version", "1");
    let subject = "invoice.jobs.preprocess.garbage";
    let sent = bench.raw.publish_with_headers(subject, headers, "not cbor".into());
    sent.await.unwrap().await.unwrap();
    let record = bench.upload("after it").await;
    let running = bench.run(Copy::default(), 1).await;
    bench.drained(QUEUE).await;
    assert_eq!(bench.status(&record).await.stage, StageName::Ocr);
    let kept = bench.broker.dead_letters().await.unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].letter.error.code, "malformed_job");
    assert_eq!(kept[0].letter.payload, b"not cbor");
    running.stopped().await;
}

#[tokio::test]
async fn a_job_of_a_newer_build_is_left_in_the_queue() {
    let bench = Bench::start().await;
    let mut headers = async_nats::HeaderMap::new();
    headers.insert("Invoice-Version", "999");
    let sent = bench.raw.publish_with_headers("invoice.jobs.preprocess.new", headers, "?".into());
    sent.await.unwrap().await.unwrap();
    let record = bench.upload("known version").await;
    let running = bench.run(Copy::default(), 1).await;
    bench.until(async || (bench.status(&record).await.stage == StageName::Ocr).then_some(())).await;
    running.stopped().await;
    assert_eq!(bench.messages_in(QUEUE).await, 1, "it waits for a service that knows it");
    assert_eq!(bench.messages_in("INVOICE_DEAD").await, 0);
}
