//! The bucket of invoices that were seen: which document was first with one.
//!
//! A document that says an invoice has an entry of its own, under the invoice's fingerprint and its id, made only if
//! it is not there. The stream's order says who was first: two documents that are read at the same moment both have
//! their entries before either looks, so just one of them finds another before itself. Erasing a document removes its
//! entry by the id in the subject, like everything else of it, and the next in order is the first from then on.

use async_nats::HeaderMap;
use async_nats::header::NATS_EXPECTED_LAST_SUBJECT_SEQUENCE;
use async_nats::jetstream::message::StreamMessage;
use async_nats::jetstream::stream::LastRawMessageErrorKind;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::broker::{Broker, away};
use super::names;
use super::publish::{Message, Unpublished};
use super::statuses::{KV_OPERATION, MAX_ROUNDS, contended};
use crate::duplicate::{DuplicateIndex, Earlier, Fingerprint};
use crate::error::StageError;
use crate::id::DocumentId;
use crate::job::Job;

/// What clients of KV buckets take for "removed".
const REMOVED: &str = "DEL";

/// Version of [`Entry`]'s JSON form. New optional fields keep it.
const ENTRY_VERSION: u16 = 1;

/// Entries of one invoice that are looked at for the first that counts. Those that do not are of documents that are
/// being erased; a hundred at once are an invoice that somebody sends in a loop.
const MAX_LOOKS: usize = 100;

/// What is kept of a document that says an invoice; the invoice and the document are in the subject.
#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    version: u16,
    /// `blake3:<hex>` of its bytes.
    content_hash: String,
}

impl DuplicateIndex for Broker {
    async fn first_like(
        &self,
        job: &Job,
        fingerprint: Option<&Fingerprint>,
    ) -> Result<Option<Earlier>, StageError> {
        if job.generation > 1 {
            self.forget_other_readings(job, fingerprint).await?;
        }
        let Some(fingerprint) = fingerprint else { return Ok(None) };
        self.enter(job, fingerprint).await?;
        self.first_other(job, fingerprint).await
    }
}

impl Broker {
    /// Makes sure that the document has its entry, and leaves one that is there as it is.
    async fn enter(&self, job: &Job, fingerprint: &Fingerprint) -> Result<(), StageError> {
        let entry = Entry { version: ENTRY_VERSION, content_hash: job.content_hash.tagged() };
        let payload = serde_json::to_vec(&entry)
            .map_err(|error| StageError::internal("encode_failed", error.to_string()))?;
        let subject = names::duplicate_subject(&job.tenant, fingerprint, &job.id);
        let mut expected = 0;
        for _ in 0..MAX_ROUNDS {
            let mut headers = HeaderMap::new();
            headers.insert(names::CONTENT_TYPE_HEADER, "application/json");
            headers.insert(NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, expected.to_string());
            let message =
                Message { subject: subject.clone(), headers, payload: payload.clone().into() };
            match self.publish_confirmed(&message).await.0 {
                Ok(_) => return Ok(()),
                Err(Unpublished::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
            let stream = self.stream(names::DUPLICATES_STREAM).await?;
            expected = match found(stream.get_last_raw_message_by_subject(&subject).await)? {
                // It said another invoice meanwhile, and says this one again.
                Some(message) if is_removed(&message) => message.sequence,
                Some(_) => return Ok(()),
                None => 0,
            };
        }
        Err(contended())
    }

    /// The first document of the tenant that says the invoice, unless that is the job's own.
    async fn first_other(
        &self,
        job: &Job,
        fingerprint: &Fingerprint,
    ) -> Result<Option<Earlier>, StageError> {
        let stream = self.stream(names::DUPLICATES_STREAM).await?;
        let all = names::duplicates_like(&job.tenant, fingerprint);
        let mut sequence = 1;
        for _ in 0..MAX_LOOKS {
            // Asked of the leader: a replica may not have what another service has just stored.
            let next = stream.get_first_raw_message_by_subject(&all, sequence).await;
            let Some(message) = found(next)? else { return Ok(None) };
            sequence = message.sequence + 1;
            let Some(id) = document_of(&message).filter(|_| !is_removed(&message)) else {
                continue;
            };
            if id == job.id {
                return Ok(None);
            }
            // Its entry goes with it, but that may be under way.
            let there = self.status_at_leader(&id).await?;
            if there.is_some_and(|read| read.record.tenant == job.tenant) {
                let entry: Option<Entry> = serde_json::from_slice(&message.payload).ok();
                let own = job.content_hash.tagged();
                let same_file = entry.is_some_and(|entry| entry.content_hash == own);
                return Ok(Some(Earlier { id, same_file }));
            }
        }
        Ok(None)
    }

    /// Removes the entries of what earlier generations of the document said.
    async fn forget_other_readings(
        &self,
        job: &Job,
        now: Option<&Fingerprint>,
    ) -> Result<(), StageError> {
        let own = names::duplicates_of(Some(&job.tenant), &job.id);
        let now =
            now.map(|fingerprint| names::duplicate_subject(&job.tenant, fingerprint, &job.id));
        for (subject, _) in self.subjects(names::DUPLICATES_STREAM, &own).await? {
            if Some(&subject) != now.as_ref() {
                let mut headers = HeaderMap::new();
                headers.insert(KV_OPERATION, REMOVED);
                let message = Message { subject, headers, payload: Bytes::new() };
                self.publish_confirmed(&message).await.0?;
            }
        }
        Ok(())
    }
}

fn found(
    read: Result<StreamMessage, async_nats::jetstream::stream::LastRawMessageError>,
) -> Result<Option<StreamMessage>, StageError> {
    match read {
        Ok(message) => Ok(Some(message)),
        Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(None),
        Err(error) => Err(away(error)),
    }
}

fn is_removed(message: &StreamMessage) -> bool {
    message.headers.get(KV_OPERATION).is_some()
}

/// Whose entry it is.
fn document_of(message: &StreamMessage) -> Option<DocumentId> {
    message.subject.rsplit('.').next()?.parse().ok()
}
