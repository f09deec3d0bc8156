//! Removing objects, one by one or all of a document.

use std::collections::BTreeSet;

use async_nats::jetstream::stream::DirectGetErrorKind;
use futures_util::TryStreamExt;
use serde::Deserialize;

use super::Store;
use crate::error::StageError;
use crate::id::{ContentHash, DocumentId};
use crate::jetstream::broker::Broker;
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
        store.forget(&object.document, &object.hash).await?;
        store.purge(store.chunk_subject(&format!("{}.{}.>", object.document, object.hash))).await
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
        let chunks = store.chunk_subject(&format!("{document}.>"));
        // As many as a document has pages, and a few.
        let listed = store.stream.info_with_subjects(&chunks).await.map_err(away)?;
        let subjects: Vec<(String, usize)> = listed.try_collect().await.map_err(away)?;
        let hashes: BTreeSet<ContentHash> =
            subjects.iter().filter_map(|(subject, _)| hash_in(subject)).collect();
        // Metadata first: who finds some finds its chunks, unless they go while they are read.
        for hash in &hashes {
            store.forget(document, hash).await?;
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
        let all = format!("$O.{}.M.>", store.bucket);
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
    /// Removes the metadata of an object.
    async fn forget(&self, document: &DocumentId, hash: &ContentHash) -> Result<(), StageError> {
        let object = ObjectRef {
            // The name alone makes the subject.
            bucket: Bucket::Work,
            document: document.clone(),
            hash: hash.clone(),
            size_bytes: 0,
        };
        self.purge(self.metadata_subject(&object)).await
    }

    async fn purge(&self, subject: String) -> Result<(), StageError> {
        self.stream.purge().filter(subject).await.map_err(away)?;
        Ok(())
    }
}

/// The hash in a chunk's subject, `$O.<bucket>.C.<document id>.<hash>.<unique>`.
fn hash_in(subject: &str) -> Option<ContentHash> {
    subject.split('.').nth(4)?.parse().ok()
}

fn away(error: impl std::error::Error) -> StageError {
    StageError::transient("broker_away", error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunks_subject_names_its_object() {
        let hash = ContentHash::of(b"page");
        let subject = format!("$O.invoice_work.C.{}.{hash}.unique", "a".repeat(64));
        assert_eq!(hash_in(&subject), Some(hash));
        assert_eq!(hash_in("$O.invoice_work.C.unique"), None);
    }
}
