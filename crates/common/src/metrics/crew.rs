//! The worker processes of a stage: how many, what became of them, what they take.
//!
//! A crew counts by itself, and is looked at when somebody asks for metrics. So nothing is lost that
//! happened before the stage had a registry, and memory is that of the moment.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};

use super::StageLabels;
use crate::stage::StageName;
use crate::worker::usage::Usage;

/// What a worker ended of that nobody gave a reason for: its service stops, or the work that it was on
/// is not wanted any more.
const ABANDONED: &str = "abandoned";

/// The worker processes of one stage.
#[derive(Debug)]
pub struct Crew {
    stage: StageName,
    members: Mutex<BTreeMap<u32, Duration>>,
    starts: AtomicU64,
    busy: AtomicU64,
    exits: Mutex<BTreeMap<String, u64>>,
    /// CPU time of those that have ended.
    ended_cpu: Mutex<Duration>,
}

impl Crew {
    /// Nobody yet.
    #[must_use]
    pub fn new(stage: StageName) -> Self {
        Self {
            stage,
            members: Mutex::default(),
            starts: AtomicU64::new(0),
            busy: AtomicU64::new(0),
            exits: Mutex::default(),
            ended_cpu: Mutex::default(),
        }
    }

    /// Process `id` was started. It counts until what is returned is dropped.
    #[must_use]
    pub fn join(self: &Arc<Self>, id: u32) -> Member {
        self.starts.fetch_add(1, Ordering::Relaxed);
        locked(&self.members).insert(id, Duration::ZERO);
        Member { crew: Arc::clone(self), id, reason: None }
    }

    /// A worker is lent, until what is returned is dropped.
    #[must_use]
    pub fn busy(self: &Arc<Self>) -> Busy {
        self.busy.fetch_add(1, Ordering::Relaxed);
        Busy(Arc::clone(self))
    }

    fn look(&self) -> Look {
        let mut look = Look { workers: 0, memory: 0, cpu: *locked(&self.ended_cpu) };
        for (id, cpu) in locked(&self.members).iter_mut() {
            look.workers += 1;
            if let Some(usage) = Usage::of(*id) {
                look.memory += usage.resident_bytes;
                // A process that is being removed shows less than before.
                *cpu = usage.cpu.max(*cpu);
            }
            look.cpu += *cpu;
        }
        look
    }

    fn leave(&self, id: u32, reason: &str) {
        let last = Usage::of(id).map(|usage| usage.cpu).unwrap_or_default();
        let seen = locked(&self.members).remove(&id).unwrap_or_default();
        *locked(&self.ended_cpu) += last.max(seen);
        *locked(&self.exits).entry(reason.to_owned()).or_default() += 1;
    }
}

struct Look {
    workers: u32,
    memory: u64,
    cpu: Duration,
}

/// One process of a crew. Dropped before the process is reaped, it knows its last CPU time.
#[derive(Debug)]
pub struct Member {
    crew: Arc<Crew>,
    id: u32,
    reason: Option<String>,
}

impl Member {
    /// Takes note of its CPU time now, while there is a process.
    pub fn look(&self) {
        let Some(usage) = Usage::of(self.id) else { return };
        if let Some(cpu) = locked(&self.crew.members).get_mut(&self.id) {
            *cpu = usage.cpu.max(*cpu);
        }
    }

    /// Why it is going to end: an error's code, or a word of the pool's.
    pub fn ends_for(&mut self, reason: &str) {
        self.reason = Some(reason.to_owned());
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.crew.leave(self.id, self.reason.as_deref().unwrap_or(ABANDONED));
    }
}

/// A worker that is lent.
#[derive(Debug)]
pub struct Busy(Arc<Crew>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Ordering::Relaxed);
    }
}

/// All crews of a process.
#[derive(Clone, Debug, Default)]
pub(super) struct Crews(Arc<Mutex<Vec<Arc<Crew>>>>);

impl Crews {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let crews = Self::default();
        registry.register_collector(Box::new(crews.clone()));
        crews
    }

    pub(super) fn add(&self, crew: Arc<Crew>) {
        locked(&self.0).push(crew);
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ExitLabels {
    stage: &'static str,
    reason: String,
}

impl Collector for Crews {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let crews = locked(&self.0).clone();
        let looks: Vec<(&Crew, Look)> = crews.iter().map(|crew| (&**crew, crew.look())).collect();
        if looks.is_empty() {
            return Ok(());
        }
        let stage = |crew: &Crew| StageLabels { stage: crew.stage.as_str() };
        let help = "Worker processes";
        let mut all = encoder.encode_descriptor("workers", help, None, MetricType::Gauge)?;
        for (crew, look) in &looks {
            let gauge = ConstGauge::new(look.workers);
            gauge.encode(all.encode_family(&stage(crew))?)?;
        }
        let help = "Worker processes that are at work";
        let mut all = encoder.encode_descriptor("workers_busy", help, None, MetricType::Gauge)?;
        for (crew, _) in &looks {
            let busy = crew.busy.load(Ordering::Relaxed) as f64;
            ConstGauge::new(busy).encode(all.encode_family(&stage(crew))?)?;
        }
        let (help, unit) = ("Resident memory of worker processes", Some(&Unit::Bytes));
        let mut all = encoder.encode_descriptor("worker_memory", help, unit, MetricType::Gauge)?;
        for (crew, look) in &looks {
            let memory = ConstGauge::new(look.memory as f64);
            memory.encode(all.encode_family(&stage(crew))?)?;
        }
        let (help, unit) = ("CPU time of worker processes", Some(&Unit::Seconds));
        let mut all = encoder.encode_descriptor("worker_cpu", help, unit, MetricType::Counter)?;
        for (crew, look) in &looks {
            let cpu = ConstCounter::new(look.cpu.as_secs_f64());
            cpu.encode(all.encode_family(&stage(crew))?)?;
        }
        let help = "Worker processes that were started";
        let mut all =
            encoder.encode_descriptor("worker_starts", help, None, MetricType::Counter)?;
        for (crew, _) in &looks {
            let starts = ConstCounter::new(crew.starts.load(Ordering::Relaxed));
            starts.encode(all.encode_family(&stage(crew))?)?;
        }
        let help = "Worker processes that ended, by the reason";
        let mut all = encoder.encode_descriptor("worker_exits", help, None, MetricType::Counter)?;
        for (crew, _) in &looks {
            for (reason, count) in &*locked(&crew.exits) {
                let (stage, reason) = (crew.stage.as_str(), reason.clone());
                let exits = ConstCounter::new(*count);
                exits.encode(all.encode_family(&ExitLabels { stage, reason })?)?;
            }
        }
        Ok(())
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Metrics;

    fn shows(metrics: &Metrics, line: &str) -> bool {
        metrics.exposition().lines().any(|shown| shown.strip_prefix("invoice_ocr_") == Some(line))
    }

    #[test]
    fn workers_count_while_they_are_there_and_their_ends_by_reason() {
        let (metrics, crew) = (Metrics::default(), Arc::new(Crew::new(StageName::Ocr)));
        // What happened before anybody looked is not lost.
        let own = crew.join(std::process::id());
        let mut gone = crew.join(u32::MAX);
        gone.ends_for("worker_crashed");
        drop(gone);
        let busy = crew.busy();
        assert!(!metrics.exposition().contains("invoice_ocr_workers"), "nobody is watched yet");
        metrics.watch(Arc::clone(&crew));
        for line in [
            r#"workers{stage="ocr"} 1"#,
            r#"workers_busy{stage="ocr"} 1.0"#,
            r#"worker_starts_total{stage="ocr"} 2"#,
            r#"worker_exits_total{stage="ocr",reason="worker_crashed"} 1"#,
        ] {
            assert!(shows(&metrics, line), "{line} in {}", metrics.exposition());
        }
        assert!(crew.look().memory > 1_000_000, "this process has memory");
        drop((own, busy));
        assert!(shows(&metrics, r#"worker_exits_total{stage="ocr",reason="abandoned"} 1"#));
        assert!(shows(&metrics, r#"workers_busy{stage="ocr"} 0.0"#));
    }

    #[test]
    fn cpu_time_of_a_worker_stays_when_it_has_ended() {
        let crew = Arc::new(Crew::new(StageName::Ocr));
        let member = crew.join(std::process::id());
        let before = Usage::of(std::process::id()).unwrap().cpu;
        drop(member);
        assert!(crew.look().cpu >= before);
    }
}
