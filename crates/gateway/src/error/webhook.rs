//! What can go wrong with webhooks.

use common::callback::call::CallError;
use thiserror::Error;

use super::kind::{self, Kind};

/// What a client is told about webhooks.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum WebhookError {
    /// Unknown, or another tenant's.
    #[error("there is no such webhook")]
    NotFound,
    /// Unknown, expired, or another webhook's.
    #[error("there is no such delivery to this webhook")]
    DeliveryNotFound,
    /// Its event cannot be sent any more.
    #[error("the event is kept no longer, or was removed with its document")]
    EventGone,
    /// As many as a tenant may have.
    #[error("there are {limit} webhooks already")]
    TooMany {
        /// Webhooks of one tenant.
        limit: u64,
    },
    /// A URL that is not called.
    #[error("the URL is not called: {0}")]
    UrlRefused(CallError),
    /// A value that a field may not have.
    #[error("{name} has to be {expected}")]
    FieldInvalid {
        /// The field.
        name: &'static str,
        /// What it has to be.
        expected: &'static str,
    },
    /// There is one for uploads already.
    #[error("there is a webhook for addresses that uploads bring already")]
    UploadsTaken,
    /// An upload brought an address, and nothing to sign with.
    #[error("there is no webhook for addresses that uploads bring")]
    UploadsMissing,
}

impl WebhookError {
    /// Code, status and title.
    pub(super) fn kind(&self) -> &'static Kind {
        match self {
            Self::NotFound => &kind::WEBHOOK_NOT_FOUND,
            Self::DeliveryNotFound => &kind::DELIVERY_NOT_FOUND,
            Self::EventGone => &kind::EVENT_GONE,
            Self::TooMany { .. } => &kind::TOO_MANY_WEBHOOKS,
            Self::UrlRefused(_) => &kind::URL_REFUSED,
            Self::FieldInvalid { .. } => &kind::FIELD_INVALID,
            Self::UploadsTaken => &kind::UPLOADS_WEBHOOK_EXISTS,
            Self::UploadsMissing => &kind::UPLOADS_WEBHOOK_MISSING,
        }
    }
}
