//! Removing objects, one by one or all of a document.

use std::collections::HashSet;

use async_nats::jetstream::stream::DirectGetErrorKind;
use futures_util::{TryStreamExt, stream};

use super::subjects::{self, Name};
use crate::error::StageError;
use crate::id::DocumentId;
use crate::jetstream::broker::{Broker, away};
use crate::jetstream::names;
use crate::object::{Bucket, ObjectRef};

/// One object as its metadata names it.
#[derive(Debug)]
pub(in crate::jetstream) struct Found {
    /// The document that it belongs to; `None` when the name is not one of ours.
    pub(in crate::jetstream) document: Option<DocumentId>,
    /// Sequence of the metadata in the stream: the order in which objects were completed.
    pub(in crate::jetstream) sequence: u64,
}

/// Purges of single objects under way at once: a document of two hundred pages has as many objects,
/// and each purge waits for the disk.
const PURGES_AT_ONCE: usize = 8;

/// How much of what fits is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::jetstream) enum UpTo {
    /// All of it.
    Now,
    /// What was stored up to this sequence.
    Sequence(u64),
}

impl Broker {
    /// Removes an object; what is not there is removed already.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer.
    pub(in crate::jetstream) async fn remove_object(
        &self,
        object: &ObjectRef,
    ) -> Result<(), StageError> {
        let (bucket, name) = (object.bucket, Name::of(object));
        let chunks = subjects::chunks(bucket, &format!("{}.{}.>", name.document, name.hash));
        let store = names::object_stream(bucket);
        self.purge(store, subjects::metadata(bucket, &name), UpTo::Now).await?;
        self.purge(store, chunks, UpTo::Now).await
    }

    /// Removes everything of `document` from `bucket`, also chunks that no metadata names.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer; part of it may be removed then.
    pub(in crate::jetstream) async fn remove_objects(
        &self,
        bucket: Bucket,
        document: &DocumentId,
    ) -> Result<(), StageError> {
        self.remove_objects_up_to(bucket, document, Vec::new(), UpTo::Now).await
    }

    /// Likewise, what was stored up to there, and the metadata of `named`, whose chunks may be gone
    /// already.
    ///
    /// # Errors
    /// As [`Self::remove_objects`].
    pub(in crate::jetstream) async fn remove_objects_up_to(
        &self,
        bucket: Bucket,
        document: &DocumentId,
        named: Vec<Name>,
        up_to: UpTo,
    ) -> Result<(), StageError> {
        let store = names::object_stream(bucket);
        let chunks = subjects::chunks_of(bucket, document);
        // As many as a document has pages, and a few.
        let listed = self.subjects(store, &chunks).await?;
        let mut objects: HashSet<Name> = named.into_iter().collect();
        objects.extend(listed.iter().filter_map(|(subject, _)| Name::of_chunks(subject)));
        // Metadata first: who finds some finds its chunks, unless they go while they are read, and
        // what is stopped in between still has the chunks that tell the rest.
        let metadata: Vec<String> =
            objects.iter().map(|object| subjects::metadata(bucket, object)).collect();
        let purges = metadata.into_iter().map(|subject| Ok(self.purge(store, subject, up_to)));
        stream::iter(purges).try_buffer_unordered(PURGES_AT_ONCE).try_collect::<()>().await?;
        self.purge(store, chunks, up_to).await
    }

    /// Removes the messages of `stream` whose subjects fit `filter`.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer.
    pub(in crate::jetstream) async fn purge(
        &self,
        stream: &str,
        filter: String,
        up_to: UpTo,
    ) -> Result<(), StageError> {
        let stream = self.stream(stream).await?;
        let purge = stream.purge().filter(filter);
        let purged = match up_to {
            UpTo::Now => purge.await,
            // Nothing was ever stored; and the broker takes "before sequence 1" for "everything".
            UpTo::Sequence(0) => return Ok(()),
            UpTo::Sequence(last) => purge.sequence(last + 1).await,
        };
        purged.map_err(away).map(drop)
    }

    /// The first object of `bucket` whose metadata is at `sequence` or later.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer.
    pub(in crate::jetstream) async fn next_object(
        &self,
        bucket: Bucket,
        sequence: u64,
    ) -> Result<Option<Found>, StageError> {
        let store = self.store(bucket).await?;
        let all = subjects::all_metadata(bucket);
        match store.stream.direct_get_next_for_subject(all, Some(sequence)).await {
            Ok(message) => {
                let name = Name::of_metadata(message.subject.as_str());
                let document = name.map(|name| name.document);
                Ok(Some(Found { document, sequence: message.sequence }))
            }
            Err(error) if error.kind() == DirectGetErrorKind::NotFound => Ok(None),
            Err(error) => Err(away(error)),
        }
    }

    /// Removes the metadata at `sequence`, where its chunks are gone already.
    pub(in crate::jetstream) async fn remove_metadata(&self, bucket: Bucket, sequence: u64) {
        let Ok(store) = self.store(bucket).await else { return };
        if let Err(error) = store.stream.delete_message(sequence).await {
            // As a rule because it went with its object.
            tracing::trace!(%error, "metadata was not removed");
        }
    }
}
