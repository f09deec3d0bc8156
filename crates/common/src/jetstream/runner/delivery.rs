//! One delivery from its arrival to its answer.

use std::time::{Duration, SystemTime};

use async_nats::jetstream;
use tracing::Instrument;

use super::{Runner, attempt};
use crate::error::{ErrorRecord, StageError};
use crate::event::DeadLetter;
use crate::failpoint::{self, Point};
use crate::id::DocumentId;
use crate::jetstream::ending::{Original, header_pairs};
use crate::jetstream::erasure::Search;
use crate::jetstream::lease::Lease;
use crate::jetstream::names;
use crate::jetstream::settle::Settlement;
use crate::jetstream::statuses::Change;
use crate::job::{Job, JobError};
use crate::metrics::JobOutcome;
use crate::stage::Stage;
use crate::telemetry::trace;

/// A job written by a newer build is left for a newer service this many times (while both run
/// side by side), and is a dead letter after that.
const UNKNOWN_VERSION_DELIVERIES: i64 = 10;

/// Pause between those.
const UNKNOWN_VERSION_PAUSE: Duration = Duration::from_secs(30);

/// Sees one delivery to its answer. Never fails: what cannot be answered comes back when its lease
/// ends.
pub(super) async fn see_through<S: Stage>(runner: &Runner<S>, message: jetstream::Message) {
    let (sequence, delivered, stored_at) = match message.info() {
        Ok(info) => (info.stream_sequence, info.delivered, SystemTime::from(info.published)),
        Err(error) => {
            tracing::error!(%error, "delivery without JetStream metadata is ignored");
            return;
        }
    };
    // By two clocks, of which one may be behind.
    let waited = stored_at.elapsed().unwrap_or_default();
    let running = runner.metrics.stages.delivered(S::NAME, delivered, waited);
    let lease = Lease::hold(&runner.broker, &message, runner.ack_wait);
    failpoint::reach(Point::JobReceived).await;
    let original = Original {
        subject: message.subject.to_string(),
        headers: message.headers.as_ref().map(header_pairs).unwrap_or_default(),
        payload: message.payload.clone(),
    };
    let settlement = match read_job(&message) {
        Ok(job) => {
            let span = tracing::info_span!(
                "job",
                stage = %S::NAME,
                "invoice.id" = %job.id,
                "correlation.id" = %job.correlation_id,
                generation = job.generation,
                attempt = tracing::field::Empty,
                "trace.id" = tracing::field::Empty,
                "otel.kind" = "consumer",
            );
            trace::adopt(&span, |name| {
                message.headers.as_ref()?.get(name).map(|value| value.as_str())
            });
            attempt::see_through(runner, &job, sequence, &original).instrument(span).await
        }
        Err(JobError::UnknownVersion { seen }) if delivered < UNKNOWN_VERSION_DELIVERIES => {
            tracing::warn!(stage = %S::NAME, version = seen, "job is left for a newer service");
            Some(Settlement::Again { after: UNKNOWN_VERSION_PAUSE })
        }
        Err(error) => refuse(runner, sequence, &original, &error).await,
    };
    if let Some(settlement) = settlement {
        failpoint::reach(Point::BeforeAck).await;
        let answered = runner.broker.settle(&message, settlement);
        answered.instrument(tracing::info_span!("settle")).await;
    }
    drop(lease);
    drop(running);
}

fn read_job(message: &jetstream::Message) -> Result<Job, JobError> {
    let version = message
        .headers
        .as_ref()
        .and_then(|headers| headers.get(names::VERSION_HEADER))
        .and_then(|version| version.as_str().parse().ok())
        .unwrap_or(0);
    Job::decode(version, &message.payload)
}

/// A message that nobody can work on: its document fails if there is one, a dead letter is stored
/// in any case.
async fn refuse<S: Stage>(
    runner: &Runner<S>,
    sequence: u64,
    original: &Original,
    error: &JobError,
) -> Option<Settlement> {
    tracing::error!(stage = %S::NAME, sequence, %error, "job is refused");
    let code = match error {
        JobError::UnknownVersion { .. } => "unknown_version",
        JobError::Malformed(_) => "malformed_job",
    };
    let error = ErrorRecord::new(S::NAME, &StageError::internal(code, error.to_string()));
    runner.metrics.stages.ended(S::NAME, JobOutcome::DeadLettered, Some(code));
    let refused = match original.subject.rsplit('.').next().and_then(|id| id.parse().ok()) {
        Some(id) => fail(runner, &id, original, error.clone()).await,
        None => Ok(false),
    };
    let stored = match refused {
        Ok(true) => Ok(()),
        Ok(false) => store_unknown(runner, sequence, original, error).await,
        Err(error) => Err(error),
    };
    match stored {
        Ok(()) => Some(Settlement::Terminate),
        Err(error) => {
            tracing::warn!(%error, "dead letter could not be stored, the job comes back");
            None
        }
    }
}

/// Whether there was a document to fail, or to keep nothing of.
async fn fail<S: Stage>(
    runner: &Runner<S>,
    id: &DocumentId,
    original: &Original,
    error: ErrorRecord,
) -> Result<bool, StageError> {
    let now = jiff::Timestamp::now();
    let change = runner.broker.change_status(id, |record| {
        // Only the job that the document waits for can fail it; a stray message cannot.
        let waits = record.stage == S::NAME && record.claim.is_none();
        if waits { Ok(record.clone().given_up(error.clone(), now)) } else { Err(()) }
    });
    match change.await? {
        Change::Stored(record) => {
            runner.metrics.documents.ended(&record);
            runner.broker.store_ending(&record, original).await?;
            Ok(true)
        }
        Change::Declined(()) => Ok(false),
        // Nothing may be kept of a document that was erased, also not what cannot be read.
        Change::Missing => runner.broker.leave_nothing(id, Search::ByChunks).await,
    }
}

async fn store_unknown<S: Stage>(
    runner: &Runner<S>,
    sequence: u64,
    original: &Original,
    error: ErrorRecord,
) -> Result<(), StageError> {
    let letter = DeadLetter {
        id: None,
        tenant: None,
        generation: 0,
        error,
        attempts: 0,
        failed_at: jiff::Timestamp::now(),
        subject: original.subject.clone(),
        headers: original.headers.clone(),
        payload: original.payload.to_vec(),
    };
    runner
        .broker
        .store_dead_letter(S::NAME, &format!("{}{sequence}", names::UNKNOWN_DEAD), &letter)
        .await
}
