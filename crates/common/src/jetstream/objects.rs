//! The object stores: written once, read with a time-out, checked against their hash.
//!
//! The layout is the one every NATS client reads (ADR-20): chunks on `$O.<bucket>.C.<nuid>`, then
//! one message of metadata on `$O.<bucket>.M.<name>`. Our nuid has three tokens, document, hash and a
//! unique one, so that the subject of a chunk tells whose it is, and one purge removes what is left
//! of a document. Writing and reading are our own, because the
//! client's `put` waits for each chunk, leaves chunks of a failed write behind and replaces an
//! existing object under its readers, and its `get` waits for ever when chunks are missing.

mod orphans;
mod reader;
mod removal;
pub(super) mod subjects;

pub use reader::ObjectReader;
pub(super) use removal::UpTo;

use std::time::Duration;

use async_nats::HeaderMap;
use async_nats::header::{NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, NATS_ROLLUP};
use async_nats::jetstream::object_store::ObjectInfo;
use async_nats::jetstream::stream::{LastRawMessageErrorKind, Stream};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use bytes::{Bytes, BytesMut};
use futures_util::future::try_join_all;
use sha2::{Digest, Sha256};
use tokio::time::{Instant, timeout};

use super::broker::Broker;
use super::names;
use super::publish::{Message, Unpublished};
use crate::error::StageError;
use crate::failpoint::{self, Point};
use crate::id::DocumentId;
use crate::object::{Bucket, ObjectRef, ObjectStore};
use subjects::Name;

/// Bytes of one chunk. Each costs one fsync, so large; well below the smallest `max_payload` that
/// brokers are run with (1 MiB).
const CHUNK_BYTES: usize = 512 * 1024;

/// Value of the rollup header: replace what the metadata's subject held before.
const ROLLUP_OF_SUBJECT: &str = "sub";

/// Pause before a failed write is tried again from its first chunk.
const WRITE_PAUSE: Duration = Duration::from_millis(500);

impl ObjectStore for Broker {
    async fn read(&self, object: &ObjectRef) -> Result<Bytes, StageError> {
        timeout(self.object_timeout, self.read_object(object)).await.map_err(|_| {
            let waited = self.object_timeout.as_secs();
            StageError::transient("object_timeout", format!("no object within {waited} s"))
        })?
    }

    async fn write(
        &self,
        bucket: Bucket,
        document: &DocumentId,
        bytes: Bytes,
    ) -> Result<ObjectRef, StageError> {
        self.write_object(bucket, document, bytes).await.map_err(StageError::from)
    }
}

impl Broker {
    /// Stores `bytes`, unless they are stored already.
    ///
    /// # Errors
    /// [`Unpublished::Full`] or [`Unpublished::Unconfirmed`]; nothing half-written stays behind
    /// unless the broker could not even be told to remove it, and then the sweeper does.
    pub async fn write_object(
        &self,
        bucket: Bucket,
        document: &DocumentId,
        bytes: Bytes,
    ) -> Result<ObjectRef, Unpublished> {
        let object = ObjectRef::to(bucket, document, &bytes);
        let (started, asked) = (Instant::now(), std::time::Instant::now());
        loop {
            match self.write_once(&object, &bytes).await {
                Ok(()) => return Ok(object),
                Err(Unpublished::Unconfirmed { reason, .. }) => {
                    if let Some(denied) = self.denied_since(asked, None) {
                        return Err(Unpublished::Forbidden { denied });
                    }
                    let waited = started.elapsed();
                    if waited >= self.patience {
                        return Err(Unpublished::Unconfirmed { waited, reason });
                    }
                    tokio::time::sleep(WRITE_PAUSE).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn write_once(&self, object: &ObjectRef, bytes: &Bytes) -> Result<(), Unpublished> {
        let store = self.store(object.bucket).await?;
        // What a stage hands on is new unless a job is repeated, so nobody is asked whether it is
        // there: writing says so. The same document is uploaded again all the time.
        let mut replaced = match object.bucket {
            Bucket::Work => 0,
            Bucket::Uploads => match store.metadata(&Name::of(object)).await? {
                Some((info, _)) if self.is_whole(object.bucket, &info).await? => return Ok(()),
                found => sequence_of(found.as_ref()),
            },
        };
        loop {
            let nuid = chunk_name(object);
            let chunks = store.chunk_subject(&nuid);
            let outcome = self.write_parts(&store, object, bytes, &nuid, &chunks, replaced).await;
            if !matches!(outcome, Ok(Written::Ours)) {
                // Nobody will read these chunks.
                if let Err(error) = store.stream.purge().filter(&chunks).await {
                    tracing::warn!(%error, "chunks of an unfinished object are left to the sweeper");
                }
            }
            match outcome? {
                Written::Ours | Written::There => return Ok(()),
                Written::After(sequence) if sequence != replaced => replaced = sequence,
                Written::After(_) => {
                    let reason = "the broker refuses the sequence that it names";
                    return Err(Unpublished::unconfirmed(reason));
                }
            }
        }
    }

    /// Writes an object whose metadata comes after `replaced` on its subject, or finds it there.
    async fn write_parts(
        &self,
        store: &Store,
        object: &ObjectRef,
        bytes: &Bytes,
        nuid: &str,
        chunks: &str,
        replaced: u64,
    ) -> Result<Written, Unpublished> {
        // Sent in order on one connection, so stored in order; confirmed all together. A failed
        // one fails the whole write: repeating a single chunk would put it out of order.
        let mut confirmations = Vec::new();
        for chunk in chunks_of(bytes) {
            let sent = self.context.publish(chunks.to_owned(), chunk).await;
            confirmations.push(sent.map_err(Unpublished::unconfirmed)?);
        }
        let count = confirmations.len();
        let confirmed = try_join_all(confirmations.into_iter().map(IntoFuture::into_future)).await;
        confirmed.map_err(|error| super::publish::refusal(chunks, &error))?;

        failpoint::reach(Point::ObjectTorn).await;
        let message = store.metadata_message(object, bytes, nuid, count, replaced)?;
        match self.publish_confirmed(&message).await.0 {
            Ok(_) => Ok(Written::Ours),
            Err(Unpublished::Conflict { .. }) => {
                let found = store.metadata(&Name::of(object)).await?;
                Ok(match &found {
                    Some((info, _)) if info.nuid == nuid => Written::Ours,
                    Some((info, _)) if self.is_whole(object.bucket, info).await? => Written::There,
                    _ => Written::After(sequence_of(found.as_ref())),
                })
            }
            Err(error) => Err(error),
        }
    }

    /// Whether what the metadata names is all there. An erasure, or time, may have removed chunks
    /// and left metadata that was written after them: such an object has to be written anew.
    async fn is_whole(&self, bucket: Bucket, info: &ObjectInfo) -> Result<bool, Unpublished> {
        if info.deleted {
            return Ok(false);
        }
        let subject = subjects::chunks(bucket, &info.nuid);
        let listed = self.subjects(names::object_stream(bucket), &subject).await;
        let listed = listed.map_err(|error| Unpublished::unconfirmed(error.message))?;
        Ok(listed.iter().map(|(_, count)| count).sum::<usize>() >= info.chunks)
    }

    /// Opens an object for reading it chunk by chunk.
    ///
    /// # Errors
    /// `Lost` with [`object::MISSING`](crate::object::MISSING) when it is not stored (any more), `Transient` while the broker
    /// does not answer.
    pub async fn open_object(&self, object: &ObjectRef) -> Result<ObjectReader, StageError> {
        let store = self.store(object.bucket).await?;
        match store.metadata(&Name::of(object)).await? {
            Some((info, _)) if !info.deleted => {
                let subject = store.chunk_subject(&info.nuid);
                Ok(ObjectReader::new(object.clone(), store.stream, subject, info.chunks))
            }
            _ => Err(reader::missing(object)),
        }
    }

    async fn read_object(&self, object: &ObjectRef) -> Result<Bytes, StageError> {
        let mut reader = self.open_object(object).await?;
        let mut bytes = BytesMut::new();
        while let Some(chunk) = reader.next().await? {
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes.freeze())
    }

    async fn store(&self, bucket: Bucket) -> Result<Store, Unpublished> {
        let stream = self.stream(names::object_stream(bucket)).await;
        let stream = stream.map_err(|error| Unpublished::unconfirmed(error.message))?;
        Ok(Store { bucket, stream })
    }
}

/// How writing an object went.
enum Written {
    /// What is stored is what was written.
    Ours,
    /// An equal object was stored before.
    There,
    /// Nothing is stored; it has to be written after this sequence, which its removal left.
    After(u64),
}

/// Sequence of the metadata on an object's subject; 0 where there is none.
fn sequence_of(found: Option<&(ObjectInfo, u64)>) -> u64 {
    found.map_or(0, |(_, sequence)| *sequence)
}

/// One bucket.
struct Store {
    bucket: Bucket,
    stream: Stream<()>,
}

impl Store {
    fn chunk_subject(&self, nuid: &str) -> String {
        subjects::chunks(self.bucket, nuid)
    }

    /// The object's metadata and its sequence, from the stream's leader.
    async fn metadata(&self, object: &Name) -> Result<Option<(ObjectInfo, u64)>, Unpublished> {
        let read = self
            .stream
            .get_last_raw_message_by_subject(&subjects::metadata(self.bucket, object))
            .await;
        match read {
            Ok(message) => {
                let info = serde_json::from_slice(&message.payload);
                let info = info.map_err(Unpublished::unconfirmed)?;
                Ok(Some((info, message.sequence)))
            }
            Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(None),
            Err(error) => Err(Unpublished::unconfirmed(error)),
        }
    }

    fn metadata_message(
        &self,
        object: &ObjectRef,
        bytes: &[u8],
        nuid: &str,
        chunks: usize,
        replaced: u64,
    ) -> Result<Message, Unpublished> {
        let digest = Sha256::digest(bytes);
        let info = serde_json::json!({
            "name": object.name(),
            "bucket": names::object_bucket(self.bucket),
            "nuid": nuid,
            "size": bytes.len(),
            "chunks": chunks,
            "digest": format!("SHA-256={}", URL_SAFE.encode(digest)),
            "options": { "max_chunk_size": CHUNK_BYTES },
        });
        let payload = serde_json::to_vec(&info)
            .map_err(|error| Unpublished::Unencodable { reason: error.to_string() })?;
        let mut headers = HeaderMap::new();
        headers.insert(NATS_ROLLUP, ROLLUP_OF_SUBJECT);
        headers.insert(NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, replaced.to_string());
        let subject = subjects::metadata(self.bucket, &Name::of(object));
        Ok(Message { subject, headers, payload: payload.into() })
    }
}

/// What the chunks of one write of `object` are called: `<document id>.<blake3>.<unique>`.
fn chunk_name(object: &ObjectRef) -> String {
    format!("{}.{}.{}", object.document, object.hash, nuid::next())
}

fn chunks_of(bytes: &Bytes) -> impl Iterator<Item = Bytes> + '_ {
    (0..bytes.len())
        .step_by(CHUNK_BYTES)
        .map(|start| bytes.slice(start..bytes.len().min(start + CHUNK_BYTES)))
}
