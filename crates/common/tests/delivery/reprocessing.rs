//! A document that has ended is read once more when its owner asks.

use common::error::StageError;
use common::jetstream::reprocessing::Reprocessed;
use common::object::ObjectStore;
use common::status::State;

use crate::support::{Bench, Conclude, Copy, CopyOn, Fail};

const EVENTS: &str = "INVOICE_EVENTS";

#[tokio::test]
async fn a_completed_document_is_read_again_as_its_next_generation_and_has_an_event_of_each() {
    let bench = Bench::start().await;
    let stages = (
        bench.run(Copy::default(), 1).await,
        bench.run(CopyOn, 1).await,
        bench.run(Conclude::default(), 1).await,
    );
    let record = bench.upload("read twice").await;
    bench.reach(&record, State::Completed).await;
    bench.drained("INVOICE_EXTRACT").await;

    let begun = bench.broker.reprocess(&record.id, &record.tenant, None).await.unwrap();
    let Reprocessed::Begun(begun) = begun else { panic!("{begun:?}") };
    assert_eq!((begun.generation, begun.state), (2, State::Queued));
    assert!(begun.result.is_none(), "what it ended with goes at once");
    let done = bench.reach(&record, State::Completed).await;
    bench.drained("INVOICE_EXTRACT").await;
    assert_eq!(done.generation, 2);
    let events = bench.raw.get_stream(EVENTS).await.unwrap();
    for generation in [1, 2] {
        let subject = format!("invoice.extracted.default.{}.{generation}", record.id);
        assert!(events.get_last_raw_message_by_subject(&subject).await.is_ok(), "{subject}");
    }
    tokio::join!(stages.0.stopped(), stages.1.stopped(), stages.2.stopped());
}

#[tokio::test]
async fn an_event_that_nobody_had_stored_yet_is_there_before_the_next_generation_begins() {
    let bench = Bench::start().await;
    let record = bench.upload("its service died").await;
    // As a last stage leaves it that dies between the status and the event.
    bench
        .broker
        .change_status(&record.id, |status| {
            Ok::<_, ()>(status.clone().given_up(rejected(), jiff::Timestamp::now()))
        })
        .await
        .unwrap();
    assert_eq!(bench.messages_in(EVENTS).await, 0);
    let begun = bench.broker.reprocess(&record.id, &record.tenant, None).await.unwrap();
    assert!(matches!(begun, Reprocessed::Begun(_)), "{begun:?}");
    assert_eq!(bench.messages_in(EVENTS).await, 1);
    assert_eq!(bench.messages_in("INVOICE_DEAD").await, 0, "it is no failure any more");
}

#[tokio::test]
async fn a_failed_document_is_read_again_and_its_letter_goes() {
    let bench = Bench::start().await;
    let record = bench.upload("fails once").await;
    let failing =
        bench.run(Fail::times(1, StageError::rejected("document_damaged", "no")), 1).await;
    bench.reach(&record, State::Failed).await;
    bench.drained("INVOICE_PREPROCESS").await;
    assert_eq!(bench.messages_in("INVOICE_DEAD").await, 1);
    let others = (bench.run(CopyOn, 1).await, bench.run(Conclude::default(), 1).await);
    let begun = bench.broker.reprocess(&record.id, &record.tenant, None).await.unwrap();
    assert!(matches!(begun, Reprocessed::Begun(_)), "{begun:?}");
    bench.reach(&record, State::Completed).await;
    assert_eq!(bench.messages_in("INVOICE_DEAD").await, 0);
    tokio::join!(failing.stopped(), others.0.stopped(), others.1.stopped());
}

#[tokio::test]
async fn what_is_under_way_unknown_or_somebody_elses_is_left_alone() {
    let bench = Bench::start().await;
    let record = bench.upload("waits").await;
    let asked = async |tenant: &str| {
        bench.broker.reprocess(&record.id, &tenant.parse().unwrap(), None).await.unwrap()
    };
    assert_eq!(asked("default").await, Reprocessed::UnderWay(State::Queued));
    assert_eq!(asked("rival").await, Reprocessed::NotFound);
    assert_eq!(bench.status(&record).await, record);
}

#[tokio::test]
async fn a_document_whose_bytes_are_gone_stays_as_it_ended() {
    let bench = Bench::start().await;
    let record = bench.upload("expired").await;
    bench
        .broker
        .change_status(&record.id, |status| {
            Ok::<_, ()>(status.clone().given_up(rejected(), jiff::Timestamp::now()))
        })
        .await
        .unwrap();
    bench.raw.get_stream("OBJ_invoice_uploads").await.unwrap().purge().await.unwrap();
    assert_eq!(bench.broker.read(&record.original).await.unwrap_err().code, "object_missing");
    let asked = bench.broker.reprocess(&record.id, &record.tenant, None).await.unwrap();
    assert_eq!(asked, Reprocessed::OriginalExpired);
    assert_eq!(bench.status(&record).await.state, State::Failed);
}

#[tokio::test]
async fn a_generation_that_has_begun_is_not_begun_again() {
    let bench = Bench::start().await;
    let record = bench.upload("begun once").await;
    let fail = async || {
        let failed = bench.broker.change_status(&record.id, |status| {
            Ok::<_, ()>(status.clone().given_up(rejected(), jiff::Timestamp::now()))
        });
        failed.await.unwrap();
    };
    fail().await;
    for state in [State::Queued, State::Queued, State::Failed] {
        if state == State::Failed {
            fail().await;
        }
        let begun = bench.broker.reprocess(&record.id, &record.tenant, Some(2)).await.unwrap();
        let Reprocessed::Begun(begun) = begun else { panic!("{begun:?}") };
        assert_eq!((begun.generation, begun.state), (2, state));
    }
}

fn rejected() -> common::error::ErrorRecord {
    let error = StageError::rejected("document_damaged", "no pages");
    common::error::ErrorRecord::new(common::stage::StageName::Preprocess, &error)
}
