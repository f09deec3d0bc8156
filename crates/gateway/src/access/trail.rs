//! What the audit trail is told: at once where the answer depends on it, by the way for reads.

use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use common::audit::AuditRecord;
use common::jetstream::broker::Broker;

use crate::error::ApiError;
use crate::metrics::AccessMetrics;

/// Reads that wait to be written, about 400 bytes each: some seconds of a gateway under load. When the
/// broker is slower than that for longer, the newest are dropped and counted.
const QUEUE: usize = 4096;

/// Longest time for what is left at the end.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// The way to the audit trail.
pub(crate) struct Trail {
    /// With the patience of a client that waits.
    broker: Broker,
    queue: Sender<AuditRecord>,
    /// Taken by whoever writes.
    waiting: Mutex<Option<Receiver<AuditRecord>>>,
    metrics: AccessMetrics,
}

impl Trail {
    pub(super) fn new(broker: &Broker, patience: Duration, metrics: AccessMetrics) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let broker = broker.with_patience(patience);
        Self { broker, queue, waiting: Mutex::new(Some(waiting)), metrics }
    }

    /// Writes `record`, and returns when the broker has it.
    ///
    /// # Errors
    /// [`ApiError`] as for any write: what was done is done, and the client has to ask again, so that it
    /// is not done without a record.
    pub(crate) async fn tell(&self, record: &AuditRecord) -> Result<(), ApiError> {
        self.broker.audit(record).await.map_err(|error| {
            tracing::error!(%error, action = record.action.as_str(), "the audit trail is not told");
            ApiError::from(&error)
        })
    }

    /// Has `record` written soon. A request does not wait for it.
    pub(crate) fn tell_later(&self, record: AuditRecord) {
        if self.queue.try_send(record).is_err() {
            self.metrics.dropped(1);
            tracing::error!("an audit record is dropped: the broker is too slow");
        }
    }

    /// Writes what is told by the way, until `stop` and then the rest. Only the first caller does.
    pub(super) async fn write(&self, stop: CancellationToken) {
        let taken = self.waiting.lock().ok().and_then(|mut waiting| waiting.take());
        let Some(mut waiting) = taken else { return };
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                record = waiting.recv() => match record {
                    Some(record) => self.write_one(&record, &stop).await,
                    None => return,
                },
            }
        }
        waiting.close();
        let rest = async {
            while let Some(record) = waiting.recv().await {
                self.write_one(&record, &stop).await;
            }
        };
        if timeout(LAST_WORDS, rest).await.is_err() {
            let records = waiting.len() as u64 + 1;
            self.metrics.dropped(records);
            tracing::error!(records, "audit records are dropped: the broker is too slow");
        }
    }

    async fn write_one(&self, record: &AuditRecord, stop: &CancellationToken) {
        // While the broker is away, it is tried for as long as there is a queue to wait in.
        loop {
            let Err(error) = self.broker.audit(record).await else { return };
            let passing = ApiError::from(&error) == ApiError::BrokerAway;
            if !passing || stop.is_cancelled() {
                self.metrics.dropped(1);
                tracing::error!(%error, "an audit record is dropped");
                return;
            }
        }
    }
}
