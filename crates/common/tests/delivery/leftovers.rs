//! What is left by who died: found by the sweeper.

use std::time::Duration;

use bytes::Bytes;
use common::config::Config;
use common::id::{DocumentId, Tenant};
use common::jetstream::sweeper;
use common::metrics::Metrics;
use common::object::{Bucket, ObjectStore};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::support::Bench;

const WORK: &str = "OBJ_invoice_work";

/// Less patience than the configuration takes: nobody writes beside these tests.
fn impatient(bench: &Bench) -> Config {
    let mut config = bench.config.clone();
    let sweeper = &mut config.sweeper;
    for seconds in [
        &mut sweeper.interval_seconds,
        &mut sweeper.stuck_after_seconds,
        &mut sweeper.orphans_after_seconds,
        &mut config.stages.preprocess.deadline_seconds,
        &mut config.stages.ocr.deadline_seconds,
        &mut config.stages.extract.deadline_seconds,
    ] {
        *seconds = 1;
    }
    config
}

fn sweep(bench: &Bench, config: Config) -> (CancellationToken, JoinHandle<()>) {
    let stop = CancellationToken::new();
    let documents = Metrics::default().documents;
    let sweeper = sweeper::run(bench.broker.clone(), config, documents, stop.clone());
    (stop, tokio::spawn(sweeper))
}

#[tokio::test]
async fn an_erasure_whose_eraser_died_is_finished_once() {
    let bench = Bench::start().await;
    let record = bench.upload("half erased").await;
    bench.broker.erase(&record.id, &Tenant::default()).await.unwrap();
    bench.broker.write(Bucket::Work, &record.id, "left".into()).await.unwrap();
    // Metadata of a writer that the eraser came between, and of which nobody heard again.
    let torn = bench.broker.write(Bucket::Work, &record.id, "torn".into()).await.unwrap();
    let chunks = format!("$O.invoice_work.C.{}.{}.*", torn.document, torn.hash);
    bench.raw.get_stream(WORK).await.unwrap().purge().filter(chunks).await.unwrap();
    let dead = bench.broker.slow_removal(&record.id).await;
    drop(dead);
    assert_eq!(bench.marker(&record.id, "Invoice-Erasure").await.0, "begun");
    assert!(!bench.is_erased(&record.id).await);
    // Orphans are another test's.
    let config = impatient(&bench).with("sweeper.orphans_after_seconds", 3600).unwrap();
    let (stop, sweeper) = sweep(&bench, config.clone());
    bench.until(async || bench.is_erased(&record.id).await.then_some(())).await;
    // Once more after the longest attempt, for what a stage may have left.
    let swept = async || {
        let (progress, sequence) = bench.marker(&record.id, "Invoice-Erasure").await;
        (progress == "swept").then_some(sequence)
    };
    let sequence = bench.until(swept).await;
    assert!(bench.is_erased(&record.id).await, "{:?}", bench.traces(&record.id).await);
    stop.cancel();
    sweeper.await.unwrap();
    // Never again, also not by the next process.
    let (stop, sweeper) = sweep(&bench, config);
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(swept().await, Some(sequence));
    stop.cancel();
    sweeper.await.unwrap();
    assert_eq!(bench.marker(&record.id, "Invoice-Tenant").await.0, "default");
}

#[tokio::test]
async fn orphans_are_swept_and_what_is_needed_stays() {
    let bench = Bench::start().await;
    let record = bench.upload("alive").await;
    let large: Bytes = vec![3; 1_300_000].into();
    let alive = bench.broker.write(Bucket::Work, &record.id, large.clone()).await.unwrap();
    let store = bench.raw.get_object_store("invoice_work").await.unwrap();
    store.put("of another program", &mut &b"kept"[..]).await.unwrap();
    let needed = bench.messages_in(WORK).await;

    // A writer died after some chunks: of a new object, and of one that is there.
    let hash = "b".repeat(64);
    let stream = bench.raw.get_stream(WORK).await.unwrap();
    for subject in [
        format!("$O.invoice_work.C.{}.{hash}.dead", record.id),
        format!("$O.invoice_work.C.{}.{}.dead", record.id, alive.hash),
    ] {
        bench.raw.publish(subject, "part".into()).await.unwrap().await.unwrap();
    }
    // An object lost its chunks.
    let torn = bench.broker.write(Bucket::Work, &record.id, "torn".into()).await.unwrap();
    let torn_chunks = format!("$O.invoice_work.C.{}.{}.*", record.id, torn.hash);
    stream.purge().filter(torn_chunks).await.unwrap();
    // A gateway died between bytes and status.
    let nobody: DocumentId = "c".repeat(64).parse().unwrap();
    bench.broker.write(Bucket::Uploads, &nobody, large.clone()).await.unwrap();
    // Somebody wrote after the document was erased, and after its last sweep.
    let erased = bench.upload("erased").await;
    bench.broker.erase(&erased.id, &Tenant::default()).await.unwrap();
    bench.broker.write(Bucket::Work, &erased.id, large.clone()).await.unwrap();

    let mut config = impatient(&bench);
    config.sweeper.stuck_after_seconds = 3600;
    let (stop, sweeper) = sweep(&bench, config);
    bench.until(async || (bench.messages_in(WORK).await == needed).then_some(())).await;
    bench
        .until(async || {
            let gone = bench.is_erased(&nobody).await && bench.is_erased(&erased.id).await;
            gone.then_some(())
        })
        .await;
    // Some more looks: nothing else is suspected.
    tokio::time::sleep(Duration::from_secs(3)).await;
    stop.cancel();
    sweeper.await.unwrap();
    assert_eq!(bench.messages_in(WORK).await, needed);
    assert_eq!(bench.broker.read(&alive).await.unwrap(), large);
    assert_eq!(bench.broker.read(&record.original).await.unwrap(), "alive");
    assert_eq!(bench.status(&record).await, record);
    store.info("of another program").await.unwrap();
}

#[tokio::test]
async fn an_upload_is_safe_from_a_sweep_of_what_an_earlier_one_left() {
    let bench = Bench::start().await;
    let record = bench.upload("first").await;
    // As if the gateway had died after the bytes: they are there, the status is not.
    bench.raw.get_stream("KV_invoice_status").await.unwrap().purge().await.unwrap();
    let late = bench.broker.slow_removal(&record.id).await;
    let again = bench.upload("first").await;
    assert_eq!(again.generation, 1);
    late.finish().await;
    assert_eq!(bench.broker.read(&again.original).await.unwrap(), "first");
    assert_eq!(bench.status(&again).await, again);
}
