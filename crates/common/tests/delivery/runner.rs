//! The runner: leases, attempts, duplicates, shutdown.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::error::StageError;
use common::jetstream::runner::RunnerSettings;
use common::stage::StageName;
use common::status::State;

use crate::support::{Bench, Conclude, Copy, CopyOn, Fail, settings};

const QUEUE: &str = "INVOICE_PREPROCESS";

#[tokio::test]
async fn no_more_jobs_are_leased_than_there_are_workers() {
    let bench = Bench::start().await;
    for n in 0..5 {
        bench.upload(&format!("document {n}")).await;
    }
    let runs = Arc::new(AtomicUsize::new(0));
    let stage = Copy { runs: runs.clone(), takes: Duration::from_millis(1500) };
    let running = bench.run(stage, 1).await;
    bench.until(async || (runs.load(Ordering::SeqCst) == 2).then_some(())).await;
    let stream = bench.raw.get_stream(QUEUE).await.unwrap();
    let info = stream.consumer_info("preprocess").await.unwrap();
    // The client's defaults would have leased all five to a worker that can do one.
    assert_eq!(info.num_ack_pending, 1);
    running.stopped().await;
}

#[tokio::test]
async fn a_job_that_takes_longer_than_the_ack_wait_is_not_delivered_twice() {
    let bench = Bench::start().await;
    bench.broker.set_ack_wait(StageName::Preprocess, Duration::from_secs(1)).await;
    let record = bench.upload("slow").await;
    let runs = Arc::new(AtomicUsize::new(0));
    let stage = Copy { runs: runs.clone(), takes: Duration::from_secs(4) };
    // Two workers: the second would get the redelivery.
    let running = bench.run(stage, 2).await;
    bench.drained(QUEUE).await;
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    assert_eq!(bench.messages_in("INVOICE_OCR").await, 1);
    assert_eq!(bench.status(&record).await.stage.as_str(), "ocr");
    running.stopped().await;
}

#[tokio::test]
async fn a_passing_failure_is_tried_again_and_completes() {
    let bench = Bench::start().await;
    let record = bench.upload("flaky").await;
    let stage = Fail::times(2, StageError::internal("worker_crashed", "signal 11"));
    let runs = stage.runs.clone();
    let running = bench.run(stage, 1).await;
    bench.drained(QUEUE).await;
    assert_eq!(runs.load(Ordering::SeqCst), 3);
    assert_eq!(bench.status(&record).await.stage.as_str(), "ocr");
    assert_eq!(bench.messages_in("INVOICE_DEAD").await, 0);
    running.stopped().await;
}

#[tokio::test]
async fn a_dependency_that_is_away_costs_no_attempt() {
    let bench = Bench::start().await;
    let record = bench.upload("held").await;
    // More failures than attempts.
    let stage = Fail::times(5, StageError::transient("broker_away", "no answer"));
    let running = bench.run(stage, 1).await;
    bench.drained(QUEUE).await;
    assert_eq!(bench.status(&record).await.stage.as_str(), "ocr");
    assert_eq!(bench.messages_in("INVOICE_DEAD").await, 0);
    running.stopped().await;
}

#[tokio::test]
async fn a_job_that_is_held_gives_signs_of_life() {
    let bench = Bench::start().await;
    let record = bench.upload("held for long").await;
    let stage = Fail::times(usize::MAX, StageError::transient("broker_away", "no answer"));
    let running = bench.run(stage, 1).await;
    let claimed = bench.reach(&record, State::Processing).await;
    let sign = bench.until(async || {
        let now = bench.status(&record).await;
        (now.updated_at > claimed.updated_at && now.claim == claimed.claim).then_some(now)
    });
    let sign = sign.await;
    assert_eq!((sign.state, sign.attempt), (State::Processing, claimed.attempt));
    running.stopped().await;
}

#[tokio::test]
async fn what_is_lost_between_two_stages_is_made_again() {
    let bench = Bench::start().await;
    let record = bench.upload("lost and made again").await;
    let first = bench.run(Copy::default(), 1).await;
    let read = bench
        .until(async || {
            let now = bench.status(&record).await;
            (now.stage == StageName::Ocr).then_some(now)
        })
        .await;
    // Damaged, not removed: what is written again would take it for written.
    let stream = bench.raw.get_stream("OBJ_invoice_work").await.unwrap();
    let store = bench.raw.get_object_store("invoice_work").await.unwrap();
    let nuid = store.info(read.input.name()).await.unwrap().nuid;
    let chunks = format!("$O.invoice_work.C.{nuid}");
    stream.purge().filter(&chunks).await.unwrap();
    bench.raw.publish(chunks, "not the bytes".into()).await.unwrap().await.unwrap();

    let others = (bench.run(CopyOn, 1).await, bench.run(Conclude::default(), 1).await);
    let done = bench.reach(&record, State::Completed).await;
    assert_eq!((done.generation, done.remakes), (2, 1));
    for queue in [QUEUE, "INVOICE_OCR", "INVOICE_EXTRACT"] {
        bench.drained(queue).await;
    }
    assert_eq!(bench.messages_in("INVOICE_EVENTS").await, 1);
    tokio::join!(first.stopped(), others.0.stopped(), others.1.stopped());
}

#[tokio::test]
async fn copies_of_a_job_are_absorbed() {
    let bench = Bench::start().await;
    let record = bench.upload("copied").await;
    let stream = bench.raw.get_stream(QUEUE).await.unwrap();
    let subject = format!("invoice.jobs.preprocess.{}", record.id);
    let job = stream.get_last_raw_message_by_subject(&subject).await.unwrap();
    for _ in 0..5 {
        let mut headers = job.headers.clone();
        headers.insert("Nats-Msg-Id", nuid::next().to_string());
        let copy = bench.raw.publish_with_headers(subject.clone(), headers, job.payload.clone());
        copy.await.unwrap().await.unwrap();
    }
    let concluded = Arc::new(AtomicUsize::new(0));
    let stages = (
        bench.run(Copy { takes: Duration::from_millis(300), ..Copy::default() }, 4).await,
        bench.run(CopyOn, 2).await,
        bench.run(Conclude { runs: concluded.clone() }, 2).await,
    );
    bench.reach(&record, State::Completed).await;
    for queue in [QUEUE, "INVOICE_OCR", "INVOICE_EXTRACT"] {
        bench.drained(queue).await;
    }
    assert_eq!(bench.messages_in("INVOICE_EVENTS").await, 1);
    assert_eq!(bench.messages_in("INVOICE_DEAD").await, 0);
    tokio::join!(stages.0.stopped(), stages.1.stopped(), stages.2.stopped());
}

#[tokio::test]
async fn a_runner_that_is_stopped_finishes_what_it_has() {
    let bench = Bench::start().await;
    let record = bench.upload("finishing").await;
    let runs = Arc::new(AtomicUsize::new(0));
    let stage = Copy { runs: runs.clone(), takes: Duration::from_secs(1) };
    let running = bench.run(stage, 1).await;
    bench.until(async || (runs.load(Ordering::SeqCst) == 1).then_some(())).await;
    running.stopped().await;
    assert_eq!(bench.status(&record).await.stage.as_str(), "ocr");
    assert_eq!(bench.messages_in(QUEUE).await, 0);
}

#[tokio::test]
async fn work_that_outlasts_the_grace_period_is_handed_back_untried() {
    let bench = Bench::start().await;
    let record = bench.upload("handed back").await;
    let runs = Arc::new(AtomicUsize::new(0));
    let stage = Copy { runs: runs.clone(), takes: Duration::from_secs(3600) };
    let settings = RunnerSettings { grace: Duration::from_millis(200), ..settings(1) };
    let running = bench.run_with(stage, settings).await;
    bench.until(async || (runs.load(Ordering::SeqCst) == 1).then_some(())).await;
    running.stopped().await;
    let status = bench.status(&record).await;
    assert_eq!((status.state, status.attempt), (State::Queued, 0));
    // And the next service gets it at once, not after the lease.
    let running = bench.run(Copy::default(), 1).await;
    bench.drained(QUEUE).await;
    running.stopped().await;
}

#[tokio::test]
async fn a_stage_that_never_ends_is_cut_off_at_its_deadline() {
    let bench = Bench::start().await;
    let record = bench.upload("endless").await;
    let stage = Copy { takes: Duration::from_secs(3600), ..Copy::default() };
    let settings = RunnerSettings { deadline: Duration::from_millis(300), ..settings(1) };
    let running = bench.run_with(stage, settings).await;
    let failed = bench.reach(&record, State::Failed).await;
    assert_eq!(failed.error.unwrap().code, "stage_timed_out");
    assert_eq!(failed.attempt, 3);
    running.stopped().await;
}

#[tokio::test]
async fn an_acknowledgement_that_nobody_hears_is_not_taken_for_confirmed() {
    // The client's double_ack takes the 503 of a deleted consumer for success. Ours must leave
    // the job to the status record: nothing is lost when the consumer comes back.
    let bench = Bench::start().await;
    let record = bench.upload("unheard").await;
    let runs = Arc::new(AtomicUsize::new(0));
    let stage = Copy { runs: runs.clone(), takes: Duration::from_secs(1) };
    let running = bench.run(stage, 1).await;
    bench.until(async || (runs.load(Ordering::SeqCst) == 1).then_some(())).await;
    bench.raw.get_stream(QUEUE).await.unwrap().delete_consumer("preprocess").await.unwrap();
    running.stopped().await;
    assert_eq!(bench.messages_in(QUEUE).await, 1, "the acknowledgement cannot have arrived");
    common::jetstream::topology::apply(&bench.broker, &bench.config).await.unwrap();
    let running = bench.run(Copy { runs: runs.clone(), ..Copy::default() }, 1).await;
    bench.drained(QUEUE).await;
    assert_eq!(runs.load(Ordering::SeqCst), 1, "the second delivery found the work done");
    assert_eq!(bench.status(&record).await.stage.as_str(), "ocr");
    running.stopped().await;
}

#[tokio::test]
async fn jobs_survive_a_broker_that_is_killed_in_the_middle() {
    let mut bench = Bench::start().await;
    bench.broker.set_ack_wait(StageName::Preprocess, Duration::from_secs(2)).await;
    let mut records = Vec::new();
    for n in 0..10 {
        records.push(bench.upload(&format!("document {n}")).await);
    }
    let stages = (
        bench.run(Copy { takes: Duration::from_millis(200), ..Copy::default() }, 2).await,
        bench.run(CopyOn, 2).await,
        bench.run(Conclude::default(), 2).await,
    );
    tokio::time::sleep(Duration::from_millis(600)).await;
    bench.server.kill();
    bench.server.restart();
    let mut left = records.clone();
    bench
        .until(async || {
            let mut waiting = Vec::new();
            for record in left.drain(..) {
                let read = bench.broker.status_at_leader(&record.id).await;
                let done = read.ok().flatten().is_some_and(|r| r.record.state == State::Completed);
                if !done {
                    waiting.push(record);
                }
            }
            left = waiting;
            left.is_empty().then_some(())
        })
        .await;
    for queue in [QUEUE, "INVOICE_OCR", "INVOICE_EXTRACT"] {
        bench.drained(queue).await;
    }
    assert_eq!(bench.messages_in("INVOICE_EVENTS").await, 10);
    tokio::join!(stages.0.stopped(), stages.1.stopped(), stages.2.stopped());
}
