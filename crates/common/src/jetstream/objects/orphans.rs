//! Removes parts of objects that nobody can read, after a look at the stream's leader.

use super::subjects::{self, Name};
use crate::error::StageError;
use crate::jetstream::broker::{Broker, away};
use crate::object::Bucket;

impl Broker {
    /// Removes the chunks on `subject`, unless the metadata of `object` names them. Whether it did.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer.
    pub(in crate::jetstream) async fn remove_unnamed_chunks(
        &self,
        bucket: Bucket,
        subject: &str,
        object: &Name,
    ) -> Result<bool, StageError> {
        let store = self.store(bucket).await?;
        let found = store.metadata(object).await?;
        let named = found.is_some_and(|(info, _)| {
            !info.deleted && subjects::chunks(bucket, &info.nuid) == subject
        });
        if !named {
            store.stream.purge().filter(subject).await.map_err(away)?;
        }
        Ok(!named)
    }

    /// Removes the metadata of `object` if it lacks chunks, and not what is written meanwhile.
    /// Whether it did.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer.
    pub(in crate::jetstream) async fn remove_torn(
        &self,
        bucket: Bucket,
        object: &Name,
    ) -> Result<bool, StageError> {
        let store = self.store(bucket).await?;
        let Some((info, sequence)) = store.metadata(object).await? else {
            return Ok(false);
        };
        let torn = !self.is_whole(bucket, &info).await?;
        if torn {
            let subject = subjects::metadata(bucket, object);
            let purge = store.stream.purge().filter(subject).sequence(sequence + 1);
            purge.await.map_err(away)?;
        }
        Ok(torn)
    }
}
