//! The broker's queues and stores.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use super::StageLabels;
use crate::jetstream::room::Level;
use crate::stage::StageName;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StreamLabels {
    stream: &'static str,
}

/// Levels of queues and stores, as the broker tells them. What it does not tell any more is shown no
/// more: an old level looks like a good one.
#[derive(Clone, Debug, Default)]
pub struct QueueMetrics {
    pending: Family<StageLabels, Gauge>,
    ack_pending: Family<StageLabels, Gauge>,
    messages: Family<StreamLabels, Gauge>,
    bytes: Family<StreamLabels, Gauge>,
    limit: Family<StreamLabels, Gauge>,
}

impl QueueMetrics {
    /// Adds them to `registry`.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let help = "Jobs that wait for their stage";
        registry.register("queue_pending", help, metrics.pending.clone());
        let help = "Jobs that were delivered to their stage and are not acknowledged";
        registry.register("queue_ack_pending", help, metrics.ack_pending.clone());
        let help = "Messages in a stream of the broker";
        registry.register("stream_messages", help, metrics.messages.clone());
        let help = "Size of a stream of the broker";
        let bytes = metrics.bytes.clone();
        registry.register_with_unit("stream", help, Unit::Bytes, bytes);
        let help = "Size that a stream of the broker may have";
        registry.register("stream_bytes_limit", help, metrics.limit.clone());
        metrics
    }

    /// The broker does not tell.
    pub fn unknown(&self) {
        self.pending.clear();
        self.ack_pending.clear();
        self.messages.clear();
        self.bytes.clear();
        self.limit.clear();
    }

    /// So many jobs of `stage` wait, and so many are being worked on.
    pub fn queue(&self, stage: StageName, pending: u64, ack_pending: u64) {
        let labels = StageLabels { stage: stage.as_str() };
        self.pending.get_or_create(&labels).set(count(pending));
        self.ack_pending.get_or_create(&labels).set(count(ack_pending));
    }

    /// `stream` is this full.
    pub fn stream(&self, stream: &'static str, level: Level) {
        let labels = StreamLabels { stream };
        self.messages.get_or_create(&labels).set(count(level.messages));
        self.bytes.get_or_create(&labels).set(count(level.bytes));
        if level.max_bytes > 0 {
            self.limit.get_or_create(&labels).set(count(level.max_bytes));
        } else {
            self.limit.remove(&labels);
        }
    }
}

fn count(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
