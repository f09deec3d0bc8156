//! Webhooks at the broker: events out to where their tenants want them.
//!
//! 1. `fan_out` takes each public event once (consumer `webhooks` of the stream of events) and makes of it, for
//!    each endpoint of its tenant, a record in the log of deliveries and a job in the queue of callbacks. Both
//!    are named after the event and the endpoint, so doing it again changes nothing.
//! 2. `deliver` takes jobs, counts the attempt in the record by compare-and-set, reads the event where it is
//!    stored, signs and sends it, notes the outcome, and hands the job back until the next attempt is due, or
//!    acknowledges it.
//! 3. `endpoints` and [`log`] keep what tenants ask for and see; `address`, what an upload asks for.
//!
//! Nothing waits in memory: what is not acknowledged comes again, to whichever gateway runs. No copy of an event
//! is made, so what is erased cannot be sent any more. Whoever has made records and jobs of an event looks
//! afterwards whether its document was erased meanwhile, and takes them back then; see [`super::erasure`] for why
//! that suffices.

mod address;
mod deliver;
mod endpoints;
mod fan_out;
pub mod log;
mod queue;
mod trial;

use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::consumer::PullConsumer;
use futures_util::StreamExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::deliver::Deliverer;
use self::fan_out::FanOut;
use super::broker::{Broker, away};
use super::names;
use super::names::webhooks::{CALLBACKS_CONSUMER, CALLBACKS_STREAM, EVENTS_CONSUMER};
use super::settle::Settlement;
use crate::callback::call::Caller;
use crate::error::StageError;
use crate::metrics::WebhookMetrics;
use crate::webhook::Retries;

pub use trial::send_test;

/// How long one pull request waits at the broker; a shutdown waits for the outstanding one (see
/// [`super::runner`]).
const PULL_EXPIRES: Duration = Duration::from_secs(3);

/// Pause after a pull that the broker refused, and before a consumer that is not there is looked for again.
const PULL_PAUSE: Duration = Duration::from_secs(1);

/// Events that become deliveries at once: each takes the broker a few small questions.
const EVENTS_AT_ONCE: usize = 4;

/// Everything that sending needs besides the caller.
#[derive(Clone, Debug)]
pub struct WebhookSettings {
    /// When a failed sending is tried again.
    pub retries: Retries,
    /// Sendings at once.
    pub concurrency: usize,
}

/// Makes deliveries of events and carries them out, until `stop`; then lets those that are under way end.
pub async fn run(
    broker: Broker,
    caller: Caller,
    settings: WebhookSettings,
    metrics: WebhookMetrics,
    stop: CancellationToken,
) {
    let concurrency = settings.concurrency.max(1);
    let fan_out = Arc::new(FanOut::new(broker.clone(), metrics.clone()));
    let deliverer = Arc::new(Deliverer::new(broker.clone(), caller, settings.retries, metrics));
    let events = Taking {
        broker: &broker,
        stream: names::EVENTS_STREAM,
        consumer: EVENTS_CONSUMER,
        at_once: EVENTS_AT_ONCE,
    };
    let jobs = Taking {
        broker: &broker,
        stream: CALLBACKS_STREAM,
        consumer: CALLBACKS_CONSUMER,
        at_once: concurrency,
    };
    let making = events.run(&stop, move |message| {
        let fan_out = fan_out.clone();
        async move { fan_out.see_through(message).await }
    });
    let sending = jobs.run(&stop, move |message| {
        let deliverer = deliverer.clone();
        async move { deliverer.see_through(message).await }
    });
    // Boxed: whoever runs this beside something else would carry both.
    tokio::join!(Box::pin(making), Box::pin(sending));
}

/// Takes what one consumer delivers.
struct Taking<'a> {
    broker: &'a Broker,
    stream: &'static str,
    consumer: &'static str,
    at_once: usize,
}

impl Taking<'_> {
    async fn run<F>(
        &self,
        stop: &CancellationToken,
        see_through: impl Fn(async_nats::jetstream::Message) -> F,
    ) where
        F: Future<Output = ()> + Send + 'static,
    {
        let permits = Arc::new(Semaphore::new(self.at_once));
        let tasks = TaskTracker::new();
        while !stop.is_cancelled() {
            let taken = async {
                let consumer = self.bind().await?;
                self.take(&consumer, &permits, &tasks, stop, &see_through).await
            };
            if let Err(error) = taken.await {
                tracing::debug!(%error, consumer = self.consumer, "pull was refused");
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = tokio::time::sleep(PULL_PAUSE) => {}
                }
            }
        }
        tasks.close();
        tasks.wait().await;
    }

    async fn bind(&self) -> Result<PullConsumer, StageError> {
        let bound = self.broker.context.get_consumer_from_stream(self.consumer, self.stream).await;
        bound.map_err(away)
    }

    /// Takes until `stop`, or until the broker refuses.
    async fn take<F>(
        &self,
        consumer: &PullConsumer,
        permits: &Arc<Semaphore>,
        tasks: &TaskTracker,
        stop: &CancellationToken,
        see_through: &impl Fn(async_nats::jetstream::Message) -> F,
    ) -> Result<(), StageError>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        loop {
            let mut free = tokio::select! {
                () = stop.cancelled() => return Ok(()),
                free = all_free(permits) => free,
            };
            let request = consumer.batch().max_messages(free.len()).expires(PULL_EXPIRES);
            let mut batch = request.messages().await.map_err(away)?;
            // To its end also while stopping: what is delivered must be answered.
            while let Some(next) = batch.next().await {
                let message =
                    next.map_err(|error| StageError::transient("broker_away", error.to_string()))?;
                match free.pop() {
                    Some(permit) if !stop.is_cancelled() => {
                        let seen = see_through(message);
                        tasks.spawn(async move {
                            seen.await;
                            drop(permit);
                        });
                    }
                    _ => {
                        let back = Settlement::Again { after: Duration::ZERO };
                        self.broker.settle(&message, back).await;
                    }
                }
            }
        }
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
