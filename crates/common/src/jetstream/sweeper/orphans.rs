//! Removes from the object stores what nobody will ever read: chunks of a writer that died, and
//! objects of documents that never got a status or were erased.
//!
//! Everything else would expire too, but personal data may not wait for that, and a store that is
//! full of it takes nothing new. A suspect has to stay one for long enough (`suspects.rs`), and is
//! then looked at once more at the stream's leader.

use std::collections::HashSet;
use std::time::Duration;

use tokio::time::Instant;

use super::marks::Marks;
use super::suspects::{Listing, Suspect, Suspicions, suspects};
use crate::error::StageError;
use crate::id::DocumentId;
use crate::jetstream::broker::Broker;
use crate::jetstream::erasure::{Progress, Search};
use crate::jetstream::names;
use crate::jetstream::objects::subjects;
use crate::object::Bucket;

/// Looks at everything within the time for which a suspect has to stay one. Each look lists all
/// subjects of the stores, some megabytes; a suspect waits a quarter longer than it has to.
const LOOKS_PER_AGE: u32 = 4;

/// Orphans removed at one look; the rest stays suspected. The watch waits meanwhile.
const REMOVED_PER_LOOK: usize = 100;

/// Looks for orphans from time to time.
#[derive(Debug, Default)]
pub(super) struct Orphans {
    suspicions: Suspicions,
    looked: Option<Instant>,
}

impl Orphans {
    /// Looks, if it is time to; removes who has been suspected for `age`.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer; the next look tries again.
    pub(super) async fn sweep(
        &mut self,
        broker: &Broker,
        marks: &mut Marks,
        age: Duration,
    ) -> Result<usize, StageError> {
        let now = Instant::now();
        if self.looked.is_some_and(|looked| now.duration_since(looked) < age / LOOKS_PER_AGE) {
            return Ok(0);
        }
        self.looked = Some(now);
        let suspected = look(broker, marks).await?;
        let mut removed = 0;
        for suspect in self.suspicions.confirm(suspected, age, now).iter().take(REMOVED_PER_LOOK) {
            removed += usize::from(broker.remove_orphan(suspect).await?);
        }
        Ok(removed)
    }
}

async fn look(broker: &Broker, marks: &mut Marks) -> Result<HashSet<Suspect>, StageError> {
    let mut suspected = HashSet::new();
    let mut listings = Vec::new();
    for bucket in Bucket::ALL {
        let stream = names::object_stream(bucket);
        let chunks = broker.subjects(stream, &subjects::all_chunks(bucket)).await?;
        let metadata = broker.subjects(stream, &subjects::all_metadata(bucket)).await?;
        let names = |listed: Vec<(String, usize)>| listed.into_iter().map(|(subject, _)| subject);
        listings.push(Listing::new(bucket, names(chunks), names(metadata)));
    }
    // After the objects: of a document that is new by now the status is there too.
    let statuses = broker.subjects(names::STATUS_STREAM, names::STATUS_SUBJECTS).await?;
    let known: HashSet<DocumentId> = statuses
        .iter()
        .filter_map(|(subject, _)| subject.rsplit('.').next()?.parse().ok())
        .collect();
    marks.retain(&known);
    for listing in &listings {
        suspected.extend(suspects(listing, |id| known.contains(id) && !marks.contains(id)));
    }
    Ok(suspected)
}

impl Broker {
    /// Removes the suspect, if it is an orphan. Whether it was.
    async fn remove_orphan(&self, suspect: &Suspect) -> Result<bool, StageError> {
        match suspect {
            // An upload that is just coming in finds that its place was taken, and starts over.
            Suspect::Document(id) => {
                let gone = self.status_at_leader(id).await?.is_none();
                if gone {
                    self.clear(id, Search::ByName, Progress::Swept).await?;
                }
                Ok(gone)
            }
            Suspect::Chunks { bucket, subject, object } => {
                self.remove_unnamed_chunks(*bucket, subject, object).await
            }
            Suspect::Metadata { bucket, object } => self.remove_torn(*bucket, object).await,
        }
    }
}
