//! What follows from a terminal status: the dead letter and the public event. Derived from the
//! record alone, so it can be done again by anyone who finds it undone; the broker keeps one of
//! each.

use async_nats::HeaderMap;
use async_nats::jetstream::message::StreamMessage;
use bytes::Bytes;

use super::broker::Broker;
use super::cloud_event;
use super::names;
use super::publish::{Message, Unpublished};
use crate::error::StageError;
use crate::event::{DEAD_LETTER_VERSION, DeadLetter, EventKind, InvoiceFailed};
use crate::job::{JOB_VERSION, Job};
use crate::status::{State, StatusRecord};
use crate::telemetry::trace;
use crate::versioned;

/// A message as it was delivered, for the dead letter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Original {
    /// Its subject.
    pub subject: String,
    /// Its headers, in order.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub payload: Bytes,
}

impl Original {
    /// A message as it lies in its stream.
    pub(super) fn stored(message: StreamMessage) -> Self {
        Self {
            subject: message.subject.to_string(),
            headers: header_pairs(&message.headers),
            payload: message.payload,
        }
    }

    /// The job that `record` stands for, where the delivered message itself is not at hand.
    ///
    /// # Errors
    /// `Internal` when it cannot be encoded, which is a bug.
    pub fn of(record: &StatusRecord) -> Result<Self, StageError> {
        let message = job_message(record.stage, &record.job())?;
        Ok(Self {
            subject: message.subject.clone(),
            headers: header_pairs(&message.headers),
            payload: message.payload,
        })
    }
}

/// The message that carries `job` to `stage`.
///
/// # Errors
/// `Internal` when it cannot be encoded, which is a bug.
pub(super) fn job_message(
    stage: crate::stage::StageName,
    job: &Job,
) -> Result<Message, StageError> {
    let payload = job.encode().map_err(|e| StageError::internal("encode_failed", e.to_string()))?;
    let mut headers = HeaderMap::new();
    headers.insert(names::CONTENT_TYPE_HEADER, "application/cbor");
    headers.insert(names::VERSION_HEADER, JOB_VERSION.to_string());
    headers.insert(names::CORRELATION_HEADER, job.correlation_id.as_str());
    carry_trace(&mut headers);
    Ok(Message { subject: names::job_subject(stage, &job.id), headers, payload: payload.into() })
}

/// Lets whoever gets a message go on with the trace that it was made in.
fn carry_trace(headers: &mut HeaderMap) {
    for (name, value) in trace::headers() {
        headers.insert(name.as_str(), value.as_str());
    }
}

/// Headers as pairs, in the order in which the message lists them.
pub(super) fn header_pairs(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .flat_map(|(name, values)| {
            values.iter().map(move |value| (name.to_string(), value.to_string()))
        })
        .collect()
}

impl Broker {
    /// Makes sure that everything that follows from a terminal `record` is stored, and not if the
    /// document was erased meanwhile.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer; call again.
    pub async fn store_ending(
        &self,
        record: &StatusRecord,
        original: &Original,
    ) -> Result<(), StageError> {
        self.store_what_follows(record, original).await?;
        self.withdraw_if_erased(record).await
    }

    async fn store_what_follows(
        &self,
        record: &StatusRecord,
        original: &Original,
    ) -> Result<(), StageError> {
        match (record.state, &record.result, &record.error) {
            (State::Completed, Some(result), _) => {
                let payload = Bytes::copy_from_slice(result.0.get().as_bytes());
                let subject =
                    names::extracted_subject(&record.tenant, &record.id, record.generation);
                self.store_event(record, EventKind::Extracted, subject, payload).await
            }
            (State::Failed, _, Some(error)) => {
                let letter = DeadLetter {
                    id: Some(record.id.clone()),
                    tenant: Some(record.tenant.clone()),
                    generation: record.generation,
                    error: error.clone(),
                    attempts: record.attempt,
                    failed_at: record.updated_at,
                    subject: original.subject.clone(),
                    headers: original.headers.clone(),
                    payload: original.payload.to_vec(),
                };
                self.store_dead_letter(error.stage, record.id.as_str(), &letter).await?;
                let failed = InvoiceFailed {
                    schema: EventKind::Failed.schema().to_owned(),
                    id: record.id.clone(),
                    content_hash: record.content_hash.tagged(),
                    correlation_id: record.correlation_id.clone(),
                    error: error.clone(),
                    attempts: record.attempt,
                    failed_at: record.updated_at,
                };
                let payload = serde_json::to_vec(&failed)
                    .map_err(|e| StageError::internal("encode_failed", e.to_string()))?;
                let subject = names::failed_subject(&record.tenant, &record.id, record.generation);
                self.store_event(record, EventKind::Failed, subject, payload.into()).await
            }
            _ => Ok(()),
        }
    }

    /// Stores a dead letter under `name` (a document id, or `unknown-<sequence>`).
    ///
    /// # Errors
    /// `Transient` while the broker does not answer.
    pub(super) async fn store_dead_letter(
        &self,
        stage: crate::stage::StageName,
        name: &str,
        letter: &DeadLetter,
    ) -> Result<(), StageError> {
        let payload = versioned::to_cbor(letter)?;
        let mut headers = HeaderMap::new();
        headers.insert(names::CONTENT_TYPE_HEADER, "application/cbor");
        headers.insert(names::VERSION_HEADER, DEAD_LETTER_VERSION.to_string());
        let message =
            Message { subject: names::dead_subject(stage, name), headers, payload: payload.into() };
        let message_id = format!("dead:{name}:{}:{stage}", letter.generation);
        self.publish(message, &message_id).await?;
        Ok(())
    }

    /// Stores the event of `kind` that `record` tells of, once.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer or has no room.
    pub(super) async fn store_event(
        &self,
        record: &StatusRecord,
        kind: EventKind,
        subject: String,
        payload: Bytes,
    ) -> Result<(), StageError> {
        let mut headers = HeaderMap::new();
        headers.insert(names::CONTENT_TYPE_HEADER, cloud_event::JSON);
        headers.insert(names::CORRELATION_HEADER, record.correlation_id.as_str());
        for (name, value) in cloud_event::attributes(kind, record, &subject) {
            headers.insert(name, value);
        }
        carry_trace(&mut headers);
        let message_id = subject.clone();
        match self.publish(Message { subject, headers, payload }, &message_id).await {
            // The stream keeps one event per document and generation, for ever: this is how a
            // second one is refused, also long after the duplicate window.
            Ok(_) | Err(Unpublished::AlreadyStored { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
