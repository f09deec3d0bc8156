//! Bytes that do not travel in messages: written once under a name that contains their hash.

use std::future::Future;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::error::StageError;
use crate::id::{ContentHash, DocumentId};

/// Code of the error for an object that expired or was removed; its kind is `Lost`.
pub const MISSING: &str = "object_missing";

/// Which store keeps an object, which decides how long it lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bucket {
    /// Originals, kept for the retention period.
    Uploads,
    /// What stages hand to each other, kept for hours.
    Work,
}

/// Points at the bytes of one object and says how to recognise them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectRef {
    /// The store that holds it.
    pub bucket: Bucket,
    /// The document it belongs to.
    pub document: DocumentId,
    /// blake3 of the bytes.
    pub hash: ContentHash,
    /// Length in bytes.
    pub size_bytes: u64,
}

impl Bucket {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Uploads, Self::Work];
}

impl ObjectRef {
    /// Names `bytes` of `document` in `bucket`.
    #[must_use]
    pub fn to(bucket: Bucket, document: &DocumentId, bytes: &[u8]) -> Self {
        Self {
            bucket,
            document: document.clone(),
            hash: ContentHash::of(bytes),
            size_bytes: bytes.len() as u64,
        }
    }

    /// The object's name in its bucket, `<document id>/<blake3>`: all of a document's objects
    /// share a prefix, and no two contents share a name.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}/{}", self.document, self.hash)
    }
}

/// Where a stage reads its input and writes its output.
///
/// Implemented by JetStream's object store and by the in-memory [`fake::MemoryObjects`] for tests.
pub trait ObjectStore: Send + Sync {
    /// Reads an object and checks its hash.
    ///
    /// # Errors
    /// `Transient` when the store does not answer, `Lost` when the object is gone or its bytes are
    /// not what the reference says.
    fn read(&self, object: &ObjectRef) -> impl Future<Output = Result<Bytes, StageError>> + Send;

    /// Stores `bytes`; storing the same bytes again changes nothing.
    ///
    /// # Errors
    /// `Transient` when the store does not answer or is full.
    fn write(
        &self,
        bucket: Bucket,
        document: &DocumentId,
        bytes: Bytes,
    ) -> impl Future<Output = Result<ObjectRef, StageError>> + Send;
}

/// An object store in memory, for stages without a broker: in tests, and in `explain`.
pub mod fake {
    use std::collections::HashMap;
    use std::sync::Mutex;

    use super::{Bucket, Bytes, DocumentId, MISSING, ObjectRef, ObjectStore, StageError};
    use crate::duplicate::{DuplicateIndex, Earlier, Fingerprint};
    use crate::job::Job;

    /// Keeps objects in a map; reads of unknown names fail as the real store's do.
    #[derive(Debug, Default)]
    pub struct MemoryObjects(Mutex<HashMap<String, Bytes>>);

    impl ObjectStore for MemoryObjects {
        async fn read(&self, object: &ObjectRef) -> Result<Bytes, StageError> {
            let objects = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            objects
                .get(&object.name())
                .cloned()
                .ok_or_else(|| StageError::lost(MISSING, format!("no object {}", object.name())))
        }

        async fn write(
            &self,
            bucket: Bucket,
            document: &DocumentId,
            bytes: Bytes,
        ) -> Result<ObjectRef, StageError> {
            let object = ObjectRef::to(bucket, document, &bytes);
            let mut objects = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            objects.insert(object.name(), bytes);
            Ok(object)
        }
    }

    /// Nothing is kept from one document to the next, so none was read before.
    impl DuplicateIndex for MemoryObjects {
        async fn first_like(
            &self,
            _: &Job,
            _: Option<&Fingerprint>,
        ) -> Result<Option<Earlier>, StageError> {
            Ok(None)
        }
    }
}
