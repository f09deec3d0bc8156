//! What stands in the place of an erased document's status: a purge marker of the KV bucket.
//!
//! It holds nothing of the document but its id, whose it was and how often it was processed, and
//! goes when a status would go (`retention.status_hours`).

use async_nats::header::{NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, NATS_MESSAGE_ID, NATS_ROLLUP};
use async_nats::jetstream::message::StreamMessage;
use async_nats::jetstream::stream::LastRawMessageErrorKind;
use async_nats::{HeaderMap, HeaderValue};
use bytes::Bytes;

use crate::error::StageError;
use crate::id::{DocumentId, Tenant};
use crate::jetstream::broker::{Broker, away};
use crate::jetstream::names;
use crate::jetstream::publish::{Message, Unpublished};
use crate::jetstream::statuses::{KV_OPERATION, Revised, parse};
use crate::status::StatusRecord;

/// What clients of KV buckets take for "removed, with its history".
const PURGED: &str = "PURGE";

/// Value of the rollup header: the marker replaces the record. The bucket denies deletions, so this
/// is also the only way.
const ROLLUP_OF_SUBJECT: &str = "sub";

/// How far an erasure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Progress {
    /// The document is gone for everybody; what is left of it may still be stored.
    Begun,
    /// What was left is removed.
    Cleared,
    /// Likewise once more, after everything that could still be at work on the document has ended.
    Swept,
}

impl Progress {
    fn as_str(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Cleared => "cleared",
            Self::Swept => "swept",
        }
    }

    /// From the header; a marker that somebody else left says nothing, so nothing is cleared yet.
    pub(in crate::jetstream) fn of(headers: &HeaderMap) -> Option<Self> {
        headers.get(KV_OPERATION)?;
        Some(match headers.get(names::ERASURE_HEADER).map(|value| value.as_str()) {
            Some("swept") => Self::Swept,
            Some("cleared") => Self::Cleared,
            _ => Self::Begun,
        })
    }
}

/// What the status bucket has in the place of a document's status.
#[derive(Debug)]
pub(in crate::jetstream) enum Slot {
    /// Nothing: it was never there, or has expired.
    Free,
    /// Its status.
    Live(Box<Revised>),
    /// The marker of its erasure.
    Erased(Marker),
}

/// The marker of an erasure.
#[derive(Clone, Debug)]
pub(in crate::jetstream) struct Marker {
    /// Its sequence: what a change of it expects.
    pub(in crate::jetstream) revision: u64,
    /// Generation of the last processing that was erased; 0 when there was none.
    pub(in crate::jetstream) generation: u32,
    /// Whose the document was; `None` when nobody knows.
    pub(in crate::jetstream) tenant: Option<Tenant>,
    /// How far the erasure is.
    pub(in crate::jetstream) progress: Progress,
    /// Unique to one writing of it.
    token: String,
}

impl Marker {
    /// The first marker of the erasure of `record`.
    pub(super) fn of(record: &StatusRecord) -> Self {
        Self {
            generation: record.generation,
            tenant: Some(record.tenant.clone()),
            ..Self::of_nobody()
        }
    }

    /// The marker of an id that has no status.
    pub(super) fn of_nobody() -> Self {
        Self {
            revision: 0,
            generation: 0,
            tenant: None,
            progress: Progress::Begun,
            token: String::new(),
        }
    }

    fn read(message: &StreamMessage, progress: Progress) -> Self {
        let text = |name: &str| message.headers.get(name).map(HeaderValue::as_str);
        Self {
            revision: message.sequence,
            generation: text(names::GENERATION_HEADER).and_then(|n| n.parse().ok()).unwrap_or(0),
            tenant: text(names::TENANT_HEADER).and_then(|name| name.parse().ok()),
            progress,
            token: message
                .headers
                .get(NATS_MESSAGE_ID)
                .map(ToString::to_string)
                .unwrap_or_default(),
        }
    }
}

impl Broker {
    /// Reads what stands in the place of a status, from the stream's leader.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer, `Internal` for a record of another version.
    pub(in crate::jetstream) async fn slot(&self, id: &DocumentId) -> Result<Slot, StageError> {
        let stream = self.stream(names::STATUS_STREAM).await?;
        match stream.get_last_raw_message_by_subject(&names::status_subject(id)).await {
            Ok(message) => match Progress::of(&message.headers) {
                Some(progress) => Ok(Slot::Erased(Marker::read(&message, progress))),
                None => {
                    let record = parse(&message.payload)?;
                    Ok(Slot::Live(Box::new(Revised { record, revision: message.sequence })))
                }
            },
            Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(Slot::Free),
            Err(error) => Err(away(error)),
        }
    }

    /// Puts a marker in the place of what has sequence `expected` (0: nothing), with the generation
    /// and tenant of `marker`. Its sequence, or `None` when something else is there.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer.
    pub(super) async fn mark(
        &self,
        id: &DocumentId,
        marker: &Marker,
        progress: Progress,
        expected: u64,
    ) -> Result<Option<u64>, StageError> {
        let token = format!("erasure:{}", nuid::next());
        let mut headers = HeaderMap::new();
        headers.insert(KV_OPERATION, PURGED);
        headers.insert(NATS_ROLLUP, ROLLUP_OF_SUBJECT);
        headers.insert(NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, expected.to_string());
        headers.insert(NATS_MESSAGE_ID, token.as_str());
        headers.insert(names::ERASURE_HEADER, progress.as_str());
        headers.insert(names::GENERATION_HEADER, marker.generation.to_string());
        if let Some(tenant) = &marker.tenant {
            headers.insert(names::TENANT_HEADER, tenant.as_str());
        }
        let message =
            Message { subject: names::status_subject(id), headers, payload: Bytes::new() };
        match self.publish_confirmed(&message).await {
            (Ok(stored), _) => Ok(Some(stored.sequence)),
            // After an unanswered try the conflict may be with our own first copy.
            (Err(Unpublished::Conflict { .. }), true) => Ok(match self.slot(id).await? {
                Slot::Erased(found) if found.token == token => Some(found.revision),
                _ => None,
            }),
            (Err(Unpublished::Conflict { .. }), false) => Ok(None),
            (Err(error), _) => Err(error.into()),
        }
    }
}
