//! Reading one object chunk by chunk, so that what is held does not grow with the object.

use async_nats::jetstream::message::StreamMessage;
use async_nats::jetstream::stream::{DirectGetErrorKind, LastRawMessageErrorKind, Stream};
use bytes::Bytes;

use crate::error::StageError;
use crate::object::{self, ObjectRef};

/// An object that is there, and how much of it was read.
///
/// The last chunk is handed out only when all of them together match the object's hash: who gets
/// to the end has read what was written.
#[derive(Debug)]
pub struct ObjectReader {
    object: ObjectRef,
    stream: Stream<()>,
    /// Subject of its chunks.
    subject: String,
    chunks_left: usize,
    /// Where in the stream the next chunk is looked for.
    sequence: u64,
    seen: u64,
    hasher: blake3::Hasher,
}

impl ObjectReader {
    pub(super) fn new(
        object: ObjectRef,
        stream: Stream<()>,
        subject: String,
        chunks: usize,
    ) -> Self {
        let hasher = blake3::Hasher::new();
        Self { object, stream, subject, chunks_left: chunks, sequence: 1, seen: 0, hasher }
    }

    /// The next chunk; `None` after the last one.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer (within its request time-out), `Lost` when
    /// a chunk is missing or the bytes are not those that were written.
    pub async fn next(&mut self) -> Result<Option<Bytes>, StageError> {
        if self.chunks_left == 0 {
            // Only an object without chunks gets here unchecked.
            return self.checked().map(|()| None);
        }
        let chunk = self.next_chunk().await?;
        self.chunks_left -= 1;
        self.sequence = chunk.sequence + 1;
        self.seen += chunk.payload.len() as u64;
        self.hasher.update(&chunk.payload);
        if self.chunks_left == 0 || self.seen > self.object.size_bytes {
            self.checked()?;
        }
        Ok(Some(chunk.payload))
    }

    /// From any replica; one that is behind has no say in whether a chunk exists, so the stream's
    /// leader is asked before that is denied.
    async fn next_chunk(&self) -> Result<StreamMessage, StageError> {
        let away = |reason: String| StageError::transient("broker_away", reason);
        let next = self.stream.direct_get_next_for_subject(&self.subject, Some(self.sequence));
        match next.await {
            Err(error) if error.kind() == DirectGetErrorKind::NotFound => {}
            Err(error) => return Err(away(error.to_string())),
            Ok(chunk) => return Ok(chunk),
        }
        let next = self.stream.get_first_raw_message_by_subject(&self.subject, self.sequence);
        next.await.map_err(|error| match error.kind() {
            LastRawMessageErrorKind::NoMessageFound => missing(&self.object),
            _ => away(error.to_string()),
        })
    }

    fn checked(&self) -> Result<(), StageError> {
        if self.hasher.finalize().to_hex().as_str() == self.object.hash.as_str() {
            return Ok(());
        }
        let (name, seen, wanted) = (self.object.name(), self.seen, self.object.size_bytes);
        Err(StageError::lost(
            "object_corrupt",
            format!("object {name} does not match its hash ({seen} of {wanted} bytes)"),
        ))
    }
}

pub(super) fn missing(object: &ObjectRef) -> StageError {
    let message = format!("object {} is not stored (any more)", object.name());
    StageError::lost(object::MISSING, message)
}
