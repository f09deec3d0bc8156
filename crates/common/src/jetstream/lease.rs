//! Keeps a delivery leased while its job is worked on.

use std::time::Duration;

use async_nats::jetstream;
use bytes::Bytes;
use tokio::task::JoinHandle;

use super::broker::Broker;

/// Renewals per ack wait: two may be lost before the lease is.
const RENEWALS_PER_ACK_WAIT: u32 = 3;

/// A running heartbeat; ends when dropped.
#[derive(Debug)]
pub struct Lease(JoinHandle<()>);

impl Lease {
    /// Tells the broker every third of `ack_wait` that `message` is still worked on.
    pub(super) fn hold(broker: &Broker, message: &jetstream::Message, ack_wait: Duration) -> Self {
        let client = broker.client.clone();
        let reply = message.reply.clone();
        Self(tokio::spawn(async move {
            let Some(reply) = reply else { return };
            let mut beat = tokio::time::interval(ack_wait / RENEWALS_PER_ACK_WAIT);
            beat.tick().await;
            loop {
                beat.tick().await;
                let sent = client.publish(reply.clone(), Bytes::from_static(b"+WPI")).await;
                if let Err(error) = sent {
                    tracing::warn!(%error, "lease could not be renewed");
                }
            }
        }))
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.0.abort();
    }
}
