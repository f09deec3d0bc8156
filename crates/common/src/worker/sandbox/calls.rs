//! What can be asked of the kernel (seccomp).
//!
//! The lists come from tracing workers on every kind of document, and from what the run-time
//! libraries do when they abort, unwind or run out of memory.

use std::collections::BTreeMap;

use libc::c_long;
use seccompiler::{
    BackendError, BpfProgram, Error, SeccompAction, SeccompCmpArgLen, SeccompCmpOp,
    SeccompCondition, SeccompFilter, SeccompRule,
};

/// Calls by number, each with its rules: any of them allows it, none at all allows it always.
type Rules = BTreeMap<c_long, Vec<SeccompRule>>;

/// Reading and writing what is open (the two pipes, /dev/null in the place of the standard streams,
/// and fonts or language data), memory, time, random numbers, and one's own end.
const COMPUTING: [c_long; 38] = [
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_pread64,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_lseek,
    libc::SYS_close,
    libc::SYS_fstat,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_brk,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_getuid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getegid,
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_gettimeofday,
    libc::SYS_times,
    libc::SYS_getrusage,
    libc::SYS_getrandom,
    libc::SYS_getcpu,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_sysinfo,
    libc::SYS_uname,
    libc::SYS_exit,
    libc::SYS_exit_group,
];

/// Looking at files by their names. Libraries look for configuration, time zones and what the
/// system is like, and cope when it is not there, so without folders to read this is refused with
/// an error and not with death.
const LOOKING: [c_long; 5] = [
    libc::SYS_statx,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_readlinkat,
    libc::SYS_getdents64,
];

/// The same calls as they were before there were folders to start from; newer architectures have
/// none of them.
#[cfg(target_arch = "x86_64")]
const LOOKING_BEFORE: [c_long; 4] =
    [libc::SYS_stat, libc::SYS_lstat, libc::SYS_access, libc::SYS_readlink];
#[cfg(not(target_arch = "x86_64"))]
const LOOKING_BEFORE: [c_long; 0] = [];

/// Flags of `open` without which it changes nothing.
const CHANGING: u64 =
    (libc::O_WRONLY | libc::O_RDWR | libc::O_CREAT | libc::O_TRUNC | libc::O_APPEND) as u64;

/// Flag of `newfstatat` for a file that is open already.
const OPEN_ONE: u64 = libc::AT_EMPTY_PATH as u64;

/// The operations on a lock between threads, without the two flags for private locks and for the
/// clock: those that wait and wake. The others have been a way into the kernel more than once.
const FUTEX_OPERATION: u64 = 0x7f;
const FUTEX_WAITS: [i32; 4] =
    [libc::FUTEX_WAIT, libc::FUTEX_WAKE, libc::FUTEX_WAIT_BITSET, libc::FUTEX_WAKE_BITSET];

/// Installs the filters for this process. With `reads_later`, files may be opened for reading as
/// far as Landlock lets them be; otherwise that is refused with an error.
///
/// # Errors
/// On a kernel without seccomp, and on an architecture that the filter's compiler does not know.
pub(super) fn filter(reads_later: bool) -> Result<(), Error> {
    // Both are compiled first: afterwards, only what they allow works.
    let allowed = compile(allowed()?, SeccompAction::KillProcess, SeccompAction::Allow)?;
    if !reads_later {
        let errno = SeccompAction::Errno(libc::EACCES.unsigned_abs());
        let mut rules = opening()?;
        // What is open may be looked at, which newer C libraries do with this call too.
        let by_name = vec![is(3, SeccompCmpOp::MaskedEq(OPEN_ONE), 0)?];
        rules.insert(libc::SYS_newfstatat, vec![SeccompRule::new(by_name)?]);
        // The kernel takes the strictest of what its filters say.
        let refused = compile(rules, SeccompAction::Allow, errno)?;
        seccompiler::apply_filter_all_threads(&refused)?;
    }
    seccompiler::apply_filter_all_threads(&allowed)
}

/// Everything that does not kill.
fn allowed() -> Result<Rules, BackendError> {
    let mut rules = opening()?;
    rules.extend(COMPUTING.map(|call| (call, Vec::new())));
    // No code but what was loaded: a document cannot bring its own.
    let no_code = [is(2, SeccompCmpOp::MaskedEq(libc::PROT_EXEC as u64), 0)?];
    rules.insert(libc::SYS_mmap, vec![SeccompRule::new(no_code.to_vec())?]);
    rules.insert(libc::SYS_mprotect, vec![SeccompRule::new(no_code.to_vec())?]);
    let waits = FUTEX_WAITS.map(|operation| {
        let same = SeccompCmpOp::MaskedEq(FUTEX_OPERATION);
        SeccompRule::new(vec![is(1, same, operation.unsigned_abs().into())?])
    });
    rules.insert(libc::SYS_futex, waits.into_iter().collect::<Result<_, _>>()?);
    // Only its own end: that is what `abort` is made of.
    let own = [is(0, SeccompCmpOp::Eq, std::process::id().into())?];
    rules.insert(libc::SYS_tgkill, vec![SeccompRule::new(own.to_vec())?]);
    // Its own budget of CPU time, before each request.
    let budget =
        vec![is(0, SeccompCmpOp::Eq, 0)?, is(1, SeccompCmpOp::Eq, libc::RLIMIT_CPU.into())?];
    rules.insert(libc::SYS_prlimit64, vec![SeccompRule::new(budget)?]);
    // What the C library asks of a standard stream before it prints the first time.
    let is_terminal = vec![is(1, SeccompCmpOp::Eq, libc::TCGETS)?];
    rules.insert(libc::SYS_ioctl, vec![SeccompRule::new(is_terminal)?]);
    let flags = [libc::F_GETFD, libc::F_SETFD, libc::F_GETFL].map(|command| {
        SeccompRule::new(vec![is(1, SeccompCmpOp::Eq, command.unsigned_abs().into())?])
    });
    rules.insert(libc::SYS_fcntl, flags.into_iter().collect::<Result<_, _>>()?);
    Ok(rules)
}

/// Looking at files and opening them for reading. To open one for writing is no mistake of a library
/// and kills.
fn opening() -> Result<Rules, BackendError> {
    let reads = |flags| SeccompRule::new(vec![is(flags, SeccompCmpOp::MaskedEq(CHANGING), 0)?]);
    let looks = LOOKING.into_iter().chain(LOOKING_BEFORE);
    let mut rules: Rules = looks.map(|call| (call, Vec::new())).collect();
    rules.insert(libc::SYS_newfstatat, Vec::new());
    rules.insert(libc::SYS_openat, vec![reads(2)?]);
    #[cfg(target_arch = "x86_64")]
    rules.insert(libc::SYS_open, vec![reads(1)?]);
    Ok(rules)
}

/// The condition that argument `at`, counted from 0, compares like this with `value`. Arguments of
/// these calls are 32 bits wide.
fn is(at: u8, operator: SeccompCmpOp, value: u64) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(at, SeccompCmpArgLen::Dword, operator, value)
}

fn compile(
    rules: Rules,
    otherwise: SeccompAction,
    listed: SeccompAction,
) -> Result<BpfProgram, BackendError> {
    let architecture = std::env::consts::ARCH.try_into()?;
    SeccompFilter::new(rules, otherwise, listed, architecture)?.try_into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the kernel would do with a call, by the instructions of the filter: the few that its
    /// compiler uses, on the call's number and the lower halves of its arguments.
    fn verdict(program: &BpfProgram, call: c_long, arguments: [u64; 6]) -> u32 {
        let word = |offset: u32| -> u32 {
            match offset {
                0 => u32::try_from(call).unwrap(),
                4 => {
                    if cfg!(target_arch = "x86_64") {
                        0xC000_003E
                    } else {
                        0xC000_00B7
                    }
                }
                _ => {
                    let argument = arguments[(offset as usize - 16) / 8];
                    let half = if offset.is_multiple_of(8) { argument } else { argument >> 32 };
                    u32::try_from(half & 0xFFFF_FFFF).unwrap()
                }
            }
        };
        let (mut at, mut value) = (0, 0);
        loop {
            let step = &program[at];
            at += 1;
            let jump = |holds: bool| usize::from(if holds { step.jt } else { step.jf });
            match step.code {
                0x20 => value = word(step.k),
                0x54 => value &= step.k,
                0x05 => at += step.k as usize,
                0x15 => at += jump(value == step.k),
                0x25 => at += jump(value > step.k),
                0x35 => at += jump(value >= step.k),
                0x06 => return step.k,
                other => panic!("an instruction that is not known here: {other:#x}"),
            }
        }
    }

    fn kills(call: c_long, arguments: [u64; 6]) -> bool {
        let program = compile(allowed().unwrap(), SeccompAction::KillProcess, SeccompAction::Allow);
        verdict(&program.unwrap(), call, arguments) == u32::from(SeccompAction::KillProcess)
    }

    fn at(index: usize, value: i32) -> [u64; 6] {
        let mut arguments = [0; 6];
        arguments[index] = u64::from(value.unsigned_abs());
        arguments
    }

    #[test]
    fn what_leads_out_of_the_process_kills() {
        for call in [
            libc::SYS_socket,
            libc::SYS_socketpair,
            libc::SYS_connect,
            libc::SYS_bind,
            libc::SYS_sendto,
            libc::SYS_execve,
            libc::SYS_execveat,
            libc::SYS_clone,
            libc::SYS_clone3,
            libc::SYS_ptrace,
            libc::SYS_process_vm_readv,
            libc::SYS_process_vm_writev,
            libc::SYS_kill,
            libc::SYS_tkill,
            libc::SYS_pidfd_open,
            libc::SYS_pidfd_getfd,
            libc::SYS_openat2,
            libc::SYS_unlinkat,
            libc::SYS_renameat2,
            libc::SYS_ftruncate,
            libc::SYS_fchmod,
            libc::SYS_memfd_create,
            libc::SYS_io_uring_setup,
            libc::SYS_bpf,
            libc::SYS_userfaultfd,
            libc::SYS_keyctl,
            libc::SYS_mount,
            libc::SYS_unshare,
            libc::SYS_setns,
            libc::SYS_prctl,
            libc::SYS_seccomp,
            libc::SYS_pkey_mprotect,
            libc::SYS_shmget,
            libc::SYS_dup,
            libc::SYS_dup3,
        ] {
            assert!(kills(call, [0; 6]), "{call}");
        }
        #[cfg(target_arch = "x86_64")]
        for call in [libc::SYS_fork, libc::SYS_vfork, libc::SYS_creat, libc::SYS_unlink] {
            assert!(kills(call, [0; 6]), "{call}");
        }
    }

    #[test]
    fn arguments_decide_where_a_call_does_good_and_bad() {
        for (call, index, good, bad) in [
            (libc::SYS_mmap, 2, libc::PROT_READ | libc::PROT_WRITE, libc::PROT_EXEC),
            (libc::SYS_mprotect, 2, libc::PROT_NONE, libc::PROT_READ | libc::PROT_EXEC),
            (libc::SYS_openat, 2, libc::O_RDONLY | libc::O_CLOEXEC, libc::O_WRONLY),
            (libc::SYS_openat, 2, libc::O_RDONLY | libc::O_DIRECTORY, libc::O_RDWR),
            (libc::SYS_openat, 2, libc::O_RDONLY, libc::O_CREAT),
            (libc::SYS_openat, 2, libc::O_RDONLY, libc::O_TMPFILE | libc::O_WRONLY),
            (libc::SYS_futex, 1, libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG, libc::FUTEX_REQUEUE),
            (libc::SYS_futex, 1, libc::FUTEX_WAIT_BITSET, libc::FUTEX_LOCK_PI),
            (libc::SYS_tgkill, 0, std::process::id().cast_signed(), 1),
            (libc::SYS_prlimit64, 0, 0, std::process::id().cast_signed()),
            (libc::SYS_prlimit64, 1, 0, libc::RLIMIT_AS.cast_signed()),
            (libc::SYS_ioctl, 1, 0x5401, 0x5412),
            (libc::SYS_fcntl, 1, libc::F_GETFD, libc::F_SETFL),
        ] {
            assert!(!kills(call, at(index, good)), "{call}: {good:#x} is allowed");
            assert!(kills(call, at(index, bad)), "{call}: {bad:#x} kills");
        }
    }
}
