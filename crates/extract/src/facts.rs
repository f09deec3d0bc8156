//! What is known about a document before its words are looked at.

use jiff::Timestamp;

use common::id::{ContentHash, DocumentId};
use common::job::Job;
use common::page::MediaType;

/// Identity and circumstances of a document. The clock is an argument, so that extraction is pure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentFacts {
    /// The document.
    pub id: DocumentId,
    /// blake3 of the original.
    pub content_hash: ContentHash,
    /// Follows the request through every stage.
    pub correlation_id: String,
    /// The client's name for it.
    pub filename: Option<String>,
    /// What it is.
    pub media_type: MediaType,
    /// When the gateway took it.
    pub received_at: Timestamp,
    /// When the result is made.
    pub completed_at: Timestamp,
}

impl DocumentFacts {
    /// The facts of `job`, finished at `completed_at`.
    #[must_use]
    pub fn of(job: &Job, completed_at: Timestamp) -> Self {
        Self {
            id: job.id.clone(),
            content_hash: job.content_hash.clone(),
            correlation_id: job.correlation_id.clone(),
            filename: job.filename.clone(),
            media_type: job.media_type,
            received_at: job.received_at,
            completed_at,
        }
    }
}
