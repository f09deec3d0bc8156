//! The object store as one job of a stage sees it: no more than the stage's share.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::Notify;

use super::{Room, Share};
use crate::duplicate::{DuplicateIndex, Earlier, Fingerprint};
use crate::error::StageError;
use crate::id::DocumentId;
use crate::jetstream::broker::{Broker, away};
use crate::jetstream::names;
use crate::jetstream::publish::FULL;
use crate::job::Job;
use crate::object::{Bucket, ObjectRef, ObjectStore};
use crate::stage::StageName;

/// What an object takes besides its bytes, generously: its metadata, and subjects and headers of its
/// messages.
const OVERHEAD_BYTES: u64 = 2048;

/// A job's view of the stores.
#[derive(Debug)]
pub(in crate::jetstream) struct Ration<'a> {
    broker: &'a Broker,
    room: &'a Room,
    stage: StageName,
    /// The job's message in its queue.
    sequence: u64,
    run: Mutex<Run>,
    /// Bytes of the latest write that found no room; 0 while all have.
    refused_bytes: AtomicU64,
    refused: Notify,
}

/// What one run of the job had to do with, of the store of work in progress.
#[derive(Debug, Default)]
struct Run {
    /// Objects by name, and whether the run wrote them; one that it read is its input.
    objects: HashMap<String, (ObjectRef, bool)>,
    bytes: u64,
}

impl Run {
    fn note(&mut self, object: &ObjectRef, written: bool) {
        let Self { objects, bytes } = self;
        let noted = objects.entry(object.name()).or_insert_with(|| {
            *bytes = bytes.saturating_add(object.size_bytes + OVERHEAD_BYTES);
            (object.clone(), written)
        });
        noted.1 &= written;
    }
}

impl<'a> Ration<'a> {
    pub(in crate::jetstream) fn new(
        broker: &'a Broker,
        room: &'a Room,
        stage: StageName,
        sequence: u64,
    ) -> Self {
        let (run, refused_bytes) = (Mutex::new(Run::default()), AtomicU64::new(0));
        Self { broker, room, stage, sequence, run, refused_bytes, refused: Notify::new() }
    }

    /// Call before each run of the job. After one that found no room, another is worth its time only
    /// when there is some.
    ///
    /// # Errors
    /// The same as the refused write, while nothing has changed.
    pub(in crate::jetstream) async fn begin(&self) -> Result<(), StageError> {
        let refused = self.refused_bytes.load(Ordering::SeqCst);
        if let (Some(share), true) = (self.room.share, refused > 0) {
            self.room.gauge.check(self.broker, refused, share.writes_up_to).await?;
        }
        *self.run() = Run::default();
        Ok(())
    }

    /// Returns when a write found no room and an older job of the stage is under way: that one
    /// keeps what it has, this one has to make way for it.
    pub(in crate::jetstream) async fn crowded_out(&self) {
        loop {
            self.refused.notified().await;
            match self.is_oldest().await {
                Ok(false) => return,
                Ok(true) => {}
                Err(error) => tracing::debug!(%error, "age of the job is unknown"),
            }
        }
    }

    /// Removes what the run wrote. Its input stays, also where an output is equal to it.
    pub(in crate::jetstream) async fn withdraw(&self) {
        let written = std::mem::take(&mut *self.run()).objects.into_values();
        for (object, _) in written.filter(|(_, written)| *written) {
            if let Err(error) = self.broker.remove_object(&object).await {
                tracing::warn!(%error, "an object of a job that makes way stays for now");
            }
        }
    }

    async fn is_oldest(&self) -> Result<bool, StageError> {
        let queue = self.broker.stream(names::job_stream(self.stage)).await?;
        let info = queue.get_info().await;
        let info = info.map_err(away)?;
        Ok(self.sequence <= info.state.first_sequence)
    }

    /// Writes `object` of the stage's share.
    async fn write_within(
        &self,
        share: Share,
        object: ObjectRef,
        bytes: Bytes,
    ) -> Result<ObjectRef, StageError> {
        self.run().note(&object, true);
        let again = self.refused_bytes.load(Ordering::SeqCst) > 0;
        // A run that is repeated for want of room needs none for what it wrote the last time.
        if again && self.broker.open_object(&object).await.is_ok() {
            return Ok(object);
        }
        let gauge = &self.room.gauge;
        let size = object.size_bytes;
        let outcome = match gauge.admit(self.broker, size, share.writes_up_to).await {
            Ok(_admitted) => self.broker.write(object.bucket, &object.document, bytes).await,
            Err(error) => {
                self.refuse_too_large(share).await?;
                Err(error.into())
            }
        };
        if outcome.as_ref().is_err_and(|error| error.code == FULL) {
            self.refused_bytes.store(size.max(1), Ordering::SeqCst);
            self.refused.notify_one();
        }
        outcome
    }

    /// A document that needs more than the stage's whole share would wait for ever.
    async fn refuse_too_large(&self, share: Share) -> Result<(), StageError> {
        let needed = self.run().bytes;
        let level = self.room.gauge.level(self.broker).await?;
        let limit = level.bytes_at(share.writes_up_to);
        if level.max_bytes == 0 || needed <= limit {
            return Ok(());
        }
        Err(StageError::rejected(
            "work_store_too_small",
            format!(
                "the document's pages need {needed} bytes or more in the store of work in progress; \
                 of retention.work_max_bytes the stage may use {limit}"
            ),
        ))
    }

    fn run(&self) -> MutexGuard<'_, Run> {
        self.run.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ObjectStore for Ration<'_> {
    async fn read(&self, object: &ObjectRef) -> Result<Bytes, StageError> {
        if object.bucket == Bucket::Work {
            self.run().note(object, false);
        }
        self.broker.read(object).await
    }

    async fn write(
        &self,
        bucket: Bucket,
        document: &DocumentId,
        bytes: Bytes,
    ) -> Result<ObjectRef, StageError> {
        match (self.room.share, bucket) {
            (Some(share), Bucket::Work) => {
                let object = ObjectRef::to(bucket, document, &bytes);
                self.write_within(share, object, bytes).await
            }
            _ => self.broker.write(bucket, document, bytes).await,
        }
    }
}

/// Entries take no room of any stage's: the oldest go when their bucket is full.
impl DuplicateIndex for Ration<'_> {
    async fn first_like(
        &self,
        job: &Job,
        fingerprint: Option<&Fingerprint>,
    ) -> Result<Option<Earlier>, StageError> {
        self.broker.first_like(job, fingerprint).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{ContentHash, Options, Tenant};

    #[test]
    fn an_output_that_is_equal_to_an_input_is_not_the_runs_to_remove() {
        let id = DocumentId::derive(&Tenant::default(), &ContentHash::of(b""), &Options::default());
        let object = |bytes: &[u8]| ObjectRef::to(Bucket::Work, &id, bytes);
        let mut run = Run::default();
        for (bytes, written) in [(&b"in"[..], false), (b"in", true), (b"out", true), (b"out", true)]
        {
            run.note(&object(bytes), written);
        }
        assert_eq!(run.bytes, 5 + 2 * OVERHEAD_BYTES, "each counts once");
        let written: Vec<_> = run.objects.into_values().filter(|(_, written)| *written).collect();
        assert_eq!(written, [(object(b"out"), true)]);
    }
}
