//! Invoices that come twice, in different files.

use std::collections::BTreeSet;
use std::sync::Arc;

use common::duplicate::{DuplicateIndex, Earlier, Fingerprint};
use common::error::StageError;
use common::id::{DocumentId, Options, Tenant};
use common::jetstream::erasure::Erased;
use common::jetstream::intake::Incoming;
use common::jetstream::reprocessing::Reprocessed;
use common::job::Job;
use common::object::ObjectStore;
use common::stage::{Outcome, Stage, StageName};
use common::status::{State, StatusRecord};
use tokio::sync::Notify;

use crate::support::{Bench, Copy, CopyOn, Running, incoming};

const BUCKET: &str = "KV_invoice_duplicates";

/// The last stage: what stands before `#` in a document is the invoice that it says. Its result has which document
/// was first.
#[derive(Clone, Default)]
struct Compare {
    /// Where it waits once it has asked.
    held: Option<(Arc<Notify>, Arc<Notify>)>,
}

impl Stage for Compare {
    const NAME: StageName = StageName::Extract;

    async fn run(
        &self,
        job: &Job,
        objects: &(impl ObjectStore + DuplicateIndex),
    ) -> Result<Outcome, StageError> {
        let bytes = objects.read(&job.input).await?;
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let said = text.split('#').next().filter(|said| !said.is_empty());
        let said = said.map(|said| Fingerprint::of(&job.tenant, &[said]));
        let earlier = objects.first_like(job, said.as_ref()).await?;
        if let Some((entered, leave)) = &self.held {
            entered.notify_one();
            leave.notified().await;
        }
        let result = serde_json::json!({ "first": earlier.map(|earlier| earlier.id) });
        Ok(Outcome::Extracted(serde_json::value::to_raw_value(&result).unwrap()))
    }
}

async fn stages(bench: &Bench, last: Compare) -> [Running; 3] {
    [bench.run(Copy::default(), 4).await, bench.run(CopyOn, 4).await, bench.run(last, 4).await]
}

async fn stopped(stages: [Running; 3]) {
    for stage in stages {
        stage.stopped().await;
    }
}

/// The document that was first with what `record` says, as its result has it.
async fn first(bench: &Bench, record: &StatusRecord) -> Option<DocumentId> {
    let done = bench.reach(record, State::Completed).await;
    let result: serde_json::Value = serde_json::from_str(done.result.unwrap().0.get()).unwrap();
    serde_json::from_value(result["first"].clone()).unwrap()
}

async fn erase(bench: &Bench, id: &DocumentId) {
    assert_eq!(bench.broker.erase(id, &Tenant::default()).await.unwrap(), Erased::Gone);
}

fn said(tenant: &Tenant, invoice: &str) -> Fingerprint {
    Fingerprint::of(tenant, &[invoice])
}

#[tokio::test]
async fn the_first_document_with_an_invoice_stays_the_first_however_often_it_is_read() {
    let bench = Bench::start().await;
    let running = stages(&bench, Compare::default()).await;
    let one = bench.upload("F-1#mail").await;
    assert_eq!(first(&bench, &one).await, None);
    let two = bench.upload("F-1#scan").await;
    assert_eq!(first(&bench, &two).await, Some(one.id.clone()));
    let other = bench.upload("F-2#mail").await;
    assert_eq!(first(&bench, &other).await, None);
    let silent = bench.upload("#nothing can be read").await;
    assert_eq!(first(&bench, &silent).await, None);
    assert_eq!(bench.messages_in(BUCKET).await, 3);
    // As a stage does that is given its job once more.
    let fingerprint = said(&one.tenant, "F-1");
    for _ in 0..2 {
        let again = async |record: &StatusRecord| {
            bench.broker.first_like(&record.job(), Some(&fingerprint)).await.unwrap()
        };
        assert_eq!(again(&one).await, None, "no document is a duplicate of itself");
        assert_eq!(again(&two).await, Some(Earlier { id: one.id.clone(), same_file: false }));
    }
    bench.drained("INVOICE_EXTRACT").await;
    for (record, expected) in [(&one, None), (&two, Some(&one.id))] {
        let begun = bench.broker.reprocess(&record.id, &record.tenant, None).await.unwrap();
        let Reprocessed::Begun(begun) = begun else { panic!("{begun:?}") };
        assert_eq!(first(&bench, &begun).await.as_ref(), expected, "read again");
    }
    assert_eq!(bench.messages_in(BUCKET).await, 3);
    stopped(running).await;
}

#[tokio::test]
async fn the_same_file_read_with_other_options_says_so() {
    let bench = Bench::start().await;
    let one = bench.upload("F-1").await;
    let options = Options { languages: vec!["deu".to_owned()] };
    let two = bench.broker.accept(Incoming { options, ..incoming("F-1") }).await.unwrap().record;
    let fingerprint = said(&one.tenant, "F-1");
    for (record, expected) in
        [(&one, None), (&two, Some(Earlier { id: one.id.clone(), same_file: true }))]
    {
        let earlier = bench.broker.first_like(&record.job(), Some(&fingerprint)).await.unwrap();
        assert_eq!(earlier, expected);
    }
}

#[tokio::test]
async fn tenants_are_not_compared() {
    let bench = Bench::start().await;
    let running = stages(&bench, Compare::default()).await;
    let own = bench.upload("F-1#ours").await;
    assert_eq!(first(&bench, &own).await, None);
    let tenant: Tenant = "rival".parse().unwrap();
    let theirs = bench.broker.accept(Incoming { tenant, ..incoming("F-1#theirs") }).await.unwrap();
    assert_eq!(first(&bench, &theirs.record).await, None);
    assert_eq!(bench.messages_in(BUCKET).await, 2);
    stopped(running).await;
}

#[tokio::test]
async fn of_documents_that_are_read_at_once_one_is_the_first_for_all() {
    let bench = Bench::start().await;
    for round in 0..10 {
        let invoice = format!("F-{round}");
        let mut records = Vec::new();
        for copy in 0..6 {
            records.push(bench.upload(&format!("{invoice}#{copy}")).await);
        }
        let fingerprint = said(&Tenant::default(), &invoice);
        let jobs: Vec<Job> = records.iter().map(StatusRecord::job).collect();
        let asked = jobs.iter().map(|job| bench.broker.first_like(job, Some(&fingerprint)));
        let answers = futures_util::future::try_join_all(asked).await.unwrap();
        let firsts: BTreeSet<&DocumentId> =
            answers.iter().flatten().map(|earlier| &earlier.id).collect();
        let unmarked: BTreeSet<&DocumentId> = jobs
            .iter()
            .zip(&answers)
            .filter(|(_, a)| a.is_none())
            .map(|(job, _)| &job.id)
            .collect();
        assert_eq!(unmarked.len(), 1, "neither none nor two");
        assert_eq!(firsts, unmarked);
    }
}

#[tokio::test]
async fn an_erased_document_is_forgotten_and_the_next_one_is_the_first() {
    let bench = Bench::start().await;
    let running = stages(&bench, Compare::default()).await;
    let mut records = Vec::new();
    for (copy, expected) in [(0, None), (1, Some(0)), (2, Some(0))] {
        let record = bench.upload(&format!("F-1#{copy}")).await;
        let expected = expected.map(|place: usize| {
            let earlier: &StatusRecord = &records[place];
            earlier.id.clone()
        });
        assert_eq!(first(&bench, &record).await, expected);
        records.push(record);
    }
    bench.drained("INVOICE_EXTRACT").await;
    erase(&bench, &records[0].id).await;
    assert_eq!(bench.messages_in(BUCKET).await, 2);
    // Its marker, and statuses and events of those that named it as the first.
    let traces = bench.traces(&records[0].id).await;
    assert_eq!(traces.iter().filter(|subject| subject.contains(records[0].id.as_str())).count(), 1);
    assert_eq!(traces.len(), 5, "{traces:?}");
    let later = bench.upload("F-1#later").await;
    assert_eq!(first(&bench, &later).await, Some(records[1].id.clone()));
    // What was erased comes again, as the last in order.
    let again = bench.upload("F-1#0").await;
    assert_eq!((&again.id, again.generation), (&records[0].id, 2));
    assert_eq!(first(&bench, &again).await, Some(records[1].id.clone()));
    bench.drained("INVOICE_EXTRACT").await;
    for record in [&records[1], &records[2], &later, &again] {
        erase(&bench, &record.id).await;
    }
    assert_eq!(bench.messages_in(BUCKET).await, 0);
    let alone = bench.upload("F-1#alone").await;
    assert_eq!(first(&bench, &alone).await, None);
    stopped(running).await;
}

#[tokio::test]
async fn a_stage_that_compares_an_erased_document_leaves_no_entry() {
    let bench = Bench::start().await;
    let (entered, leave) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let last = Compare { held: Some((entered.clone(), leave.clone())) };
    let running = stages(&bench, last).await;
    let record = bench.upload("F-1#in flight").await;
    entered.notified().await;
    assert_eq!(bench.messages_in(BUCKET).await, 1);
    erase(&bench, &record.id).await;
    assert_eq!(bench.messages_in(BUCKET).await, 0);
    // It had not asked yet when the document was erased.
    let fingerprint = said(&record.tenant, "F-1");
    assert_eq!(bench.broker.first_like(&record.job(), Some(&fingerprint)).await.unwrap(), None);
    assert_eq!(bench.messages_in(BUCKET).await, 1);
    // Nor does anybody take it for the first until it is gone.
    let other = bench.upload("F-1#other").await;
    assert_eq!(bench.broker.first_like(&other.job(), Some(&fingerprint)).await.unwrap(), None);
    leave.notify_one();
    bench.until(async || bench.is_erased(&record.id).await.then_some(())).await;
    assert_eq!(bench.messages_in(BUCKET).await, 1);
    entered.notified().await;
    leave.notify_one();
    stopped(running).await;
}

#[tokio::test]
async fn a_document_that_says_another_invoice_when_it_is_read_again_is_no_first_any_more() {
    let bench = Bench::start().await;
    let (one, two) = (bench.upload("F-1#a").await, bench.upload("F-1#b").await);
    let (first, other) = (said(&one.tenant, "F-1"), said(&one.tenant, "F-7"));
    let asked = async |job: &Job, said: Option<&Fingerprint>| {
        let earlier = bench.broker.first_like(job, said).await.unwrap();
        earlier.map(|earlier| earlier.id)
    };
    assert_eq!(asked(&one.job(), Some(&first)).await, None);
    let again = Job { generation: 2, ..one.job() };
    assert_eq!(asked(&again, Some(&other)).await, None);
    assert_eq!(asked(&two.job(), Some(&first)).await, None, "the other one says F-7 now");
    // And once more, as at the beginning: it comes after the other one.
    let again = Job { generation: 3, ..one.job() };
    assert_eq!(asked(&again, Some(&first)).await, Some(two.id.clone()));
    let again = Job { generation: 4, ..one.job() };
    assert_eq!(asked(&again, None).await, None);
    let third = bench.upload("F-7#c").await;
    assert_eq!(asked(&third.job(), Some(&other)).await, None);
}

#[tokio::test]
async fn a_full_index_forgets_the_oldest_and_holds_up_nobody() {
    let bench = Bench::start().await;
    bench.alter(BUCKET, |config| config.max_messages = 2).await;
    let mut records = Vec::new();
    for copy in 0..3 {
        let record = bench.upload(&format!("F-{copy}")).await;
        let fingerprint = said(&record.tenant, &format!("F-{copy}"));
        assert_eq!(bench.broker.first_like(&record.job(), Some(&fingerprint)).await.unwrap(), None);
        records.push(record);
    }
    assert_eq!(bench.messages_in(BUCKET).await, 2);
    let late = bench.upload("F-2 again").await;
    let fingerprint = said(&late.tenant, "F-2");
    let earlier = bench.broker.first_like(&late.job(), Some(&fingerprint)).await.unwrap();
    assert_eq!(earlier.map(|earlier| earlier.id), Some(records[2].id.clone()));
}
