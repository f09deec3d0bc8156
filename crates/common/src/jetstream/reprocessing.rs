//! A document that its owner wants read once more, whatever became of it: a new version reads better, or
//! what failed may work now.

use jiff::Timestamp;

use super::broker::Broker;
use super::corrections::untold;
use super::dead_letters::DeadLetterError;
use super::ending::Original;
use super::publish::Unpublished;
use super::statuses::{MAX_ROUNDS, Revised, contended};
use crate::id::{DocumentId, Tenant};
use crate::object;
use crate::status::{State, StatusRecord};

/// What became of the wish to have a document read once more.
#[derive(Clone, Debug, PartialEq)]
pub enum Reprocessed {
    /// It is queued as its next generation.
    Begun(Box<StatusRecord>),
    /// It is being read; there is nothing to do.
    UnderWay(State),
    /// Its bytes are kept no longer.
    OriginalExpired,
    /// Unknown, expired, erased, or somebody else's.
    NotFound,
}

impl Broker {
    /// Processes an ended document of `tenant` once more, from its original, as its next generation.
    ///
    /// What followed from its end is made sure of first: its events stay, as those of the earlier
    /// generation, and so do its corrections in the history, without effect on the next one. Its dead letter goes, as with a replay.
    ///
    /// `wanted` is the generation that is to begin: when it has begun already, it is not begun again.
    ///
    /// # Errors
    /// [`Unpublished::Full`] when the first queue has no room, [`Unpublished::Unconfirmed`] while the
    /// broker does not answer. The document may be under way all the same then.
    pub async fn reprocess(
        &self,
        id: &DocumentId,
        tenant: &Tenant,
        wanted: Option<u32>,
    ) -> Result<Reprocessed, Unpublished> {
        for _ in 0..MAX_ROUNDS {
            let read = self.status_at_leader(id).await.map_err(Unpublished::unconfirmed)?;
            let Some(Revised { record, revision }) = read else { return Ok(Reprocessed::NotFound) };
            if record.tenant != *tenant {
                return Ok(Reprocessed::NotFound);
            }
            if wanted.is_some_and(|wanted| wanted <= record.generation) {
                return Ok(Reprocessed::Begun(Box::new(record)));
            }
            let Some(next) = record.reprocessed(Timestamp::now()) else {
                return Ok(Reprocessed::UnderWay(record.state));
            };
            match self.open_object(&record.original).await {
                Ok(_) => {}
                Err(error) if error.code == object::MISSING => {
                    return Ok(Reprocessed::OriginalExpired);
                }
                Err(error) => return Err(Unpublished::unconfirmed(error)),
            }
            self.room_for_a_document().await?;
            // Once the next generation has begun, nothing tells of this end any more.
            let original = Original::of(&record).map_err(Unpublished::unconfirmed)?;
            self.store_ending(&record, &original).await.map_err(Unpublished::unconfirmed)?;
            if record.correction_untold {
                self.tell_correction(&record).await.map_err(untold)?;
                // Which makes another revision of the status.
                continue;
            }
            if self.store_status(&next, revision).await? {
                self.publish_job(&next).await?;
                self.forget_letters(id).await.map_err(Unpublished::unconfirmed)?;
                return Ok(Reprocessed::Begun(Box::new(next)));
            }
            // Somebody was faster: with the same wish, or with the document's removal.
        }
        Err(Unpublished::unconfirmed(contended()))
    }

    /// Removes the dead letters of a failure that is none any more.
    async fn forget_letters(&self, id: &DocumentId) -> Result<(), DeadLetterError> {
        match self.discard(id.as_str()).await {
            Err(DeadLetterError::NotFound(_)) => Ok(()),
            other => other,
        }
    }
}
