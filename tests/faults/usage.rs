//! What the services use while they are watched: memory, descriptors, disk; and whether it grows.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::fleet::Service;

/// Youth of a process, in which it grows rightly: libraries, models, caches.
const WARM_UP: Duration = Duration::from_secs(60);

/// One look at one process.
#[derive(Clone, Copy, Debug)]
struct Sample {
    at: Instant,
    resident_kb: f64,
    descriptors: f64,
}

/// All looks so far.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// By role and process.
    processes: BTreeMap<(&'static str, u32), Vec<Sample>>,
    /// Bytes of the broker's store.
    disk: Vec<(Instant, f64)>,
}

impl Watch {
    pub(crate) fn look(&mut self, services: &[Service], store: &Path) {
        let at = Instant::now();
        for service in services {
            let Some(id) = service.id() else { continue };
            let Some(resident_kb) = resident_kb(id) else { continue };
            let Ok(descriptors) = fs::read_dir(format!("/proc/{id}/fd")) else { continue };
            let descriptors = descriptors.count() as f64;
            let sample = Sample { at, resident_kb, descriptors };
            self.processes.entry((service.role(), id)).or_default().push(sample);
        }
        self.disk.push((at, size_of(store) as f64));
    }
}

fn resident_kb(id: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

fn size_of(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    entries
        .filter_map(Result::ok)
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => size_of(&entry.path()),
            Ok(metadata) => metadata.len(),
            // Removed between the two looks.
            Err(_) => 0,
        })
        .sum()
}

/// What grows, by hour.
#[derive(Debug)]
pub(crate) struct Usage {
    roles: Vec<(&'static str, Growth)>,
    /// MB: largest, and growth an hour over the second half.
    disk: (f64, f64),
}

#[derive(Debug, Default)]
struct Growth {
    lives: usize,
    peak_mb: f64,
    memory_mb_an_hour: f64,
    peak_descriptors: f64,
    descriptors_an_hour: f64,
}

impl Usage {
    pub(crate) fn of(watch: &Watch) -> Self {
        let mut roles: BTreeMap<&'static str, Vec<&Vec<Sample>>> = BTreeMap::new();
        for ((role, _), samples) in &watch.processes {
            roles.entry(role).or_default().push(samples);
        }
        let roles = roles.into_iter().map(|(role, lives)| (role, growth(&lives))).collect();
        let half: Vec<(Instant, f64)> =
            watch.disk.iter().skip(watch.disk.len() / 2).copied().collect();
        let largest = watch.disk.iter().map(|(_, bytes)| *bytes).fold(0.0, f64::max);
        Self { roles, disk: (largest / 1e6, slope_an_hour(&half) / 1e6) }
    }
}

/// Of all lives of a role together: growth within each after its warm-up, weighted by its length.
fn growth(lives: &[&Vec<Sample>]) -> Growth {
    let mut growth = Growth { lives: lives.len(), ..Growth::default() };
    let mut seconds = 0.0;
    for life in lives {
        for sample in *life {
            growth.peak_mb = growth.peak_mb.max(sample.resident_kb / 1e3);
            growth.peak_descriptors = growth.peak_descriptors.max(sample.descriptors);
        }
        let Some(first) = life.first() else { continue };
        let grown: Vec<&Sample> =
            life.iter().filter(|sample| sample.at - first.at > WARM_UP).collect();
        let (Some(first), Some(last)) = (grown.first(), grown.last()) else { continue };
        let length = (last.at - first.at).as_secs_f64();
        let points = |value: fn(&Sample) -> f64| -> Vec<(Instant, f64)> {
            grown.iter().map(|sample| (sample.at, value(sample))).collect()
        };
        growth.memory_mb_an_hour += slope_an_hour(&points(|s| s.resident_kb / 1e3)) * length;
        growth.descriptors_an_hour += slope_an_hour(&points(|s| s.descriptors)) * length;
        seconds += length;
    }
    if seconds > 0.0 {
        growth.memory_mb_an_hour /= seconds;
        growth.descriptors_an_hour /= seconds;
    }
    growth
}

/// Least-squares slope.
fn slope_an_hour(points: &[(Instant, f64)]) -> f64 {
    let Some((start, _)) = points.first() else { return 0.0 };
    let hours = |at: &Instant| (*at - *start).as_secs_f64() / 3600.0;
    let count = points.len() as f64;
    let mean_x = points.iter().map(|(at, _)| hours(at)).sum::<f64>() / count;
    let mean_y = points.iter().map(|(_, value)| value).sum::<f64>() / count;
    let (mut above, mut below) = (0.0, 0.0);
    for (at, value) in points {
        let x = hours(at) - mean_x;
        above += x * (value - mean_y);
        below += x * x;
    }
    if below > 0.0 { above / below } else { 0.0 }
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (role, growth) in &self.roles {
            writeln!(
                f,
                "{role:10} {:3} lives  memory at most {:6.1} MB, {:+7.1} MB an hour  \
                 descriptors at most {:3}, {:+6.1} an hour",
                growth.lives,
                growth.peak_mb,
                growth.memory_mb_an_hour,
                growth.peak_descriptors,
                growth.descriptors_an_hour,
            )?;
        }
        let (largest, growth) = self.disk;
        write!(
            f,
            "disk of the broker at most {largest:.1} MB, {growth:+.1} MB an hour in the second half"
        )
    }
}
