//! What clients see of a document. Field names are the contract's: add, never rename.

mod corrections;
mod listed;
mod pages;
pub(crate) mod webhooks;

pub(crate) use corrections::Corrections;
pub(crate) use listed::{Listed, ListedInvoice};
pub(crate) use pages::PagesView;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::{PartialSchema, ToSchema};

use common::error::ErrorRecord;
use common::id::DocumentId;
use common::stage::StageName;
use common::status::{Digest, Moment, State, StatusRecord};

use crate::error::ApiError;
use crate::retained;

/// Address of a document's status.
pub(crate) fn invoice_path(id: &DocumentId) -> String {
    format!("/api/v1/invoices/{id}")
}

/// Revision of what is shown of the same status. Raise it with [`Invoice`]: a client would keep the old form
/// for as long as the tag stays.
const FORM: u32 = 1;

/// Tells what is shown of a status from what was shown of the document before; of letters, digits and
/// dashes. It says nothing that the status does not: a number of the broker's would tell how much others
/// send.
pub(crate) fn tag(moment: &Moment) -> String {
    let Moment { generation, state, stage, attempt, updated_at } = moment;
    let nanoseconds = updated_at.as_nanosecond();
    format!("{generation}-{}-{stage}-{attempt}-{nanoseconds:x}-{FORM}", state.as_str())
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

impl Accepted {
    /// What is said of a document that stands there.
    pub(crate) fn new(id: &DocumentId, state: State) -> Self {
        Self { id: id.clone(), state: state.into(), links: Links { this: invoice_path(id) } }
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
    /// The invoice; there exactly when `completed`. Handed on as it was written, or as it was corrected.
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

impl Invoice {
    /// What is shown of `record`, with the result as people put it right.
    ///
    /// # Errors
    /// [`ApiError::Internal`] for a result that is no JSON.
    pub(crate) fn of(record: StatusRecord) -> Result<Self, ApiError> {
        let result = retained::shown(&record)?.map(|result| result.into_owned().0);
        Ok(Self {
            id: record.id,
            state: record.state.into(),
            stage: record.stage.into(),
            attempt: record.attempt,
            generation: record.generation,
            filename: record.filename,
            received_at: record.received_at,
            updated_at: record.updated_at,
            result,
            error: record.error.map(Failure::from),
        })
    }
}

/// What is known of a status without reading it again; the result or the failure is left out.
impl From<&Digest> for Invoice {
    fn from(digest: &Digest) -> Self {
        let Digest { arrival, moment, filename, .. } = digest;
        Self {
            id: arrival.id.clone(),
            state: moment.state.into(),
            stage: moment.stage.into(),
            attempt: moment.attempt,
            generation: moment.generation,
            filename: filename.as_deref().map(str::to_owned),
            received_at: arrival.received_at,
            updated_at: moment.updated_at,
            result: None,
            error: None,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::testing::digest;

    #[test]
    fn a_tag_changes_with_everything_that_changes_and_is_one_word() {
        let first = digest(1, "a").moment;
        let others = [
            Moment { generation: 2, ..first },
            Moment { state: State::Processing, ..first },
            Moment { stage: StageName::Ocr, ..first },
            Moment { attempt: 1, ..first },
            Moment { updated_at: Timestamp::UNIX_EPOCH, ..first },
        ];
        for other in &others {
            assert_ne!(tag(&first), tag(other), "{other:?}");
        }
        let shown = tag(&first);
        assert_eq!(shown, "1-queued-preprocess-0-3b9aca00-1");
        assert!(shown.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
    }
}
