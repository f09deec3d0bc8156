//! What a child takes away from itself between loading its libraries and its first document: after
//! that it can compute and speak through its two pipes, and nothing else.
//!
//! Two walls, so that a hole in one of them opens nothing. `files` (Landlock) is about what can be
//! named: files, ports, sockets, processes. `calls` (seccomp) is about what can be asked of the
//! kernel at all. Both hold for the rest of the process's life.

mod calls;
mod files;

use std::fs;
use std::path::PathBuf;

use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use rustix::thread::set_no_new_privs;
use serde::{Deserialize, Serialize};

/// A part of the sandbox that a kernel may have or not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Mechanism {
    /// No program that is started could have more rights.
    NoNewPrivileges,
    /// Nobody but root reads the child's memory, and no core file is written.
    NotDumpable,
    /// The child is one thread, so that the walls around the calling thread are walls around it.
    OneThread,
    /// No file can be opened but what libraries read later.
    Files,
    /// No TCP port can be bound or connected to.
    Network,
    /// No abstract socket and no process outside of the child can be reached.
    Outside,
    /// No system call but those that computing takes.
    SystemCalls,
}

impl Mechanism {
    /// All of them, in the order they are put up.
    pub const ALL: [Self; 7] = [
        Self::NoNewPrivileges,
        Self::NotDumpable,
        Self::OneThread,
        Self::Files,
        Self::Network,
        Self::Outside,
        Self::SystemCalls,
    ];

    /// As it stands in metrics and messages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoNewPrivileges => "no_new_privileges",
            Self::NotDumpable => "not_dumpable",
            Self::OneThread => "one_thread",
            Self::Files => "landlock_files",
            Self::Network => "landlock_network",
            Self::Outside => "landlock_scopes",
            Self::SystemCalls => "seccomp",
        }
    }

    /// Whether a sandbox without it is none. The two that need not be there came later to Landlock
    /// (Linux 6.7 and 6.12) and refuse again what the filter of system calls refuses already.
    #[must_use]
    pub fn is_needed(self) -> bool {
        match self {
            Self::NoNewPrivileges
            | Self::NotDumpable
            | Self::OneThread
            | Self::Files
            | Self::SystemCalls => true,
            Self::Network | Self::Outside => false,
        }
    }
}

/// What a child could enforce.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enforced(Vec<Mechanism>);

impl Enforced {
    /// Whether `mechanism` holds.
    #[must_use]
    pub fn has(&self, mechanism: Mechanism) -> bool {
        self.0.contains(&mechanism)
    }

    /// What does not hold, of those that `are_meant`.
    pub(super) fn lacks(&self, are_meant: impl Fn(Mechanism) -> bool) -> Vec<Mechanism> {
        let meant = Mechanism::ALL.into_iter().filter(|&mechanism| are_meant(mechanism));
        meant.filter(|&mechanism| !self.has(mechanism)).collect()
    }

    fn note(&mut self, mechanism: Mechanism, holds: bool) {
        if holds {
            self.0.push(mechanism);
        }
    }
}

/// Puts up everything that this kernel can do; `read_later` are the folders that stay readable.
///
/// Never fails: what could not be enforced is missing in the answer, and the parent decides.
pub(super) fn enforce(read_later: &[PathBuf]) -> Enforced {
    let mut enforced = Enforced::default();
    // First, since it is a file that says so.
    enforced.note(Mechanism::OneThread, threads() == Some(1));
    enforced.note(Mechanism::NoNewPrivileges, set_no_new_privs(true).is_ok());
    let not_dumpable = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    enforced.note(Mechanism::NotDumpable, not_dumpable.is_ok());
    for mechanism in files::close(read_later) {
        enforced.note(mechanism, true);
    }
    // Last, since it refuses the calls that the others are made of.
    enforced.note(Mechanism::SystemCalls, calls::filter(!read_later.is_empty()).is_ok());
    enforced
}

/// Threads of this process; `None` when the kernel does not say.
fn threads() -> Option<usize> {
    fs::read_dir("/proc/self/task").ok().map(Iterator::count)
}

/// Mechanisms by name, for people.
pub(super) fn names(mechanisms: &[Mechanism]) -> String {
    mechanisms.iter().map(|mechanism| mechanism.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_told_and_what_need_not_be_there_is_told_apart() {
        let enforced = Enforced(vec![Mechanism::NoNewPrivileges, Mechanism::SystemCalls]);
        let needed = enforced.lacks(Mechanism::is_needed);
        assert_eq!(names(&needed), "not_dumpable, one_thread, landlock_files");
        assert_eq!(enforced.lacks(|_| true).len(), 5);
    }
}
