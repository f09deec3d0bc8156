//! From one event to a delivery for each endpoint that wants it.

use std::time::Duration;

use async_nats::jetstream;
use async_nats::jetstream::message::StreamMessage;
use jiff::Timestamp;
use tokio::sync::Mutex;

use super::log::subject_of;
use crate::error::StageError;
use crate::failpoint::{self, Point};
use crate::id::{DocumentId, Tenant};
use crate::jetstream::broker::Broker;
use crate::jetstream::names::webhooks::{self as subjects, parse_event};
use crate::jetstream::settle::Settlement;
use crate::metrics::WebhookMetrics;
use crate::webhook::{Delivery, DeliveryState, Endpoint, NewDelivery};

/// Pause before an event is taken up again that could not become deliveries: a leader change, or a full queue.
const EVENT_PAUSE: Duration = Duration::from_secs(5);

/// An event, as far as it matters who wants it.
#[derive(Clone, Debug)]
pub(super) struct Event {
    /// Where it is stored.
    pub(super) subject: String,
    /// What kind it is.
    pub(super) kind: String,
    /// Whose.
    pub(super) tenant: Tenant,
    /// Of what.
    pub(super) document: DocumentId,
    /// Its place in the stream.
    pub(super) sequence: u64,
    /// When it was stored.
    pub(super) stored_at: Timestamp,
}

impl Event {
    fn of(message: &jetstream::Message) -> Option<Self> {
        let info = message.info().ok()?;
        let subject = message.subject.to_string();
        let (kind, tenant, document) = parse_event(&subject)?;
        let stored_at = Timestamp::from_nanosecond(info.published.unix_timestamp_nanos()).ok()?;
        Some(Self { subject, kind, tenant, document, sequence: info.stream_sequence, stored_at })
    }

    /// As it is stored.
    pub(super) fn stored(message: &StreamMessage) -> Option<Self> {
        let subject = message.subject.to_string();
        let (kind, tenant, document) = parse_event(&subject)?;
        let stored_at = Timestamp::from_nanosecond(message.time.unix_timestamp_nanos()).ok()?;
        Some(Self { subject, kind, tenant, document, sequence: message.sequence, stored_at })
    }
}

/// All endpoints, as of one change of their bucket.
#[derive(Debug, Default)]
struct Known {
    newest: u64,
    endpoints: Vec<Endpoint>,
}

/// Makes deliveries.
pub(super) struct FanOut {
    broker: Broker,
    metrics: WebhookMetrics,
    known: Mutex<Known>,
}

impl FanOut {
    pub(super) fn new(broker: Broker, metrics: WebhookMetrics) -> Self {
        Self { broker, metrics, known: Mutex::default() }
    }

    /// Sees one event to its answer. Never fails: what cannot be done comes back.
    pub(super) async fn see_through(&self, message: jetstream::Message) {
        let settlement = match Event::of(&message) {
            // Nothing of ours: nobody can have asked for it.
            None => Settlement::Ack,
            Some(event) => match self.fan_out(&event).await {
                Ok(()) => Settlement::Ack,
                Err(error) => {
                    tracing::warn!(invoice.id = %event.document, %error, "an event waits to be handed to webhooks");
                    Settlement::Again { after: EVENT_PAUSE }
                }
            },
        };
        self.broker.settle(&message, settlement).await;
    }

    async fn fan_out(&self, event: &Event) -> Result<(), StageError> {
        let wanted = self.endpoints_for(event).await?;
        for endpoint in &wanted {
            self.deliver(event, endpoint).await?;
        }
        Ok(())
    }

    async fn deliver(&self, event: &Event, endpoint: &Endpoint) -> Result<(), StageError> {
        let broker = &self.broker;
        let url = match &endpoint.url {
            Some(_) => None,
            None => match broker.upload_address(&event.tenant, &event.document).await? {
                Some(url) => Some(url),
                None => return Ok(()),
            },
        };
        let skipped = make_delivery(broker, event, endpoint, url).await?;
        if skipped {
            self.metrics.ended(DeliveryState::Skipped);
        }
        Ok(())
    }

    /// Endpoints of the event's tenant that want it. Read again whenever one was made or changed since.
    async fn endpoints_for(&self, event: &Event) -> Result<Vec<Endpoint>, StageError> {
        let newest = self.broker.newest_endpoint().await?;
        let mut known = self.known.lock().await;
        // One that was removed may stay known; its deliveries find no endpoint when they are to be sent.
        if newest != known.newest {
            let endpoints = self.broker.endpoints(subjects::ENDPOINT_SUBJECTS).await?;
            *known = Known { newest, endpoints };
        }
        let wants = |endpoint: &&Endpoint| {
            endpoint.tenant == event.tenant
                && endpoint.wants(&event.kind, event.sequence, event.stored_at)
        };
        Ok(known.endpoints.iter().filter(wants).cloned().collect())
    }
}

/// Makes sure of the record and the job of `event`'s delivery to `endpoint`. Whether it was only noted now that
/// the endpoint takes nothing.
pub(super) async fn make_delivery(
    broker: &Broker,
    event: &Event,
    endpoint: &Endpoint,
    url: Option<String>,
) -> Result<bool, StageError> {
    let new = NewDelivery {
        tenant: event.tenant.clone(),
        endpoint: endpoint.id.clone(),
        url,
        document: event.document.clone(),
        event: event.subject.clone(),
        kind: event.kind.clone(),
    };
    let fresh = Delivery::new(new, Timestamp::now());
    let fresh = if endpoint.is_enabled() { fresh } else { fresh.skipped() };
    let subject = subject_of(&fresh);
    let created = broker.store_delivery(&fresh, 0).await?;
    failpoint::reach(Point::DeliveryNoted).await;
    let delivery = match created {
        true => fresh,
        // Made before, by somebody who may have died before its job was there.
        false => match broker.record_of(&subject).await? {
            Some((delivery, _)) => delivery,
            None => return Ok(false),
        },
    };
    if delivery.state == DeliveryState::Pending && delivery.attempts.is_empty() {
        broker.enqueue(&delivery).await?;
    }
    if broker.is_event_gone(&event.document, &event.subject).await? {
        broker.forget_delivery(&subject).await?;
    }
    Ok(created && delivery.state == DeliveryState::Skipped)
}
