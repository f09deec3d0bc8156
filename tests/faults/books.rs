//! What lies in the broker, read as an auditor does: everything, and behind the services' backs.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use async_nats::jetstream::message::StreamMessage;
use async_nats::jetstream::stream::{RawMessageErrorKind, Stream};
use async_nats::jetstream::{self, Context};
use common::jetstream::names::ERASURE_HEADER;
use serde_json::Value;

use crate::wait::PATIENCE;

/// Work queues and their consumers.
pub(crate) const QUEUES: [(&str, &str); 3] =
    [("INVOICE_PREPROCESS", "preprocess"), ("INVOICE_OCR", "ocr"), ("INVOICE_EXTRACT", "extract")];

/// Pause before a broker that did not answer is asked again.
const AGAIN: Duration = Duration::from_millis(200);

/// A message of a stream.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) subject: String,
    pub(crate) payload: Vec<u8>,
    /// Whether it only marks that something was removed.
    pub(crate) marker: bool,
}

/// A stored event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EventKey {
    pub(crate) id: String,
    pub(crate) generation: u64,
    /// `extracted` or `failed`.
    pub(crate) kind: String,
}

/// A look into the broker.
#[derive(Clone, Debug)]
pub(crate) struct Books {
    pub(crate) context: Context,
}

impl Books {
    pub(crate) async fn open(url: &str) -> Self {
        let servers: Vec<async_nats::ServerAddr> =
            url.split(',').map(|one| one.parse().unwrap()).collect();
        let mut options = async_nats::ConnectOptions::new().retry_on_initial_connect();
        if let (Some(user), Some(password)) = (servers[0].username(), servers[0].password()) {
            options = options.user_and_password(user.to_owned(), password.to_owned());
        }
        let client = options.connect(servers).await.unwrap();
        Self { context: jetstream::new(client) }
    }

    pub(crate) async fn stream(&self, name: &str) -> Option<Stream> {
        self.context.get_stream(name).await.ok()
    }

    /// How many messages a stream holds; `None` while the broker does not answer.
    pub(crate) async fn count(&self, stream: &str) -> Option<u64> {
        Some(self.stream(stream).await?.cached_info().state.messages)
    }

    /// All messages of a stream.
    pub(crate) async fn entries(&self, stream: &str) -> Vec<Entry> {
        let stream = self.stream(stream).await.expect("a stream");
        let state = &stream.cached_info().state;
        let mut entries = Vec::new();
        for sequence in state.first_sequence.max(1)..=state.last_sequence {
            // Removed ones leave gaps.
            if let Some(message) = stored(&stream, sequence).await {
                entries.push(Entry {
                    subject: message.subject.to_string(),
                    payload: message.payload.to_vec(),
                    marker: message.headers.get("KV-Operation").is_some(),
                });
            }
        }
        entries
    }

    /// Every document's status, by its id.
    pub(crate) async fn statuses(&self) -> BTreeMap<String, Value> {
        let entries = self.entries("KV_invoice_status").await;
        let live = entries.into_iter().filter(|entry| !entry.marker);
        live.map(|entry| {
            let id = entry.subject.rsplit('.').next().unwrap().to_owned();
            (id, serde_json::from_slice(&entry.payload).unwrap())
        })
        .collect()
    }

    /// One document's status.
    pub(crate) async fn status(&self, id: &str) -> Option<Value> {
        let stream = self.stream("KV_invoice_status").await?;
        let subject = format!("$KV.invoice_status.{id}");
        let message = stream.get_last_raw_message_by_subject(&subject).await.ok()?;
        serde_json::from_slice(&message.payload).ok()
    }

    /// How far the erasure of a document is: `begun`, `cleared`, or `swept` once nobody can still
    /// have it in hand.
    pub(crate) async fn erasure(&self, id: &str) -> Option<String> {
        let stream = self.stream("KV_invoice_status").await?;
        let subject = format!("$KV.invoice_status.{id}");
        let message = stream.get_last_raw_message_by_subject(&subject).await.ok()?;
        message.headers.get(ERASURE_HEADER).map(|progress| progress.as_str().to_owned())
    }

    /// Every stored event with its body.
    pub(crate) async fn events(&self) -> BTreeMap<EventKey, Value> {
        let entries = self.entries("INVOICE_EVENTS").await;
        let events = entries.into_iter().map(|entry| {
            let mut tokens = entry.subject.split('.').skip(1);
            let kind = tokens.next().unwrap().to_owned();
            let id = tokens.nth(1).unwrap().to_owned();
            let generation = tokens.next().unwrap().parse().unwrap();
            (EventKey { id, generation, kind }, serde_json::from_slice(&entry.payload).unwrap())
        });
        events.collect()
    }

    /// Names of all dead letters.
    pub(crate) async fn dead(&self) -> Vec<String> {
        let entries = self.entries("INVOICE_DEAD").await;
        entries.iter().map(|entry| entry.subject.rsplit('.').next().unwrap().to_owned()).collect()
    }

    /// Jobs that wait or are leased; `None` while the broker does not answer.
    pub(crate) async fn jobs(&self) -> Option<u64> {
        let mut jobs = 0;
        for (queue, _) in QUEUES {
            jobs += self.count(queue).await?;
        }
        Some(jobs)
    }

    /// Deliveries beyond the first of each job, so far.
    pub(crate) async fn redeliveries(&self) -> u64 {
        let mut again = 0;
        for (queue, consumer) in QUEUES {
            let Some(stream) = self.stream(queue).await else { continue };
            if let Ok(info) = stream.consumer_info(consumer).await {
                let delivered = info.delivered;
                again += delivered.consumer_sequence.saturating_sub(delivered.stream_sequence);
            }
        }
        again
    }

    /// The server that leads a stream, in a cluster.
    pub(crate) async fn stream_leader(&self, stream: &str) -> Option<String> {
        self.stream(stream).await?.cached_info().cluster.as_ref()?.leader.clone()
    }

    /// The server that leads a queue's consumer, in a cluster.
    pub(crate) async fn consumer_leader(&self, queue: &str, consumer: &str) -> Option<String> {
        let info = self.stream(queue).await?.consumer_info(consumer).await.ok()?;
        info.cluster?.leader
    }
}

/// The message of `sequence`, if there is one. A broker that does not answer is asked again: its silence
/// says nothing about what is stored.
async fn stored(stream: &Stream, sequence: u64) -> Option<StreamMessage> {
    let begun = Instant::now();
    loop {
        match stream.get_raw_message(sequence).await {
            Ok(message) => return Some(message),
            Err(error) if error.kind() == RawMessageErrorKind::NoMessageFound => return None,
            Err(error) => assert!(begun.elapsed() < PATIENCE, "message {sequence}: {error}"),
        }
        tokio::time::sleep(AGAIN).await;
    }
}
