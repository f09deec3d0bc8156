//! Prometheus metrics that every service has. Labels are closed sets: stages, outcomes, codes.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::stage::StageName;
use crate::worker::Mechanism;

/// From a text-layer page (milliseconds) to a long scan (minutes), each bound about 2.5 times the
/// one before.
const SECONDS_BUCKETS: [f64; 12] =
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0, 30.0, 120.0, 600.0];

/// The registry of a process, shared by its services.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Arc<Mutex<Registry>>,
    /// What the runners of this process count.
    pub stages: StageMetrics,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("invoice_ocr");
        let stages = StageMetrics::register(&mut registry);
        Self { registry: Arc::new(Mutex::new(registry)), stages }
    }
}

impl Metrics {
    /// Lets `register` add metrics to the registry.
    pub fn register<T>(&self, register: impl FnOnce(&mut Registry) -> T) -> T {
        register(&mut self.registry.lock().unwrap_or_else(PoisonError::into_inner))
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

/// How a job's delivery ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
#[expect(non_camel_case_types, reason = "label values are written as they are named")]
enum Outcome {
    done,
    retried,
    held,
    released,
    superseded,
    fenced,
    remade,
    dead_lettered,
}

/// How a job's delivery ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobOutcome {
    /// Handed on, or completed.
    Done,
    /// Failed, and due again.
    Retried,
    /// Waits for a dependency.
    Held,
    /// Handed back untried.
    Released,
    /// Nothing was left to do.
    Superseded,
    /// Another service holds it.
    Fenced,
    /// Begun anew, because what it was to read is lost.
    Remade,
    /// Failed for good.
    DeadLettered,
}

impl From<JobOutcome> for Outcome {
    fn from(outcome: JobOutcome) -> Self {
        match outcome {
            JobOutcome::Done => Self::done,
            JobOutcome::Retried => Self::retried,
            JobOutcome::Held => Self::held,
            JobOutcome::Released => Self::released,
            JobOutcome::Superseded => Self::superseded,
            JobOutcome::Fenced => Self::fenced,
            JobOutcome::Remade => Self::remade,
            JobOutcome::DeadLettered => Self::dead_lettered,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct JobLabels {
    stage: &'static str,
    outcome: Outcome,
    code: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StageLabels {
    stage: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SandboxLabels {
    stage: &'static str,
    mechanism: &'static str,
}

/// What a stage's runner counts.
#[derive(Clone, Debug)]
pub struct StageMetrics {
    jobs: Family<JobLabels, Counter>,
    duration: Family<StageLabels, Histogram, fn() -> Histogram>,
    sandbox: Family<SandboxLabels, Gauge>,
}

impl StageMetrics {
    fn register(registry: &mut Registry) -> Self {
        let jobs = Family::default();
        registry.register("jobs", "Deliveries by stage, outcome and error code", jobs.clone());
        let duration = Family::new_with_constructor(seconds as fn() -> Histogram);
        registry.register_with_unit(
            "stage_duration",
            "Time of one attempt in a stage",
            Unit::Seconds,
            duration.clone(),
        );
        let sandbox = Family::default();
        let help = "Whether a part of the sandbox around worker processes holds, 1 or 0";
        registry.register("worker_sandbox", help, sandbox.clone());
        Self { jobs, duration, sandbox }
    }

    /// Counts how a delivery ended; `code` is an error's.
    pub fn ended(&self, stage: StageName, outcome: JobOutcome, code: Option<&str>) {
        let code = code.unwrap_or_default().to_owned();
        let labels = JobLabels { stage: stage.as_str(), outcome: outcome.into(), code };
        self.jobs.get_or_create(&labels).inc();
    }

    /// Takes note of whether `mechanism` holds around the workers of `stage`.
    pub fn sandbox(&self, stage: StageName, mechanism: Mechanism, holds: bool) {
        let labels = SandboxLabels { stage: stage.as_str(), mechanism: mechanism.as_str() };
        self.sandbox.get_or_create(&labels).set(i64::from(holds));
    }

    /// Takes note of an attempt's duration.
    pub fn observe(&self, stage: StageName, duration: Duration) {
        let labels = StageLabels { stage: stage.as_str() };
        self.duration.get_or_create(&labels).observe(duration.as_secs_f64());
    }
}

fn seconds() -> Histogram {
    Histogram::new(SECONDS_BUCKETS)
}
