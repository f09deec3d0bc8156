//! What a client is told of what the broker refused.

use common::error::{ErrorKind, StageError};
use common::jetstream::intake::NotAccepted;
use common::jetstream::publish::Unpublished;
use jiff::Timestamp;

use super::ApiError;

/// A document that was not taken in.
impl From<&NotAccepted> for ApiError {
    fn from(error: &NotAccepted) -> Self {
        match error {
            NotAccepted::OverQuota(over) => {
                // A moment too late is better than a moment too early.
                let wait = over.resets_at.duration_since(Timestamp::now()).as_secs();
                let retry_after_seconds = wait.saturating_add(1).max(1).unsigned_abs();
                Self::QuotaExhausted { over: *over, retry_after_seconds }
            }
            NotAccepted::Unpublished(error) => error.into(),
        }
    }
}

/// A refused hand-over to the broker. What only a bug can cause is `Internal`; the caller logs it.
impl From<&Unpublished> for ApiError {
    fn from(error: &Unpublished) -> Self {
        match error {
            Unpublished::Full { place, .. } => Self::BrokerFull { place: *place },
            Unpublished::Unconfirmed { .. } => Self::BrokerAway,
            Unpublished::AlreadyStored { .. }
            | Unpublished::Conflict { .. }
            | Unpublished::Unencodable { .. }
            | Unpublished::Forbidden { .. }
            | Unpublished::TooLarge { .. } => Self::Internal,
        }
    }
}

/// A failed read of a status.
impl From<&StageError> for ApiError {
    fn from(error: &StageError) -> Self {
        match error.kind {
            ErrorKind::Transient => Self::BrokerAway,
            ErrorKind::Rejected | ErrorKind::Internal | ErrorKind::Lost => Self::Internal,
        }
    }
}
