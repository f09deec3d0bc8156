//! A result that a person puts right: the status first, by compare-and-set, then the event that follows from it.
//!
//! The change of the status is the commit, as with every end. No job stands for the event, so the record says that its
//! event is not known to be stored, and a header on it says so to the sweeper, which looks at headers only. Who stores
//! the event takes both off again; the broker keeps one event of each correction, however often that is tried.

use bytes::Bytes;
use jiff::Timestamp;

use super::broker::Broker;
use super::names;
use super::place::Place;
use super::publish::{FULL, Unpublished};
use super::statuses::{MAX_ROUNDS, Revised, contended};
use crate::correction::{Author, Refusal, Wanted};
use crate::error::StageError;
use crate::event::{EventKind, InvoiceCorrected};
use crate::failpoint::{self, Point};
use crate::id::{DocumentId, Tenant};
use crate::status::{Amended, StatusRecord};

/// Bytes that headers of an event take at most, of what the broker takes for one message: some ten of a hundred
/// bytes, and subjects of two hundred.
const HEADER_BYTES: usize = 4096;

/// What became of the wish to have a result put right.
#[derive(Clone, Debug, PartialEq)]
pub enum Corrected {
    /// The record says so now; or did before, and nothing has changed.
    Done {
        /// The record.
        record: Box<StatusRecord>,
        /// Whether something was changed.
        changed: bool,
    },
    /// The result is not the one that the client has.
    Stale,
    /// The result does not take it.
    Refused(Refusal),
    /// The document has none, as its record says.
    NoResult(Box<StatusRecord>),
    /// Unknown, expired, erased, or somebody else's.
    NotFound,
}

impl Broker {
    /// Puts the result of `tenant`'s document right, if `is_current` says of the text that is shown now that it is
    /// the one that the client has seen.
    ///
    /// When the event cannot be stored at once, the sweeper does it; that is no error.
    ///
    /// # Errors
    /// [`Unpublished::TooLarge`] when result and corrections together are more than one message holds,
    /// [`Unpublished::Full`] when the store of statuses is full, [`Unpublished::Unconfirmed`] while the broker does
    /// not answer: it may be done all the same then.
    pub async fn correct(
        &self,
        id: &DocumentId,
        tenant: &Tenant,
        by: &Author,
        wanted: &Wanted,
        is_current: impl Fn(&str) -> bool,
    ) -> Result<Corrected, Unpublished> {
        for _ in 0..MAX_ROUNDS {
            let read = self.status_at_leader(id).await.map_err(Unpublished::unconfirmed)?;
            let Some(Revised { record, revision }) = read else { return Ok(Corrected::NotFound) };
            if record.tenant != *tenant {
                return Ok(Corrected::NotFound);
            }
            let shown = record.shown_result().map_err(unencodable)?;
            let Some(shown) = shown else { return Ok(Corrected::NoResult(Box::new(record))) };
            if !is_current(shown.0.get()) {
                return Ok(Corrected::Stale);
            }
            let amended = record.corrected(wanted, by, Timestamp::now()).map_err(unencodable)?;
            let next = match amended {
                Amended::To(next) => *next,
                Amended::Unchanged => {
                    return Ok(Corrected::Done { record: Box::new(record), changed: false });
                }
                Amended::Refused(refusal) => return Ok(Corrected::Refused(refusal)),
            };
            // One event at most is outstanding, so that its body can be made of the record.
            self.tell_correction(&record).await.map_err(untold)?;
            self.admit(&next)?;
            // It may have been told just now, which is another revision: then once more.
            if self.store_status(&next, revision).await? {
                failpoint::reach(Point::CorrectionStored).await;
                if let Err(error) = self.tell_correction(&next).await {
                    tracing::warn!("invoice.id" = %id, %error, "a correction is told later");
                }
                return Ok(Corrected::Done { record: Box::new(next), changed: true });
            }
        }
        Err(Unpublished::unconfirmed(contended()))
    }

    /// Makes sure that the event of the latest correction is stored, and not if the document was erased meanwhile.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer or has no room; call again.
    pub(super) async fn tell_correction(&self, record: &StatusRecord) -> Result<(), StageError> {
        if !record.correction_untold {
            return Ok(());
        }
        if let Some((subject, body)) = event_of(record)? {
            self.store_event(record, EventKind::Corrected, subject, body).await?;
            self.withdraw_if_erased(record).await?;
        }
        let told = self.change_status(&record.id, |now| {
            let same = now.correction_untold && now.correction() == record.correction();
            if same { Ok(now.clone().told()) } else { Err(()) }
        });
        // Where it says so no more, somebody else has told it, or the document is gone.
        told.await.map(drop)
    }

    /// Likewise for the document `id`, as the sweeper finds it.
    ///
    /// # Errors
    /// As [`Self::tell_correction`].
    pub(super) async fn tell_correction_of(&self, id: &DocumentId) -> Result<(), StageError> {
        match self.status_at_leader(id).await? {
            Some(read) => self.tell_correction(&read.record).await,
            None => Ok(()),
        }
    }

    /// Whether the event of `record` fits into a message: one that did not would never be stored.
    fn admit(&self, record: &StatusRecord) -> Result<(), Unpublished> {
        let event = event_of(record).map_err(unencodable)?;
        let (bytes, limit) = (event.map_or(0, |(_, body)| body.len()), self.server().max_payload);
        if bytes + HEADER_BYTES <= limit {
            return Ok(());
        }
        let reason = format!("the event would have {bytes} bytes; the broker takes {limit}");
        Err(Unpublished::TooLarge { reason })
    }
}

/// Subject and body of the event of the latest correction; `None` without one.
fn event_of(record: &StatusRecord) -> Result<Option<(String, Bytes)>, StageError> {
    let (Some(correction), Some(result)) = (record.correction(), record.shown_result()?) else {
        return Ok(None);
    };
    let told = InvoiceCorrected {
        schema: EventKind::Corrected.schema().to_owned(),
        id: record.id.clone(),
        content_hash: record.content_hash.tagged(),
        correlation_id: record.correlation_id.clone(),
        generation: record.generation,
        revision: correction.revision,
        corrected_at: correction.at,
        reviewed: correction.reviewed,
        changes: correction.changes.clone(),
        result: result.into_owned(),
    };
    let body = serde_json::to_vec(&told)
        .map_err(|error| StageError::internal("encode_failed", error.to_string()))?;
    let (tenant, generation) = (&record.tenant, record.generation);
    let subject = names::corrected_subject(tenant, &record.id, generation, correction.revision);
    Ok(Some((subject, body.into())))
}

/// What a client is told of a correction that waits for the event of the one before it.
pub(super) fn untold(error: StageError) -> Unpublished {
    match error.code.as_ref() {
        FULL => Unpublished::Full { place: Place::Events, reason: error.message },
        _ => Unpublished::unconfirmed(error),
    }
}

fn unencodable(error: StageError) -> Unpublished {
    Unpublished::Unencodable { reason: error.message }
}
