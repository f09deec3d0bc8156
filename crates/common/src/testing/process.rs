//! Other processes, as tests look at them.

use std::fs;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// Between two looks.
const LOOK: Duration = Duration::from_millis(20);

/// Polls `look` until it finds something. Blocks the thread.
///
/// # Panics
/// When it finds nothing within `patience`.
pub fn until<T>(patience: Duration, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < patience, "waited too long for {what}");
        std::thread::sleep(LOOK);
    }
}

/// Sends a signal to process `id`, which may have ended by itself.
pub fn signal(id: u32, signal: Signal) {
    if let Some(pid) = Pid::from_raw(id.cast_signed()) {
        kill_process(pid, signal).unwrap_or(());
    }
}

/// Process ids of the children of `parent` whose command line holds `word`.
///
/// # Panics
/// Where there is no /proc.
#[must_use]
pub fn children(parent: u32, word: &str) -> Vec<u32> {
    let folders = fs::read_dir("/proc").expect("Linux").filter_map(|entry| {
        let id: u32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        let its_parent: u32 = stat.rsplit(')').next()?.split_whitespace().nth(1)?.parse().ok()?;
        let line = fs::read(format!("/proc/{id}/cmdline")).ok()?;
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        (its_parent == parent && line.contains(word)).then_some(id)
    });
    folders.collect()
}
