//! What a child takes away from itself before it sees the first document.

use std::fs::{File, OpenOptions};
use std::io;

use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

/// Files open at once: libraries open models one after the other, so anything more is a leak.
const MAX_OPEN_FILES: u64 = 64;

/// Lowest descriptor for the pipes, so that they stay clear of standard input, output and error.
const FIRST_OWN_DESCRIPTOR: i32 = 3;

/// The pipes to the parent.
pub(super) struct Pipes {
    pub(super) input: File,
    pub(super) output: File,
}

/// Moves the pipes away from descriptors 0 and 1 and leaves `/dev/null` there.
///
/// Native code prints to standard output whenever it likes; one such byte between two frames would
/// cut the child off from its parent.
pub(super) fn take_pipes() -> io::Result<Pipes> {
    let input = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), FIRST_OWN_DESCRIPTOR)?;
    let output = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdout(), FIRST_OWN_DESCRIPTOR)?;
    let nowhere = OpenOptions::new().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdin(&nowhere)?;
    rustix::stdio::dup2_stdout(&nowhere)?;
    Ok(Pipes { input: input.into(), output: output.into() })
}

/// Asks the kernel to kill this process when its parent ends.
pub(super) fn die_with_parent() -> io::Result<()> {
    Ok(rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?)
}

/// Whether process `parent` is still this one's parent: if it ended before [`die_with_parent`],
/// nobody sends the signal any more.
pub(super) fn is_child_of(parent: u32) -> bool {
    let seen = rustix::process::getppid().map(|pid| pid.as_raw_nonzero().get());
    seen.and_then(|pid| u32::try_from(pid).ok()) == Some(parent)
}

/// Sets the limits that hold for the child's whole life; they cannot be raised again.
pub(super) fn limit_for_life(memory_bytes: u64) -> io::Result<()> {
    lower(Resource::As, memory_bytes)?;
    // A core file would hold the document that caused the crash.
    lower(Resource::Core, 0)?;
    lower(Resource::Fsize, 0)?;
    lower(Resource::Nofile, MAX_OPEN_FILES)?;
    // No further process or thread. The kernel does not hold root to this.
    lower(Resource::Nproc, 0)
}

/// Gives the process `seconds` of CPU time from now on, rounded up to whole seconds.
///
/// Only the soft limit moves: the kernel then sends SIGXCPU, which ends the process, and the next
/// request can have its own budget.
pub(super) fn grant_cpu(seconds: u64) -> io::Result<()> {
    let used = used_cpu_seconds().saturating_add(1);
    let wanted = used.saturating_add(seconds);
    let maximum = getrlimit(Resource::Cpu).maximum;
    let current = Some(maximum.map_or(wanted, |most| most.min(wanted)));
    Ok(setrlimit(Resource::Cpu, Rlimit { current, maximum })?)
}

/// CPU time of this process so far, whole seconds.
///
/// The first look at a clock asks the kernel where its clocks are, which the sandbox refuses; so one
/// look is taken before it.
pub(super) fn used_cpu_seconds() -> u64 {
    u64::try_from(clock_gettime(ClockId::ProcessCPUTime).tv_sec).unwrap_or(0)
}

/// Sets both limits of `resource` to `to`, or leaves them where they are stricter already.
fn lower(resource: Resource, to: u64) -> io::Result<()> {
    let to = getrlimit(resource).maximum.map_or(to, |most| most.min(to));
    Ok(setrlimit(resource, Rlimit { current: Some(to), maximum: Some(to) })?)
}
