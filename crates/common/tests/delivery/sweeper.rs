//! Documents that stopped moving.

use std::time::Duration;

use common::jetstream::sweeper::{self, Standstill, Sweep, sweep};
use common::metrics::Metrics;
use common::stage::StageName;
use common::status::{State, StatusRecord};

use crate::support::{Bench, Copy};

const QUEUE: &str = "INVOICE_PREPROCESS";
const LONG: Duration = Duration::from_secs(3600 * 24);

/// Looks at the document as a watch does that has heard of its latest change, `quiet_for` ago.
async fn look(bench: &Bench, record: &StatusRecord, quiet_for: Duration) -> Sweep {
    let read = bench.broker.status_at_leader(&record.id).await.unwrap().unwrap();
    let standstill = Standstill { revision: read.revision, quiet_for };
    sweep(&bench.broker, &bench.config, &record.id, standstill).await.unwrap()
}

#[tokio::test]
async fn a_document_whose_job_vanished_gets_it_back() {
    let bench = Bench::start().await;
    let record = bench.upload("jobless").await;
    bench.raw.get_stream(QUEUE).await.unwrap().purge().await.unwrap();
    let done = look(&bench, &record, LONG).await;
    assert_eq!(done, Sweep::Requeued);
    assert_eq!(bench.messages_in(QUEUE).await, 1);
    let running = bench.run(Copy::default(), 1).await;
    bench.drained(QUEUE).await;
    assert_eq!(bench.status(&record).await.stage, StageName::Ocr);
    running.stopped().await;
}

#[tokio::test]
async fn a_document_that_has_moved_unheard_is_left_alone() {
    let bench = Bench::start().await;
    let record = bench.upload("moving").await;
    bench.raw.get_stream(QUEUE).await.unwrap().purge().await.unwrap();
    let now = bench.broker.status_at_leader(&record.id).await.unwrap().unwrap().revision;
    let standstill = Standstill { revision: now - 1, quiet_for: LONG };
    let done = sweep(&bench.broker, &bench.config, &record.id, standstill).await.unwrap();
    assert_eq!(done, Sweep::Unheard { revision: now });
    assert_eq!(bench.messages_in(QUEUE).await, 0);
    assert_eq!(bench.status(&record).await, record);
}

#[tokio::test]
async fn a_document_that_waits_its_turn_is_left_alone() {
    let bench = Bench::start().await;
    let record = bench.upload("waiting").await;
    let done = look(&bench, &record, LONG).await;
    assert_eq!(done, Sweep::LeftAlone);
    assert_eq!(bench.status(&record).await, record);
}

#[tokio::test]
async fn a_document_whose_services_all_died_ends_as_a_dead_letter() {
    let bench = Bench::start().await;
    let record = bench.upload("killer").await;
    // Three services take it and are never heard of again; no fourth one comes.
    let stream = bench.raw.get_stream(QUEUE).await.unwrap();
    let consumer: async_nats::jetstream::consumer::PullConsumer =
        stream.get_consumer("preprocess").await.unwrap();
    let mut taken = consumer.fetch().max_messages(1).messages().await.unwrap();
    let job = futures_util::StreamExt::next(&mut taken).await.unwrap().unwrap();
    let sequence = job.info().unwrap().stream_sequence;
    for owner in ["a", "b", "c"] {
        let claim = common::status::Claim { owner: owner.to_owned(), sequence };
        let claimed = bench.broker.change_status(&record.id, |status| {
            let (input, now) = (status.input.clone(), jiff::Timestamp::now());
            match status.claimed(StageName::Preprocess, 1, &input, claim.clone(), 3, now) {
                common::status::ClaimOutcome::Run(next) => Ok(*next),
                other => Err(other),
            }
        });
        claimed.await.unwrap();
    }
    let soon = Duration::from_secs(1);
    let early = look(&bench, &record, soon).await;
    assert_eq!(early, Sweep::LeftAlone, "the last attempt may still be at work");
    let done = look(&bench, &record, LONG).await;
    assert!(matches!(done, Sweep::Failed(_)), "{done:?}");
    let failed = bench.status(&record).await;
    assert_eq!(failed.state, State::Failed);
    assert_eq!(failed.error.unwrap().code, "attempts_exhausted");
    assert_eq!(bench.messages_in(QUEUE).await, 0);
    let kept = bench.broker.dead_letter(record.id.as_str()).await.unwrap();
    assert_eq!(kept.letter.payload, record.job().encode().unwrap());
}

#[tokio::test]
async fn the_sweeper_finds_documents_by_itself() {
    let bench = Bench::start().await;
    let record = bench.upload("found").await;
    bench.raw.get_stream(QUEUE).await.unwrap().purge().await.unwrap();
    let config = bench.config.clone().with("sweeper.interval_seconds", 1).unwrap();
    let config = config.with("sweeper.stuck_after_seconds", 1).unwrap();
    let stop = tokio_util::sync::CancellationToken::new();
    let documents = Metrics::default().documents;
    let sweeper = sweeper::run(bench.broker.clone(), config, documents, stop.clone());
    let sweeper = tokio::spawn(sweeper);
    bench.until(async || (bench.messages_in(QUEUE).await == 1).then_some(())).await;
    assert_eq!(bench.status(&record).await.state, State::Queued);
    stop.cancel();
    sweeper.await.unwrap();
}
