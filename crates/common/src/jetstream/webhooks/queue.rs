//! Jobs of the queue of callbacks, and the events that they are about.

use async_nats::HeaderMap;
use bytes::Bytes;

use super::log::subject_of;
use crate::error::StageError;
use crate::id::DocumentId;
use crate::jetstream::broker::Broker;
use crate::jetstream::cloud_event;
use crate::jetstream::erasure::Slot;
use crate::jetstream::names;
use crate::jetstream::publish::Message;
use crate::webhook::{CALLBACK_VERSION, CallbackJob, Delivery};

/// What headers of events begin with that say what CloudEvents has to say. Its binding for HTTP has the same names.
const CLOUD_EVENT_PREFIX: &str = "ce-";

/// A public event as it is stored.
#[derive(Clone, Debug)]
pub(super) struct StoredEvent {
    /// What receivers get, too: media type and attributes.
    pub(super) headers: Vec<(String, String)>,
    /// JSON.
    pub(super) body: Bytes,
}

impl Broker {
    /// Publishes the job of `delivery`'s present round; the same job when it is published again.
    pub(super) async fn enqueue(&self, delivery: &Delivery) -> Result<(), StageError> {
        let job = CallbackJob { version: CALLBACK_VERSION, round: delivery.round };
        let payload = serde_json::to_vec(&job)
            .map_err(|error| StageError::internal("encode_failed", error.to_string()))?;
        let mut headers = HeaderMap::new();
        headers.insert(names::CONTENT_TYPE_HEADER, cloud_event::JSON);
        let subject = subject_of(delivery).job();
        let message = Message { subject, headers, payload: payload.into() };
        let message_id = format!("{}:{}", delivery.id, delivery.round);
        self.publish(message, &message_id).await?;
        Ok(())
    }

    /// The event that is stored under `subject`, from the stream's leader: what was erased is not sent.
    pub(super) async fn stored_event(
        &self,
        subject: &str,
    ) -> Result<Option<StoredEvent>, StageError> {
        let Some(message) = self.last_of(names::EVENTS_STREAM, subject).await? else {
            return Ok(None);
        };
        let mut headers =
            vec![(names::CONTENT_TYPE_HEADER.to_owned(), cloud_event::JSON.to_owned())];
        for (name, values) in message.headers.iter() {
            let name = name.to_string();
            if let (true, Some(value)) = (name.starts_with(CLOUD_EVENT_PREFIX), values.first()) {
                headers.push((name, value.to_string()));
            }
        }
        Ok(Some(StoredEvent { headers, body: message.payload }))
    }

    /// For who has stored something of an event: whether it has to be taken back, because the document was erased
    /// or the event is not there any more.
    ///
    /// An eraser sets its marker before it notes up to where it removes. So if the marker is not there yet, what
    /// was stored before this look will be removed; and if the document has come again since, its earlier events
    /// are gone.
    pub(super) async fn is_event_gone(
        &self,
        document: &DocumentId,
        event: &str,
    ) -> Result<bool, StageError> {
        if matches!(self.slot(document).await?, Slot::Erased(_)) {
            return Ok(true);
        }
        Ok(self.subjects(names::EVENTS_STREAM, event).await?.is_empty())
    }
}
