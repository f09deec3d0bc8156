//! Publishing and settling: confirmed, or not done.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::status::State;

use crate::support::{Bench, Conclude, Copy, CopyOn, incoming};

#[tokio::test]
async fn an_upload_waits_for_a_broker_that_is_down_and_is_stored_once() {
    let mut bench = Bench::start().await;
    let broker = bench.broker.clone();
    bench.server.kill();
    let upload = tokio::spawn(async move { broker.accept(incoming("patient")).await });
    tokio::time::sleep(Duration::from_secs(3)).await;
    bench.server.restart();
    // Reads are not repeated, so an upload that began while the broker was down may be refused;
    // the client's next try must then find one document and one job, never two.
    let first = upload.await.unwrap();
    let again = bench.until(async || bench.broker.accept(incoming("patient")).await.ok()).await;
    assert_eq!(again.new, first.is_err());
    assert_eq!(bench.messages_in("INVOICE_PREPROCESS").await, 1);
}

#[tokio::test]
async fn a_publish_is_repeated_through_a_broker_restart() {
    let mut bench = Bench::start().await;
    let record = bench.upload("restart").await;
    bench.server.kill();
    let broker = bench.broker.clone();
    let job = record.clone();
    let publish = tokio::spawn(async move { broker.publish_job(&job).await });
    tokio::time::sleep(Duration::from_secs(6)).await;
    bench.server.restart();
    publish.await.unwrap().unwrap();
    // The same message id: whichever tries arrived, one is stored.
    assert_eq!(bench.messages_in("INVOICE_PREPROCESS").await, 1);
}

#[tokio::test]
async fn one_event_is_stored_however_often_it_is_published() {
    let bench = Bench::start().await;
    let record = bench.upload("once").await;
    let runs = Arc::new(AtomicUsize::new(0));
    let stages = (
        bench.run(Copy::default(), 2).await,
        bench.run(CopyOn, 2).await,
        bench.run(Conclude { runs: runs.clone() }, 2).await,
    );
    let done = bench.reach(&record, State::Completed).await;
    bench.drained("INVOICE_EXTRACT").await;
    for _ in 0..3 {
        bench.broker.store_ending(&done, &Default::default()).await.unwrap();
    }
    assert_eq!(bench.messages_in("INVOICE_EVENTS").await, 1);
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    tokio::join!(stages.0.stopped(), stages.1.stopped(), stages.2.stopped());
}

#[tokio::test]
async fn an_event_reaches_subscribers_of_the_bare_subject() {
    let bench = Bench::start().await;
    let client = async_nats::connect(bench.server.url()).await.unwrap();
    let mut live = client.subscribe("invoice.extracted").await.unwrap();
    client.flush().await.unwrap();
    let record = bench.upload("live").await;
    let stages = (
        bench.run(Copy::default(), 1).await,
        bench.run(CopyOn, 1).await,
        bench.run(Conclude::default(), 1).await,
    );
    let event = bench.until(async || futures_util::StreamExt::next(&mut live).await).await;
    let body: serde_json::Value = serde_json::from_slice(&event.payload).unwrap();
    assert_eq!(body["id"], record.id.as_str());
    tokio::join!(stages.0.stopped(), stages.1.stopped(), stages.2.stopped());
}
