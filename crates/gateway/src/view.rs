//! What clients see of a document. Field names are the contract's: add, never rename.

mod pages;

pub(crate) use pages::PagesView;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::{PartialSchema, ToSchema};

use common::error::ErrorRecord;
use common::id::DocumentId;
use common::stage::StageName;
use common::status::{State, StatusRecord};

/// Address of a document's status.
pub(crate) fn invoice_path(id: &DocumentId) -> String {
    format!("/api/v1/invoices/{id}")
}

/// Where a document stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DocumentState {
    /// Waits for its stage.
    Queued,
    /// Is worked on.
    Processing,
    /// Done; `result` is there.
    Completed,
    /// Given up; `error` is there.
    Failed,
}

impl From<State> for DocumentState {
    fn from(state: State) -> Self {
        match state {
            State::Queued => Self::Queued,
            State::Processing => Self::Processing,
            State::Completed => Self::Completed,
            State::Failed => Self::Failed,
        }
    }
}

/// A step of the pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Stage {
    /// Document to pages.
    Preprocess,
    /// Pages to words.
    Ocr,
    /// Words to invoice.
    Extract,
}

impl From<StageName> for Stage {
    fn from(stage: StageName) -> Self {
        match stage {
            StageName::Preprocess => Self::Preprocess,
            StageName::Ocr => Self::Ocr,
            StageName::Extract => Self::Extract,
        }
    }
}

/// Answer to an upload.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Accepted {
    /// Derived from content, options and owner: the same upload has the same id.
    #[schema(value_type = String, min_length = 64, max_length = 64)]
    id: DocumentId,
    /// Where the document stands; anything, when it was known before.
    state: DocumentState,
    /// Where to go on.
    links: Links,
}

/// Related addresses.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Links {
    /// The document's status.
    #[serde(rename = "self")]
    #[schema(format = "uri-reference")]
    this: String,
}

impl From<&StatusRecord> for Accepted {
    fn from(record: &StatusRecord) -> Self {
        let links = Links { this: invoice_path(&record.id) };
        Self { id: record.id.clone(), state: record.state.into(), links }
    }
}

/// A document's status.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Invoice {
    /// The document's id.
    #[schema(value_type = String, min_length = 64, max_length = 64)]
    id: DocumentId,
    /// Where it stands.
    state: DocumentState,
    /// The stage it is in or waits for; the last one it was in when it has ended.
    stage: Stage,
    /// Attempts begun in that stage.
    attempt: u32,
    /// 1, and one more with each replay.
    generation: u32,
    /// The client's name for it, cleaned.
    #[schema(required)]
    filename: Option<String>,
    /// When it was taken.
    #[schema(value_type = String, format = DateTime)]
    received_at: Timestamp,
    /// When this status last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// The invoice; there exactly when `completed`. Handed on as it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<InvoiceExtracted>, nullable = false)]
    result: Option<Box<RawValue>>,
    /// Why it failed; there exactly when `failed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    error: Option<Failure>,
}

/// Why a document failed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Failure {
    /// Stable name of the cause.
    #[schema(example = "document_encrypted")]
    code: String,
    /// One sentence, naming the limit and the value seen where there is one.
    message: String,
    /// The stage that gave up.
    stage: Stage,
}

impl From<ErrorRecord> for Failure {
    fn from(error: ErrorRecord) -> Self {
        Self { code: error.code, message: error.message, stage: error.stage.into() }
    }
}

impl From<StatusRecord> for Invoice {
    fn from(record: StatusRecord) -> Self {
        Self {
            id: record.id,
            state: record.state.into(),
            stage: record.stage.into(),
            attempt: record.attempt,
            generation: record.generation,
            filename: record.filename,
            received_at: record.received_at,
            updated_at: record.updated_at,
            result: record.result.map(|result| result.0),
            error: record.error.map(Failure::from),
        }
    }
}

/// Stands for the contract's schema, which [`crate::openapi`] puts in its place.
#[derive(Debug)]
pub(crate) struct InvoiceExtracted;

impl PartialSchema for InvoiceExtracted {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::schema::Object::new().into()
    }
}

impl ToSchema for InvoiceExtracted {}
