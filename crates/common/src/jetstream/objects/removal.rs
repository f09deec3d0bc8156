//! Removing objects, one by one or all of a document.

use std::collections::HashSet;

use async_nats::jetstream::stream::DirectGetErrorKind;
use serde::Deserialize;

use super::Store;
use super::subjects::{self, Name};
use crate::error::StageError;
use crate::id::DocumentId;
use crate::jetstream::broker::Broker;
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

#[derive(Deserialize)]
struct Named {
    name: String,
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
        let store = self.store(object.bucket).await?;
        let name = Name::of(object);
        store.purge(subjects::metadata(object.bucket, &name)).await?;
        store
            .purge(subjects::chunks(object.bucket, &format!("{}.{}.>", name.document, name.hash)))
            .await
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
        let store = self.store(bucket).await?;
        let chunks = subjects::chunks_of(bucket, document);
        // As many as a document has pages, and a few.
        let listed = self.subjects(names::object_stream(bucket), &chunks).await?;
        let objects: HashSet<Name> =
            listed.iter().filter_map(|(subject, _)| Name::of_chunks(subject)).collect();
        // Metadata first: who finds some finds its chunks, unless they go while they are read.
        for object in &objects {
            store.purge(subjects::metadata(bucket, object)).await?;
        }
        store.purge(chunks).await
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
                let named = serde_json::from_slice::<Named>(&message.payload).ok();
                let document = named.and_then(|named| named.name.split('/').next()?.parse().ok());
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

impl Store {
    async fn purge(&self, subject: String) -> Result<(), StageError> {
        self.stream.purge().filter(subject).await.map_err(away)?;
        Ok(())
    }
}

fn away(error: impl std::error::Error) -> StageError {
    StageError::transient("broker_away", error.to_string())
}
