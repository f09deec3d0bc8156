//! Public events as CloudEvents: what every reader finds beside the body, wherever it reads.

use std::collections::BTreeMap;

use async_nats::HeaderMap;
use async_nats::jetstream::consumer::{AckPolicy, pull};
use async_nats::jetstream::message::StreamMessage;
use common::error::StageError;
use common::jetstream::names;
use common::status::{State, StatusRecord};
use futures_util::StreamExt;

use crate::support::{Bench, Conclude, CopyOn, Fail, PATIENCE};

/// What the broker adds to a message that it hands on or keeps.
const OF_THE_BROKER: &str = "Nats-";

/// Headers by name, without the broker's own.
fn told(headers: &HeaderMap) -> BTreeMap<String, String> {
    let all = headers.iter().map(|(name, values)| (name.to_string(), values[0].to_string()));
    all.filter(|(name, _)| !name.starts_with(OF_THE_BROKER)).collect()
}

async fn stored(bench: &Bench, subject: &str) -> StreamMessage {
    let stream = bench.raw.get_stream(names::EVENTS_STREAM).await.unwrap();
    bench.until(async || stream.get_last_raw_message_by_subject(subject).await.ok()).await
}

fn expected(record: &StatusRecord, kind: &str) -> BTreeMap<String, String> {
    let StatusRecord { tenant, id, generation, .. } = record;
    let told = [
        ("Content-Type", "application/json".to_owned()),
        ("Correlation-Id", record.correlation_id.clone()),
        ("ce-specversion", "1.0".to_owned()),
        ("ce-id", format!("{kind}.{tenant}.{id}.{generation}")),
        ("ce-source", format!("/invoice-ocr/{tenant}")),
        ("ce-type", kind.to_owned()),
        ("ce-time", record.updated_at.to_string()),
        ("ce-subject", id.to_string()),
        ("ce-datacontenttype", "application/json".to_owned()),
        ("ce-dataschema", format!("urn:invoice-ocr:{kind}/1")),
    ];
    told.map(|(name, value)| (name.to_owned(), value)).into()
}

#[tokio::test]
async fn an_event_is_the_same_cloud_event_stored_live_replayed_and_published_again() {
    let bench = Bench::start().await;
    let client = bench.raw.client();
    let mut live = client.subscribe("invoice.*").await.unwrap();
    client.flush().await.unwrap();
    let encrypted = StageError::rejected("document_encrypted", "needs a password");
    let stages = (
        bench.run(Fail::times(1, encrypted), 1).await,
        bench.run(CopyOn, 1).await,
        bench.run(Conclude::default(), 1).await,
    );
    let record = bench.upload("fails, then is read").await;
    let failed = bench.reach(&record, State::Failed).await;
    let first = expected(&failed, "invoice.failed");
    let event = stored(&bench, &first["ce-id"]).await;
    assert_eq!(told(&event.headers), first);
    // The message id is what readers of an earlier version told duplicates by.
    assert_eq!(event.headers.get("Nats-Msg-Id").unwrap().as_str(), first["ce-id"]);

    // A replay is another event of another generation.
    assert_eq!(bench.broker.replay(record.id.as_str()).await.unwrap(), Some(2));
    let done = bench.reach(&record, State::Completed).await;
    let second = expected(&done, "invoice.extracted");
    let event = stored(&bench, &second["ce-id"]).await;
    assert_eq!(told(&event.headers), second);

    // Live copies, on the bare subjects.
    for (subject, headers) in [("invoice.failed", &first), ("invoice.extracted", &second)] {
        let copy = bench.until(async || live.next().await).await;
        assert_eq!(copy.subject.as_str(), subject);
        assert_eq!(&told(&copy.headers.unwrap()), headers);
    }

    // Published once more by somebody else, later: nothing is stored that says something else.
    for ended in [&failed, &done] {
        bench.broker.store_ending(ended, &Default::default()).await.unwrap();
    }
    assert_eq!(bench.messages_in(names::EVENTS_STREAM).await, 2);

    // From the stream again, for a reader that begins anew, and again for one that did not acknowledge.
    let stream = bench.raw.get_stream(names::EVENTS_STREAM).await.unwrap();
    let anew = pull::Config { ack_policy: AckPolicy::Explicit, ..pull::Config::default() };
    let consumer = stream.create_consumer(anew).await.unwrap();
    for _ in 0..2 {
        let batch = consumer.batch().max_messages(2).expires(PATIENCE);
        let mut messages = batch.messages().await.unwrap();
        for headers in [&first, &second] {
            let message = messages.next().await.unwrap().unwrap();
            assert_eq!(&told(message.headers.as_ref().unwrap()), headers);
            client.publish(message.reply.clone().unwrap(), "-NAK".into()).await.unwrap();
        }
    }
    tokio::join!(stages.0.stopped(), stages.1.stopped(), stages.2.stopped());
}
