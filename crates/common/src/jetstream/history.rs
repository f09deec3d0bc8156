//! Everything that the broker still has of one document, for an operator who knows its id and nothing
//! else. Reads only, and nothing of what the document says.
//!
//! The status keeps its newest record alone, so what came before is told by what it left: messages and
//! objects with the time at which the broker stored them. [`super::audit`] has who did what.

use std::collections::BTreeSet;

use async_nats::jetstream::message::StreamMessage;
use async_nats::jetstream::stream::{DirectGetErrorKind, LastRawMessageErrorKind, Stream};
use async_nats::{HeaderMap, HeaderValue};
use jiff::Timestamp;
use serde_json::Value;

use super::broker::{Broker, away};
use super::dead_letters::{DeadLetterError, Kept};
use super::erasure::Progress;
use super::names;
use super::objects::subjects::{self, Name};
use super::statuses::parse;
use crate::error::{ErrorRecord, StageError};
use crate::event::InvoiceFailed;
use crate::id::{ContentHash, DocumentId, Tenant};
use crate::job::Job;
use crate::object::Bucket;
use crate::stage::StageName;
use crate::status::StatusRecord;
use crate::telemetry::trace;

/// Most objects of one document whose times are asked for, each of which is a question to the broker:
/// twice the pages that a document may have by default, and what stands for them all.
const MAX_OBJECTS: usize = 500;

/// A message of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredMessage {
    /// Its sequence in the stream.
    pub sequence: u64,
    /// When the broker stored it.
    pub at: Timestamp,
    /// W3C `traceparent` header, where the message has one.
    pub traceparent: Option<String>,
}

/// What stands in the status bucket.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing {
    /// Nothing: it was never there, or has expired.
    Nothing,
    /// Its status.
    Live {
        /// The record.
        record: Box<StatusRecord>,
        /// When the broker stored it.
        at: Timestamp,
    },
    /// The marker of its erasure.
    Erased {
        /// How far it is.
        progress: Progress,
        /// Whose the document was; `None` when nobody knows.
        tenant: Option<Tenant>,
        /// Its last generation; 0 when there was none.
        generation: u32,
        /// When the broker stored the marker.
        at: Timestamp,
    },
}

/// A job of the document that is still in a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptJob {
    /// Whose queue.
    pub stage: StageName,
    /// The message.
    pub message: StoredMessage,
    /// What it says; `None` when this build cannot read it.
    pub job: Option<Job>,
}

/// A public event of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptEvent {
    /// The message.
    pub message: StoredMessage,
    /// Whose document.
    pub tenant: Option<Tenant>,
    /// Which processing.
    pub generation: u32,
    /// `Correlation-Id` header.
    pub correlation_id: Option<String>,
    /// Bytes of its body.
    pub bytes: u64,
    /// What it says of the end.
    pub end: EventEnd,
}

/// What an event says of the end, without what it says of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventEnd {
    /// `invoice.extracted`, and whether a person has to look; `None` when it does not say.
    Extracted {
        /// `review.required`.
        review: Option<bool>,
    },
    /// `invoice.corrected`: nothing of the end, but what a person made of it.
    Corrected {
        /// `revision`; 0 when it does not say.
        revision: u32,
    },
    /// `invoice.failed`, and why; `None` when this build cannot read it.
    Failed(Option<Box<ErrorRecord>>),
}

/// An object of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptObject {
    /// Which store.
    pub bucket: Bucket,
    /// blake3 of its bytes.
    pub hash: ContentHash,
    /// Length.
    pub bytes: u64,
    /// When it was complete.
    pub at: Timestamp,
}

/// What the broker still has of a document.
#[derive(Clone, Debug)]
pub struct History {
    /// Its status.
    pub standing: Standing,
    /// Its jobs, by stage.
    pub jobs: Vec<KeptJob>,
    /// Its events, oldest first.
    pub events: Vec<KeptEvent>,
    /// Its dead letters, oldest first, those of messages about it that nobody could read among them.
    pub letters: Vec<Kept>,
    /// Its objects, oldest first; at most 500 of each store.
    pub objects: Vec<KeptObject>,
}

impl History {
    /// Whether the broker has nothing of it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.standing == Standing::Nothing
            && self.jobs.is_empty()
            && self.events.is_empty()
            && self.letters.is_empty()
            && self.objects.is_empty()
    }
}

impl Broker {
    /// Everything that is still there of `id`. The parts are of different moments: what moves on
    /// meanwhile may be there twice or not at all.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer, `Internal` for a status of another version.
    pub async fn history(&self, id: &DocumentId) -> Result<History, StageError> {
        let standing = self.standing(id).await?;
        let mut jobs = Vec::new();
        for stage in StageName::ALL {
            jobs.extend(self.kept_jobs(stage, id).await?);
        }
        let events = self.kept_events(id).await?;
        let letters = self.letters_about(id).await?;
        let mut objects = Vec::new();
        for bucket in Bucket::ALL {
            objects.extend(self.kept_objects(bucket, id).await?);
        }
        objects.sort_by_key(|object| object.at);
        Ok(History { standing, jobs, events, letters, objects })
    }

    async fn standing(&self, id: &DocumentId) -> Result<Standing, StageError> {
        let stream = self.stream(names::STATUS_STREAM).await?;
        let Some(message) = last(&stream, &names::status_subject(id)).await? else {
            return Ok(Standing::Nothing);
        };
        let at = stored_at(&message)?;
        let Some(progress) = Progress::of(&message.headers) else {
            return Ok(Standing::Live { record: Box::new(parse(&message.payload)?), at });
        };
        let said = |name: &str| header(&message.headers, name);
        Ok(Standing::Erased {
            progress,
            tenant: said(names::TENANT_HEADER).and_then(|name| name.parse().ok()),
            generation: said(names::GENERATION_HEADER).and_then(|n| n.parse().ok()).unwrap_or(0),
            at,
        })
    }

    async fn kept_jobs(
        &self,
        stage: StageName,
        id: &DocumentId,
    ) -> Result<Vec<KeptJob>, StageError> {
        let stream = self.stream(names::job_stream(stage)).await?;
        let (mut kept, mut sequence) = (Vec::new(), 1);
        loop {
            let subject = names::job_subject(stage, id);
            let message = match stream.direct_get_next_for_subject(subject, Some(sequence)).await {
                Ok(message) => message,
                Err(error) if error.kind() == DirectGetErrorKind::NotFound => return Ok(kept),
                Err(error) => return Err(away(error)),
            };
            sequence = message.sequence + 1;
            let version = header(&message.headers, names::VERSION_HEADER);
            let version = version.and_then(|version| version.parse().ok()).unwrap_or(0);
            let job = Job::decode(version, &message.payload).ok();
            kept.push(KeptJob { stage, message: stored(&message)?, job });
        }
    }

    async fn kept_events(&self, id: &DocumentId) -> Result<Vec<KeptEvent>, StageError> {
        let stream = self.stream(names::EVENTS_STREAM).await?;
        let mut kept = Vec::new();
        for filter in names::events_of(id) {
            for (subject, _) in self.subjects(names::EVENTS_STREAM, &filter).await? {
                // It may have expired since it was listed.
                if let Some(message) = last(&stream, &subject).await? {
                    kept.push(event(&message)?);
                }
            }
        }
        kept.sort_by_key(|event| event.message.sequence);
        Ok(kept)
    }

    async fn letters_about(&self, id: &DocumentId) -> Result<Vec<Kept>, StageError> {
        let mut named = vec![id.to_string()];
        for (subject, _) in self.subjects(names::DEAD_STREAM, &names::dead_letters_of("*")).await? {
            let name = subject.rsplit('.').next().unwrap_or_default();
            if name.starts_with(names::UNKNOWN_DEAD) {
                named.push(name.to_owned());
            }
        }
        let mut about = Vec::new();
        for name in named {
            let letters = self.dead_letters_called(&name).await.map_err(|error| match error {
                DeadLetterError::Broker(error) => error,
                other => StageError::internal("message_unreadable", other.to_string()),
            })?;
            about.extend(letters.into_iter().filter(|kept| {
                kept.name == id.as_str() || kept.letter.subject.ends_with(id.as_str())
            }));
        }
        about.sort_by_key(|kept| kept.sequence);
        Ok(about)
    }

    async fn kept_objects(
        &self,
        bucket: Bucket,
        id: &DocumentId,
    ) -> Result<Vec<KeptObject>, StageError> {
        let stream = self.stream(names::object_stream(bucket)).await?;
        let chunks =
            self.subjects(names::object_stream(bucket), &subjects::chunks_of(bucket, id)).await?;
        let hashes: BTreeSet<ContentHash> = chunks
            .iter()
            .filter_map(|(subject, _)| Name::of_chunks(subject))
            .map(|name| name.hash)
            .collect();
        let mut kept = Vec::new();
        for hash in hashes.into_iter().take(MAX_OBJECTS) {
            let name = Name { document: id.clone(), hash };
            // Without metadata it is being written, or nobody will read it.
            let Some(message) = last(&stream, &subjects::metadata(bucket, &name)).await? else {
                continue;
            };
            let info: Value = serde_json::from_slice(&message.payload).unwrap_or_default();
            if info.get("deleted").and_then(Value::as_bool) != Some(true) {
                let bytes = info.get("size").and_then(Value::as_u64).unwrap_or_default();
                kept.push(KeptObject { bucket, hash: name.hash, bytes, at: stored_at(&message)? });
            }
        }
        Ok(kept)
    }
}

/// The last message on `subject`, from the leader.
async fn last(stream: &Stream<()>, subject: &str) -> Result<Option<StreamMessage>, StageError> {
    match stream.get_last_raw_message_by_subject(subject).await {
        Ok(message) => Ok(Some(message)),
        Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(None),
        Err(error) => Err(away(error)),
    }
}

fn event(message: &StreamMessage) -> Result<KeptEvent, StageError> {
    // invoice.<kind>.<tenant>.<id>.<generation>, or <generation>-<revision>
    let mut tokens = message.subject.split('.').skip(1);
    let kind = tokens.next();
    let tenant = tokens.next().and_then(|tenant| tenant.parse().ok());
    let generation = names::generation_of(&message.subject);
    let body = || serde_json::from_slice::<Value>(&message.payload).unwrap_or_default();
    let end = match kind {
        Some("failed") => {
            let body: Option<InvoiceFailed> = serde_json::from_slice(&message.payload).ok();
            EventEnd::Failed(body.map(|body| Box::new(body.error)))
        }
        Some("corrected") => {
            let revision = body().get("revision").and_then(Value::as_u64);
            EventEnd::Corrected { revision: revision.and_then(|n| n.try_into().ok()).unwrap_or(0) }
        }
        _ => EventEnd::Extracted {
            review: body().pointer("/review/required").and_then(Value::as_bool),
        },
    };
    Ok(KeptEvent {
        message: stored(message)?,
        tenant,
        generation,
        correlation_id: header(&message.headers, names::CORRELATION_HEADER).map(str::to_owned),
        bytes: message.payload.len() as u64,
        end,
    })
}

fn stored(message: &StreamMessage) -> Result<StoredMessage, StageError> {
    Ok(StoredMessage {
        sequence: message.sequence,
        at: stored_at(message)?,
        traceparent: header(&message.headers, trace::TRACEPARENT).map(str::to_owned),
    })
}

fn stored_at(message: &StreamMessage) -> Result<Timestamp, StageError> {
    Timestamp::from_nanosecond(message.time.unix_timestamp_nanos())
        .map_err(|error| StageError::internal("message_unreadable", error.to_string()))
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).map(HeaderValue::as_str)
}
