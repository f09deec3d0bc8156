//! A backup whose events are of a later moment than its statuses.

use std::sync::atomic::Ordering;

use common::status::State;

use crate::support::{Bench, Conclude, Copy, CopyOn};

#[tokio::test]
async fn an_event_that_is_newer_than_the_status_ends_the_document_and_nothing_is_read_again() {
    let bench = Bench::start().await;
    let record = bench.upload("copied in the middle").await;
    let subject = format!("$KV.invoice_status.{}", record.id);
    let statuses = bench.raw.get_stream("KV_invoice_status").await.unwrap();
    let before = statuses.get_last_raw_message_by_subject(&subject).await.unwrap();
    let jobs = bench.raw.get_stream("INVOICE_PREPROCESS").await.unwrap();
    let job = format!("invoice.jobs.preprocess.{}", record.id);
    let job = jobs.get_last_raw_message_by_subject(&job).await.unwrap();

    let stages = (
        bench.run(Copy::default(), 1).await,
        bench.run(CopyOn, 1).await,
        bench.run(Conclude::default(), 1).await,
    );
    let ended = bench.reach(&record, State::Completed).await;
    bench.drained("INVOICE_EXTRACT").await;
    tokio::join!(stages.0.stopped(), stages.1.stopped(), stages.2.stopped());

    // As the copies have it: status and job of the beginning, the event of the end.
    // Without what the status was expected to replace when it was stored.
    let mut headers = async_nats::HeaderMap::new();
    headers.insert("Invoice-State", before.headers.get("Invoice-State").unwrap().as_str());
    let restored = bench.raw.publish_with_headers(subject, headers, before.payload);
    restored.await.unwrap().await.unwrap();
    let mut headers = job.headers.clone();
    headers.insert("Nats-Msg-Id", "restored");
    bench.raw.publish_with_headers(job.subject, headers, job.payload).await.unwrap().await.unwrap();
    assert_eq!(bench.status(&record).await.state, State::Queued);

    assert_eq!(bench.broker.end_as_told().await.unwrap(), 1);
    let told = bench.status(&record).await;
    assert_eq!((told.state, told.generation, &told.result), (State::Completed, 1, &ended.result));
    assert_eq!(bench.broker.end_as_told().await.unwrap(), 0, "there is nothing left to end");

    let again = Copy::default();
    let runs = again.runs.clone();
    let stage = bench.run(again, 1).await;
    bench.drained("INVOICE_PREPROCESS").await;
    assert_eq!(runs.load(Ordering::SeqCst), 0, "its job finds that it has ended");
    stage.stopped().await;
}
