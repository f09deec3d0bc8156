//! Metrics of connections.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabels {
    reason: &'static str,
}

/// How many there are, and which were turned away.
#[derive(Clone, Debug, Default)]
pub(super) struct ConnectionMetrics {
    pub(super) open: Gauge,
    refused: Family<ReasonLabels, Counter>,
    ended: Family<ReasonLabels, Counter>,
}

impl ConnectionMetrics {
    /// Adds them to `registry`.
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let help = "Connections of clients that have a place";
        registry.register("http_connections", help, metrics.open.clone());
        let help = "Connections that found no place, by reason";
        registry.register("http_connections_refused", help, metrics.refused.clone());
        let help = "Connections that were ended because of their client, by reason";
        registry.register("http_connections_ended", help, metrics.ended.clone());
        metrics
    }

    /// A connection found no place.
    pub(super) fn refused(&self, reason: &'static str) {
        self.refused.get_or_create(&ReasonLabels { reason }).inc();
    }

    /// A connection was ended.
    pub(super) fn ended(&self, reason: &'static str) {
        self.ended.get_or_create(&ReasonLabels { reason }).inc();
    }
}
