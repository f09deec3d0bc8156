//! The address that an upload brought, until its document has ended.

use async_nats::HeaderMap;

use super::fan_out::{Event, make_delivery};
use crate::error::StageError;
use crate::id::{DocumentId, Tenant};
use crate::jetstream::broker::Broker;
use crate::jetstream::erasure::Slot;
use crate::jetstream::names;
use crate::jetstream::names::webhooks::{self as subjects, DELIVERIES_STREAM};
use crate::jetstream::objects::UpTo;
use crate::jetstream::publish::Message;
use crate::status::State;

impl Broker {
    /// Has `url` called when `tenant`'s document ends, or at once if it has ended. The tenant's endpoint for such
    /// addresses signs; without one nothing is called.
    ///
    /// One processing of a document is told to one such address: the last one that was named before it ended, or else
    /// the first one after.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer or has no room; call again.
    pub async fn call_back(
        &self,
        tenant: &Tenant,
        id: &DocumentId,
        url: &str,
    ) -> Result<(), StageError> {
        self.note_upload_address(tenant, id, url).await?;
        // Its event may have been taken before the address was there.
        let ended = match self.status_at_leader(id).await? {
            Some(read) if read.record.state == State::Completed => {
                names::extracted_subject(tenant, id, read.record.generation)
            }
            Some(read) if read.record.state == State::Failed => {
                names::failed_subject(tenant, id, read.record.generation)
            }
            Some(_) | None => return Ok(()),
        };
        let Some(message) = self.last_of(names::EVENTS_STREAM, &ended).await? else {
            // It follows, and whoever takes it finds the address.
            return Ok(());
        };
        let endpoints = self.endpoints_of(tenant).await?;
        let endpoint = endpoints.iter().find(|endpoint| endpoint.url.is_none());
        if let (Some(endpoint), Some(event)) = (endpoint, Event::stored(&message)) {
            make_delivery(self, &event, endpoint, Some(url.to_owned())).await?;
        }
        Ok(())
    }

    /// Notes that `url` is to be called when `tenant`'s document ends; the last word counts.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer or has no room.
    async fn note_upload_address(
        &self,
        tenant: &Tenant,
        id: &DocumentId,
        url: &str,
    ) -> Result<(), StageError> {
        let subject = subjects::address_of_upload(tenant, id);
        let payload = url.to_owned().into();
        let message = Message { subject, headers: HeaderMap::new(), payload };
        self.publish_confirmed(&message).await.0?;
        // Who erased the document meanwhile may have looked before this was there.
        match self.slot(id).await? {
            Slot::Erased(_) => {
                let subject = subjects::address_of_upload(tenant, id);
                self.purge(DELIVERIES_STREAM, subject, UpTo::Now).await
            }
            Slot::Free | Slot::Live(_) => Ok(()),
        }
    }

    /// The address that the upload of `tenant`'s document brought.
    pub(super) async fn upload_address(
        &self,
        tenant: &Tenant,
        id: &DocumentId,
    ) -> Result<Option<String>, StageError> {
        let subject = subjects::address_of_upload(tenant, id);
        let found = self.last_of(DELIVERIES_STREAM, &subject).await?;
        Ok(found.and_then(|message| String::from_utf8(message.payload.to_vec()).ok()))
    }
}
