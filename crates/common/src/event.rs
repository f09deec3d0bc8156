//! What leaves the pipeline: public events (JSON) and dead letters (CBOR).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::correction::Change;
use crate::error::ErrorRecord;
use crate::id::{DocumentId, Tenant};
use crate::status::ResultJson;

/// The `schema` value of the body of `invoice.extracted`.
pub const EXTRACTED_SCHEMA: &str = "invoice.extracted/1";

/// The `schema` value of [`InvoiceFailed`].
pub const FAILED_SCHEMA: &str = "invoice.failed/1";

/// The `schema` value of [`InvoiceCorrected`].
pub const CORRECTED_SCHEMA: &str = "invoice.corrected/1";

/// Version of [`DeadLetter`]'s CBOR form.
pub const DEAD_LETTER_VERSION: u16 = 1;

/// What a public event tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// A document was read; the body is the result.
    Extracted,
    /// A document could not be read; the body is [`InvoiceFailed`].
    Failed,
    /// A person put a result right; the body is [`InvoiceCorrected`].
    Corrected,
}

impl EventKind {
    /// All of them, in the order of `names::EVENT_SUBJECT_PREFIXES`.
    pub const ALL: [Self; 3] = [Self::Extracted, Self::Failed, Self::Corrected];

    /// The kind as it begins subjects and as CloudEvents calls it (`type`).
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Extracted => "invoice.extracted",
            Self::Failed => "invoice.failed",
            Self::Corrected => "invoice.corrected",
        }
    }

    /// What its body says as `schema`: the kind and its version.
    #[must_use]
    pub fn schema(self) -> &'static str {
        match self {
            Self::Extracted => EXTRACTED_SCHEMA,
            Self::Failed => FAILED_SCHEMA,
            Self::Corrected => CORRECTED_SCHEMA,
        }
    }
}

/// Body of the public event `invoice.failed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceFailed {
    /// Always [`FAILED_SCHEMA`].
    pub schema: String,
    /// The document.
    pub id: DocumentId,
    /// `blake3:<hex>` of its bytes.
    pub content_hash: String,
    /// Follows the request through every stage's log.
    pub correlation_id: String,
    /// Why.
    pub error: ErrorRecord,
    /// Attempts made in the stage that failed.
    pub attempts: u32,
    /// When the pipeline gave up.
    pub failed_at: Timestamp,
}

/// Body of the public event `invoice.corrected`. Who put it right is not in it: readers of events need not know.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct InvoiceCorrected {
    /// Always [`CORRECTED_SCHEMA`].
    pub schema: String,
    /// The document.
    pub id: DocumentId,
    /// `blake3:<hex>` of its bytes.
    pub content_hash: String,
    /// Follows the document through every stage's log.
    pub correlation_id: String,
    /// Which processing of the document.
    pub generation: u32,
    /// 1 for the first correction of that processing.
    pub revision: u32,
    /// When.
    pub corrected_at: Timestamp,
    /// Whether a person has looked at everything.
    pub reviewed: bool,
    /// What changed.
    pub changes: Vec<Change>,
    /// The whole result as it is now, of the form of `invoice.extracted`.
    pub result: ResultJson,
}

/// A job that nobody could finish, with everything needed to understand and replay it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// The document; `None` when the message could not even be decoded.
    pub id: Option<DocumentId>,
    /// Whose it is.
    pub tenant: Option<Tenant>,
    /// Which processing of it.
    pub generation: u32,
    /// The cause.
    pub error: ErrorRecord,
    /// Attempts made.
    pub attempts: u32,
    /// When the pipeline gave up.
    pub failed_at: Timestamp,
    /// Subject of the original message.
    pub subject: String,
    /// Headers of the original message, in order.
    pub headers: Vec<(String, String)>,
    /// Body of the original message.
    #[serde(with = "serde_bytes")]
    pub payload: Vec<u8>,
}
