//! What the status bucket keeps about a document, as JSON.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::correction::Correction;
use crate::error::ErrorRecord;
use crate::id::{ContentHash, DocumentId, Options, Tenant};
use crate::job::Job;
use crate::object::ObjectRef;
use crate::page::MediaType;
use crate::stage::StageName;

/// Version of the record's JSON form. New optional fields keep it; anything else raises it.
pub const STATUS_VERSION: u16 = 1;

/// Where a document stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Waits for its stage, for the first time or for another attempt.
    Queued,
    /// A service works on it.
    Processing,
    /// Done; `result` is there.
    Completed,
    /// Given up; `error` is there, and a dead letter.
    Failed,
}

impl State {
    /// The state as it stands in JSON and headers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Processing => "processing",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }

    /// Whether nothing but a replay, or its owner's wish to have it read again, can change it.
    #[must_use]
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Failed)
    }
}

/// Who works on the current stage, and for which message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Unique per attempt.
    pub owner: String,
    /// Stream sequence of the job message: its redelivery means that the owner is gone or late,
    /// while another message for the same job is a duplicate.
    pub sequence: u64,
}

/// The published result, kept as the text it was written as: never parsed on the way through.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ResultJson(pub Box<RawValue>);

impl PartialEq for ResultJson {
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}

impl fmt::Debug for ResultJson {
    /// The size alone: results hold what an invoice says.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ResultJson({} bytes)", self.0.get().len())
    }
}

/// What the gateway knows when it accepts a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// The document's id.
    pub id: DocumentId,
    /// Whose it is.
    pub tenant: Tenant,
    /// blake3 of the bytes.
    pub content_hash: ContentHash,
    /// What it is.
    pub media_type: MediaType,
    /// The client's name for it, cleaned.
    pub filename: Option<String>,
    /// What the client chose.
    pub options: Options,
    /// Follows the request through every stage's log.
    pub correlation_id: String,
    /// The stored bytes.
    pub original: ObjectRef,
    /// When it came.
    pub received_at: Timestamp,
    /// Which processing this begins: 1, or what follows those of an erased document.
    pub generation: u32,
}

/// One document's status.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StatusRecord {
    /// [`STATUS_VERSION`].
    pub version: u16,
    /// The document.
    pub id: DocumentId,
    /// Whose it is.
    pub tenant: Tenant,
    /// blake3 of the original.
    pub content_hash: ContentHash,
    /// What it is.
    pub media_type: MediaType,
    /// The client's name for it, cleaned.
    pub filename: Option<String>,
    /// What the client chose.
    #[serde(default)]
    pub options: Options,
    /// Follows the request through every stage's log.
    pub correlation_id: String,
    /// When the gateway took it.
    pub received_at: Timestamp,
    /// When this record last changed, by the clock of the service that changed it.
    pub updated_at: Timestamp,
    /// Which processing this is: 1 at first, one more with each replay and reprocessing, and with an upload
    /// after the document was erased.
    pub generation: u32,
    /// Where it stands.
    pub state: State,
    /// The stage it is in or waits for; the last one it was in when terminal.
    pub stage: StageName,
    /// Attempts begun in that stage and generation.
    pub attempt: u32,
    /// How often the document was begun anew because something that stages hand to each other was
    /// lost.
    #[serde(default)]
    pub remakes: u32,
    /// Who works on it; set exactly while `processing`.
    pub claim: Option<Claim>,
    /// The stored upload.
    pub original: ObjectRef,
    /// What the current stage reads.
    pub input: ObjectRef,
    /// Why the latest attempt failed, while another one is due.
    pub last_error: Option<ErrorRecord>,
    /// Body of `invoice.extracted`; set exactly when `completed`. What is shown is `shown_result`.
    pub result: Option<ResultJson>,
    /// Why it failed; set exactly when `failed`.
    pub error: Option<ErrorRecord>,
    /// What people put right, oldest first, also in earlier generations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub corrections: Vec<Correction>,
    /// When it ended, where the record has changed since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Whether the event of the latest correction may not be stored yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub correction_untold: bool,
}

impl StatusRecord {
    /// The record of a document that was just accepted.
    #[must_use]
    pub fn accepted(upload: Upload) -> Self {
        Self {
            version: STATUS_VERSION,
            id: upload.id,
            tenant: upload.tenant,
            content_hash: upload.content_hash,
            media_type: upload.media_type,
            filename: upload.filename,
            options: upload.options,
            correlation_id: upload.correlation_id,
            received_at: upload.received_at,
            updated_at: upload.received_at,
            generation: upload.generation,
            state: State::Queued,
            stage: StageName::Preprocess,
            attempt: 0,
            remakes: 0,
            claim: None,
            input: upload.original.clone(),
            original: upload.original,
            last_error: None,
            result: None,
            error: None,
            corrections: Vec::new(),
            ended_at: None,
            correction_untold: false,
        }
    }

    /// Whether both go back to one upload: a replay keeps it, an upload after an erasure does not.
    #[must_use]
    pub fn is_of_upload(&self, other: &Self) -> bool {
        self.received_at == other.received_at && self.correlation_id == other.correlation_id
    }

    /// Where the document's pages with their words are, once `ocr` is done with them in this
    /// generation; they stay there when the document has ended, as long as the object is kept.
    ///
    /// It is what the last stage reads, so it needs no place of its own in the record.
    #[must_use]
    pub fn read_document(&self) -> Option<&ObjectRef> {
        (self.stage == StageName::Extract).then_some(&self.input)
    }

    /// The job that the current stage needs: what was published, or has to be again.
    #[must_use]
    pub fn job(&self) -> Job {
        Job {
            id: self.id.clone(),
            tenant: self.tenant.clone(),
            generation: self.generation,
            input: self.input.clone(),
            media_type: self.media_type,
            content_hash: self.content_hash.clone(),
            filename: self.filename.clone(),
            options: self.options.clone(),
            correlation_id: self.correlation_id.clone(),
            received_at: self.received_at,
        }
    }
}
