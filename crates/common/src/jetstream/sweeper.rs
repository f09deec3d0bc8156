//! Finds documents that stopped moving, and brings them back or ends them.
//!
//! Needed for what no service can see from its own message: a job that was never published or has
//! vanished, deliveries that ran out while nobody was there, a service that died in its last
//! attempt and was not replaced. Any number may run; the compare-and-set picks one.
//!
//! It also tells what was put right by a gateway that died before it did (`untold.rs`), and removes what nobody else can: what an eraser, a stage or a gateway left that died on the way
//! (`leftovers.rs`).
//!
//! Ages are measured on this process's monotonic clock from the moment a change was seen, so no
//! service's wall clock matters; a service that starts begins to count, and a watch that is started again goes on.

mod active;
mod leftovers;
mod marks;
mod orphans;
mod reclaim;
mod suspects;
mod undelivered;
mod untold;

use std::time::Duration;

use async_nats::jetstream::consumer::{DeliverPolicy, ReplayPolicy, pull};
use async_nats::jetstream::stream::LastRawMessageErrorKind;
use futures_util::StreamExt;
use jiff::Timestamp;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::active::Active;
use self::leftovers::Leftovers;
pub use self::reclaim::{Reclaimed, reclaim};
pub use self::undelivered::conclude_undelivered;
use self::untold::Untold;
use super::broker::{Broker, away};
use super::ending::{Original, job_message};
use super::erasure;
use super::names;
use super::statuses::Change;
use crate::config::Config;
use crate::error::StageError;
use crate::id::DocumentId;
use crate::metrics::DocumentMetrics;
use crate::stage::StageName;
use crate::status::{State, StatusRecord};

/// Pause before a broken watch is started again.
const WATCH_PAUSE: Duration = Duration::from_secs(2);

/// What was done about a document that stopped moving.
#[derive(Clone, Debug, PartialEq)]
pub enum Sweep {
    /// It moves, or waits in a queue that nobody has come to yet.
    LeftAlone,
    /// It has changed since the watch last heard of it, to this revision: the watch is behind, as it is while the
    /// broker that serves it is dead. To count that as silence would end documents that are being worked on.
    Unheard {
        /// Its revision now.
        revision: u64,
    },
    /// Its job was published again.
    Requeued,
    /// It was given up, as this record says.
    Failed(Box<StatusRecord>),
}

/// What a watch knows of a document that seems to stand still.
#[derive(Clone, Copy, Debug)]
pub struct Standstill {
    /// The last revision of its status that was heard of.
    pub revision: u64,
    /// Time since then.
    pub quiet_for: Duration,
}

/// Watches the status bucket and sweeps, makes room where it is needed, and removes what stages ask
/// for, until `stop`.
pub async fn run(
    broker: Broker,
    config: Config,
    documents: DocumentMetrics,
    stop: CancellationToken,
) {
    let tidying = reclaim::run(broker.clone(), config.sweeper.interval_seconds, stop.clone());
    // Boxed: whoever runs the sweeper beside something else would carry both.
    let erasing = erasure::serve(broker.clone(), stop.clone());
    tokio::join!(
        Box::pin(follow(broker, config, documents, stop)),
        Box::pin(tidying),
        Box::pin(erasing)
    );
}

async fn follow(
    broker: Broker,
    config: Config,
    documents: DocumentMetrics,
    stop: CancellationToken,
) {
    let mut seen = Seen::default();
    let mut ticks = tokio::time::interval(Duration::from_secs(config.sweeper.interval_seconds));
    while !stop.is_cancelled() {
        let around = Around { broker: &broker, config: &config, documents: &documents };
        let watched = tokio::select! {
            () = stop.cancelled() => break,
            watched = watch(&around, &mut seen, &mut ticks) => watched,
        };
        if let Err(error) = watched {
            tracing::warn!(%error, "status watch is started again");
            tokio::time::sleep(WATCH_PAUSE).await;
        }
    }
}

/// What the watch has seen of statuses.
#[derive(Default)]
struct Seen {
    active: Active,
    leftovers: Leftovers,
    untold: Untold,
}

/// What a watch works with.
struct Around<'a> {
    broker: &'a Broker,
    config: &'a Config,
    documents: &'a DocumentMetrics,
}

/// Follows the status bucket and sweeps at each tick; returns when the watch breaks.
async fn watch(
    around: &Around<'_>,
    seen: &mut Seen,
    ticks: &mut tokio::time::Interval,
) -> Result<(), async_nats::Error> {
    let Around { broker, config, .. } = *around;
    let stream = broker.context.get_stream(names::STATUS_STREAM).await?;
    // Headers only: a completed status carries its whole result, which is not needed here.
    let consumer = stream
        .create_consumer(pull::OrderedConfig {
            deliver_policy: DeliverPolicy::LastPerSubject,
            replay_policy: ReplayPolicy::Instant,
            headers_only: true,
            filter_subject: names::STATUS_SUBJECTS.to_owned(),
            ..pull::OrderedConfig::default()
        })
        .await?;
    let mut changes = consumer.messages().await?;
    loop {
        tokio::select! {
            change = changes.next() => {
                let Some(change) = change else { return Ok(()) };
                let message = change?;
                let state = message.headers.as_ref().and_then(|h| h.get(names::STATE_HEADER));
                let (subject, now) = (message.subject.as_str(), Instant::now());
                let revision = message.info()?.stream_sequence;
                seen.active.observe(subject, state.map(|s| s.as_str()), revision, now);
                seen.leftovers.observe(subject, message.headers.as_ref(), now);
                seen.untold.observe(subject, message.headers.as_ref(), now);
            }
            _ = ticks.tick() => {
                sweep_all(around, &mut seen.active).await;
                seen.leftovers.sweep(broker, config).await;
                seen.untold.sweep(broker, config).await;
            }
        }
    }
}

async fn sweep_all(around: &Around<'_>, active: &mut Active) {
    let Around { broker, config, documents } = *around;
    let quiet = Duration::from_secs(config.sweeper.stuck_after_seconds);
    for (id, standstill) in active.quiet_for(quiet, Instant::now()) {
        match sweep(broker, config, &id, standstill).await {
            Ok(Sweep::LeftAlone) => {}
            Ok(Sweep::Unheard { revision }) => active.heard(&id, revision, Instant::now()),
            Ok(Sweep::Requeued) => {
                tracing::warn!("invoice.id" = %id, "document had stopped moving and goes on");
            }
            Ok(Sweep::Failed(record)) => {
                documents.ended(&record);
                tracing::warn!("invoice.id" = %id, "document had stopped moving and is given up");
            }
            Err(error) => tracing::warn!("invoice.id" = %id, %error, "document cannot be swept"),
        }
    }
}

/// Looks at one document that seems to stand still.
///
/// # Errors
/// `Transient` while the broker does not answer; the next tick tries again.
pub async fn sweep(
    broker: &Broker,
    config: &Config,
    id: &DocumentId,
    standstill: Standstill,
) -> Result<Sweep, StageError> {
    let Some(read) = broker.status_at_leader(id).await? else {
        return Ok(Sweep::LeftAlone);
    };
    let record = read.record;
    if record.state.is_terminal() {
        return Ok(Sweep::LeftAlone);
    }
    let Standstill { revision, quiet_for } = standstill;
    if read.revision != revision {
        return Ok(Sweep::Unheard { revision: read.revision });
    }
    let settings = config.stage(record.stage);
    let quiet = Duration::from_secs(config.sweeper.stuck_after_seconds);
    // A running attempt may rightly be silent for its whole deadline; one that is held gives signs
    // of life.
    let allowed = match record.state {
        State::Processing => settings.deadline() + quiet,
        State::Queued | State::Completed | State::Failed => quiet,
    };
    let job = job_of(broker, &record).await?;
    if let Some(job) = &job
        && (quiet_for < allowed || job.sequence > delivered(broker, record.stage).await?)
    {
        return Ok(Sweep::LeftAlone);
    }
    let done = if record.attempt >= settings.attempts {
        give_up(broker, &record, read.revision, job.as_ref()).await?
    } else {
        requeue(broker, &record, read.revision).await?
    };
    if let (Some(job), true) = (job, done != Sweep::LeftAlone) {
        remove(broker, record.stage, job.sequence).await?;
    }
    Ok(done)
}

/// A job message as it lies in its queue.
struct QueuedJob {
    sequence: u64,
    original: Original,
}

async fn job_of(broker: &Broker, record: &StatusRecord) -> Result<Option<QueuedJob>, StageError> {
    let stream = broker.stream(names::job_stream(record.stage)).await?;
    let subject = names::job_subject(record.stage, &record.id);
    match stream.get_last_raw_message_by_subject(&subject).await {
        Ok(message) => {
            Ok(Some(QueuedJob { sequence: message.sequence, original: Original::stored(message) }))
        }
        Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(None),
        Err(error) => Err(away(error)),
    }
}

/// Sequence of the newest message that the stage's consumer has delivered.
async fn delivered(broker: &Broker, stage: StageName) -> Result<u64, StageError> {
    let info = broker
        .stream(names::job_stream(stage))
        .await?
        .consumer_info(names::job_consumer(stage))
        .await;
    let info = info.map_err(away)?;
    Ok(info.delivered.stream_sequence)
}

async fn requeue(
    broker: &Broker,
    record: &StatusRecord,
    revision: u64,
) -> Result<Sweep, StageError> {
    let change = broker.change_status(&record.id, |now| {
        if now == record { now.requeued(Timestamp::now()).ok_or(()) } else { Err(()) }
    });
    let Change::Stored(record) = change.await? else {
        return Ok(Sweep::LeftAlone);
    };
    publish_copy(broker, &record, revision).await?;
    Ok(Sweep::Requeued)
}

/// Publishes the job that `record` stands for once more. Returns its sequence in the queue.
async fn publish_copy(
    broker: &Broker,
    record: &StatusRecord,
    revision: u64,
) -> Result<u64, StageError> {
    let message = job_message(record.stage, &record.job())?;
    let message_id = names::job_message_id(record.stage, &record.id, record.generation);
    // Its own id: the queue still remembers the first one, though its message is gone.
    Ok(broker.publish(message, &format!("{message_id}:{revision}")).await?.sequence)
}

async fn give_up(
    broker: &Broker,
    record: &StatusRecord,
    revision: u64,
    job: Option<&QueuedJob>,
) -> Result<Sweep, StageError> {
    // Until what follows from the end is stored, a message stands for it: whoever gets it finds the
    // end, and stores what follows.
    let stand_in = match job {
        Some(_) => None,
        None => Some(publish_copy(broker, record, revision).await?),
    };
    let error = record.cause_of_giving_up();
    let change = broker.change_status(&record.id, |now| {
        if now == record {
            Ok(now.clone().given_up(error.clone(), Timestamp::now()))
        } else {
            Err(())
        }
    });
    let Change::Stored(record) = change.await? else {
        return Ok(Sweep::LeftAlone);
    };
    let original = match job {
        Some(job) => job.original.clone(),
        None => Original::of(&record)?,
    };
    broker.store_ending(&record, &original).await?;
    if let Some(sequence) = stand_in {
        remove(broker, record.stage, sequence).await?;
    }
    Ok(Sweep::Failed(record))
}

async fn remove(broker: &Broker, stage: StageName, sequence: u64) -> Result<(), StageError> {
    let removed = broker.stream(names::job_stream(stage)).await?.delete_message(sequence).await;
    if let Err(error) = removed {
        // Harmless: whoever still receives it finds that nothing is left to do.
        tracing::debug!(%error, "superseded job could not be removed");
    }
    Ok(())
}
