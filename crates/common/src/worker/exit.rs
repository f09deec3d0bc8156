//! What the end of a child means.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use rustix::process::Signal;

use crate::worker::WorkerError;

/// Part of its address space beyond which a child that crashes is taken to have run out of it: what
/// it asked for last did not fit any more.
const NEARLY_ALL: f64 = 0.9;

/// How a child ended, and what it had been given.
pub(super) struct Ended {
    pub(super) status: ExitStatus,
    /// Most address space seen while it worked, bytes; a look now and then, so at least this much.
    pub(super) address_space_bytes: u64,
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
        if self.ran_out_of_memory(signal) {
            return WorkerError::OutOfMemory(self.memory_bytes);
        }
        if signal == Signal::XCPU.as_raw() {
            return WorkerError::CpuExceeded(self.cpu_seconds);
        }
        if signal == Signal::SYS.as_raw() {
            return WorkerError::SandboxViolated;
        }
        WorkerError::Crashed(format!("was ended by {}", name(signal)))
    }

    /// After a failed allocation Rust and C++ abort and say so first; C libraries trap, or use the
    /// null pointer, without a word.
    fn ran_out_of_memory(&self, signal: i32) -> bool {
        let crashes = [Signal::ABORT, Signal::SEGV, Signal::TRAP, Signal::ILL, Signal::BUS];
        let crashed = crashes.iter().any(|crash| crash.as_raw() == signal);
        let full = self.address_space_bytes as f64 >= self.memory_bytes as f64 * NEARLY_ALL;
        crashed && full || signal == Signal::ABORT.as_raw() && self.said_out_of_memory
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

    const LIMIT: u64 = 2000;

    fn ended(raw: i32, said_out_of_memory: bool) -> WorkerError {
        ended_with(raw, said_out_of_memory, LIMIT / 2)
    }

    fn ended_with(raw: i32, said_out_of_memory: bool, address_space_bytes: u64) -> WorkerError {
        let (status, cpu_seconds) = (ExitStatus::from_raw(raw), 30);
        let memory_bytes = LIMIT;
        Ended { status, address_space_bytes, said_out_of_memory, cpu_seconds, memory_bytes }.error()
    }

    #[test]
    fn a_signal_is_named() {
        assert!(ended(11, false).to_string().contains("SIGSEGV"));
        assert!(ended(6, false).to_string().contains("SIGABRT"));
        assert!(ended(42, false).to_string().contains("signal 42"));
    }

    #[test]
    fn an_abort_after_a_failed_allocation_is_out_of_memory() {
        assert!(matches!(ended(6, true), WorkerError::OutOfMemory(LIMIT)));
        assert!(matches!(ended(11, true), WorkerError::Crashed(_)));
    }

    #[test]
    fn a_crash_with_a_full_address_space_is_out_of_memory_and_a_kill_is_not() {
        assert!(matches!(ended_with(11, false, LIMIT - 1), WorkerError::OutOfMemory(LIMIT)));
        assert!(matches!(ended_with(9, false, LIMIT - 1), WorkerError::Crashed(_)));
    }

    #[test]
    fn the_cpu_limit_is_told_apart_from_a_crash() {
        assert!(matches!(ended(24, false), WorkerError::CpuExceeded(30)));
    }

    #[test]
    fn a_refused_system_call_is_told_apart_from_a_crash() {
        assert!(matches!(ended(31, false), WorkerError::SandboxViolated));
        assert!(matches!(ended_with(31, true, LIMIT), WorkerError::SandboxViolated));
    }

    #[test]
    fn an_exit_without_an_answer_is_a_crash() {
        assert!(ended(3 << 8, false).to_string().contains("exit code 3"));
    }
}
