//! Erasing a document: a marker takes the place of its status, then everything else is removed.
//!
//! **The marker is the commit.** Every claim and every step of a stage is a compare-and-set on the
//! status, so once the marker is there nobody can move the document on. A stage that was at work
//! finds no status when it wants to settle, and removes what it left by the same code
//! (`Broker::leave_nothing`); who has stored an event or a dead letter looks at the status once
//! more (`Broker::withdraw_if_erased`). Either it sees the marker and takes them back, or it looked
//! before the marker was set, and then they were stored before the eraser noted its fence.
//!
//! **Nothing of a later upload is ever removed.** Whoever removes leftovers reads the marker, notes
//! the last sequence of every stream (the fence), replaces the marker by compare-and-set, and removes
//! nothing stored after the fence. An upload reads the marker before it stores anything, and creates
//! its status in the place of just that marker. So if the upload succeeds, no marker was set in
//! between, and every removal that is still under way noted its fence before the upload began: what
//! the upload stores comes after it. That holds however late the broker carries a removal out.
//!
//! **Nothing of an earlier upload is ever relied on.** An upload waits until the marker says that the
//! last removal is through. Fences only grow from one marker to the next, so nothing is left then
//! that a late removal could still take away; objects that lost a part are written anew
//! (`objects.rs`). Generations go on counting from the marker's, so that message ids, subjects of
//! events and forgotten jobs of the earlier life mean nothing in the new one.
//!
//! Who dies on the way leaves a marker that says how far it came; the sweeper does the rest.
//!
//! To remove messages is a right of the gateway alone: the broker grants it for a whole stream or not
//! at all, and a stage that reads hostile documents must not be able to empty one. Stages ask
//! (`eraser.rs`).

mod eraser;
mod marker;
mod remove;

use std::time::Duration;

use rand::Rng;

pub(super) use eraser::{Wish, serve};
pub use marker::Progress;
pub(super) use marker::Slot;
pub(super) use remove::{Named, Search};

use eraser::End;
use marker::Marker;
use remove::Fence;

use super::broker::Broker;
use super::statuses::{MAX_ROUNDS, contended};
use crate::error::StageError;
use crate::id::{DocumentId, Tenant};
use crate::status::StatusRecord;

/// Pause between two looks at a removal that is under way; varied by half, so that uploads that wait
/// for the same one do not all take it over at once.
const REMOVAL_PAUSE: Duration = Duration::from_millis(200);

/// Looks at the same marker before whoever set it counts as dead: a removal takes milliseconds.
const REMOVAL_LOOKS: u32 = 10;

/// What became of the wish to erase a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Erased {
    /// Nothing is left of it.
    Gone,
    /// The tenant has no such document.
    NotFound,
}

/// A removal that may be carried out, at any time: it removes nothing that is stored from now on.
#[derive(Debug)]
pub(super) struct Removal {
    marker: Marker,
    /// Sequence of the marker that says that it is under way.
    begun: u64,
    fence: Fence,
}

/// Where the status of a document can be created.
#[derive(Debug)]
pub(super) enum Vacancy {
    /// It has one.
    Taken(Box<StatusRecord>),
    /// In the place of sequence `after`.
    Free {
        /// What the first status has to replace; 0 for nothing.
        after: u64,
        /// The generation that begins.
        generation: u32,
    },
}

impl Broker {
    /// Removes every trace of `tenant`'s document. May be repeated.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer: the document may be gone for everybody and
    /// still have leftovers. Call again, or leave it to the sweeper.
    pub async fn erase(&self, id: &DocumentId, tenant: &Tenant) -> Result<Erased, StageError> {
        for _ in 0..MAX_ROUNDS {
            match self.slot(id).await? {
                Slot::Live(read) if read.record.tenant == *tenant => {
                    let marker = Marker::of(&read.record);
                    let marked = self.mark(id, &marker, Progress::Begun, read.revision).await?;
                    if marked.is_none() {
                        continue;
                    }
                }
                Slot::Erased(marker) if marker.tenant.as_ref() == Some(tenant) => {}
                Slot::Free | Slot::Live(_) | Slot::Erased(_) => return Ok(Erased::NotFound),
            }
            self.clear(id, Search::ByChunks, Progress::Cleared).await?;
            return Ok(Erased::Gone);
        }
        Err(contended())
    }

    /// Removes what is left of a document that has no status, and makes its marker say `done`. Does
    /// nothing to one that has a status.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer; call again.
    pub(super) async fn clear(
        &self,
        id: &DocumentId,
        search: Search,
        done: Progress,
    ) -> Result<(), StageError> {
        let named = match search {
            Search::ByChunks => Vec::new(),
            Search::ByName => self.named().await?.remove(id).unwrap_or_default(),
        };
        self.clear_named(id, named, done).await
    }

    /// Likewise, also the metadata of `named`, whose chunks may be gone already.
    ///
    /// # Errors
    /// As [`Self::clear`].
    pub(super) async fn clear_named(
        &self,
        id: &DocumentId,
        named: Vec<Named>,
        done: Progress,
    ) -> Result<(), StageError> {
        match self.begin_removal(id).await? {
            Some(removal) => self.finish_removal(id, &removal, named, done).await,
            None => Ok(()),
        }
    }

    /// Earns the right to remove what was stored of `id` up to now; `None` when it has a status.
    pub(super) async fn begin_removal(
        &self,
        id: &DocumentId,
    ) -> Result<Option<Removal>, StageError> {
        for _ in 0..MAX_ROUNDS {
            let (marker, expected) = match self.slot(id).await? {
                Slot::Live(_) => return Ok(None),
                Slot::Free => (Marker::of_nobody(), 0),
                Slot::Erased(marker) => (marker.clone(), marker.revision),
            };
            // After the marker was read and before it is replaced: see the module.
            let fence = self.fence().await?;
            if let Some(begun) = self.mark(id, &marker, Progress::Begun, expected).await? {
                return Ok(Some(Removal { marker, begun, fence }));
            }
        }
        Err(contended())
    }

    pub(super) async fn finish_removal(
        &self,
        id: &DocumentId,
        removal: &Removal,
        named: Vec<Named>,
        done: Progress,
    ) -> Result<(), StageError> {
        self.remove(id, &removal.fence, named).await?;
        // Whoever replaced the marker meanwhile removes everything again, and says so.
        self.mark(id, &removal.marker, done, removal.begun).await.map(drop)
    }

    /// For who finds no status where it wanted to settle: has removed what it has left, if the
    /// document was erased. Whether it was.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer, or nobody who may remove; call again.
    pub(super) async fn leave_nothing(
        &self,
        id: &DocumentId,
        search: Search,
    ) -> Result<bool, StageError> {
        let erased = matches!(self.slot(id).await?, Slot::Erased(_));
        if erased {
            self.ask_to_remove(id, &Wish::Erased { search }).await?;
        }
        Ok(erased)
    }

    /// For who has stored what follows from `ended`: has it taken back if the document was erased
    /// meanwhile, also when it was uploaded again since.
    ///
    /// # Errors
    /// As [`Self::leave_nothing`].
    pub(super) async fn withdraw_if_erased(&self, ended: &StatusRecord) -> Result<(), StageError> {
        match self.slot(&ended.id).await? {
            Slot::Free => Ok(()),
            Slot::Live(read) if read.record.is_of_upload(ended) => Ok(()),
            Slot::Live(_) | Slot::Erased(_) => {
                self.ask_to_remove(&ended.id, &Wish::Ended(End::of(ended))).await
            }
        }
    }

    /// Looks where the status of an upload can be created. Waits for a removal that is under way,
    /// and finishes one that nobody finishes.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer.
    pub(super) async fn vacancy(&self, id: &DocumentId) -> Result<Vacancy, StageError> {
        let (mut seen, mut looks) = (0, 0);
        for _ in 0..MAX_ROUNDS {
            let marker = match self.slot(id).await? {
                Slot::Live(read) => return Ok(Vacancy::Taken(Box::new(read.record))),
                Slot::Free => return Ok(Vacancy::Free { after: 0, generation: 1 }),
                Slot::Erased(marker) => marker,
            };
            if marker.progress != Progress::Begun {
                let generation = marker.generation + 1;
                return Ok(Vacancy::Free { after: marker.revision, generation });
            }
            looks = if marker.revision == seen { looks + 1 } else { 1 };
            seen = marker.revision;
            if looks < REMOVAL_LOOKS {
                let varied = rand::rng().random_range(0.5..1.5);
                tokio::time::sleep(REMOVAL_PAUSE.mul_f64(varied)).await;
            } else {
                self.clear(id, Search::ByChunks, Progress::Cleared).await?;
            }
        }
        Err(StageError::transient("broker_away", "an erasure of the same document is under way"))
    }
}
