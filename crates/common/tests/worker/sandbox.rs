//! A child that was taken over gets nowhere, and a machine that cannot hold it is told apart.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::Trial;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};

use common::config::Sandbox;
use common::metrics::Metrics;
use common::stage::StageName;
use common::worker::{Limits, Pool};

use crate::attempt::Attempt;
use crate::probe::{Probe, Request, Response, Setup};
use crate::world::{AMPLE, LIMITS, count, fact, pool, program};

/// Where the kernel refuses with an error, that is what the attempt ends with.
const DENIED: &str = "permission denied";

/// The code of a child that the kernel killed for asking.
const VIOLATED: &str = "worker_sandbox_violated";

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        fact("a_child_that_tries_to_get_out_is_refused_and_the_pool_goes_on", ways_out),
        fact("a_child_reads_only_below_its_folders", reading),
        fact("the_kernel_confirms_what_a_child_says_of_its_sandbox", confirmed),
        fact("without_a_wall_no_document_is_read_unless_that_is_configured", missing_walls),
        fact("either_wall_alone_refuses_files_network_and_signals", single_walls),
        fact("a_library_that_starts_a_thread_is_no_sandbox", threads),
    ]
}

fn file_of_the_service() -> PathBuf {
    PathBuf::from("/etc/passwd")
}

fn own_id() -> i32 {
    i32::try_from(std::process::id()).unwrap()
}

/// Something that listens, so that only the sandbox refuses to connect.
fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// How an attempt ends in a child of `pool`: nothing when it succeeds.
async fn end_of(pool: &Pool<Probe>, attempt: Attempt) -> Option<String> {
    let mut lease = pool.lease().await.unwrap();
    match lease.call(&Request::Try(attempt), AMPLE).await {
        Ok(Response::Texts(errors)) => errors.into_iter().next(),
        Ok(other) => panic!("{other:?}"),
        Err(error) => Some(error.code.into_owned()),
    }
}

async fn ways_out() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "content").unwrap();
    let environment = PathBuf::from(format!("/proc/{}/environ", std::process::id()));
    let (_listener, address) = listener();
    let attempts = [
        (Attempt::Read(file_of_the_service()), DENIED),
        (Attempt::Read(file.clone()), DENIED),
        (Attempt::Read(environment), DENIED),
        (Attempt::List("/".into()), DENIED),
        (Attempt::Write(file.clone()), VIOLATED),
        (Attempt::Create(folder.path().join("new")), VIOLATED),
        (Attempt::Connect(address), VIOLATED),
        (Attempt::Listen, VIOLATED),
        (Attempt::Datagram, VIOLATED),
        (Attempt::LocalSocket, VIOLATED),
        (Attempt::Start, VIOLATED),
        (Attempt::Thread, VIOLATED),
        (Attempt::Signal(own_id()), VIOLATED),
        (Attempt::Execute, VIOLATED),
        (Attempt::Remove(file.clone()), VIOLATED),
        (Attempt::Trace, VIOLATED),
        (Attempt::MakeExecutable, VIOLATED),
    ];
    let pool = pool(1);
    for (attempt, refusal) in attempts {
        assert_eq!(end_of(&pool, attempt.clone()).await.as_deref(), Some(refusal), "{attempt:?}");
        assert!(count(&pool).await >= 1, "the pool goes on after {attempt:?}");
        // Here, where there is no sandbox, each of them works. To execute would end this process, and a
        // traced one stops at its next signal.
        if !matches!(attempt, Attempt::Execute | Attempt::Trace) {
            attempt.clone().make().unwrap_or_else(|error| panic!("{attempt:?}: {error}"));
        }
    }
}

async fn reading() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("inside");
    std::fs::write(&inside, "content").unwrap();
    let outside = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(outside.path(), "content").unwrap();
    std::os::unix::fs::symlink(outside.path(), folder.path().join("link")).unwrap();
    let pool = pool_reading(folder.path());
    assert_eq!(end_of(&pool, Attempt::Read(inside.clone())).await, None);
    assert_eq!(end_of(&pool, Attempt::List(folder.path().into())).await, None);
    for path in [outside.path(), &folder.path().join("link"), &file_of_the_service()] {
        let refusal = end_of(&pool, Attempt::Read(path.into())).await;
        assert_eq!(refusal.as_deref(), Some(DENIED), "{}", path.display());
    }
    assert_eq!(end_of(&pool, Attempt::Write(inside.clone())).await.as_deref(), Some(VIOLATED));
    assert_eq!(std::fs::read(&inside).unwrap(), b"content");
}

fn pool_reading(folder: &Path) -> Pool<Probe> {
    let setup = Setup { folder: Some(folder.into()), ..Setup::default() };
    Pool::new(StageName::Ocr, program(&["probe"]), 1, LIMITS, setup)
}

async fn confirmed() {
    let pool = pool(1);
    let lease = pool.lease().await.unwrap();
    let pid = lease.process_id().unwrap();
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let value = |key: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default();
        line.trim_start_matches(':').trim().to_owned()
    };
    assert_eq!(value("NoNewPrivs"), "1");
    assert_eq!(value("Seccomp"), "2", "a filter");
    assert_eq!(value("Threads"), "1");
    let group = rustix::process::getpgid(rustix::process::Pid::from_raw(pid.cast_signed()));
    assert_eq!(group.unwrap().as_raw_nonzero().get(), pid.cast_signed(), "a group of its own");
    // Owned by root, which is how the kernel shows that it may not be dumped.
    let owner = std::os::unix::fs::MetadataExt::uid(
        &std::fs::metadata(format!("/proc/{pid}/environ")).unwrap(),
    );
    assert_eq!(owner, 0);
    let statm = std::fs::read_to_string(format!("/proc/{pid}/statm")).unwrap();
    assert!(statm.split_whitespace().count() > 2, "its size can be watched all the same");

    let metrics = Metrics::default();
    pool.register(&metrics);
    let shown = metrics.exposition();
    for mechanism in ["no_new_privileges", "not_dumpable", "landlock_files", "seccomp"] {
        let line =
            format!("invoice_ocr_worker_sandbox{{stage=\"ocr\",mechanism=\"{mechanism}\"}} 1");
        assert!(shown.contains(&line), "{line} in {shown}");
    }
}

fn pool_without(wall: &str, sandbox: Sandbox) -> Pool<Probe> {
    let limits = Limits { sandbox, ..LIMITS };
    let args = ["probe-without", wall];
    Pool::new(StageName::Ocr, program(&args), 1, limits, Setup::default())
}

async fn missing_walls() {
    for (wall, mechanism) in [("landlock", "landlock_files"), ("seccomp", "seccomp")] {
        let error = pool_without(wall, Sandbox::Required).warm_up().await.unwrap_err();
        assert_eq!(error.code, "sandbox_missing", "{wall}");
        assert!(error.message.contains(&format!("here, {mechanism} missing")), "{error}");
        let pool = pool_without(wall, Sandbox::BestEffort);
        assert_eq!(count(&pool).await, 1, "best effort runs without {wall}");
        let metrics = Metrics::default();
        pool.register(&metrics);
        let shown = metrics.exposition();
        assert!(shown.contains(&format!("mechanism=\"{mechanism}\"}} 0")), "{shown}");
        assert!(shown.contains("mechanism=\"not_dumpable\"} 1"), "{shown}");
    }
}

async fn single_walls() {
    let (_listener, address) = listener();
    let attempts = [
        (Attempt::Read(file_of_the_service()), DENIED),
        (Attempt::Connect(address), DENIED),
        (Attempt::Listen, DENIED),
        (Attempt::Execute, DENIED),
        (Attempt::Signal(own_id()), DENIED),
    ];
    let landlock_alone = pool_without("seccomp", Sandbox::BestEffort);
    for (attempt, refusal) in attempts {
        let end = end_of(&landlock_alone, attempt.clone()).await;
        assert_eq!(end.as_deref(), Some(refusal), "Landlock alone, {attempt:?}");
    }
    let seccomp_alone = pool_without("landlock", Sandbox::BestEffort);
    for attempt in
        [Attempt::Connect(address), Attempt::Listen, Attempt::Execute, Attempt::Signal(own_id())]
    {
        let end = end_of(&seccomp_alone, attempt.clone()).await;
        assert_eq!(end.as_deref(), Some(VIOLATED), "seccomp alone, {attempt:?}");
    }
    let read = end_of(&seccomp_alone, Attempt::Read(file_of_the_service())).await;
    assert_eq!(read.as_deref(), Some(DENIED), "nothing is to be read later");
}

async fn threads() {
    let setup = Setup { starts_a_thread: true, ..Setup::default() };
    let pool = Pool::<Probe>::new(StageName::Ocr, program(&["probe"]), 1, LIMITS, setup);
    let error = pool.warm_up().await.unwrap_err();
    // Root is not held to the limit of processes; anybody else cannot even start the thread.
    assert!(["sandbox_missing", "worker_panicked"].contains(&&*error.code), "{error}");
}

/// `main()` of a child on a kernel without one of the walls, which a filter before it plays.
pub(crate) fn be_without(wall: &str) -> ExitCode {
    let calls = match wall {
        "landlock" => vec![(libc::SYS_landlock_create_ruleset, Vec::new())],
        _ => vec![(libc::SYS_seccomp, Vec::new())],
    };
    let missing = SeccompAction::Errno(libc::ENOSYS.unsigned_abs());
    let architecture = std::env::consts::ARCH.try_into().unwrap();
    let filter = SeccompFilter::new(
        calls.into_iter().collect(),
        SeccompAction::Allow,
        missing,
        architecture,
    );
    let filter: BpfProgram = filter.unwrap().try_into().unwrap();
    seccompiler::apply_filter(&filter).unwrap();
    common::worker::run_child::<Probe>()
}
