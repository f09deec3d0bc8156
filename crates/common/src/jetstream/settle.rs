//! The one place that answers a delivery.
//!
//! Every answer is a request: the broker confirms it. The client's own `double_ack` takes any
//! reply for success, also the 503 that says that nobody was there to hear it.

use std::time::Duration;

use async_nats::jetstream;
use bytes::Bytes;

use super::broker::Broker;

/// Longest wait for the confirmation; after it the lease decides.
const CONFIRM_TIMEOUT: Duration = Duration::from_secs(5);

/// How a delivery ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// Done: the message leaves the queue.
    Ack,
    /// Deliver it again after this delay. Always explicit: without one it comes back at once.
    Again {
        /// Time until the next delivery.
        after: Duration,
    },
    /// Never deliver it again; the broker notes why.
    Terminate,
}

impl Settlement {
    fn body(self) -> Bytes {
        match self {
            Self::Ack => Bytes::from_static(b"+ACK"),
            Self::Again { after } => {
                Bytes::from(format!("-NAK {{\"delay\": {}}}", after.as_nanos()))
            }
            Self::Terminate => Bytes::from_static(b"+TERM dead letter stored"),
        }
    }
}

/// Whether the broker confirmed a settlement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmation {
    /// It did.
    Confirmed,
    /// Unknown: the message may be delivered once more, which idempotence absorbs.
    Unknown,
}

impl Broker {
    /// Settles a delivery and waits for the broker's confirmation.
    pub(super) async fn settle(
        &self,
        message: &jetstream::Message,
        settlement: Settlement,
    ) -> Confirmation {
        let Some(reply) = message.reply.clone() else {
            return Confirmation::Unknown;
        };
        let request =
            async_nats::Request::new().payload(settlement.body()).timeout(Some(CONFIRM_TIMEOUT));
        match self.client.send_request(reply, request).await {
            Ok(_) => Confirmation::Confirmed,
            Err(error) => {
                tracing::warn!(%error, ?settlement, "settlement was not confirmed");
                Confirmation::Unknown
            }
        }
    }
}
