//! What a stage's runner counts.

use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::{StageLabels, seconds};
use crate::stage::StageName;
use crate::worker::Mechanism;

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
struct SandboxLabels {
    stage: &'static str,
    mechanism: &'static str,
}

/// What a stage's runner counts.
#[derive(Clone, Debug)]
pub struct StageMetrics {
    jobs: Family<JobLabels, Counter>,
    duration: Family<StageLabels, Histogram, fn() -> Histogram>,
    wait: Family<StageLabels, Histogram, fn() -> Histogram>,
    redeliveries: Family<StageLabels, Counter>,
    running: Family<StageLabels, Gauge>,
    limit: Family<StageLabels, Gauge>,
    sandbox: Family<SandboxLabels, Gauge>,
}

impl StageMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let jobs = Family::default();
        registry.register("jobs", "Deliveries by stage, outcome and error code", jobs.clone());
        let duration = Family::new_with_constructor(seconds as fn() -> Histogram);
        registry.register_with_unit(
            "stage_duration",
            "Time of one attempt in a stage",
            Unit::Seconds,
            duration.clone(),
        );
        let wait = Family::new_with_constructor(seconds as fn() -> Histogram);
        registry.register_with_unit(
            "queue_wait",
            "Time from the storing of a job to its first delivery",
            Unit::Seconds,
            wait.clone(),
        );
        let redeliveries = Family::default();
        let help = "Deliveries of jobs beyond the first";
        registry.register("redeliveries", help, redeliveries.clone());
        let running = Family::default();
        registry.register("jobs_running", "Jobs that a stage works on", running.clone());
        let limit = Family::default();
        let help = "Jobs that a stage works on at most";
        registry.register("jobs_limit", help, limit.clone());
        let sandbox = Family::default();
        let help = "Whether a part of the sandbox around worker processes holds, 1 or 0";
        registry.register("worker_sandbox", help, sandbox.clone());
        Self { jobs, duration, wait, redeliveries, running, limit, sandbox }
    }

    /// Counts how a delivery ended; `code` is an error's.
    pub fn ended(&self, stage: StageName, outcome: JobOutcome, code: Option<&str>) {
        let code = code.unwrap_or_default().to_owned();
        let labels = JobLabels { stage: stage.as_str(), outcome: outcome.into(), code };
        self.jobs.get_or_create(&labels).inc();
    }

    /// Has the counters of `stage`, which works on `limit` jobs at most, begin at 0: what was never
    /// counted cannot be told from what is not there.
    pub fn begin(&self, stage: StageName, limit: usize) {
        let labels = StageLabels { stage: stage.as_str() };
        self.limit.get_or_create(&labels).set(i64::try_from(limit).unwrap_or(i64::MAX));
        self.running.get_or_create(&labels).set(0);
        drop(self.redeliveries.get_or_create(&labels));
        drop(self.duration.get_or_create(&labels));
        drop(self.wait.get_or_create(&labels));
        for outcome in [Outcome::done, Outcome::retried, Outcome::dead_lettered] {
            let labels = JobLabels { stage: stage.as_str(), outcome, code: String::new() };
            drop(self.jobs.get_or_create(&labels));
        }
    }

    /// A job was delivered for the `delivery`th time (from 1 on), `waited` after it was stored. What is
    /// returned counts it as running until it is dropped.
    #[must_use]
    pub fn delivered(&self, stage: StageName, delivery: i64, waited: Duration) -> Running {
        let labels = StageLabels { stage: stage.as_str() };
        if delivery > 1 {
            self.redeliveries.get_or_create(&labels).inc();
        } else {
            self.wait.get_or_create(&labels).observe(waited.as_secs_f64());
        }
        let running = self.running.get_or_create_owned(&labels);
        running.inc();
        Running(running)
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

/// A job that a stage works on.
#[derive(Debug)]
pub struct Running(Gauge);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.dec();
    }
}
