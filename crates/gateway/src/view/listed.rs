//! What clients see of a document in a list.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use common::id::DocumentId;
use common::status::{Digest, Moment, Summary};

use super::{DocumentState, Links, Stage, invoice_path};

/// Some of the caller's documents.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Listed {
    /// The documents, newest first. There may be fewer than `limit`, even none, with more to come: go by
    /// `next_cursor`.
    pub(crate) items: Vec<ListedInvoice>,
    /// What to ask for next, as `cursor` with the same filters; `null` at the end of the list.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// A document in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ListedInvoice {
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
    /// The client's name for it, cleaned; cut at 200 characters.
    #[schema(required)]
    filename: Option<String>,
    /// When it was taken.
    #[schema(value_type = String, format = DateTime)]
    received_at: Timestamp,
    /// When its status last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// What was read, in a few words; there exactly when `completed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    summary: Option<InvoiceSummary>,
    /// Where to go on.
    links: Links,
}

/// An invoice in a few words. Texts are cut at 200 characters.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InvoiceSummary {
    /// Name of the seller.
    #[schema(required)]
    seller: Option<String>,
    /// The invoice's number.
    #[schema(required)]
    number: Option<String>,
    /// When it was issued.
    #[schema(required, value_type = Option<String>, format = Date)]
    issue_date: Option<Date>,
    /// Amount due, or the total with tax where none was read: a decimal with a dot.
    #[schema(required, example = "14617.643")]
    payable: Option<String>,
    /// Its currency, ISO 4217.
    #[schema(required, example = "TND")]
    currency: Option<String>,
    /// Whether a person should look at it.
    review_required: bool,
}

impl From<&Digest> for ListedInvoice {
    fn from(digest: &Digest) -> Self {
        let Digest { arrival, moment, filename, summary, .. } = digest;
        let &Moment { generation, state, stage, attempt, updated_at } = moment;
        Self {
            id: arrival.id.clone(),
            state: state.into(),
            stage: stage.into(),
            attempt,
            generation,
            filename: filename.as_deref().map(str::to_owned),
            received_at: arrival.received_at,
            updated_at,
            summary: summary.as_ref().map(InvoiceSummary::from),
            links: Links { this: invoice_path(&arrival.id) },
        }
    }
}

impl From<&Summary> for InvoiceSummary {
    fn from(summary: &Summary) -> Self {
        let text = |text: &Option<Box<str>>| text.as_deref().map(str::to_owned);
        Self {
            seller: text(&summary.seller),
            number: text(&summary.number),
            issue_date: summary.issue_date,
            payable: text(&summary.payable),
            currency: text(&summary.currency),
            review_required: summary.review_required,
        }
    }
}
