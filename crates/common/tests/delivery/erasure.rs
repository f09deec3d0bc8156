//! Erased documents: nothing is left, whoever was at work on them.

use std::sync::Arc;

use bytes::Bytes;
use common::duplicate::DuplicateIndex;
use common::error::{ErrorRecord, StageError};
use common::id::{DocumentId, Tenant};
use common::jetstream::ending::Original;
use common::jetstream::erasure::Erased;
use common::job::Job;
use common::object::{Bucket, ObjectStore};
use common::stage::{Outcome, Stage, StageName};
use common::status::{ResultJson, State, StatusRecord};
use tokio::sync::Notify;

use crate::support::{Bench, Conclude, Copy, CopyOn, Fail, incoming};

const QUEUE: &str = "INVOICE_PREPROCESS";

/// More than one chunk.
fn large() -> Bytes {
    vec![7; 1_300_000].into()
}

async fn erase(bench: &Bench, id: &DocumentId) -> Erased {
    bench.broker.erase(id, &Tenant::default()).await.unwrap()
}

#[tokio::test]
async fn nothing_is_left_of_an_erased_document_wherever_it_stood() {
    let bench = Bench::start().await;
    let failed = bench.upload("fails").await;
    let stage = Fail::times(1, StageError::rejected("document_encrypted", "needs a password"));
    let stages = (
        bench.run(stage, 1).await,
        bench.run(CopyOn, 1).await,
        bench.run(Conclude::default(), 1).await,
    );
    bench.reach(&failed, State::Failed).await;
    let (completed, bystander) = (bench.upload("completes").await, bench.upload("stays").await);
    bench.reach(&completed, State::Completed).await;
    bench.reach(&bystander, State::Completed).await;
    for queue in [QUEUE, "INVOICE_OCR", "INVOICE_EXTRACT"] {
        bench.drained(queue).await;
    }
    tokio::join!(stages.0.stopped(), stages.1.stopped(), stages.2.stopped());
    let queued = bench.upload("waits").await;

    let kept = bench.traces(&bystander.id).await;
    // Status, bytes and metadata of the original; then letter and event, the same of what two stages
    // made (one object, they copy) and an event, or a job.
    for (record, traces) in [(&failed, 5), (&completed, 6), (&queued, 4)] {
        let found = bench.traces(&record.id).await;
        assert_eq!(found.len(), traces, "{found:?}");
        assert_eq!(erase(&bench, &record.id).await, Erased::Gone);
        assert!(bench.is_erased(&record.id).await, "{:?}", bench.traces(&record.id).await);
        assert!(bench.broker.status(&record.id).await.unwrap().is_none());
        assert!(bench.broker.status_at_leader(&record.id).await.unwrap().is_none());
    }
    assert_eq!(bench.traces(&bystander.id).await, kept);
    assert_eq!(bench.status(&bystander).await.state, State::Completed);
}

#[tokio::test]
async fn only_its_owner_can_erase_a_document_and_may_say_so_twice() {
    let bench = Bench::start().await;
    let record = bench.upload("mine").await;
    let other: Tenant = "somebody-else".parse().unwrap();
    let unknown: DocumentId = "0".repeat(64).parse().unwrap();
    assert_eq!(bench.broker.erase(&record.id, &other).await.unwrap(), Erased::NotFound);
    assert_eq!(bench.status(&record).await, record);
    assert_eq!(erase(&bench, &unknown).await, Erased::NotFound);
    assert_eq!(bench.traces(&unknown).await, Vec::<String>::new());
    assert_eq!(erase(&bench, &record.id).await, Erased::Gone);
    assert_eq!(bench.broker.erase(&record.id, &other).await.unwrap(), Erased::NotFound);
    assert_eq!(erase(&bench, &record.id).await, Erased::Gone);
}

/// A stage that can be stopped in the middle: between its two objects.
#[derive(Clone, Default)]
struct Held {
    entered: Arc<Notify>,
    leave: Arc<Notify>,
}

impl Stage for Held {
    const NAME: StageName = StageName::Preprocess;

    async fn run(&self, job: &Job, objects: &impl ObjectStore) -> Result<Outcome, StageError> {
        objects.write(Bucket::Work, &job.id, "before".into()).await?;
        self.entered.notify_one();
        self.leave.notified().await;
        Ok(Outcome::Handed(objects.write(Bucket::Work, &job.id, large()).await?))
    }
}

#[tokio::test]
async fn a_stage_that_works_on_an_erased_document_leaves_nothing() {
    let bench = Bench::start().await;
    let record = bench.upload("in flight").await;
    let stage = Held::default();
    let running = bench.run(stage.clone(), 1).await;
    stage.entered.notified().await;
    assert_eq!(erase(&bench, &record.id).await, Erased::Gone);
    assert!(bench.is_erased(&record.id).await);
    // Metadata of a writer whose chunks were there when the document was erased, and went with it.
    let torn = bench.broker.write(Bucket::Work, &record.id, "torn".into()).await.unwrap();
    let stream = bench.raw.get_stream("OBJ_invoice_work").await.unwrap();
    stream
        .purge()
        .filter(format!("$O.invoice_work.C.{}.{}.*", torn.document, torn.hash))
        .await
        .unwrap();
    assert_eq!(bench.traces(&record.id).await.len(), 2);
    stage.leave.notify_one();
    running.stopped().await;
    assert!(bench.is_erased(&record.id).await, "{:?}", bench.traces(&record.id).await);
    assert_eq!(bench.messages_in("INVOICE_OCR").await, 0);
    assert_eq!(bench.messages_in(QUEUE).await, 0);
}

/// The last stage, likewise.
#[derive(Clone, Default)]
struct HeldConclusion {
    entered: Arc<Notify>,
    leave: Arc<Notify>,
}

impl Stage for HeldConclusion {
    const NAME: StageName = StageName::Extract;

    async fn run(
        &self,
        job: &Job,
        objects: &(impl ObjectStore + DuplicateIndex),
    ) -> Result<Outcome, StageError> {
        self.entered.notify_one();
        self.leave.notified().await;
        Conclude::default().run(job, objects).await
    }
}

#[tokio::test]
async fn the_last_stage_publishes_nothing_of_an_erased_document() {
    let bench = Bench::start().await;
    let record = bench.upload("almost done").await;
    let stage = HeldConclusion::default();
    let stages = (
        bench.run(Copy::default(), 1).await,
        bench.run(CopyOn, 1).await,
        bench.run(stage.clone(), 1).await,
    );
    stage.entered.notified().await;
    assert_eq!(erase(&bench, &record.id).await, Erased::Gone);
    stage.leave.notify_one();
    tokio::join!(stages.0.stopped(), stages.1.stopped(), stages.2.stopped());
    assert!(bench.is_erased(&record.id).await, "{:?}", bench.traces(&record.id).await);
    let events = bench.raw.get_stream("INVOICE_EVENTS").await.unwrap();
    assert_eq!(events.cached_info().state.last_sequence, 0, "none was stored and taken back");
}

#[tokio::test]
async fn a_job_that_comes_after_the_erasure_is_dropped_with_what_its_sender_left() {
    let bench = Bench::start().await;
    let record = bench.upload("its sender died").await;
    assert_eq!(erase(&bench, &record.id).await, Erased::Gone);
    bench.broker.write(Bucket::Work, &record.id, large()).await.unwrap();
    bench.broker.publish_job(&record).await.unwrap();
    // The queue remembers the first one's message id.
    if bench.messages_in(QUEUE).await == 0 {
        let subject = format!("invoice.jobs.preprocess.{}", record.id);
        let mut headers = async_nats::HeaderMap::new();
        headers.insert("Invoice-Version", "1");
        let body = record.job().encode().unwrap().into();
        let sent = bench.raw.publish_with_headers(subject, headers, body);
        sent.await.unwrap().await.unwrap();
    }
    let running = bench.run(Copy::default(), 1).await;
    bench.drained(QUEUE).await;
    running.stopped().await;
    assert!(bench.is_erased(&record.id).await, "{:?}", bench.traces(&record.id).await);
}

/// A document that has just ended; nothing that follows from that is stored yet.
async fn ended(bench: &Bench, content: &str, state: State) -> (StatusRecord, Original) {
    let record = bench.upload(content).await;
    let result = serde_json::value::RawValue::from_string("{\"seen\":1}".to_owned()).unwrap();
    let cause = StageError::rejected("document_encrypted", "needs a password");
    let ended = StatusRecord {
        state,
        result: (state == State::Completed).then_some(ResultJson(result)),
        error: (state == State::Failed).then(|| ErrorRecord::new(StageName::Preprocess, &cause)),
        ..record.clone()
    };
    let change = bench.broker.change_status(&record.id, |_| Ok::<_, ()>(ended.clone()));
    change.await.unwrap();
    (ended, Original::of(&record).unwrap())
}

#[tokio::test]
async fn what_follows_from_an_end_is_taken_back_if_the_document_was_erased_first() {
    let bench = Bench::start().await;
    for state in [State::Completed, State::Failed] {
        let (record, original) = ended(&bench, &format!("{state:?} and kept"), state).await;
        let before = bench.traces(&record.id).await.len();
        bench.broker.store_ending(&record, &original).await.unwrap();
        assert!(bench.traces(&record.id).await.len() > before);

        let (record, original) = ended(&bench, &format!("{state:?} and erased"), state).await;
        assert_eq!(erase(&bench, &record.id).await, Erased::Gone);
        bench.broker.store_ending(&record, &original).await.unwrap();
        assert!(bench.is_erased(&record.id).await, "{:?}", bench.traces(&record.id).await);

        let content = format!("{state:?}, erased, and there again");
        let (record, original) = ended(&bench, &content, state).await;
        assert_eq!(erase(&bench, &record.id).await, Erased::Gone);
        let again = bench.upload(&content).await;
        let kept = bench.traces(&record.id).await;
        bench.broker.store_ending(&record, &original).await.unwrap();
        assert_eq!(bench.traces(&record.id).await, kept);
        assert_eq!(bench.status(&again).await, again);
    }
}

#[tokio::test]
async fn an_erased_document_that_comes_again_is_read_as_the_next_generation() {
    let bench = Bench::start().await;
    let stages = (
        bench.run(Copy::default(), 1).await,
        bench.run(CopyOn, 1).await,
        bench.run(Conclude::default(), 1).await,
    );
    for generation in 1..=3 {
        let accepted = bench.broker.accept(incoming("comes again")).await.unwrap();
        assert!(accepted.new);
        let done = bench.reach(&accepted.record, State::Completed).await;
        assert_eq!(done.generation, generation);
        bench.drained("INVOICE_EXTRACT").await;
        let event = format!("invoice.extracted.default.{}.{generation}", done.id);
        let traces = bench.traces(&done.id).await;
        assert!(traces.contains(&event), "{traces:?}");
        assert_eq!(traces.len(), 6, "{traces:?}");
        assert_eq!(erase(&bench, &done.id).await, Erased::Gone);
        let marked = bench.marker(&done.id, "Invoice-Generation").await.0;
        assert_eq!(marked, generation.to_string());
    }
    tokio::join!(stages.0.stopped(), stages.1.stopped(), stages.2.stopped());
}

#[tokio::test]
async fn equal_uploads_after_an_erasure_are_one_document() {
    let bench = Bench::start().await;
    let record = bench.upload("many").await;
    assert_eq!(erase(&bench, &record.id).await, Erased::Gone);
    // Nobody finishes this removal, so the uploads have to.
    let _dead = bench.broker.slow_removal(&record.id).await;
    let uploads = (0..20).map(|_| bench.broker.accept(incoming("many")));
    let accepted = futures_util::future::try_join_all(uploads).await.unwrap();
    assert_eq!(accepted.iter().filter(|accepted| accepted.new).count(), 1);
    assert_eq!(bench.status(&record).await.generation, 2);
    assert_eq!(bench.messages_in(QUEUE).await, 1);
    let original = bench.status(&record).await.original;
    assert_eq!(bench.broker.read(&original).await.unwrap(), "many");
}

#[tokio::test]
async fn a_late_removal_takes_nothing_of_the_next_upload() {
    let bench = Bench::start().await;
    let record = bench.upload("comes back").await;
    bench.broker.write(Bucket::Work, &record.id, large()).await.unwrap();
    assert_eq!(erase(&bench, &record.id).await, Erased::Gone);
    // What a stage wrote before it noticed: the next life must not build on it.
    bench.broker.write(Bucket::Work, &record.id, large()).await.unwrap();
    let late = bench.broker.slow_removal(&record.id).await;
    let again = bench.upload("comes back").await;
    assert_eq!(again.generation, 2);
    let made = bench.broker.write(Bucket::Work, &record.id, large()).await.unwrap();
    let stored = bench.traces(&record.id).await;
    late.finish().await;
    assert_eq!(bench.traces(&record.id).await, stored);
    assert_eq!(bench.status(&again).await, again);
    assert_eq!(bench.broker.read(&again.original).await.unwrap(), "comes back");
    assert_eq!(bench.broker.read(&made).await.unwrap(), large());
    assert_eq!(bench.messages_in(QUEUE).await, 1);
    // And the removal does remove, where there is no next life.
    assert_eq!(erase(&bench, &record.id).await, Erased::Gone);
    bench.broker.write(Bucket::Work, &record.id, large()).await.unwrap();
    bench.broker.slow_removal(&record.id).await.finish().await;
    assert!(bench.is_erased(&record.id).await);
}

#[tokio::test]
async fn a_message_that_nobody_could_read_is_erased_with_its_document() {
    let bench = Bench::start().await;
    let record = bench.upload("a stray message").await;
    let running = bench.run(CopyOn, 1).await;
    let send = async || {
        let mut headers = async_nats::HeaderMap::new();
        headers.insert("Invoice-Version", "1");
        let subject = format!("invoice.jobs.ocr.{}", record.id);
        let sent = bench.raw.publish_with_headers(subject, headers, "not cbor".into());
        sent.await.unwrap().await.unwrap();
        bench.drained("INVOICE_OCR").await;
    };
    send().await;
    let kept = bench.broker.dead_letters().await.unwrap();
    assert!(kept.len() == 1 && kept[0].name.starts_with("unknown-"), "{kept:?}");
    assert_eq!(erase(&bench, &record.id).await, Erased::Gone);
    assert!(bench.is_erased(&record.id).await, "{:?}", bench.traces(&record.id).await);
    send().await;
    running.stopped().await;
    assert!(bench.is_erased(&record.id).await, "{:?}", bench.traces(&record.id).await);
}
