//! What a client is told of what the broker refused.

use common::error::{ErrorKind, StageError};
use common::jetstream::publish::Unpublished;

use super::ApiError;

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
