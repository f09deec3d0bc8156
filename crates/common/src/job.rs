//! A stage's message: what to do, never the bytes to do it with. Versioned CBOR, frozen by golden
//! bytes in the tests below.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::id::{ContentHash, DocumentId, Options, Tenant};
use crate::object::ObjectRef;
use crate::page::MediaType;

/// Version this build writes and reads. New optional fields keep it; anything else raises it.
pub const JOB_VERSION: u16 = 1;

/// One document's turn in one stage. The stage is named by the subject.
///
/// Holds no time of its own making, so publishing it again gives the same bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// The document.
    pub id: DocumentId,
    /// Whose it is.
    pub tenant: Tenant,
    /// Which processing of it: 1 at first, one more with each replay.
    pub generation: u32,
    /// What the stage reads: the original, or the previous stage's output.
    pub input: ObjectRef,
    /// What the document is.
    pub media_type: MediaType,
    /// blake3 of the original.
    pub content_hash: ContentHash,
    /// The client's name for it, cleaned.
    pub filename: Option<String>,
    /// What the client chose.
    #[serde(default)]
    pub options: Options,
    /// Follows the request through every stage's log.
    pub correlation_id: String,
    /// When the gateway took it.
    pub received_at: Timestamp,
}

/// A message that this build cannot work on.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum JobError {
    /// Written by a build that this one does not know.
    #[error("job version {seen} is unknown, this build reads version {JOB_VERSION}")]
    UnknownVersion {
        /// The version in the message's header; `0` when it has none.
        seen: u16,
    },
    /// Not a job at all.
    #[error("job cannot be decoded: {0}")]
    Malformed(String),
}

impl Job {
    /// CBOR bytes of the job.
    ///
    /// # Errors
    /// [`JobError::Malformed`] when it cannot be encoded, which is a bug.
    pub fn encode(&self) -> Result<Vec<u8>, JobError> {
        let mut bytes = Vec::with_capacity(512);
        ciborium::into_writer(self, &mut bytes).map_err(|e| JobError::Malformed(e.to_string()))?;
        Ok(bytes)
    }

    /// Reads a job of `version`, refusing versions it does not know before looking at the bytes.
    ///
    /// # Errors
    /// [`JobError`]; neither is worth another attempt by this build.
    pub fn decode(version: u16, bytes: &[u8]) -> Result<Self, JobError> {
        if version != JOB_VERSION {
            return Err(JobError::UnknownVersion { seen: version });
        }
        ciborium::from_reader(bytes).map_err(|e| JobError::Malformed(e.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::Bucket;

    /// Never edit the bytes: jobs of every released version lie in somebody's queue. A change
    /// that breaks this test needs a new [`JOB_VERSION`] and a reader for the old one.
    const GOLDEN_V1: &[u8] = include_bytes!("../tests/golden/job-v1.cbor");

    fn job() -> Job {
        let content_hash = ContentHash::of(b"golden");
        let options = Options { languages: vec!["fra".to_owned()] };
        let tenant = Tenant::default();
        let id = DocumentId::derive(&tenant, &content_hash, &options);
        Job {
            input: ObjectRef::to(Bucket::Uploads, &id, b"golden"),
            id,
            tenant,
            generation: 2,
            media_type: MediaType::Pdf,
            content_hash,
            filename: Some("facture n° 7.pdf".to_owned()),
            options,
            correlation_id: "01JGOLDEN".to_owned(),
            received_at: "2026-11-23T14:10:16.5Z".parse().unwrap(),
        }
    }

    #[test]
    fn version_1_is_read_and_written_as_it_always_was() {
        assert_eq!(Job::decode(1, GOLDEN_V1).unwrap(), job());
        assert_eq!(job().encode().unwrap(), GOLDEN_V1);
    }

    #[test]
    fn another_version_is_refused_before_its_bytes_are_looked_at() {
        assert_eq!(Job::decode(2, b"anything"), Err(JobError::UnknownVersion { seen: 2 }));
    }

    #[test]
    fn garbage_is_malformed() {
        assert!(matches!(Job::decode(1, b"\xff\x00"), Err(JobError::Malformed(_))));
    }

    #[test]
    fn a_job_stays_far_below_the_queues_message_limit() {
        let long = Job { filename: Some("ü".repeat(255)), ..job() };
        assert!(long.encode().unwrap().len() < 4096);
    }
}
