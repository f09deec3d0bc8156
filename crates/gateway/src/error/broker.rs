//! What a client is told of what the broker refused.

use common::error::{ErrorKind, StageError};
use common::jetstream::intake::NotAccepted;
use common::jetstream::publish::Unpublished;

use common::quota::OverQuota;
use jiff::Timestamp;

use super::ApiError;

/// A document that was not taken in.
impl From<&NotAccepted> for ApiError {
    fn from(error: &NotAccepted) -> Self {
        match error {
            NotAccepted::OverQuota(over) => Self::over_quota(*over, Timestamp::now()),
            NotAccepted::Unpublished(error) => error.into(),
        }
    }
}

impl ApiError {
    /// A quota that is used up, told at `now`.
    pub(crate) fn over_quota(over: OverQuota, now: Timestamp) -> Self {
        // A moment too late is better than a moment too early.
        let seconds = over.resets_at.duration_since(now).as_secs().saturating_add(1);
        Self::QuotaExhausted { over, retry_after_seconds: seconds.max(1).unsigned_abs() }
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
