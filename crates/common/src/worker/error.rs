//! What can go wrong between a parent and a child.

use std::io;
use std::time::Duration;

use thiserror::Error;

use crate::error::StageError;

/// A request that failed because of the child, not by its answer.
#[derive(Debug, Error)]
pub enum WorkerError {
    /// The child could not be started.
    #[error("a worker process could not be started: {0}")]
    NotStarted(#[source] io::Error),
    /// Libraries and models took it too long; the child was killed.
    #[error("a worker process was not ready within {} s (worker.start_seconds)", .0.as_secs_f32())]
    NotReady(Duration),
    /// No answer in time; the child was killed.
    #[error("no answer within {} s", .0.as_secs_f32())]
    TimedOut(Duration),
    /// More CPU time than the request was given.
    #[error("more than {0} s of CPU time")]
    CpuExceeded(u64),
    /// An allocation beyond the child's limit.
    #[error("out of memory; a worker has {0} bytes of address space")]
    OutOfMemory(u64),
    /// It made a system call that its sandbox kills for.
    #[error(
        "the worker process was ended by its sandbox (SIGSYS): it made a system call that reading \
         documents does not take"
    )]
    SandboxViolated,
    /// This machine cannot enforce what the configuration requires.
    #[error(
        "the sandbox of worker processes cannot be enforced here, {0} missing: it takes Linux 5.13 \
         or newer with Landlock and seccomp enabled and a container runtime that lets them through; \
         worker.sandbox = \"best-effort\" runs without"
    )]
    SandboxMissing(String),
    /// Ended by a signal or on its own.
    #[error("the worker process {0}")]
    Crashed(String),
    /// A panic in the handler.
    #[error("panic at {0}")]
    Panicked(String),
    /// It said something that no child says.
    #[error("the worker process broke the protocol: {0}")]
    Protocol(String),
    /// The child of this lease was lost by an earlier call.
    #[error("the worker process of this lease is gone")]
    LeaseOver,
}

impl WorkerError {
    /// Its code, in errors and in metrics.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotStarted(_) | Self::NotReady(_) => "worker_not_started",
            Self::TimedOut(_) => "worker_timed_out",
            Self::CpuExceeded(_) => "worker_cpu_exceeded",
            Self::OutOfMemory(_) => "worker_out_of_memory",
            Self::SandboxViolated => "worker_sandbox_violated",
            Self::SandboxMissing(_) => "sandbox_missing",
            Self::Crashed(_) | Self::LeaseOver => "worker_crashed",
            Self::Panicked(_) => "worker_panicked",
            Self::Protocol(_) => "worker_protocol",
        }
    }
}

impl From<WorkerError> for StageError {
    /// All are `Internal`: the same document may do better in a fresh process, and if it does not,
    /// its attempts run out.
    fn from(error: WorkerError) -> Self {
        Self::internal(error.code(), error.to_string())
    }
}
