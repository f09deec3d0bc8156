//! This process, under the names that Prometheus's own clients use
//! (<https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics>).

use procfs::process::{LimitValue, Process};
use procfs::{ProcResult, WithCurrentSystemInfo};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};

/// Adds what the kernel knows of this process to `registry`.
pub(super) fn register(registry: &mut Registry) {
    registry.register_collector(Box::new(ThisProcess));
}

#[derive(Debug)]
struct ThisProcess;

/// What is shown. Bytes and counts are exact far beyond what they ever are.
struct Seen {
    cpu_seconds: f64,
    resident_bytes: f64,
    open_fds: f64,
    max_fds: f64,
    started_at: f64,
}

impl Seen {
    fn now() -> ProcResult<Self> {
        let process = Process::myself()?;
        let stat = process.stat()?;
        let limit = process.limits()?.max_open_files.soft_limit;
        Ok(Self {
            cpu_seconds: (stat.utime + stat.stime) as f64 / procfs::ticks_per_second() as f64,
            resident_bytes: stat.rss_bytes().get() as f64,
            open_fds: process.fd_count()? as f64,
            max_fds: match limit {
                LimitValue::Unlimited => f64::INFINITY,
                LimitValue::Value(most) => most as f64,
            },
            started_at: procfs::boot_time_secs()? as f64
                + stat.starttime as f64 / procfs::ticks_per_second() as f64,
        })
    }
}

impl Collector for ThisProcess {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        // Without /proc there is nothing to show, and that is what is shown.
        let Ok(seen) = Seen::now() else { return Ok(()) };
        let cpu = ConstCounter::new(seen.cpu_seconds);
        let help = "User and system CPU time, in seconds";
        cpu.encode(encoder.encode_descriptor(
            "process_cpu",
            help,
            Some(&Unit::Seconds),
            MetricType::Counter,
        )?)?;
        let mut gauge = |name: &str, help: &str, unit: Option<&Unit>, value: f64| {
            let described: MetricEncoder<'_> =
                encoder.encode_descriptor(name, help, unit, MetricType::Gauge)?;
            ConstGauge::new(value).encode(described)
        };
        let help = "Resident memory, in bytes";
        gauge("process_resident_memory", help, Some(&Unit::Bytes), seen.resident_bytes)?;
        gauge("process_open_fds", "Open file descriptors", None, seen.open_fds)?;
        gauge("process_max_fds", "File descriptors that may be open", None, seen.max_fds)?;
        let help = "When the process started, in seconds since 1970";
        gauge("process_start_time", help, Some(&Unit::Seconds), seen.started_at)
    }
}
