//! What tests change behind the services' backs. Behind the feature `testing`.

use std::time::Duration;

use async_nats::jetstream::consumer::pull;
use tokio_util::sync::CancellationToken;

use super::broker::Broker;
use super::erasure::{self, Progress, Removal};
use super::names;
use crate::id::DocumentId;
use crate::stage::StageName;

impl Broker {
    /// Removes what stages ask for, as a gateway does, until `stop`.
    pub async fn remove_for_stages(self, stop: CancellationToken) {
        erasure::serve(self, stop).await;
    }

    /// Messages that this connection has sent so far, of whatever kind.
    #[must_use]
    pub fn messages_sent(&self) -> u64 {
        self.client.statistics().out_messages.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// Changes the lease of a stage's jobs, which the topology sets to 30 s, so that a killed
    /// service is replaced soon.
    ///
    /// # Panics
    /// When the broker does not take it.
    pub async fn set_ack_wait(&self, stage: StageName, ack_wait: Duration) {
        let stream = self.stream(names::job_stream(stage)).await.expect("a queue");
        let info = stream.consumer_info(names::job_consumer(stage)).await.expect("a consumer");
        let config = info.config;
        let config = pull::Config {
            durable_name: config.durable_name,
            name: config.name,
            description: config.description,
            ack_wait,
            max_deliver: config.max_deliver,
            filter_subject: config.filter_subject,
            max_ack_pending: config.max_ack_pending,
            metadata: config.metadata,
            ..pull::Config::default()
        };
        stream.update_consumer(config).await.expect("a changed consumer");
    }

    /// Begins to remove what an erased document has left, as somebody who is slow, or dies.
    ///
    /// # Panics
    /// When the broker does not take it.
    pub async fn slow_removal(&self, id: &DocumentId) -> SlowRemoval {
        let removal = self.begin_removal(id).await.expect("a broker").expect("no status");
        SlowRemoval { broker: self.clone(), id: id.clone(), removal }
    }
}

/// A removal that has begun.
#[derive(Debug)]
pub struct SlowRemoval {
    broker: Broker,
    id: DocumentId,
    removal: Removal,
}

impl SlowRemoval {
    /// Carries it out, late.
    ///
    /// # Panics
    /// When the broker does not take it.
    pub async fn finish(self) {
        let Self { broker, id, removal } = self;
        let named = broker.named().await.expect("a broker").remove(&id).unwrap_or_default();
        let finished = broker.finish_removal(&id, &removal, named, Progress::Cleared);
        finished.await.expect("a broker");
    }
}
