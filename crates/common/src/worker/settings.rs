//! What the parent decides about its children.

use std::path::PathBuf;
use std::time::Duration;

use crate::config::{Sandbox, Worker};

/// The executable of a child and its arguments, e.g. this program with `worker ocr`.
#[derive(Clone, Debug)]
pub struct Program {
    /// Absolute, since a child starts in `/`.
    pub path: PathBuf,
    /// Passed as they are; never document content, since every user of the machine can list them.
    pub args: Vec<String>,
}

/// How much a child may take in its whole life.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Address space, bytes; allocations beyond it fail.
    pub memory_bytes: u64,
    /// From the start of the process until it has loaded what it needs; then it is killed.
    pub start: Duration,
    /// Leases after which a child is replaced; at least 1 is served.
    pub max_documents: u32,
    /// How much of its sandbox has to hold before it is given a document.
    pub sandbox: Sandbox,
    /// Resident size after a lease, bytes, beyond which a child is replaced.
    pub max_resident_bytes: u64,
}

impl From<&Worker> for Limits {
    fn from(config: &Worker) -> Self {
        Self {
            memory_bytes: config.memory_bytes,
            start: Duration::from_secs(config.start_seconds),
            max_documents: config.max_documents,
            sandbox: config.sandbox,
            max_resident_bytes: config.max_resident_bytes,
        }
    }
}

/// How much one request may take.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// From the first byte written to the last one read; then the child is killed.
    pub wall: Duration,
    /// CPU time of the child, seconds; then the kernel ends it.
    pub cpu_seconds: u64,
}

impl From<&Worker> for Budget {
    /// For one page.
    fn from(config: &Worker) -> Self {
        Self {
            wall: Duration::from_secs(config.wall_seconds_per_page),
            cpu_seconds: config.cpu_seconds_per_page,
        }
    }
}
