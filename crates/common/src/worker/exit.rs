//! What the end of a child means.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use rustix::process::Signal;

use crate::worker::WorkerError;

/// How a child ended, and what it had been given.
pub(super) struct Ended {
    pub(super) status: ExitStatus,
    /// Whether a run-time library said on standard error that an allocation failed.
    pub(super) said_out_of_memory: bool,
    pub(super) cpu_seconds: u64,
    pub(super) memory_bytes: u64,
}

impl Ended {
    /// The error of the request that the child was working on.
    pub(super) fn error(&self) -> WorkerError {
        let Some(signal) = self.status.signal() else {
            let code = self.status.code().unwrap_or_default();
            return WorkerError::Crashed(format!("ended with exit code {code} before it answered"));
        };
        // Rust and C++ both abort after a failed allocation, and say so first.
        if signal == Signal::ABORT.as_raw() && self.said_out_of_memory {
            return WorkerError::OutOfMemory(self.memory_bytes);
        }
        if signal == Signal::XCPU.as_raw() {
            return WorkerError::CpuExceeded(self.cpu_seconds);
        }
        WorkerError::Crashed(format!("was ended by {}", name(signal)))
    }
}

fn name(signal: i32) -> String {
    let known = [
        (Signal::ABORT, "SIGABRT"),
        (Signal::BUS, "SIGBUS"),
        (Signal::FPE, "SIGFPE"),
        (Signal::ILL, "SIGILL"),
        (Signal::KILL, "SIGKILL, from outside or because the machine has no memory left"),
        (Signal::SEGV, "SIGSEGV"),
        (Signal::SYS, "SIGSYS"),
        (Signal::TERM, "SIGTERM"),
        (Signal::TRAP, "SIGTRAP"),
        (Signal::XFSZ, "SIGXFSZ: it tried to write a file"),
    ];
    let found = known.iter().find(|(known, _)| known.as_raw() == signal);
    found.map_or_else(|| format!("signal {signal}"), |(_, name)| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(raw: i32, said_out_of_memory: bool) -> WorkerError {
        let status = ExitStatus::from_raw(raw);
        Ended { status, said_out_of_memory, cpu_seconds: 30, memory_bytes: 2048 }.error()
    }

    #[test]
    fn a_signal_is_named() {
        assert!(ended(11, false).to_string().contains("SIGSEGV"));
        assert!(ended(6, false).to_string().contains("SIGABRT"));
        assert!(ended(42, false).to_string().contains("signal 42"));
    }

    #[test]
    fn an_abort_after_a_failed_allocation_is_out_of_memory() {
        assert!(matches!(ended(6, true), WorkerError::OutOfMemory(2048)));
        assert!(matches!(ended(11, true), WorkerError::Crashed(_)));
    }

    #[test]
    fn the_cpu_limit_is_told_apart_from_a_crash() {
        assert!(matches!(ended(24, false), WorkerError::CpuExceeded(30)));
    }

    #[test]
    fn an_exit_without_an_answer_is_a_crash() {
        assert!(ended(3 << 8, false).to_string().contains("exit code 3"));
    }
}
