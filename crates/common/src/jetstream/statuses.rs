//! The status bucket: reads, and transitions by compare-and-set.

use async_nats::HeaderMap;
use async_nats::header::NATS_EXPECTED_LAST_SUBJECT_SEQUENCE;
use async_nats::jetstream::stream::DirectGetErrorKind;
use bytes::Bytes;

use super::broker::{Broker, away};
use super::erasure::Slot;
use super::names;
use super::publish::{Message, Unpublished};
use crate::error::StageError;
use crate::event::EventKind;
use crate::id::DocumentId;
use crate::status::StatusRecord;

/// Compare-and-set rounds before a change counts as impossible: writers of one record are a
/// handful, and each round has a winner.
pub(super) const MAX_ROUNDS: usize = 20;

/// KV deletions are markers with this header.
pub(super) const KV_OPERATION: &str = "KV-Operation";

/// A record and the revision it was read at.
#[derive(Clone, Debug)]
pub struct Revised {
    /// What was read.
    pub record: StatusRecord,
    /// Its revision: the sequence to expect when it is replaced.
    pub revision: u64,
}

/// Outcome of a change by compare-and-set.
#[derive(Debug)]
pub enum Change<T> {
    /// The new record is stored.
    Stored(Box<StatusRecord>),
    /// The decision was not to store anything.
    Declined(T),
    /// There is no such document.
    Missing,
}

impl Broker {
    /// Reads a status for a decision: from the stream's leader, never from a replica behind it.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer, `Internal` for a record of another version.
    pub async fn status_at_leader(&self, id: &DocumentId) -> Result<Option<Revised>, StageError> {
        Ok(match self.slot(id).await? {
            Slot::Live(read) => Some(*read),
            Slot::Free | Slot::Erased(_) => None,
        })
    }

    /// Reads a status for an answer to a client, from any replica.
    ///
    /// # Errors
    /// As [`Self::status_at_leader`].
    pub async fn status(&self, id: &DocumentId) -> Result<Option<StatusRecord>, StageError> {
        Ok(self.revised_status(id).await?.map(|read| read.record))
    }

    /// Likewise, with its revision.
    ///
    /// # Errors
    /// As [`Self::status_at_leader`].
    pub async fn revised_status(&self, id: &DocumentId) -> Result<Option<Revised>, StageError> {
        let stream = self.stream(names::STATUS_STREAM).await?;
        match stream.direct_get_last_for_subject(names::status_subject(id)).await {
            Ok(message) if message.headers.get(KV_OPERATION).is_some() => Ok(None),
            Ok(message) => {
                let record = parse(&message.payload)?;
                Ok(Some(Revised { record, revision: message.sequence }))
            }
            Err(error) if error.kind() == DirectGetErrorKind::NotFound => Ok(None),
            Err(error) => Err(away(error)),
        }
    }

    /// Stores the first status of a document, in the place of what has sequence `after` (0:
    /// nothing). `false` when something else is there.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer or has no room.
    pub(super) async fn create_status(
        &self,
        record: &StatusRecord,
        after: u64,
    ) -> Result<bool, Unpublished> {
        self.store_status(record, after).await
    }

    /// Changes a status: reads it, lets `decide` make the next record or decline, stores it if
    /// nobody was faster, and reads again otherwise.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer, `Internal` when nobody ever wins.
    pub async fn change_status<T>(
        &self,
        id: &DocumentId,
        mut decide: impl FnMut(&StatusRecord) -> Result<StatusRecord, T>,
    ) -> Result<Change<T>, StageError> {
        for _ in 0..MAX_ROUNDS {
            let Some(read) = self.status_at_leader(id).await? else {
                return Ok(Change::Missing);
            };
            let next = match decide(&read.record) {
                Ok(next) => next,
                Err(declined) => return Ok(Change::Declined(declined)),
            };
            if self.store_status(&next, read.revision).await? {
                return Ok(Change::Stored(Box::new(next)));
            }
        }
        Err(contended())
    }

    /// Stores `record` if the last revision is `expected` (0: none). `false` when it is not.
    pub(super) async fn store_status(
        &self,
        record: &StatusRecord,
        expected: u64,
    ) -> Result<bool, Unpublished> {
        let payload = serde_json::to_vec(record)
            .map(Bytes::from)
            .map_err(|error| Unpublished::Unencodable { reason: error.to_string() })?;
        let mut headers = HeaderMap::new();
        headers.insert(NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, expected.to_string());
        headers.insert(names::STATE_HEADER, record.state.as_str());
        if record.correction_untold {
            headers.insert(names::UNTOLD_HEADER, EventKind::Corrected.as_str());
        }
        let subject = names::status_subject(&record.id);
        let message = Message { subject, headers, payload };
        match self.publish_confirmed(&message).await {
            (Ok(_), _) => Ok(true),
            // After an unanswered try the conflict may be with our own first copy. Records carry
            // a unique owner or arrival, so equal bytes are ours.
            (Err(Unpublished::Conflict { .. }), true) => {
                Ok(self.holds_exactly(&record.id, &message.payload).await)
            }
            (Err(Unpublished::Conflict { .. }), false) => Ok(false),
            (Err(error), _) => Err(error),
        }
    }

    async fn holds_exactly(&self, id: &DocumentId, payload: &Bytes) -> bool {
        let Ok(stream) = self.stream(names::STATUS_STREAM).await else { return false };
        let read = stream.get_last_raw_message_by_subject(&names::status_subject(id)).await;
        read.is_ok_and(|message| message.payload == *payload)
    }
}

/// Nobody ever wins.
pub(super) fn contended() -> StageError {
    let reason = format!("{MAX_ROUNDS} writers in a row were faster");
    StageError::internal("status_contended", reason)
}

pub(super) fn parse(payload: &[u8]) -> Result<StatusRecord, StageError> {
    serde_json::from_slice(payload)
        .map_err(|error| StageError::internal("status_unreadable", error.to_string()))
}
