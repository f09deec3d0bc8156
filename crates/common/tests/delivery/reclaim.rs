//! Ended documents make room for others.

use std::time::Duration;

use common::jetstream::sweeper::reclaim;
use common::object::{Bucket, ObjectRef, ObjectStore};
use common::stage::StageName;
use common::status::{State, StatusRecord};

use crate::support::{Bench, Conclude, Rasters, Words};

const WORK: &str = "OBJ_invoice_work";

/// Whether what the document's current stage reads can be read.
async fn is_kept(bench: &Bench, record: &StatusRecord) -> bool {
    let input: ObjectRef = bench.status(record).await.input;
    let read = async { bench.broker.open_object(&input).await?.next().await };
    match read.await {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error.code, "object_missing", "{error}");
            false
        }
    }
}

#[tokio::test]
async fn room_is_made_by_ended_documents_only_and_by_the_oldest_first() {
    let bench = Bench::start().await;
    let first = bench.run(Rasters { pages: 1, page_bytes: 200_000 }, 1).await;
    let others = (
        bench.run(Words { bytes: 1_000, takes: Duration::ZERO }, 1).await,
        bench.run(Conclude::default(), 1).await,
    );
    let (mut ended, mut under_way) = (Vec::new(), Vec::new());
    for n in 0..2 {
        let record = bench.upload(&format!("ended {n}")).await;
        bench.reach(&record, State::Completed).await;
        ended.push(record);
    }
    tokio::join!(others.0.stopped(), others.1.stopped());
    for n in 0..2 {
        let record = bench.upload(&format!("under way {n}")).await;
        bench
            .until(async || (bench.status(&record).await.stage == StageName::Ocr).then_some(()))
            .await;
        under_way.push(record);
    }
    first.stopped().await;
    assert_eq!(reclaim(&bench.broker, 0).await.unwrap().documents, 0, "there is room for all");

    // Four documents of a fifth each: one of them is enough to get below three fifths.
    bench.alter(WORK, |config| config.max_bytes = 1 << 20).await;
    assert_eq!(reclaim(&bench.broker, 0).await.unwrap().documents, 1);
    assert!(!is_kept(&bench, &ended[0]).await && is_kept(&bench, &ended[1]).await);
    assert_eq!(reclaim(&bench.broker, 0).await.unwrap().documents, 0, "that was enough");

    // However full it is, what is under way stays.
    bench.alter(WORK, |config| config.max_bytes = 450_000).await;
    assert_eq!(reclaim(&bench.broker, 0).await.unwrap().documents, 1);
    assert!(!is_kept(&bench, &ended[1]).await);
    for record in &under_way {
        assert!(is_kept(&bench, record).await);
    }
    // A picture, its list and a message of metadata for each, for two documents.
    assert_eq!(bench.messages_in(WORK).await, 8);
}

#[tokio::test]
async fn what_an_interrupted_attempt_left_goes_when_the_stage_waits_for_room() {
    let bench = Bench::start().await;
    let record = bench.upload("interrupted").await;
    // As a service leaves it that dies while it writes: the document waits for its stage again.
    let written = bench.broker.write(Bucket::Work, &record.id, vec![0; 80_000].into()).await;
    let left = written.unwrap();
    bench.alter(WORK, |config| config.max_bytes = 110_000).await;
    assert_eq!(reclaim(&bench.broker, 0).await.unwrap().documents, 0, "the stage takes jobs");
    bench.alter(WORK, |config| config.max_bytes = 90_000).await;
    assert_eq!(reclaim(&bench.broker, 0).await.unwrap().documents, 1);
    assert_eq!(bench.broker.read(&left).await.unwrap_err().code, "object_missing");
    assert_eq!(bench.messages_in(WORK).await, 0);
}
