//! Runs a stage: one loop that takes jobs, and for each job a task that sees it to its end.
//!
//! permit → room for what it makes → pull no more than there are permits → refuse unknown versions → claim in the status
//! record → hold the lease → run under a deadline → publish the next job → advance the status →
//! acknowledge. The order makes each crash harmless: until the acknowledgement the message comes
//! back, and the status record tells whoever gets it what is left to do.

mod attempt;
mod delivery;

use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::consumer::PullConsumer;
use futures_util::StreamExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::broker::Broker;
use super::room::Room;
use super::settle::Settlement;
use crate::config::Config;
use crate::decide::RetryPolicy;
use crate::metrics::Metrics;
use crate::stage::{Stage, StageName};

/// How long one pull request waits at the broker. Also how long a shutdown waits for the
/// outstanding one: dropping it could strand a delivery until its lease ends. No heartbeat is set
/// on it, because with one the client drops messages (it swallows the wake-up of its channel).
const PULL_EXPIRES: Duration = Duration::from_secs(3);

/// Pause after a pull that the broker refused (leader change, shutdown).
const PULL_PAUSE: Duration = Duration::from_millis(500);

/// Everything a stage's runner needs besides the stage.
#[derive(Clone, Debug)]
pub struct RunnerSettings {
    /// Jobs at once.
    pub concurrency: usize,
    /// When a failed job is tried again.
    pub policy: RetryPolicy,
    /// Longest time for one attempt.
    pub deadline: Duration,
    /// How long running jobs may go on after the stop signal.
    pub grace: Duration,
    /// How often the status of a job that is held is touched, so that the sweeper leaves it alone.
    pub sign_of_life: Duration,
}

/// Signs of life in the time after which the sweeper looks: two may be lost.
const SIGNS_OF_LIFE: u32 = 3;

impl RunnerSettings {
    /// From the configuration.
    #[must_use]
    pub fn new(config: &Config, stage: StageName) -> Self {
        let stuck_after = Duration::from_secs(config.sweeper.stuck_after_seconds);
        let (service, stage) = (&config.service, config.stage(stage));
        Self {
            concurrency: stage.worker_count(),
            policy: RetryPolicy::from(stage),
            deadline: stage.deadline(),
            grace: Duration::from_secs(service.shutdown_grace_seconds),
            sign_of_life: stuck_after / SIGNS_OF_LIFE,
        }
    }
}

/// What every job task of a runner shares.
struct Runner<S> {
    broker: Broker,
    stage: S,
    settings: RunnerSettings,
    ack_wait: Duration,
    metrics: Metrics,
    /// What there is for what the stage writes.
    room: Room,
    /// Cancelled when running jobs have to hand back their work.
    abandon: CancellationToken,
}

/// Takes jobs of `stage` until `stop`, then lets running ones finish within the grace period and
/// hands back the rest.
pub async fn run<S: Stage>(
    broker: Broker,
    consumer: StageConsumer,
    stage: S,
    settings: RunnerSettings,
    metrics: Metrics,
    stop: CancellationToken,
) {
    metrics.stages.begin(S::NAME, settings.concurrency);
    let permits = Arc::new(Semaphore::new(settings.concurrency));
    let grace = settings.grace;
    let abandon = CancellationToken::new();
    let StageConsumer { consumer, ack_wait } = consumer;
    let (room, handing_back) = (Room::of(S::NAME), abandon.clone());
    let runner = Runner { broker, stage, settings, ack_wait, metrics, room, abandon: handing_back };
    let runner = Arc::new(runner);
    let jobs = TaskTracker::new();
    tracing::info!(stage = %S::NAME, "stage takes jobs");
    loop {
        let free = tokio::select! {
            () = stop.cancelled() => break,
            free = all_free(&permits) => free,
        };
        tokio::select! {
            () = stop.cancelled() => break,
            () = runner.room.to_take_jobs(&runner.broker) => {}
        }
        pull(&runner, &consumer, free, &jobs, &stop).await;
    }
    jobs.close();
    tracing::info!(stage = %S::NAME, running = jobs.len(), "stage takes no more jobs");
    if tokio::time::timeout(grace, jobs.wait()).await.is_err() {
        abandon.cancel();
        jobs.wait().await;
    }
}

/// The consumer that a stage is bound to.
#[derive(Debug)]
pub struct StageConsumer {
    consumer: PullConsumer,
    ack_wait: Duration,
}

impl StageConsumer {
    /// Binds to the stage's consumer; [`super::topology::bind`] checks that it is the right one.
    pub(super) fn new(consumer: PullConsumer) -> Self {
        let ack_wait = consumer.cached_info().config.ack_wait;
        Self { consumer, ack_wait }
    }
}

/// Waits for a free permit and takes all that are free: nothing is pulled that nobody can start.
async fn all_free(permits: &Arc<Semaphore>) -> Vec<OwnedSemaphorePermit> {
    let mut free: Vec<_> = permits.clone().acquire_owned().await.into_iter().collect();
    while let Ok(permit) = permits.clone().try_acquire_owned() {
        free.push(permit);
    }
    free
}

/// One pull request for as many jobs as there are permits; starts a task for each.
async fn pull<S: Stage>(
    runner: &Arc<Runner<S>>,
    consumer: &PullConsumer,
    mut free: Vec<OwnedSemaphorePermit>,
    jobs: &TaskTracker,
    stop: &CancellationToken,
) {
    let request = consumer.batch().max_messages(free.len()).expires(PULL_EXPIRES);
    let mut batch = match request.messages().await {
        Ok(batch) => batch,
        Err(error) => return pause_after(&error).await,
    };
    // The batch is polled to its end also while stopping: what is delivered must be answered.
    while let Some(next) = batch.next().await {
        let message = match next {
            Ok(message) => message,
            Err(error) => return pause_after(&*error).await,
        };
        let runner = runner.clone();
        match free.pop() {
            Some(permit) if !stop.is_cancelled() => {
                jobs.spawn(async move {
                    delivery::see_through(&runner, message).await;
                    drop(permit);
                });
            }
            _ => {
                let back = Settlement::Again { after: Duration::ZERO };
                runner.broker.settle(&message, back).await;
            }
        }
    }
}

fn pause_after(error: &dyn std::error::Error) -> tokio::time::Sleep {
    tracing::debug!(%error, "pull was refused");
    tokio::time::sleep(PULL_PAUSE)
}
