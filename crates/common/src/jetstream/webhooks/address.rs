//! The address that an upload brought, until its document has ended.

use async_nats::HeaderMap;

use crate::error::StageError;
use crate::id::{DocumentId, Tenant};
use crate::jetstream::broker::Broker;
use crate::jetstream::erasure::Slot;
use crate::jetstream::names::webhooks::{self as subjects, DELIVERIES_STREAM};
use crate::jetstream::objects::UpTo;
use crate::jetstream::publish::Message;

impl Broker {
    /// Notes that `url` is to be called when `tenant`'s document ends; the last word counts.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer or has no room.
    pub async fn note_upload_address(
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
