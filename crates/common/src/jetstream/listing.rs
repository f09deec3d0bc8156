//! Which subjects of a stream have messages, and up to where the stream goes.

use futures_util::TryStreamExt;

use super::broker::{Broker, away};
use crate::error::StageError;

impl Broker {
    /// Subjects of `stream` that fit `filter` and have messages, with their number. Subjects that
    /// come or go meanwhile may be missing.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer.
    pub(super) async fn subjects(
        &self,
        stream: &str,
        filter: &str,
    ) -> Result<Vec<(String, usize)>, StageError> {
        let listing = self.stream(stream).await?.info_with_subjects(filter).await.map_err(away)?;
        listing.try_collect().await.map_err(away)
    }

    /// Sequence of the newest message that was ever stored in `stream`.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer.
    pub(super) async fn last_sequence(&self, stream: &str) -> Result<u64, StageError> {
        let info = self.stream(stream).await?.get_info().await.map_err(away)?;
        Ok(info.state.last_sequence)
    }
}
