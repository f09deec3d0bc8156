//! One turn of a delivery, from the job's arrival to its answer.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_nats::jetstream;
use jiff::Timestamp;
use rand::Rng;

use super::endpoints::Fared;
use super::queue::StoredEvent;
use crate::callback::call::{Answer, CallError, Caller};
use crate::error::StageError;
use crate::failpoint::{self, Point};
use crate::jetstream::broker::Broker;
use crate::jetstream::lease::Lease;
use crate::jetstream::names::webhooks::DeliverySubject;
use crate::jetstream::settle::Settlement;
use crate::jetstream::statuses::{MAX_ROUNDS, contended};
use crate::metrics::WebhookMetrics;
use crate::webhook::signature::{ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, sign};
use crate::webhook::{
    Begun, CALLBACK_VERSION, CallbackJob, Delivery, DeliveryState, Endpoint, EndpointId, Retries,
    Said,
};

/// Lease of a job at the broker (`nats/consumers/INVOICE_CALLBACKS.deliver.json`).
const ACK_WAIT: Duration = Duration::from_secs(30);

/// Sendings to one endpoint at once: a receiver that hangs takes no more of those that there are.
const PER_ENDPOINT: usize = 4;

/// Pause before a job is offered again whose endpoint has that many already, more or less: no attempt.
const BUSY_PAUSE: Duration = Duration::from_secs(1);

/// Pause after something went wrong on our side: no attempt either.
const TROUBLE_PAUSE: Duration = Duration::from_secs(5);

/// Pause before a job of a newer build is offered again.
const UNKNOWN_VERSION_PAUSE: Duration = Duration::from_secs(30);

/// How far the pauses between attempts are spread, so that what failed together does not come back together.
const SPREAD: std::ops::Range<f64> = 0.9..1.1;

/// Carries deliveries out.
pub(super) struct Deliverer {
    broker: Broker,
    caller: Caller,
    retries: Retries,
    metrics: WebhookMetrics,
    /// Sendings under way, by endpoint.
    busy: Mutex<HashMap<EndpointId, usize>>,
}

/// The right to send something to an endpoint; ends when dropped.
struct Turn<'a> {
    deliverer: &'a Deliverer,
    endpoint: EndpointId,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut busy = self.deliverer.busy.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = busy.get_mut(&self.endpoint) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                busy.remove(&self.endpoint);
            }
        }
    }
}

impl Deliverer {
    pub(super) fn new(
        broker: Broker,
        caller: Caller,
        retries: Retries,
        metrics: WebhookMetrics,
    ) -> Self {
        Self { broker, caller, retries, metrics, busy: Mutex::default() }
    }

    /// Sees one job to its answer. Never fails: what cannot be done comes back.
    pub(super) async fn see_through(&self, message: jetstream::Message) {
        let lease = Lease::hold(&self.broker, &message, ACK_WAIT);
        let settlement = self.work(&message).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "a callback waits");
            Settlement::Again { after: TROUBLE_PAUSE }
        });
        self.broker.settle(&message, settlement).await;
        drop(lease);
    }

    async fn work(&self, message: &jetstream::Message) -> Result<Settlement, StageError> {
        let (Some(subject), Ok(info)) =
            (DeliverySubject::parse(message.subject.as_str()), message.info())
        else {
            tracing::error!("a callback that is none of ours is dropped");
            return Ok(Settlement::Ack);
        };
        let job: CallbackJob = match serde_json::from_slice(&message.payload) {
            Ok(job) => job,
            Err(error) => {
                tracing::error!(%error, "a callback that cannot be read is dropped");
                return Ok(Settlement::Ack);
            }
        };
        if job.version != CALLBACK_VERSION {
            return Ok(Settlement::Again { after: UNKNOWN_VERSION_PAUSE });
        }
        let DeliverySubject { tenant, endpoint, .. } = &subject;
        let Some(endpoint) = self.broker.endpoint(tenant, endpoint).await? else {
            self.broker.forget_delivery(&subject).await?;
            return Ok(Settlement::Ack);
        };
        let Some(_turn) = self.turn(&endpoint.id) else {
            return Ok(Settlement::Again { after: BUSY_PAUSE.mul_f64(spread()) });
        };
        self.attempt(&subject, &endpoint, job.round, info.stream_sequence).await
    }

    /// A place among the sendings to `endpoint`.
    fn turn(&self, endpoint: &EndpointId) -> Option<Turn<'_>> {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        let count = busy.entry(endpoint.clone()).or_default();
        if *count >= PER_ENDPOINT {
            return None;
        }
        *count += 1;
        drop(busy);
        Some(Turn { deliverer: self, endpoint: endpoint.clone() })
    }

    async fn attempt(
        &self,
        subject: &DeliverySubject,
        endpoint: &Endpoint,
        round: u32,
        sequence: u64,
    ) -> Result<Settlement, StageError> {
        for _ in 0..MAX_ROUNDS {
            let Some((found, revision)) = self.broker.record_of(subject).await? else {
                // Erased with its document, or expired.
                return Ok(Settlement::Ack);
            };
            let next = match found.begin(round, sequence, &self.retries, Timestamp::now()) {
                Begun::Stale => return Ok(Settlement::Ack),
                Begun::Attempt(_) | Begun::Exhausted(_) if !endpoint.is_enabled() => {
                    found.skipped()
                }
                Begun::Early(after) => return Ok(Settlement::Again { after }),
                Begun::Exhausted(ended) => *ended,
                Begun::Attempt(begun) => *begun,
            };
            // The attempt counts from here on, whatever dies.
            if !self.broker.store_delivery(&next, revision).await? {
                continue;
            }
            if next.state != DeliveryState::Pending {
                self.conclude(&next, endpoint).await;
                return Ok(Settlement::Ack);
            }
            return self.send(subject, endpoint, next).await;
        }
        Err(contended())
    }

    /// Sends what `begun` is about, and notes what came of it.
    async fn send(
        &self,
        subject: &DeliverySubject,
        endpoint: &Endpoint,
        begun: Delivery,
    ) -> Result<Settlement, StageError> {
        failpoint::reach(Point::CallbackBegun).await;
        let url = begun.url.as_deref().or(endpoint.url.as_deref());
        let event = self.broker.stored_event(&begun.event).await?;
        let (answer, took) = match (event, url) {
            (Some(event), Some(url)) => {
                let answer = post(&self.caller, endpoint, begun.id.as_str(), url, event).await;
                failpoint::reach(Point::CallbackSent).await;
                answer
            }
            // Nothing to send, and nothing will be.
            _ => return self.note(subject, endpoint, begun, expired(), Duration::ZERO, None).await,
        };
        self.metrics.called(&answer, took);
        let (said, asked) = match answer {
            Ok(answer) => (Said::Status(answer.status), answer.retry_after),
            Err(error) => (Said::Error(error.code().to_owned()), None),
        };
        let pause = self.retries.after(begun.tried, asked, spread());
        self.note(subject, endpoint, begun, said, took, pause).await
    }

    async fn note(
        &self,
        subject: &DeliverySubject,
        endpoint: &Endpoint,
        begun: Delivery,
        said: Said,
        took: Duration,
        pause: Option<Duration>,
    ) -> Result<Settlement, StageError> {
        let round = begun.round;
        let ended = begun.ended(said, took, pause, Timestamp::now());
        for _ in 0..MAX_ROUNDS {
            let Some((now, revision)) = self.broker.record_of(subject).await? else {
                return Ok(Settlement::Ack);
            };
            // Somebody wants it sent again, and that round has a job of its own.
            if now.round != round {
                return Ok(Settlement::Ack);
            }
            if self.broker.store_delivery(&ended, revision).await? {
                self.conclude(&ended, endpoint).await;
                return Ok(match pause.filter(|_| ended.state == DeliveryState::Pending) {
                    Some(after) => Settlement::Again { after },
                    None => Settlement::Ack,
                });
            }
        }
        Err(contended())
    }

    /// What follows from where a delivery stands now.
    async fn conclude(&self, delivery: &Delivery, endpoint: &Endpoint) {
        let last = delivery.attempts.last().and_then(|attempt| attempt.said.as_ref());
        let fared = match delivery.state {
            DeliveryState::Pending => return,
            DeliveryState::Skipped => None,
            DeliveryState::Delivered => Some(Fared::Taken),
            DeliveryState::Failed if last.is_some_and(Said::is_gone) => Some(Fared::Gone),
            DeliveryState::Failed => Some(Fared::Failed),
        };
        self.metrics.ended(delivery.state);
        let (Some(fared), tenant, id) = (fared, &endpoint.tenant, &endpoint.id) else { return };
        match self.broker.note_fared(tenant, id, fared, Timestamp::now()).await {
            Ok(None) => {}
            Ok(Some(reason)) => {
                self.metrics.stopped(reason);
                tracing::warn!(webhook = %id, reason = reason.as_str(), "a webhook is disabled");
            }
            // The delivery is over all the same; one less counts.
            Err(error) => tracing::warn!(webhook = %id, %error, "how a webhook fares is not noted"),
        }
    }
}

/// Signs `event` as `id` and sends it to `url`.
pub(super) async fn post(
    caller: &Caller,
    endpoint: &Endpoint,
    id: &str,
    url: &str,
    event: StoredEvent,
) -> (Result<Answer, CallError>, Duration) {
    let StoredEvent { mut headers, body } = event;
    let now = Timestamp::now();
    let signature = sign(endpoint.secrets(now), id, now.as_second(), &body);
    headers.extend([
        (ID_HEADER.to_owned(), id.to_owned()),
        (TIMESTAMP_HEADER.to_owned(), now.as_second().to_string()),
        (SIGNATURE_HEADER.to_owned(), signature),
    ]);
    caller.post(url, headers, body).await
}

/// What the log says of an event that is kept no longer, or was removed with its document.
fn expired() -> Said {
    Said::Error("event_gone".to_owned())
}

fn spread() -> f64 {
    rand::rng().random_range(SPREAD)
}
