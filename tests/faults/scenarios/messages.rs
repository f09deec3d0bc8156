//! Messages that are there twice, are no jobs, or come from the future; and a record that somebody
//! else keeps writing.

use std::time::{Duration, Instant};

use async_nats::HeaderMap;
use bytes::Bytes;

use crate::books::QUEUES;
use crate::lab::{Fit, Given, Lab, Outcome};
use crate::wait::eventually;

const DOCUMENTS: usize = 12;

/// Every job is published again as soon as it is seen, without its message id, as a careless
/// operator or a lost duplicate window does; and once more when all is over.
pub(super) async fn jobs_published_twice_and_replayed(given: Given) -> Outcome {
    let mut lab = Lab::start(&given, Fit::default()).await;
    let books = lab.books.clone();
    let copied = tokio::spawn(async move {
        let mut seen = std::collections::BTreeMap::new();
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(6) {
            for (queue, _) in QUEUES {
                for entry in books.entries(queue).await {
                    let copies: &mut u32 = seen.entry(entry.subject.clone()).or_default();
                    if *copies < 2 {
                        *copies += 1;
                        let (headers, body) = (job_headers(), Bytes::from(entry.payload));
                        let sent = books.context.publish_with_headers(entry.subject, headers, body);
                        sent.await.unwrap().await.unwrap();
                    }
                }
            }
        }
        seen.len()
    });
    lab.fault().await;
    let uploads = lab.upload(DOCUMENTS);
    let copied = copied.await.unwrap();
    assert!(copied > 0, "no job was seen");
    lab.note(format!("{copied} jobs were published twice more"));
    lab.finish(uploads).await
}

fn job_headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("Content-Type", "application/cbor");
    headers.insert("Invoice-Version", "1");
    headers
}

/// Messages on the job subjects that nobody can read: noise, no headers, a version of the future,
/// a subject that is no id. They end as dead letters, beside documents that do not notice.
pub(super) async fn strange_messages(given: Given) -> Outcome {
    let mut lab = Lab::start(&given, Fit::default()).await;
    let uploads = lab.upload(DOCUMENTS);
    lab.accepted(DOCUMENTS / 3).await;
    lab.fault().await;
    let stranger = "f".repeat(64);
    let mut strangers = 0;
    for (_, stage) in QUEUES {
        let messages: [(String, Option<&str>, &'static [u8]); 4] = [
            (format!("invoice.jobs.{stage}.{stranger}"), Some("1"), b"\xff\x00noise"),
            (format!("invoice.jobs.{stage}.{stranger}"), None, b"no headers at all"),
            (format!("invoice.jobs.{stage}.not-an-id"), Some("1"), b""),
            (format!("invoice.jobs.{stage}.not-an-id"), Some("x"), b"no version"),
        ];
        for (subject, version, body) in messages {
            let mut headers = HeaderMap::new();
            if let Some(version) = version {
                headers.insert("Invoice-Version", version);
            }
            let sent = lab.books.context.publish_with_headers(subject, headers, body.into());
            sent.await.unwrap().await.unwrap();
        }
        // One with version 1 and noise, one without a body.
        strangers += 2;
    }
    lab.note("6 messages of a readable version are dead letters, 6 of an unknown one wait");
    lab.expected.strangers = strangers;
    eventually("dead letters", async || {
        (lab.books.count("INVOICE_DEAD").await? >= strangers as u64).then_some(())
    })
    .await;
    for (queue, stage) in QUEUES {
        // Left for a newer service for five minutes; the operator takes them out.
        let stream = lab.books.stream(queue).await.unwrap();
        for token in [stranger.as_str(), "not-an-id"] {
            stream.purge().filter(format!("invoice.jobs.{stage}.{token}")).await.unwrap();
        }
    }
    lab.finish(uploads).await
}

/// Somebody rewrites every record as fast as the broker takes it, unchanged: each compare-and-set
/// of a service has to win against that.
pub(super) async fn status_contended(given: Given) -> Outcome {
    let mut lab = Lab::start(&given, Fit::default()).await;
    let uploads = lab.upload(DOCUMENTS);
    lab.accepted(1).await;
    lab.fault().await;
    let books = lab.books.clone();
    let rival = tokio::spawn(async move {
        let stream = books.stream("KV_invoice_status").await.unwrap();
        let (begun, mut won) = (Instant::now(), 0);
        while begun.elapsed() < Duration::from_secs(6) {
            let sequence = stream.get_info().await.unwrap().state.last_sequence;
            for sequence in sequence.saturating_sub(3)..=sequence {
                won += usize::from(rewrite(&books, &stream, sequence).await);
            }
        }
        won
    });
    let won = rival.await.unwrap();
    lab.note(format!("{won} writes of somebody else came between"));
    lab.finish(uploads).await
}

/// Writes the record at `sequence` again as it is, if it is still the latest of its subject.
async fn rewrite(
    books: &crate::books::Books,
    stream: &async_nats::jetstream::stream::Stream,
    sequence: u64,
) -> bool {
    let Ok(message) = stream.get_raw_message(sequence).await else { return false };
    let mut headers = message.headers.clone();
    headers.insert("Nats-Expected-Last-Subject-Sequence", sequence.to_string());
    let subject = message.subject.to_string();
    match books.context.publish_with_headers(subject, headers, message.payload).await {
        Ok(stored) => stored.await.is_ok(),
        Err(_) => false,
    }
}
