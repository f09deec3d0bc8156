//! Reading one object chunk by chunk, so that what is held does not grow with the object.

use async_nats::jetstream::stream::{DirectGetErrorKind, Stream};
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
    /// `Transient` while the broker does not answer (within its request time-out), `Internal` when
    /// a chunk is missing or the bytes are not those that were written.
    pub async fn next(&mut self) -> Result<Option<Bytes>, StageError> {
        if self.chunks_left == 0 {
            // Only an object without chunks gets here unchecked.
            return self.checked().map(|()| None);
        }
        let next = self.stream.direct_get_next_for_subject(&self.subject, Some(self.sequence));
        let chunk = next.await.map_err(|error| match error.kind() {
            DirectGetErrorKind::NotFound => missing(&self.object),
            _ => StageError::transient("broker_away", error.to_string()),
        })?;
        self.chunks_left -= 1;
        self.sequence = chunk.sequence + 1;
        self.seen += chunk.payload.len() as u64;
        self.hasher.update(&chunk.payload);
        if self.chunks_left == 0 || self.seen > self.object.size_bytes {
            self.checked()?;
        }
        Ok(Some(chunk.payload))
    }

    fn checked(&self) -> Result<(), StageError> {
        if self.hasher.finalize().to_hex().as_str() == self.object.hash.as_str() {
            return Ok(());
        }
        let (name, seen, wanted) = (self.object.name(), self.seen, self.object.size_bytes);
        Err(StageError::internal(
            "object_corrupt",
            format!("object {name} does not match its hash ({seen} of {wanted} bytes)"),
        ))
    }
}

pub(super) fn missing(object: &ObjectRef) -> StageError {
    let message = format!("object {} is not stored (any more)", object.name());
    StageError::internal(object::MISSING, message)
}
