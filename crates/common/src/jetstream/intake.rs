//! How a document enters: its bytes, its status, its first job; in this order, each confirmed.
//!
//! A crash in between leaves bytes that the sweeper removes (before the status), or a status without
//! a job, which the next equal upload or the sweeper completes. Nothing is answered with 202 before
//! all three are on disk.

use bytes::Bytes;
use jiff::Timestamp;
use thiserror::Error;

use super::broker::Broker;
use super::ending::job_message;
use super::erasure::Vacancy;
use super::names;
use super::publish::Unpublished;
use super::quota::Spent;
use super::statuses::{MAX_ROUNDS, contended};
use crate::failpoint::{self, Point};
use crate::id::{ContentHash, DocumentId, Options, Tenant};
use crate::object::{Bucket, ObjectRef};
use crate::page::MediaType;
use crate::quota::{Allowance, OverQuota};
use crate::status::{State, StatusRecord, Upload};

/// A document at the door: validated, not stored.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// Whose it is.
    pub tenant: Tenant,
    /// What it is, by its first bytes.
    pub media_type: MediaType,
    /// The client's name for it, cleaned.
    pub filename: Option<String>,
    /// What the client chose.
    pub options: Options,
    /// Follows the request through every stage's log.
    pub correlation_id: String,
    /// When it came.
    pub received_at: Timestamp,
    /// What it is counted against if it is new; `None`: against nothing.
    pub allowance: Option<Allowance>,
    /// The document.
    pub bytes: Bytes,
}

/// A document that is known now.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// Its status.
    pub record: StatusRecord,
    /// Whether this upload brought it; `false` when it was known before.
    pub new: bool,
}

/// A document that is not taken in.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum NotAccepted {
    /// Its client has had as much read today as it may.
    #[error(transparent)]
    OverQuota(#[from] OverQuota),
    /// The broker does not take it.
    #[error(transparent)]
    Unpublished(#[from] Unpublished),
}

impl Broker {
    /// Takes a document in, or finds that it is known. A new one counts against the client's quota.
    ///
    /// # Errors
    /// [`NotAccepted::OverQuota`] for a new one; [`Unpublished::Full`] when a queue or store has no room,
    /// [`Unpublished::Unconfirmed`] while the broker does not answer: in both cases the client should come
    /// back. A status that cannot be read counts as unconfirmed.
    pub async fn accept(&self, incoming: Incoming) -> Result<Accepted, NotAccepted> {
        failpoint::reach(Point::UploadReceived).await;
        let mut spent = None;
        let accepted = self.take_in(incoming, &mut spent).await;
        if let Some(spent) = spent {
            self.give_back(spent).await;
        }
        accepted
    }

    /// Takes a document in. What was counted for it is left in `spent` if it did not come to be known.
    async fn take_in(
        &self,
        incoming: Incoming,
        spent: &mut Option<Spent>,
    ) -> Result<Accepted, NotAccepted> {
        let content_hash = ContentHash::of(&incoming.bytes);
        let id = DocumentId::derive(&incoming.tenant, &content_hash, &incoming.options);
        for _ in 0..MAX_ROUNDS {
            let (after, generation) =
                match self.vacancy(&id).await.map_err(Unpublished::unconfirmed)? {
                    Vacancy::Taken(record) => return Ok(self.known(*record).await?),
                    Vacancy::Free { after, generation } => (after, generation),
                };
            self.room_for_a_document().await?;
            if let (Some(allowance), None) = (&incoming.allowance, &spent) {
                let bytes = incoming.bytes.len() as u64;
                *spent = Some(self.spend(allowance, bytes, incoming.received_at).await?);
            }
            let original = self.write_object(Bucket::Uploads, &id, incoming.bytes.clone()).await?;
            failpoint::reach(Point::UploadStored).await;
            let record = first_record(&id, &content_hash, &incoming, original, generation);
            if self.create_status(&record, after).await? {
                // Whoever repeats it from here on is not counted again.
                *spent = None;
                failpoint::reach(Point::UploadRegistered).await;
                self.publish_job(&record).await?;
                failpoint::reach(Point::UploadQueued).await;
                return Ok(Accepted { record, new: true });
            }
            // Somebody was faster: with an equal upload, or with the removal of what an erased
            // one has left, which may have taken our bytes with it.
        }
        Err(Unpublished::unconfirmed(contended()).into())
    }

    /// Publishes the job that `record` waits for.
    ///
    /// # Errors
    /// As [`Broker::publish`].
    pub async fn publish_job(&self, record: &StatusRecord) -> Result<(), Unpublished> {
        let message = job_message(record.stage, &record.job())
            .map_err(|error| Unpublished::Unencodable { reason: error.message })?;
        let message_id = names::job_message_id(record.stage, &record.id, record.generation);
        self.publish(message, &message_id).await?;
        Ok(())
    }

    async fn known(&self, record: StatusRecord) -> Result<Accepted, Unpublished> {
        if record.state == State::Queued && record.attempt == 0 {
            // Its job may never have been stored (a full queue, a crash in between). One that was
            // stored has the same message id, and a second copy is absorbed by the status.
            self.publish_job(&record).await?;
        }
        Ok(Accepted { record, new: false })
    }
}

fn first_record(
    id: &DocumentId,
    content_hash: &ContentHash,
    incoming: &Incoming,
    original: ObjectRef,
    generation: u32,
) -> StatusRecord {
    StatusRecord::accepted(Upload {
        id: id.clone(),
        tenant: incoming.tenant.clone(),
        content_hash: content_hash.clone(),
        media_type: incoming.media_type,
        filename: incoming.filename.clone(),
        options: incoming.options.clone(),
        correlation_id: incoming.correlation_id.clone(),
        original,
        received_at: incoming.received_at,
        generation,
    })
}
