//! Whether this process is connected to the broker.

use std::fmt;
use std::sync::{Arc, OnceLock};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

type Ask = Box<dyn Fn() -> bool + Send + Sync>;

/// Asked when somebody asks for metrics; shows nothing before it is known whom to ask.
#[derive(Clone, Default)]
pub(super) struct Link(Arc<OnceLock<Ask>>);

impl Link {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let link = Self::default();
        registry.register_collector(Box::new(link.clone()));
        link
    }

    /// Has `is_connected` asked, unless somebody is already.
    pub(super) fn watch(&self, is_connected: impl Fn() -> bool + Send + Sync + 'static) {
        // The services of a process share one connection.
        drop(self.0.set(Box::new(is_connected)));
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").finish_non_exhaustive()
    }
}

impl Collector for Link {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let Some(is_connected) = self.0.get() else { return Ok(()) };
        let gauge = ConstGauge::new(u32::from(is_connected()));
        let help = "Whether this process is connected to the broker, 1 or 0";
        gauge.encode(encoder.encode_descriptor(
            "broker_connected",
            help,
            None,
            MetricType::Gauge,
        )?)
    }
}
