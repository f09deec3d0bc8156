//! What can go wrong in this stage, and who has to act.

use thiserror::Error;

use common::error::StageError;

use crate::einvoice::EInvoiceError;

/// A failure of extraction. None holds content of the document.
#[derive(Debug, Error)]
pub enum ExtractError {
    /// Reading the words from the store, or decoding them, failed; already classified.
    #[error(transparent)]
    Input(#[from] StageError),
    /// The document is an XML file that is not read as an invoice.
    #[error(transparent)]
    EInvoice(#[from] EInvoiceError),
    /// The pure part panicked, which is a bug.
    #[error("extraction panicked")]
    Panicked,
    /// The runtime stopped before the work was done.
    #[error("extraction was cancelled by the runtime's shutdown")]
    Cancelled,
    /// The result has no JSON form, which is a bug.
    #[error("the result cannot be written as JSON: {0}")]
    Unserialisable(String),
}

impl From<ExtractError> for StageError {
    fn from(error: ExtractError) -> Self {
        let message = error.to_string();
        match error {
            ExtractError::Input(classified) => classified,
            ExtractError::EInvoice(refused) => Self::rejected(refused.code(), message),
            ExtractError::Panicked => Self::internal("extract_panicked", message),
            ExtractError::Cancelled => Self::transient("extract_cancelled", message),
            ExtractError::Unserialisable(_) => Self::internal("result_unserialisable", message),
        }
    }
}
