//! When a client should come back.

use std::time::Duration;

use super::ApiError;

/// Uploads end within moments, so a place is free soon; a page is read in a second or two.
const RETRY_SOON: Duration = Duration::from_secs(2);

/// A leader change of the broker takes 5 to 7 s.
const RETRY_AFTER_LEADER_CHANGE: Duration = Duration::from_secs(8);

/// A full queue drains at the pace of recognition: seconds a page.
const RETRY_WHEN_DRAINED: Duration = Duration::from_secs(30);

impl ApiError {
    /// When to come back, where coming back helps.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TooManyRequests { retry_after_seconds, .. }
            | Self::QuotaExhausted { retry_after_seconds, .. } => {
                Some(Duration::from_secs(*retry_after_seconds))
            }
            Self::TooManyUploads { .. }
            | Self::TooManyPageReads { .. }
            | Self::PagesPending
            | Self::ResultPending
            | Self::DocumentUnderWay { .. }
            | Self::IdempotencyKeyInUse
            | Self::ListBehind => Some(RETRY_SOON),
            Self::TooManyFollowed { .. } | Self::TooManyFollowers { .. } => {
                Some(RETRY_WHEN_DRAINED)
            }
            Self::BrokerAway | Self::NotReady { .. } => Some(RETRY_AFTER_LEADER_CHANGE),
            Self::BrokerFull { .. } => Some(RETRY_WHEN_DRAINED),
            _ => None,
        }
    }
}
