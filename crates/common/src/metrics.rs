//! Prometheus metrics that every service has. Labels are closed sets: stages, outcomes, codes.
//!
//! * `jobs`: what a stage's runner counts; `documents`: how documents end.
//! * `crew`: the worker processes of a stage, looked at when somebody asks; `process`: this process;
//!   `link`: its connection to the broker.
//! * `queues`: the broker's queues and stores, as the gateway sees them; `webhooks`: what is sent to them.
//!
//! Names of our own begin with `invoice_ocr_`; `process_…` are those that Prometheus's own clients have.

mod crew;
mod documents;
mod jobs;
mod link;
mod process;
mod queues;
mod webhooks;

use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

pub use crew::{Busy, Crew, Member};
pub use documents::{DocumentMetrics, media_type};
pub use jobs::{JobOutcome, Running, StageMetrics};
pub use queues::QueueMetrics;
pub use webhooks::WebhookMetrics;

use crew::Crews;
use link::Link;

/// What names of our own begin with.
const PREFIX: &str = "invoice_ocr";

/// From a text-layer page (milliseconds) to a long scan (minutes), each bound about 2.5 times the
/// one before; 20 s is what most documents are promised to take.
const SECONDS_BUCKETS: [f64; 13] =
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0, 20.0, 30.0, 120.0, 600.0];

/// Probabilities, closer where they decide something: .5 is a guess, .65 asks for a person, .995 is
/// as good as certain.
const PROBABILITY_BUCKETS: [f64; 10] = [0.25, 0.5, 0.65, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 1.0];

/// The registry of a process, shared by its services.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Arc<Mutex<Registry>>,
    /// What the runners of this process count.
    pub stages: StageMetrics,
    /// How documents end here.
    pub documents: DocumentMetrics,
    crews: Crews,
    link: Link,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BuildLabels {
    version: &'static str,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::default();
        process::register(&mut registry);
        let ours = registry.sub_registry_with_prefix(PREFIX);
        let build = Family::<BuildLabels, Gauge>::default();
        ours.register("build_info", "The version of this service, as a label", build.clone());
        build.get_or_create(&BuildLabels { version: env!("CARGO_PKG_VERSION") }).set(1);
        let stages = StageMetrics::register(ours);
        let documents = DocumentMetrics::register(ours);
        let (crews, link) = (Crews::register(ours), Link::register(ours));
        Self { registry: Arc::new(Mutex::new(registry)), stages, documents, crews, link }
    }
}

impl Metrics {
    /// Lets `register` add metrics whose names begin with `invoice_ocr_`.
    pub fn register<T>(&self, register: impl FnOnce(&mut Registry) -> T) -> T {
        let mut registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        register(registry.sub_registry_with_prefix(PREFIX))
    }

    /// Has the worker processes of `crew` looked at whenever metrics are asked for.
    pub fn watch(&self, crew: Arc<Crew>) {
        self.crews.add(crew);
    }

    /// Has `is_connected` asked for the connection to the broker; the first one counts.
    pub fn watch_link(&self, is_connected: impl Fn() -> bool + Send + Sync + 'static) {
        self.link.watch(is_connected);
    }

    /// The registry in OpenMetrics text, as `/metrics` answers it.
    #[must_use]
    pub fn exposition(&self) -> String {
        let mut text = String::new();
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        // Writing to a String cannot fail.
        let _written: Result<(), std::fmt::Error> = encode(&mut text, &registry);
        text
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StageLabels {
    stage: &'static str,
}

/// Times in seconds.
#[must_use]
pub fn seconds() -> Histogram {
    Histogram::new(SECONDS_BUCKETS)
}

/// Confidences, 0 to 1.
#[must_use]
pub fn probabilities() -> Histogram {
    Histogram::new(PROBABILITY_BUCKETS)
}
