//! Results that people put right: told once, whatever dies between the status and the event.

use std::time::Duration;

use common::audit::Actor;
use common::correction::{Author, Wanted};
use common::id::Tenant;
use common::jetstream::corrections::Corrected;
use common::jetstream::erasure::Erased;
use common::jetstream::reprocessing::Reprocessed;
use common::jetstream::sweeper;
use common::status::{Amended, ResultJson, State, StatusRecord};
use serde_json::Value;
use serde_json::value::RawValue;
use tokio_util::sync::CancellationToken;

use crate::support::Bench;

const EVENTS: &str = "INVOICE_EVENTS";

const READ: &str =
    r#"{"invoice":{"number":{"value":"F-7"}},"review":{"required":false,"reasons":[]}}"#;

fn by() -> Author {
    Author { actor: Actor::Anybody, name: None }
}

fn number(text: &str) -> Wanted {
    let body = format!(r#"{{"corrections":[{{"field":"number","value":"{text}"}}]}}"#);
    Wanted::read(body.as_bytes()).unwrap()
}

async fn completed(bench: &Bench, content: &str) -> StatusRecord {
    let record = bench.upload(content).await;
    let change = bench.broker.change_status(&record.id, |record| {
        let result = RawValue::from_string(READ.to_owned()).unwrap();
        let result = Some(ResultJson(result));
        Ok::<_, ()>(StatusRecord { state: State::Completed, result, ..record.clone() })
    });
    change.await.unwrap();
    bench.status(&record).await
}

/// As a gateway leaves it that dies between the status and the event.
async fn untold(bench: &Bench, record: &StatusRecord, to: &str) -> StatusRecord {
    let change = bench.broker.change_status(&record.id, |record| {
        match record.corrected(&number(to), &by(), jiff::Timestamp::now()).unwrap() {
            Amended::To(next) => Ok(*next),
            other => Err(other),
        }
    });
    change.await.unwrap();
    let left = bench.status(record).await;
    assert!(left.correction_untold);
    left
}

async fn correct(bench: &Bench, record: &StatusRecord, to: &str) -> Corrected {
    let wanted = number(to);
    bench.broker.correct(&record.id, &record.tenant, &by(), &wanted, |_| true).await.unwrap()
}

/// The event of a correction, as it is stored.
async fn event(bench: &Bench, record: &StatusRecord, last: &str) -> Option<Value> {
    let stream = bench.raw.get_stream(EVENTS).await.unwrap();
    let subject = format!("invoice.corrected.{}.{}.{last}", record.tenant, record.id);
    let stored = stream.get_last_raw_message_by_subject(&subject).await.ok()?;
    Some(serde_json::from_slice(&stored.payload).unwrap())
}

fn sweep(bench: &Bench) -> (CancellationToken, tokio::task::JoinHandle<()>) {
    let config = bench.config.clone().with("sweeper.interval_seconds", 1).unwrap();
    let config = config.with("sweeper.stuck_after_seconds", 1).unwrap();
    let stop = CancellationToken::new();
    let documents = common::metrics::Metrics::default().documents;
    let sweeper = sweeper::run(bench.broker.clone(), config, documents, stop.clone());
    (stop, tokio::spawn(sweeper))
}

#[tokio::test]
async fn a_correction_is_told_once_with_what_changed_and_the_whole_result() {
    let bench = Bench::start().await;
    let record = completed(&bench, "read").await;
    let done = correct(&bench, &record, "F-1").await;
    assert!(matches!(done, Corrected::Done { changed: true, .. }), "{done:?}");
    let told = event(&bench, &record, "1-1").await.unwrap();
    assert_eq!((&told["schema"], &told["revision"]), (&"invoice.corrected/1".into(), &1.into()));
    assert_eq!(told["changes"][0]["old"], "F-7");
    assert_eq!(told["result"]["invoice"]["number"]["value"], "F-1");
    assert!(told.get("by").is_none(), "who it was is in the history alone");
    let again = correct(&bench, &record, "F-1").await;
    assert!(matches!(again, Corrected::Done { changed: false, .. }), "{again:?}");
    assert!(matches!(correct(&bench, &record, "F-2").await, Corrected::Done { .. }));
    assert!(event(&bench, &record, "1-2").await.is_some());
    assert_eq!(bench.messages_in(EVENTS).await, 2);
    let other: Tenant = "rival".parse().unwrap();
    let wanted = number("F-3");
    let foreign = bench.broker.correct(&record.id, &other, &by(), &wanted, |_| true).await.unwrap();
    assert_eq!(foreign, Corrected::NotFound);
}

#[tokio::test]
async fn a_correction_whose_gateway_died_before_it_told_is_told_by_the_sweeper_once() {
    let bench = Bench::start().await;
    let (record, other) = (completed(&bench, "a").await, completed(&bench, "b").await);
    let left = untold(&bench, &record, "F-1").await;
    assert_eq!(bench.messages_in(EVENTS).await, 0);
    let (stop, sweeper) = sweep(&bench);
    bench.until(async || (!bench.status(&record).await.correction_untold).then_some(())).await;
    assert_eq!(event(&bench, &record, "1-1").await.unwrap()["changes"][0]["new"], "F-1");
    assert_eq!(bench.messages_in(EVENTS).await, 1);
    let told = bench.status(&record).await;
    assert_eq!((told.moment(), &told.corrections), (left.moment(), &left.corrections));
    // Died after the event, before the status says so: the same event, and nothing new in the stream.
    bench.broker.change_status(&record.id, |_| Ok::<_, ()>(left.clone())).await.unwrap();
    bench.until(async || (!bench.status(&record).await.correction_untold).then_some(())).await;
    assert_eq!(bench.messages_in(EVENTS).await, 1);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(bench.status(&other).await, other, "what is told is left alone");
    stop.cancel();
    sweeper.await.unwrap();
}

#[tokio::test]
async fn what_comes_after_a_correction_that_nobody_told_tells_it_first() {
    let bench = Bench::start().await;
    let record = completed(&bench, "corrected twice").await;
    untold(&bench, &record, "F-1").await;
    assert!(matches!(correct(&bench, &record, "F-2").await, Corrected::Done { .. }));
    for (last, number) in [("1-1", "F-1"), ("1-2", "F-2")] {
        let told = event(&bench, &record, last).await.unwrap();
        assert_eq!(told["result"]["invoice"]["number"]["value"], number);
    }
    let record = completed(&bench, "corrected and read again").await;
    untold(&bench, &record, "F-1").await;
    let begun = bench.broker.reprocess(&record.id, &record.tenant, None).await.unwrap();
    let Reprocessed::Begun(begun) = begun else { panic!("{begun:?}") };
    assert!(!begun.correction_untold && begun.corrections.len() == 1);
    assert!(event(&bench, &record, "1-1").await.is_some());
    let stream = bench.raw.get_stream(EVENTS).await.unwrap();
    let read = format!("invoice.extracted.default.{}.1", record.id);
    let read = stream.get_last_raw_message_by_subject(&read).await.unwrap();
    assert_eq!(read.payload, READ, "what was read is told as it was read");
    assert_eq!(bench.messages_in(EVENTS).await, 4);
}

#[tokio::test]
async fn a_correction_that_found_no_room_for_its_event_is_told_when_there_is_some() {
    let bench = Bench::start().await;
    let record = completed(&bench, "full").await;
    bench.alter(EVENTS, |config| config.max_bytes = 1).await;
    assert!(matches!(correct(&bench, &record, "F-1").await, Corrected::Done { .. }));
    assert!(bench.status(&record).await.correction_untold);
    let (stop, sweeper) = sweep(&bench);
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(bench.status(&record).await.correction_untold, "nobody gives up");
    bench.alter(EVENTS, |config| config.max_bytes = 1 << 30).await;
    bench.until(async || (!bench.status(&record).await.correction_untold).then_some(())).await;
    assert_eq!(bench.messages_in(EVENTS).await, 1);
    stop.cancel();
    sweeper.await.unwrap();
}

#[tokio::test]
async fn an_erased_document_is_not_told_of_any_more() {
    let bench = Bench::start().await;
    let record = completed(&bench, "erased").await;
    let left = untold(&bench, &record, "F-1").await;
    assert_eq!(bench.broker.erase(&record.id, &Tenant::default()).await.unwrap(), Erased::Gone);
    let gone = correct(&bench, &record, "F-2").await;
    assert_eq!(gone, Corrected::NotFound);
    assert!(bench.is_erased(&record.id).await);
    // It comes again, and is corrected: the next generation's events are its own.
    let again = completed(&bench, "erased").await;
    assert_eq!((again.generation, again.corrections.len()), (2, 0));
    assert!(matches!(correct(&bench, &again, "F-3").await, Corrected::Done { .. }));
    assert!(event(&bench, &again, "2-1").await.is_some());
    // The gateway that was at work on the first one comes to store what follows.
    bench.broker.store_ending(&left, &Default::default()).await.unwrap();
    assert!(event(&bench, &again, "2-1").await.is_some(), "nobody takes it back");
    assert_eq!(bench.messages_in(EVENTS).await, 1);
}

#[tokio::test]
async fn a_result_that_would_not_fit_into_a_message_is_not_corrected() {
    let bench = Bench::start().await;
    let record = completed(&bench, "large").await;
    let large = READ.replace("F-7", &"x".repeat(4 * 1024 * 1024 - 3000));
    let change = bench.broker.change_status(&record.id, |record| {
        let result = Some(ResultJson(RawValue::from_string(large.clone()).unwrap()));
        Ok::<_, ()>(StatusRecord { result, ..record.clone() })
    });
    change.await.unwrap();
    let wanted = Wanted::read(br#"{"corrections":[{"field":"currency","value":"EUR"}]}"#).unwrap();
    let refused = bench
        .broker
        .correct(&record.id, &record.tenant, &by(), &wanted, |_| true)
        .await
        .unwrap_err();
    let common::jetstream::publish::Unpublished::TooLarge { .. } = refused else {
        panic!("{refused:?}")
    };
    assert!(bench.status(&record).await.corrections.is_empty());
    assert_eq!(bench.messages_in(EVENTS).await, 0);
}
