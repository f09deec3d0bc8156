//! What the kernel says that a process has used.

use std::time::Duration;

use procfs::WithCurrentSystemInfo;
use procfs::process::Process;

/// Of one process, up to now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    /// In RAM.
    pub(crate) resident_bytes: u64,
    /// User and system time.
    pub(crate) cpu: Duration,
}

impl Usage {
    /// Of process `id`; `None` when there is none or the kernel does not say. One that has ended shows its
    /// CPU time until it is reaped.
    pub(crate) fn of(id: u32) -> Option<Self> {
        let stat = Process::new(i32::try_from(id).ok()?).ok()?.stat().ok()?;
        let ticks = procfs::ticks_per_second();
        let cpu = Duration::from_secs_f64((stat.utime + stat.stime) as f64 / ticks as f64);
        Some(Self { resident_bytes: stat.rss_bytes().get(), cpu })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_runs_has_memory_and_one_that_is_not_there_nothing() {
        let usage = Usage::of(std::process::id()).unwrap();
        assert!(usage.resident_bytes > 1_000_000, "{usage:?}");
        assert!(Usage::of(u32::MAX).is_none());
    }
}
